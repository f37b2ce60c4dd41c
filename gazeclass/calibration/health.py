"""Is the room still as it was calibrated? A fresh picture of each camera against the one kept with the classroom.

Says in plain sentences when a camera was bumped (by how much), gives another size, is out of focus, dark, zoomed, or
plugged in the other's place. Every threshold stands here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import cv2
import numpy as np
from scipy.spatial.transform import Rotation

from gazeclass.atomic import write_bytes
from gazeclass.calibration.classroom import Classroom
from gazeclass.calibration.picture_match import Match, match_pictures
from gazeclass.errors import InputError
from gazeclass.geometry.camera import CameraModel
from gazeclass.geometry.rotation import Array
from gazeclass.pictures import PICTURES, read_picture
from gazeclass.progress import SILENT, Progress

#: A turn that would shift what is measured by less than the nose tip's own error is none (px of the whole picture).
STEADY_PX, BUMPED_PX = 2.0, 5.0
#: Focal length changed by more than this share: zoomed, or focused anew.
ZOOM_SHARE = 0.006
#: Fine detail left of that in the kept picture.
BLURRED = 0.72
#: Fewer common points, or in fewer of 24 parts of the picture, and it is not the same view.
MIN_COMMON, MIN_CELLS = 25, 8
#: Grey values: a picture whose brightest parts stay below is black; one without any contrast shows nothing.
BLACK_P99, FLAT_STD = 24.0, 3.0
JPEG_QUALITY = 92


class State(Enum):
    """What became of a camera since the calibration."""

    STEADY = "steady"
    NUDGED = "nudged"
    BUMPED = "bumped"
    RESIZED = "resized"
    ZOOMED = "zoomed"
    BLURRED = "blurred"
    BLACK = "black"
    SWAPPED = "swapped"
    STRANGE = "strange"


#: Lessons measured in these states would be wrong.
SPOILED = frozenset({State.BUMPED, State.RESIZED, State.ZOOMED, State.BLACK, State.SWAPPED, State.STRANGE})


@dataclass(frozen=True)
class CameraCheck:
    """One camera.

    Attributes:
        name: of the camera.
        state: the worst that was found.
        sentence: what was found, plain.
        todo: what to do; empty when nothing.
        shift_px: how far a turn moved the picture's middle, NaN where unknown.
        angle_deg: of that turn.
        zoom: focal length now over then.
        sharpness: fine detail now over then, NaN where unknown.
        common: fixed points found in both pictures.
    """

    name: str
    state: State
    sentence: str
    todo: str = ""
    shift_px: float = float("nan")
    angle_deg: float = float("nan")
    zoom: float = float("nan")
    sharpness: float = float("nan")
    common: int = 0


@dataclass(frozen=True)
class RoomCheck:
    """Both cameras.

    Attributes:
        cameras: in the classroom's order.
        sentence: for the classroom's card: what matters most.
    """

    cameras: tuple[CameraCheck, CameraCheck]
    sentence: str

    @property
    def spoiled(self) -> bool:
        """Whether lessons would be measured wrongly."""
        return any(camera.state in SPOILED for camera in self.cameras)

    @property
    def steady(self) -> bool:
        """Whether nothing was found."""
        return all(camera.state is State.STEADY for camera in self.cameras)


def check_room(
    classroom: Classroom,
    kept: Sequence[np.ndarray],
    fresh: Sequence[np.ndarray],
    progress: Progress = SILENT,
) -> RoomCheck:
    """Compare both cameras' pictures with those kept at the calibration.

    Args:
        classroom: whose lenses turn pixels into degrees.
        kept: two pictures BGR or grey, uint8, taken when the room was calibrated.
        fresh: two pictures of now, in the classroom's order of cameras. People in them do not matter.
        progress: one step a comparison.
    """
    progress.start("comparing pictures", 4)
    cameras = []
    for c in (0, 1):
        entry = classroom.cameras[c]
        cameras.append(check_camera(entry.name, entry.model(), kept[c], fresh[c]))
        progress.advance()
    # Only views that are not recognised are worth holding against the other camera's.
    if any(camera.state is State.STRANGE for camera in cameras) and _comparable(kept, fresh):
        crossed = [_same_view(match_pictures(kept[1 - c], fresh[c])) for c in (0, 1)]
        if any(crossed) and not any(cameras[c].state is State.STEADY for c in (0, 1)):
            cameras = [_swapped(camera) for camera in cameras]
    progress.advance(2)
    return RoomCheck((cameras[0], cameras[1]), _room_sentence(cameras))


def check_camera(name: str, lens: CameraModel, kept: np.ndarray, fresh: np.ndarray) -> CameraCheck:
    """Compare one camera's picture with the kept one."""
    height, width = fresh.shape[:2]
    if (width, height) != (lens.width_px, lens.height_px):
        return CameraCheck(
            name,
            State.RESIZED,
            f"{name} gives {width}×{height}, the classroom was calibrated at {lens.width_px}×{lens.height_px}.",
            f"Set {name} back to {lens.width_px}×{lens.height_px}.",
        )
    grey = cv2.cvtColor(fresh, cv2.COLOR_BGR2GRAY) if fresh.ndim == 3 else fresh
    if float(np.percentile(grey[::4, ::4], 99)) < BLACK_P99 or float(grey[::4, ::4].std()) < FLAT_STD:
        return CameraCheck(
            name, State.BLACK, f"{name} shows nothing.", "Is its cover off, the light on, another program using it?"
        )
    if kept.shape[:2] != fresh.shape[:2]:
        return CameraCheck(
            name, State.STRANGE, f"The kept picture of {name} has another size.", "Take new reference pictures."
        )
    match = match_pictures(kept, fresh)
    if not _same_view(match):
        return CameraCheck(
            name,
            State.STRANGE,
            f"{name} does not show what it showed when the room was calibrated.",
            "Is it the right camera, in its place? If it was moved, calibrate the room again.",
            sharpness=match.sharpness,
            common=match.common,
        )
    return _judge(name, lens, match)


def turn_between(lens: CameraModel, match: Match) -> tuple[Rotation, float]:
    """The turn and the zoom that best explain a match.

    Alternates a rotation of the viewing rays (Kabsch 1976) and a scale of the focal length, leaving out the worst tenth
    each time (parallax of near things, if the camera was shifted too).

    Returns:
        The rotation of the camera's picture rays from then to now, and the focal length now over then.
    """
    before, after = (lens.undistort(points) for points in (match.before_px, match.after_px))
    zoom, rotation = 1.0, Rotation.identity()
    keep = np.ones(len(before), bool)
    for _ in range(8):
        rotation, _ = Rotation.align_vectors(_rays(after / zoom)[keep], _rays(before)[keep])
        turned = rotation.apply(_rays(before))
        turned = turned[:, :2] / turned[:, 2:]
        zoom = float((turned[keep] * after[keep]).sum() / (turned[keep] ** 2).sum())
        error = np.linalg.norm(turned * zoom - after, axis=1)
        keep = error <= np.quantile(error, 0.9)
    return rotation, zoom


def _judge(name: str, lens: CameraModel, match: Match) -> CameraCheck:
    rotation, zoom = turn_between(lens, match)
    angle = float(np.degrees(rotation.magnitude()))
    shift = float(np.radians(angle) * lens.matrix[0, 0])
    facts = {
        "shift_px": shift,
        "angle_deg": angle,
        "zoom": zoom,
        "sharpness": match.sharpness,
        "common": match.common,
    }

    def found(state: State, sentence: str, todo: str) -> CameraCheck:
        return CameraCheck(name, state, sentence, todo, **facts)  # type: ignore[arg-type]

    # What a zoom moves at the picture's edge, against what the turn moves: the larger one is what happened.
    zoom_px = abs(zoom - 1.0) * lens.width_px / 2
    if abs(zoom - 1.0) > ZOOM_SHARE and zoom_px > shift:
        word = "larger" if zoom > 1 else "smaller"
        return found(
            State.ZOOMED,
            f"{name} shows everything {100 * abs(zoom - 1):.1f} % {word}: it was zoomed or focused anew.",
            "Set zoom and focus back, or calibrate the room again.",
        )
    if shift > BUMPED_PX:
        return found(
            State.BUMPED,
            f"{name} was turned by {angle:.1f}° ({shift:.0f} px){_direction(rotation)} since the calibration.",
            "Put it right with the lying chessboard, or turn it back.",
        )
    if np.isfinite(match.sharpness) and match.sharpness < BLURRED:
        return found(
            State.BLURRED,
            f"{name} is less sharp than it was ({100 * match.sharpness:.0f} % of the fine detail).",
            "Wipe its lens; if the focus was changed, set it back.",
        )
    if shift > STEADY_PX:
        return found(
            State.NUDGED,
            f"{name} was turned by {angle:.2f}° ({shift:.1f} px): small, but it costs accuracy.",
            "Put it right with the lying chessboard when there is time.",
        )
    return found(State.STEADY, f"{name} is where it was.", "")


def _direction(rotation: Rotation) -> str:
    """Where the camera turned, as somebody behind it sees it; the picture moves the other way."""
    # Rays in camera axes (x right, y down): a scene that turns by +y moves to the picture's right, the camera left.
    x, y, z = rotation.as_rotvec()
    across, along, about = abs(y), abs(x), abs(z)
    if max(across, along, about) == about:
        return ", tilted to one side"
    if across >= along:
        return " to its left" if y > 0 else " to its right"
    return " downwards" if x > 0 else " upwards"


def _same_view(match: Match) -> bool:
    return match.common >= MIN_COMMON and match.cells >= MIN_CELLS


def _comparable(kept: Sequence[np.ndarray], fresh: Sequence[np.ndarray]) -> bool:
    return len({picture.shape[:2] for picture in (*kept, *fresh)}) == 1


def _swapped(camera: CameraCheck) -> CameraCheck:
    return CameraCheck(
        camera.name,
        State.SWAPPED,
        "The two cameras are plugged in the wrong way round.",
        "Exchange them where the cameras are chosen.",
        common=camera.common,
    )


def _room_sentence(cameras: Sequence[CameraCheck]) -> str:
    order = list(State)
    worst = max(cameras, key=lambda c: (c.state in SPOILED, order.index(c.state)))
    if worst.state is State.STEADY:
        return "Both cameras are where they were."
    sentences = dict.fromkeys(camera.sentence for camera in cameras if camera.state is not State.STEADY)
    return " ".join(sentences)


def _rays(normalised: Array) -> Array:
    rays = np.concatenate([normalised, np.ones((len(normalised), 1))], axis=1)
    return rays / np.linalg.norm(rays, axis=1, keepdims=True)


def reference_paths(folder: Path) -> tuple[Path, Path]:
    """Where a classroom's folder keeps the pictures of the empty room."""
    return folder / "reference0.jpg", folder / "reference1.jpg"


def keep_reference(folder: Path, pictures: Sequence[np.ndarray]) -> None:
    """Keep two pictures for later comparison. Only when the user asked for it, of the empty room.

    Raises:
        InputError: the folder cannot be written to; nothing is half-written.
    """
    encoded = []
    for picture in pictures:
        ok, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
        if not ok:
            raise InputError("the picture cannot be written as JPEG", where=folder)
        encoded.append(data.tobytes())
    for path, whole in zip(reference_paths(folder), encoded, strict=True):
        write_bytes(path, whole)


def read_reference(folder: Path) -> tuple[np.ndarray, np.ndarray] | None:
    """The kept pictures, else those of the lying chessboard from the calibration, else None.

    Raises:
        InputError: a kept picture is there but cannot be read.
    """
    kept = reference_paths(folder)
    if all(path.is_file() for path in kept):
        return read_picture(kept[0]), read_picture(kept[1])
    for material in (folder / "calibration" / "auxiliary", folder / "auxiliary"):
        found = [sorted(p for p in material.glob(f"cam{c}.*") if p.suffix.lower() in PICTURES) for c in (0, 1)]
        if all(found):
            return read_picture(found[0][0]), read_picture(found[1][0])
    return None
