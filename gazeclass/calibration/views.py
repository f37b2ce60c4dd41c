"""Pictures of the target from a folder: read them, insist that they fit together, find the target in each."""

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gazeclass.calibration.detection import Detection, detect, other_explanation
from gazeclass.calibration.memory import DetectionMemory, Seen
from gazeclass.calibration.target import CHESSBOARD, Target
from gazeclass.errors import InputError
from gazeclass.pictures import PICTURES
from gazeclass.pictures import read_picture as read_any
from gazeclass.progress import Progress

VIDEOS = (".mp4", ".mkv", ".avi", ".mov", ".m4v", ".webm")

#: So many pictures without the target are searched before another explanation is looked for.
GIVE_UP_AFTER = 3

#: cv2 lets go of the GIL while it searches, but hardly runs in parallel itself; more threads only cost memory.
WORKERS = max(1, min(4, os.cpu_count() or 1))


@dataclass(frozen=True, eq=False)
class Views:
    """What one camera saw.

    Attributes:
        detections: by view name, None where the target was not found.
        size_px: of every picture.
        example: one picture in which the target was not found, for an explanation; None when it was found in all.
        reason: why the search was given up after some pictures; "" where all were searched.
    """

    detections: dict[str, Detection | None]
    size_px: tuple[int, int]
    example: np.ndarray | None = None
    reason: str = ""

    def found(self) -> dict[str, Detection]:
        """Only the views that show the target."""
        return {name: d for name, d in self.detections.items() if d is not None}


def find_pictures(folder: Path) -> dict[str, Path]:
    """Pictures in ``folder`` by stem, sorted; hidden files are none.

    Raises:
        InputError: two pictures of one stem.
    """
    pictures: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in PICTURES and not path.name.startswith("."):
            if path.stem in pictures:
                raise InputError(
                    f"{pictures[path.stem].name} and {path.name} have the same name", where=folder, todo="Rename one."
                )
            pictures[path.stem] = path
    return pictures


def find_video(folder: Path, name: str) -> Path | None:
    """``folder/NAME.mp4`` (or another video format); ``cam_0`` is understood for ``cam0``."""
    for stem in (name, f"{name[:-1]}_{name[-1]}"):
        for suffix in VIDEOS:
            for candidate in (folder / f"{stem}{suffix}", folder / f"{stem}{suffix.upper()}"):
                if candidate.is_file():
                    return candidate
    return None


def read_picture(path: Path) -> np.ndarray:
    """Grey picture ``(h, w)`` uint8 as the sensor gave it, since a lens belongs to the sensor.

    Raises:
        InputError: it cannot be read or is no picture.
    """
    return read_any(path, grey=True, as_the_sensor=True)


def read_pictures(pictures: dict[str, Path]) -> Iterator[tuple[str, np.ndarray]]:
    """Name and grey picture, one after another; all must have one size.

    Raises:
        InputError: an unreadable picture, or two sizes.
    """
    first: tuple[str, tuple[int, int]] | None = None
    for name, path in pictures.items():
        image = read_picture(path)
        size = (image.shape[1], image.shape[0])
        first = first or (path.name, size)
        _same_size(path, size, first)
        yield name, image


def search_pictures(
    target: Target,
    pictures: dict[str, Path],
    progress: Progress,
    stage: str,
    memory: DetectionMemory | None = None,
) -> Views:
    """Search the pictures of one camera; those that ``memory`` knows are not even opened.

    Raises:
        InputError: an unreadable picture, or two sizes.
    """
    if memory is None:
        # Pictures were chosen by somebody. A video may begin with a part of the board, and a ChArUco board far away
        # looks like a plain one: there all are searched.
        sure = target.kind == CHESSBOARD
        return detect_all(target, read_pictures(pictures), progress, stage, len(pictures), give_up=sure)
    known = {name: seen for name, path in pictures.items() if (seen := memory.recall(target, path)) is not None}
    new = {name: path for name, path in pictures.items() if name not in known}
    found = Views({}, (0, 0))
    if new:
        # What was searched is remembered, so the next call is short: all of it.
        found = detect_all(target, read_pictures(new), progress, stage, len(new))
        for name, path in new.items():
            memory.remember(target, path, Seen(found.size_px, found.detections[name]))
        known |= {name: Seen(found.size_px, found.detections[name]) for name in new}
        memory.flush()
    first = next(iter(pictures))
    for name, path in pictures.items():
        _same_size(path, known[name].size_px, (pictures[first].name, known[first].size_px))
    detections = {name: known[name].detection for name in pictures}
    example = found.example
    if example is None:
        empty = next((name for name, d in detections.items() if d is None), None)
        example = None if empty is None else read_picture(pictures[empty])
    return Views(detections, known[first].size_px, example)


def _same_size(path: Path, size: tuple[int, int], first: tuple[str, tuple[int, int]]) -> None:
    if size != first[1]:
        raise InputError(
            f"is {size[0]}×{size[1]}, but {first[0]} is {first[1][0]}×{first[1][1]}",
            where=path,
            todo="Use pictures of one resolution, the one that lessons are recorded in.",
        )


def detect_all(
    target: Target,
    images: Iterable[tuple[str, np.ndarray]],
    progress: Progress,
    stage: str,
    total: int | None,
    *,
    give_up: bool = False,
) -> Views:
    """Search every picture on a few threads, results in the order of the pictures.

    A wrong pattern is the commonest mistake, and looking for a board that is not there takes longest: where the first
    pictures show none, but each the same other board, the search ends there (``give_up``).

    Raises:
        InputError: from the pictures, or none at all.
    """
    progress.start(stage, total)
    detections: dict[str, Detection | None] = {}
    examples: list[np.ndarray] = []
    size_px = (0, 0)
    waiting: list[tuple[str, np.ndarray, Future[Detection | None]]] = []

    def take() -> None:
        name, image, future = waiting.pop(0)
        detections[name] = future.result()
        if detections[name] is None and len(examples) < GIVE_UP_AFTER:
            examples.append(image)
        progress.advance()

    pool = ThreadPoolExecutor(WORKERS)
    try:
        for name, image in images:
            size_px = (image.shape[1], image.shape[0])
            waiting.append((name, image, pool.submit(detect, target, image)))
            # Never more pictures in memory than threads to search them, and one being read.
            if len(waiting) > WORKERS:
                take()
            if give_up and len(detections) == len(examples) == GIVE_UP_AFTER:
                give_up = False
                reasons = {other_explanation(target, image) or "" for image in examples}
                if len(reasons) == 1 and "" not in reasons:
                    return Views(detections, size_px, examples[0], reasons.pop())
        while waiting:
            take()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
    return Views(detections, size_px, examples[0] if examples else None)
