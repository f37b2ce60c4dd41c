"""A calibration folder: what is in it, what is missing, and the target found in every picture.

``intrinsics/cam0|cam1/*.png``, ``stereo/cam0|cam1/*.png`` (same names = same moment), ``auxiliary/cam0|cam1.png``,
``tape.csv``, ``room.toml``. In place of a folder ``cam0`` a video ``cam0.mp4``, with ``timestamps.csv`` beside it.
"""

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from gazeclass.calibration.detection import Detection, other_explanation
from gazeclass.calibration.memory import DetectionMemory
from gazeclass.calibration.room import Room, read_room
from gazeclass.calibration.solve import CalibrationResult, Material, Options, calibrate_material
from gazeclass.calibration.stereo import Pair
from gazeclass.calibration.survey import require_enough
from gazeclass.calibration.tape import Points, Reading, read_tape
from gazeclass.calibration.target import Target, is_corner_name, require_sides
from gazeclass.calibration.video import (
    MAX_SKEW_S,
    Scan,
    choose,
    distinct,
    frames_at,
    pair_moments,
    scan,
    started_apart_s,
)
from gazeclass.calibration.views import (
    Views,
    detect_all,
    find_pictures,
    find_video,
    search_pictures,
)
from gazeclass.errors import InputError
from gazeclass.progress import SILENT, Progress

#: Names a part of the folder may have; the first is ours, the second Caliscope's.
STEREO, INTRINSICS, AUXILIARY = ("stereo", "extrinsic"), ("intrinsics", "intrinsic"), ("auxiliary",)


def calibrate_folder(
    folder: str | Path,
    target: Target,
    progress: Progress = SILENT,
    options: Options | None = None,
    memory: DetectionMemory | None = None,
) -> CalibrationResult:
    """Calibrate a room from its folder, as far as its contents allow.

    Args:
        folder: see the module.
        target: the board in the pictures.
        progress: told of every picture searched.
        options: see :class:`gazeclass.calibration.solve.Options`.
        memory: pictures searched before need not be searched again.

    Returns:
        The classroom (without a world frame where ``auxiliary``, ``tape.csv`` or ``room.toml`` is missing), the
        figures, the verdict and what is still missing.

    Raises:
        InputError: anything in the folder that cannot be used; says what, where and what to do.
        Cancelled: from ``progress``.
    """
    folder = Path(folder)
    options = options or Options()
    material = read_folder(folder, target, progress, memory)
    progress.start("computing", None)
    return calibrate_material(target, material, options, name=options.name or material_name(folder, material))


def material_name(folder: Path, material: Material) -> str:
    """The room's name: room.toml's, else the folder's."""
    if material.room is not None and material.room.name:
        return material.room.name
    name = folder.resolve().name
    return folder.resolve().parent.name if name == "calibration" else name


def read_folder(
    folder: Path, target: Target, progress: Progress = SILENT, memory: DetectionMemory | None = None
) -> Material:
    """Read all of a calibration folder; the small files first, so that their mistakes show before the long search."""
    if not folder.is_dir():
        raise InputError("there is no such folder", where=folder)
    require_sides(target)
    room, tape = _room(folder), _tape(folder, target)
    views = read_views(folder, target, progress, memory)
    return replace(views, room=room, tape=tape)


def read_views(
    folder: Path,
    target: Target,
    progress: Progress = SILENT,
    memory: DetectionMemory | None = None,
    *,
    lying: bool = True,
) -> Material:
    """Read only the pictures of a calibration folder: no room, no tape; ``lying`` False leaves the auxiliary out."""
    stereo = _part(folder, STEREO)
    if stereo is None:
        empty = not any(folder.iterdir())
        raise InputError(
            "the folder is empty" if empty else "there is no folder 'stereo'",
            where=folder,
            todo="Put pictures taken at the same moment into stereo/cam0 and stereo/cam1, with the same names.",
        )
    sizes = _Sizes()
    pairs = _stereo(stereo, target, sizes, progress, memory)
    single = _intrinsics(folder, target, sizes, progress, memory)
    auxiliary = _auxiliary(folder, target, sizes, progress, memory) if lying else None
    return Material(pairs=pairs, single=single, auxiliary=auxiliary)


@dataclass
class _Sizes:
    """The picture size of each camera, the same in every part of the folder."""

    known: dict[int, tuple[tuple[int, int], str]] = field(default_factory=dict)

    def check(self, camera: int, size_px: tuple[int, int], where: str) -> None:
        size, first = self.known.setdefault(camera, (size_px, where))
        if size != size_px:
            raise InputError(
                f"the pictures are {size_px[0]}×{size_px[1]}, those in {first} {size[0]}×{size[1]}",
                where=where,
                todo="Use one resolution for everything, the one that lessons are recorded in.",
            )


def _room(folder: Path) -> Room | None:
    path = folder / "room.toml"
    return read_room(path) if path.is_file() else None


def _tape(folder: Path, target: Target) -> tuple[Reading, ...] | None:
    path = folder / "tape.csv"
    if not path.is_file():
        return None
    readings = read_tape(path)
    # With stand-ins for what is not known yet, so that a misspelt point shows before the long search.
    points = Points(target, np.zeros((2, 3)), 0.0, 0.0)
    for reading in readings:
        # A corner that this board does not have may mean a wrong --pattern, which the pictures will tell better.
        if not any(is_corner_name(n) and target.corner_index(n) is None for n in (reading.point_a, reading.point_b)):
            points.check(reading, path)
    if _part(folder, AUXILIARY) is not None and (folder / "room.toml").is_file():
        require_enough(len(readings))
    return tuple(readings)


def _part(folder: Path, names: tuple[str, ...]) -> Path | None:
    return next((folder / name for name in names if (folder / name).is_dir()), None)


def _stereo(
    part: Path, target: Target, sizes: _Sizes, progress: Progress, memory: DetectionMemory | None
) -> dict[str, Pair]:
    videos = (find_video(part, "cam0"), find_video(part, "cam1"))
    if videos[0] is not None and videos[1] is not None:
        return _stereo_videos(part, (videos[0], videos[1]), target, sizes, progress)
    pictures = []
    for c in (0, 1):
        folder = part / f"cam{c}"
        if not folder.is_dir() or not (found := find_pictures(folder)):
            raise InputError(
                "there are no pictures here",
                where=folder,
                todo=f"Put the pictures of camera {c} here, or its video beside it as cam{c}.mp4.",
            )
        pictures.append(found)
    names = [name for name in pictures[0] if name in pictures[1]]
    if not names:
        raise InputError(
            f"no picture of cam0 ({next(iter(pictures[0]))}, …) has one of the same name in cam1 "
            f"({next(iter(pictures[1]))}, …)",
            where=part,
            todo="Give both pictures of a moment the same name.",
        )
    lonely = sorted(set(pictures[0]) ^ set(pictures[1]))
    if lonely:
        progress.note(f"{part.name}: without a partner in the other camera: {', '.join(lonely[:6])}")
    views = []
    for c in (0, 1):
        chosen = {name: pictures[c][name] for name in names}
        seen = search_pictures(target, chosen, progress, f"{part.name}/cam{c}", memory)
        views.append(_usable(seen, target, f"{part.name}/cam{c}", c, sizes))
    return {name: (views[0].detections[name], views[1].detections[name]) for name in names}


def _stereo_videos(
    part: Path, videos: tuple[Path, Path], target: Target, sizes: _Sizes, progress: Progress
) -> dict[str, Pair]:
    scans: tuple[Scan, Scan] = (scan(videos[0], progress), scan(videos[1], progress))
    timestamps = part / "timestamps.csv"
    timed = timestamps.is_file()
    if not timed and abs(apart_s := started_apart_s(scans)) > MAX_SKEW_S:
        progress.note(f"{part.name}: by the movement in both, the videos' clocks are {apart_s:+.2f} s apart")
    moments = pair_moments(scans, timestamps if timed else None)
    # A pair is as sharp as its blurred half, each camera measured by its own best.
    quality = np.min(
        [[scans[c].sharpness[m.frames[c]] / max(scans[c].sharpness.max(), 1e-9) for m in moments] for c in (0, 1)],
        axis=0,
    )
    moments = [moments[k] for k in choose(quality)]
    views = []
    for c in (0, 1):
        names = {m.frames[c]: m.name for m in moments}
        images = ((names[number], grey) for number, grey in frames_at(videos[c], sorted(names)))
        seen = detect_all(target, images, progress, f"{part.name}/{videos[c].name}", len(names))
        views.append(_usable(seen, target, f"{part.name}/{videos[c].name}", c, sizes))
    pairs: dict[str, Pair] = {
        m.name: (views[0].detections.get(m.name), views[1].detections.get(m.name)) for m in moments
    }
    return distinct(pairs)


def _intrinsics(
    folder: Path, target: Target, sizes: _Sizes, progress: Progress, memory: DetectionMemory | None
) -> tuple[dict[str, Detection], dict[str, Detection]]:
    """Close views of one camera each; without them the stereo views have to do."""
    result: tuple[dict[str, Detection], dict[str, Detection]] = ({}, {})
    part = _part(folder, INTRINSICS)
    if part is None:
        progress.note("no folder 'intrinsics': the lenses are computed from the stereo views")
        return result
    for c in (0, 1):
        where, video = f"{part.name}/cam{c}", find_video(part, f"cam{c}")
        if (part / f"cam{c}").is_dir():
            pictures = find_pictures(part / f"cam{c}")
            if not pictures:
                raise InputError("there are no pictures here", where=part / f"cam{c}")
            seen = search_pictures(target, pictures, progress, where, memory)
        elif video is not None:
            chosen = choose(scan(video, progress).sharpness)
            images = ((f"frame {number}", grey) for number, grey in frames_at(video, chosen))
            seen = detect_all(target, images, progress, f"{part.name}/{video.name}", len(chosen))
            kept = distinct({name: (d, None) for name, d in seen.detections.items()})
            seen = Views({n: pair[0] for n, pair in kept.items()}, seen.size_px, seen.example)
        else:
            progress.note(f"no {where}: the lens of camera {c} is computed from the stereo views")
            continue
        result[c].update(_usable(seen, target, where, c, sizes).found())
    return result


def _auxiliary(
    folder: Path, target: Target, sizes: _Sizes, progress: Progress, memory: DetectionMemory | None
) -> Pair | None:
    part = _part(folder, AUXILIARY)
    if part is None:
        return None
    pictures = find_pictures(part)
    found: list[Detection | None] = []
    for c in (0, 1):
        path = pictures.get(f"cam{c}")
        if path is None:
            raise InputError(
                f"there is no picture cam{c}",
                where=part,
                todo="Put one picture of each camera here: cam0.png and cam1.png, with the chessboard lying flat.",
            )
        where = f"{part.name}/{path.name}"
        seen = search_pictures(target, {f"cam{c}": path}, progress, where, memory)
        sizes.check(c, seen.size_px, where)
        detection = next(iter(seen.detections.values()))
        if detection is None:
            reason = other_explanation(target, seen.example) if seen.example is not None else None
            progress.note(f"{where}: the {target.name} was not found" + (f"; {reason}" if reason else ""))
        found.append(detection)
    return found[0], found[1]


def _usable(seen: Views, target: Target, where: str, camera: int, sizes: _Sizes) -> Views:
    """The views, when any shows the target and their size is this camera's.

    Raises:
        InputError: with the reason that a second look at one of the pictures suggests.
    """
    sizes.check(camera, seen.size_px, where)
    if not seen.found():
        reason: str | None = seen.reason
        if not reason and seen.example is not None:
            reason = other_explanation(target, seen.example)
        advice = "Check the pattern (inner corners, not squares), the light and that the whole board is in the picture."
        raise InputError(
            f"the {target.name} is in none of {len(seen.detections)} pictures" + (f"; {reason}" if reason else ""),
            where=where,
            todo="" if reason else advice,
        )
    return seen
