"""Rendered heads on disk: numbered .npz shards that appear whole, and a manifest that says how they were made."""

import multiprocessing
import re
import signal
import tomllib
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import TypeAlias

import numpy as np

from gazeclass import __version__
from gazeclass.atomic import atomic_path, make_folder, write_text
from gazeclass.errors import InputError
from gazeclass.geometry.boxes import best_overlap
from gazeclass.progress import SILENT, Progress
from gazeclass.simulation.assets import AssetLibrary
from gazeclass.simulation.body import load_body
from gazeclass.simulation.heads import Detector, Head, render_heads
from gazeclass.simulation.renderer import Renderer

#: Makes the detector inside each process; a detector itself need not travel between processes.
DetectorMaker: TypeAlias = Callable[[], Detector]

RECIPE_VERSION = 3
MANIFEST = "heads.toml"
_NAME = re.compile(r"heads_\d{5,}\.npz")


@dataclass(frozen=True)
class HeadsPlan:
    """What to render.

    Attributes:
        count: heads in all.  seed: of the series; another seed gives other people.
        assets: folder of the MakeHuman packs or None for plain people.
        size_px: side of a canvas.  shard_size: heads a file.
        detector: name of the detector whose boxes are stored, "" for none.
    """

    count: int
    seed: int
    assets: Path | None = None
    size_px: int = 160
    shard_size: int = 500
    detector: str = ""

    def __post_init__(self) -> None:
        if self.count < 1:
            raise InputError(f"{self.count} heads cannot be rendered", todo="Give a count of 1 or more.")
        if not 0 <= self.seed < 2**63:
            raise InputError(f"the seed {self.seed} is negative or too large", todo="Give 0 or more, below 2^63.")
        if not 64 <= self.size_px <= 512:
            raise InputError(f"a canvas of {self.size_px} pixels is not supported", todo="Give 64 to 512.")

    def shards(self) -> list[range]:
        """Picture indices of each shard."""
        size = self.shard_size
        return [range(a, min(a + size, self.count)) for a in range(0, self.count, size)]


def shard_path(folder: Path, number: int) -> Path:
    """``heads_00042.npz``."""
    return folder / f"heads_{number:05d}.npz"


def render_shards(
    folder: Path,
    plan: HeadsPlan,
    *,
    processes: int = 1,
    make_detector: DetectorMaker | None = None,
    progress: Progress = SILENT,
) -> list[Path]:
    """Render what is missing of a plan; a run that was stopped goes on where it was.

    A shard depends on its number, the seed, the assets and the recipe only, not on how many processes render, and
    appears only when whole.

    Raises:
        InputError: the folder holds the heads of another plan, or rendering is not possible here.
        Cancelled: the user stopped; finished shards stay.
    """
    AssetLibrary(plan.assets)  # a wrong folder is told now, not by each process
    make_folder(folder)
    _check_manifest(folder, plan)
    todo = [(n, r) for n, r in enumerate(plan.shards()) if not shard_path(folder, n).exists()]
    progress.start("heads", plan.count)
    progress.advance(plan.count - sum(len(r) for _, r in todo))
    jobs = [(folder, plan, number, indices, make_detector) for number, indices in todo]
    if processes <= 1:
        for job in jobs:
            _render_shard(job, progress)
    else:
        load_body()  # a very first start builds it once, not in each process
        try:
            with closing(_in_processes(processes, jobs)) as rendered:
                for count in rendered:
                    progress.advance(count)
        finally:
            for left in folder.glob(".heads_*.npz"):  # of a process that was ended while it wrote
                left.unlink(missing_ok=True)
    return [shard_path(folder, n) for n in range(len(plan.shards()))]


_Job: TypeAlias = tuple[Path, HeadsPlan, int, range, DetectorMaker | None]


def _in_processes(processes: int, jobs: list[_Job]) -> Generator[int, None, None]:
    """Render shards side by side; yields how many heads each has, and ends the processes whatever happens.

    Raises:
        InputError: a process was ended from outside, or died.
    """
    # Not forked: an OpenGL context and torch's threads do not survive a fork.
    context = multiprocessing.get_context("spawn")
    others = set(multiprocessing.active_children())
    # Ctrl-C reaches every process; only this one heeds it, and ends the others.
    pool = ProcessPoolExecutor(processes, context, signal.signal, (signal.SIGINT, signal.SIG_IGN))
    try:
        for done in as_completed([pool.submit(_render_shard, job) for job in jobs]):
            yield done.result()
    except BrokenProcessPool as error:
        raise InputError(
            "a process that rendered was ended, perhaps for want of memory",
            todo="Give the same command with fewer --processes: finished shards stay.",
        ) from error
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        for process in set(multiprocessing.active_children()) - others:
            process.terminate()
            process.join()


def _render_shard(job: _Job, progress: Progress = SILENT) -> int:
    folder, plan, number, indices, make_detector = job
    library, renderer = _tools(plan.assets, plan.size_px)
    detector = make_detector() if make_detector else None
    heads = []
    for head in render_heads(indices, plan.seed, library, renderer):
        heads.append(head)
        progress.advance()
    columns = pack(heads, detector)
    with atomic_path(shard_path(folder, number)) as temporary, open(temporary, "wb") as file:
        np.savez_compressed(file, allow_pickle=False, **columns)
    return len(indices)


@lru_cache(maxsize=1)
def _tools(assets: Path | None, size_px: int) -> tuple[AssetLibrary, Renderer]:
    return AssetLibrary(assets), Renderer(size_px)


def pack(heads: list[Head], detector: Detector | None = None) -> dict[str, np.ndarray]:
    """Columns of a shard.

    Of several faces found on a canvas the one that overlaps the true box most is taken, if it does by a third; the
    detector's columns are NaN where it found none or there is no detector.
    """
    n = len(heads)
    boxes, marks = np.full((n, 4), np.nan, np.float32), np.full((n, 5, 2), np.nan, np.float32)
    if detector is not None:
        for k, head in enumerate(heads):
            found = detector(head.image)
            best = best_overlap([f[0] for f in found], head.box, 1.0 / 3.0)
            if best is not None:
                boxes[k], marks[k], _ = found[best]
    return {
        "images": np.stack([h.image for h in heads]),
        "R_crop": np.stack([h.R_crop for h in heads]).astype(np.float32),
        "R_rig": np.stack([h.R_rig for h in heads]).astype(np.float32),
        "landmarks68": np.stack([h.landmarks68 for h in heads]).astype(np.float32),
        "box": np.stack([h.box for h in heads]).astype(np.float32),
        "detector_box": boxes,
        "detector_landmarks": marks,
        "nose": np.stack([h.nose for h in heads]).astype(np.float32),
        "identity": np.array([h.identity for h in heads], np.int64),
        "seed": np.array([h.seed for h in heads], np.int64),
        "canvas_fov_deg": np.array([h.canvas_fov_deg for h in heads], np.float32),
    }


def read_shards(folder: Path) -> Iterator[dict[str, np.ndarray]]:
    """The finished shards of a folder in order."""
    for path in sorted(p for p in folder.glob("heads_*.npz") if _NAME.fullmatch(p.name)):
        with np.load(path) as file:
            yield {name: file[name] for name in file.files}


def _manifest(plan: HeadsPlan) -> dict[str, object]:
    values: dict[str, object] = asdict(plan)
    values["assets"] = plan.assets.resolve().name if plan.assets else ""
    values.pop("count")
    return {"recipe": "heads", "recipe_version": RECIPE_VERSION, **values}


def _check_manifest(folder: Path, plan: HeadsPlan) -> None:
    """Write the manifest, or see that the one there agrees (only the count may grow: a series can be prolonged)."""
    path = folder / MANIFEST
    wanted = _manifest(plan)
    if path.exists():
        try:
            there = tomllib.loads(path.read_text("utf-8"))
            count = int(there["count"])
        except (OSError, ValueError, KeyError) as error:
            raise InputError(
                f"cannot be read ({error!r})", where=path, todo="Choose an empty folder, or delete this one."
            ) from error
        differing = [k for k, v in wanted.items() if there.get(k) != v]
        if differing:
            raise InputError(
                f"the folder holds heads of another plan (differs in: {', '.join(differing)})",
                where=folder,
                todo="Choose an empty folder or the same options.",
            )
        if plan.count < count:
            raise InputError(
                f"the folder is for {count} heads and cannot be made smaller",
                where=folder,
                todo=f"Choose an empty folder, or give a count of {count} or more.",
            )
        if count % plan.shard_size and plan.count > count:
            raise InputError(
                f"its last shard is not full, so the series of {count} heads cannot be prolonged",
                where=folder,
                todo="Choose an empty folder.",
            )
    elif any(folder.glob("heads_*.npz")):
        raise InputError(
            f"the folder holds heads, but {MANIFEST}, which says how they were made, is missing",
            where=folder,
            todo="Choose an empty folder.",
        )
    lines = [f"{k} = {_toml(v)}" for k, v in {**wanted, "count": plan.count, "gazeclass": __version__}.items()]
    write_text(path, "\n".join(lines) + "\n")


def _toml(value: object) -> str:
    return str(value) if isinstance(value, int) else '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'
