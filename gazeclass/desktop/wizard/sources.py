"""Where the wizard's pictures come from: live cameras, two videos, or folders of pictures played as cameras.

A source gives :class:`Shot` s, one moment of both cameras, for a *part* of the calibration: ``preview``, ``lens0``,
``lens1``, ``pair``, ``auxiliary``. A live camera shows the same at every part; a calibration folder plays its own
sub-folder.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np

from gazeclass.calibration.views import VIDEOS, find_pictures, find_video
from gazeclass.capture.pairs import Image
from gazeclass.errors import InputError

PREVIEW, LENS0, LENS1, PAIR, AUXILIARY = "preview", "lens0", "lens1", "pair", "auxiliary"
LENSES = (LENS0, LENS1)

#: Of a video, so much is passed over between two moments: a board in somebody's hands does not move much meanwhile.
VIDEO_STEP_S = 0.2
#: Frames' times differ from their rate by less than this.
_JITTER_S = 0.04

Pictures = tuple[Image | None, Image | None]
Locks = tuple[bool | None, bool | None]


@dataclass(frozen=True, eq=False)
class Shot:
    """One moment.

    Attributes:
        t_s: on the source's clock.
        images: of the left and the right camera, BGR uint8; None where that camera gave none.
        skew_s: right camera's time minus the left one's.
        name: of the pictures in a folder, "" for cameras and videos.
        chosen: somebody chose this picture (it lies in a folder): it need not hold still to be kept.
    """

    t_s: float
    images: Pictures
    skew_s: float = 0.0
    name: str = ""
    chosen: bool = False


class Source(Protocol):
    """Two cameras, whatever they are.

    Attributes:
        names: of the left and the right one, for people.
        waits: it waits until each picture has been searched (files); a live camera does not.
        stills: taken already, chosen or recorded: nobody can be asked to hold still, so a board that moves counts
            where it is sharp.
    """

    names: tuple[str, str]
    waits: bool
    stills: bool

    def shots(self, part: str) -> Iterator[Shot]:
        """The moments of a part; ends where files end, raises InputError when a camera is lost."""

    def warnings(self) -> tuple[str, ...]:
        """What is known to be doubtful about these cameras, one sentence each."""

    def locks(self) -> tuple[Locks, Locks]:
        """Whether focus and exposure of either camera are fixed; None where nobody knows."""

    def close(self) -> None:
        """Let go of the cameras. May take a moment: not for the GUI thread."""


class _Files:
    """What all files have in common: nothing to lock, nothing to let go."""

    waits = True
    stills = False

    def warnings(self) -> tuple[str, ...]:
        """None."""
        return ()

    def locks(self) -> tuple[Locks, Locks]:
        """Nobody knows how the files were taken."""
        return (None, None), (None, None)

    def close(self) -> None:
        """Nothing is held open."""


class PictureFolders(_Files):
    """Two folders of pictures, or a calibration folder, played as cameras."""

    stills = True

    def __init__(self, names: tuple[str, str], parts: "Callable[[str], tuple[Path | None, Path | None]]") -> None:
        self.names = names
        self._parts = parts

    def shots(self, part: str) -> Iterator[Shot]:
        """The pictures, in the order of their names; for a pair those of the same name."""
        folders = self._parts(part)
        found = [_pictures(folder, part, camera) for camera, folder in enumerate(folders)]
        if part in (PREVIEW, PAIR):
            names = sorted(set(found[0]) & set(found[1]))
            moments = [(name, found[0][name], found[1][name]) for name in names]
            if not moments and part == PAIR:
                raise InputError(
                    "no two pictures have the same name, so none are known to be of one moment",
                    where=folders[0] or folders[1] or "",
                    todo="Give both pictures of a moment the same name.",
                )
        else:
            ends = zip_longest(found[0].items(), found[1].items())
            moments = [((a or b)[0], a and a[1], b and b[1]) for a, b in ends]
        for k, (name, left, right) in enumerate(moments):
            yield Shot(float(k), (_read(left), _read(right)), name=name, chosen=True)


class Videos(_Files):
    """Two video files of one recording, taken through in steps."""

    stills = True

    def __init__(self, videos: "Callable[[str], tuple[Path | None, Path | None]]", names: tuple[str, str]) -> None:
        self.names = names
        self._videos = videos

    def shots(self, part: str) -> Iterator[Shot]:
        """A moment every :data:`VIDEO_STEP_S`; every one of the preview, which is to tell their rate."""
        from gazeclass.capture.files import open_recording, synchronised
        from gazeclass.capture.video import open_video

        left, right = self._videos(part)
        if left is not None and right is not None and part not in LENSES:
            stamps = left.parent / "timestamps.csv"
            # The time stamps name the cameras as the files do, whichever of them stands on the left.
            crossed = stamps.is_file() and (_number(left), _number(right)) == ("1", "0")
            videos = (right, left) if crossed else (left, right)
            recording = open_recording(*videos, stamps if stamps.is_file() else None)
            # The preview is for looking only; where pairs count, recordings started by hand are put on one clock first.
            recording = recording if part == PREVIEW else synchronised(recording)
            due_s = -np.inf
            for pair in recording:
                if part != PREVIEW and pair.t_s < due_s - _JITTER_S:
                    continue
                due_s = pair.t_s + VIDEO_STEP_S
                if crossed:
                    yield Shot(pair.t_s + pair.skew_s, (pair.images[1], pair.images[0]), -pair.skew_s)
                else:
                    yield Shot(pair.t_s, pair.images, pair.skew_s)
            return
        camera = LENSES.index(part) if part in LENSES else (0 if left is not None else 1)
        path = (left, right)[camera]
        if path is None:
            raise InputError(f"there is no video of the {self.names[camera]}")
        due_s = -np.inf
        for frame in open_video(path):
            if part == PREVIEW or frame.t_s >= due_s - _JITTER_S:
                due_s = frame.t_s + VIDEO_STEP_S
                images: Pictures = (frame.image, None) if camera == 0 else (None, frame.image)
                yield Shot(frame.t_s, images)


def _number(video: Path) -> str:
    """The camera's number in a file's name: 1 of ``cam_1.mp4``."""
    return video.stem[-1:]


class Exchanged(_Files):
    """Files whose left and right are the wrong way round."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.stills = source.stills
        self.names = (source.names[1], source.names[0])

    def shots(self, part: str) -> Iterator[Shot]:
        """The other's moments, each with its pictures exchanged."""
        if part in LENSES:
            part = LENSES[1 - LENSES.index(part)]
        for shot in self._source.shots(part):
            yield replace(shot, images=(shot.images[1], shot.images[0]), skew_s=-shot.skew_s)


def open_files(left: Path, right: Path | None = None) -> Source:
    """Files as cameras: a calibration folder (``right`` None), two folders of pictures, or two videos.

    Raises:
        InputError: neither, or one thing given twice.
    """
    for path in (left, right):
        if path is not None and not path.exists():
            raise InputError("there is nothing of that name", where=path)
    if right is None:
        return _calibration_folder(left)
    if left.resolve() == right.resolve():
        raise InputError(
            "the same is given for both cameras", where=left, todo="Choose the left camera's and the right camera's."
        )
    if left.is_dir() and right.is_dir():
        return PictureFolders((left.name, right.name), lambda part: (left, right))
    if all(path.is_file() and path.suffix.lower() in VIDEOS for path in (left, right)):
        return Videos(lambda part: (left, right), (left.name, right.name))
    raise InputError("choose two folders of pictures or two videos", where=f"{left.name}, {right.name}")


_SUBFOLDERS = {
    PREVIEW: ("stereo", "extrinsic"),
    PAIR: ("stereo", "extrinsic"),
    LENS0: ("intrinsics", "intrinsic"),
    LENS1: ("intrinsics", "intrinsic"),
}


def _calibration_folder(folder: Path) -> Source:
    if not any((folder / name).is_dir() for name in ("stereo", "extrinsic")):
        raise InputError(
            "this is no calibration folder: it has no folder 'stereo'",
            where=folder,
            todo="Choose the folder that holds stereo, intrinsics and auxiliary, or one folder for each camera.",
        )

    def part_folder(part: str) -> Path | None:
        return next((folder / n for n in _SUBFOLDERS.get(part, (part,)) if (folder / n).is_dir()), None)

    def videos(part: str) -> tuple[Path | None, Path | None]:
        inside = part_folder(part)
        return (None, None) if inside is None else (find_video(inside, "cam0"), find_video(inside, "cam1"))

    def folders(part: str) -> tuple[Path | None, Path | None]:
        inside = part_folder(part)
        if inside is None:
            return None, None
        if part == AUXILIARY:
            pictures = find_pictures(inside)
            return pictures.get("cam0"), pictures.get("cam1")
        left, right = (inside / f"cam{camera}" for camera in (0, 1))
        return (left if left.is_dir() else None), (right if right.is_dir() else None)

    names = (f"{folder.name}/cam0", f"{folder.name}/cam1")
    if any(videos(PAIR)):
        return Videos(videos, names)
    return PictureFolders(names, folders)


def _pictures(place: Path | None, part: str, camera: int) -> dict[str, Path]:
    """The pictures of one camera; a lens part wants only its own camera's."""
    if place is None or (part in LENSES and LENSES.index(part) != camera):
        return {}
    if place.is_file():
        return {AUXILIARY: place}
    pictures = find_pictures(place)
    if part == PREVIEW:
        first = next(iter(pictures), None)
        return {} if first is None else {"preview": pictures[first]}
    return pictures


def _read(path: Path | None) -> Image | None:
    return None if path is None else read_colour(path)


def read_colour(path: Path) -> Image:
    """A picture in colour, BGR uint8, as the cameras give them.

    Raises:
        InputError: it cannot be read.
    """
    try:
        data = np.fromfile(path, np.uint8)
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror or error})", where=path) from error
    picture = cv2.imdecode(data, cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION) if data.size else None
    if picture is None:
        raise InputError("is not a picture or is damaged", where=path, todo="Take it again or delete it.")
    return np.asarray(picture, np.uint8)
