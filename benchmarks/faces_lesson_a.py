"""Faces on lesson_a against its truth: coverage, identity, nose tips, false faces, time.

    .venv/bin/python benchmarks/faces_lesson_a.py [--frames 120] [--threads 1] [--no-enrolment] [--without S05]

The rig is the true one (truth.json), so that nothing but faces is measured. ``--without`` leaves a student's portrait
out: that student must not be given another's name.
"""

import argparse
import csv
import json
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np

from gazeclass.faces.boxes import overlap
from gazeclass.faces.embedding import Embedder
from gazeclass.faces.enrolment import Enrolment, enrol
from gazeclass.faces.matching import Matcher
from gazeclass.faces.mtcnn import MtcnnDetector
from gazeclass.faces.tracking import CameraTracker
from gazeclass.faces.types import Sighting, Track
from gazeclass.geometry.camera import CameraModel
from gazeclass.geometry.frames import Transform
from gazeclass.geometry.stereo import StereoRig

LESSON = Path(__file__).resolve().parents[2] / "shared" / "data" / "lesson_a"
YAW_EDGES_DEG = (0, 20, 40, 60, 90, 180)


@dataclass(frozen=True)
class TruthFace:
    student: str
    row: int
    yaw_deg: float
    nose_px: np.ndarray
    box_px: np.ndarray


def true_rig(lesson: Path) -> StereoRig:
    """lesson_a's cameras as they really are."""
    truth = json.loads((lesson / "truth.json").read_text())
    cameras = tuple(
        CameraModel(1920, 1080, np.array(truth[f"cam{c}"]["K"]), np.array(truth[f"cam{c}"]["dist"])) for c in (0, 1)
    )
    between = truth["cam1_from_cam0"]
    return StereoRig(cameras, Transform(np.array(between["R"]), np.array(between["t"])))


def read_truth(lesson: Path) -> dict[tuple[int, int], list[TruthFace]]:
    """By camera and frame of that camera."""
    out = defaultdict(list)
    with open(lesson / "truth.csv", newline="") as file:
        for row in csv.DictReader(file):
            for camera, frame in ((0, row["frame"]), (1, row["cam1_frame"])):
                if not frame or not row[f"cam{camera}_u"]:
                    continue
                numbers = {key: float(row[f"cam{camera}_{key}"]) for key in ("u", "v", "yaw")}
                box = np.array([float(row[f"cam{camera}_box_{key}"]) for key in ("x0", "y0", "x1", "y1")])
                nose = np.array([numbers["u"], numbers["v"]])
                face = TruthFace(row["student"], int(row["row"]), numbers["yaw"], nose, box)
                out[camera, int(frame)].append(face)
    return out


def without(enrolment: Enrolment, names: Sequence[str]) -> Enrolment:
    keep = [i for i, name in enumerate(enrolment.names) if name not in names]
    return Enrolment(tuple(enrolment.names[i] for i in keep), enrolment.embeddings[keep])


@dataclass
class Result:
    sightings: list[list[Sighting]]
    tracks: list[tuple[list[Track], list[Track]]]
    track_ms: list[float]
    match_ms: list[float]


def run(lesson: Path, frames: int, enrolment: Enrolment | None, threads: int | None) -> Result:
    """The lesson through trackers and matcher, frame i of both cameras as one pair (13 ms apart)."""
    detector, embedder = MtcnnDetector(threads=threads), Embedder(threads=threads)
    trackers = tuple(CameraTracker(camera, detector, embedder) for camera in (0, 1))
    matcher = Matcher(true_rig(lesson), enrolment, trackers=trackers)
    videos = [cv2.VideoCapture(str(lesson / f"cam{camera}.mp4")) for camera in (0, 1)]
    result = Result([], [], [], [])
    for index in range(frames):
        pictures = [video.read()[1] for video in videos]
        start = time.perf_counter()
        tracks = tuple(tracker.update(index / 10, p) for tracker, p in zip(trackers, pictures, strict=True))
        middle = time.perf_counter()
        result.sightings.append(matcher.update(index / 10, *tracks))
        result.tracks.append(tracks)
        result.track_ms.append((middle - start) * 1e3)
        result.match_ms.append((time.perf_counter() - middle) * 1e3)
    return result


def true_face(faces: Sequence[TruthFace], box_px: np.ndarray) -> TruthFace | None:
    """Whose face a box is on."""
    fits = overlap(np.array([face.box_px for face in faces]), box_px[None])[:, 0]
    best = int(fits.argmax())
    return faces[best] if fits[best] > 0.3 else None


@dataclass
class Score:
    """Counts over a lesson; ``coverage`` by row, ``nose`` by camera-face."""

    rows: Counter
    both: Counter
    turned: int = 0
    right: int = 0
    wrong: int = 0
    unknown: int = 0
    false_faces: int = 0
    mistakes: Counter | None = None
    nose: np.ndarray | None = None


def judge(result: Result, truth: dict[tuple[int, int], list[TruthFace]]) -> Score:
    score = Score(Counter(), Counter(), mistakes=Counter())
    nose = []
    for index, sightings in enumerate(result.sightings):
        both = {f.student for f in truth[0, index]} & {f.student for f in truth[1, index]}
        rows = {f.student: f.row for f in truth[0, index]}
        score.rows.update(rows[student] for student in both)
        away = {f.student for c in (0, 1) for f in truth[c, index] if abs(f.yaw_deg) > 75}
        score.turned += len(both & away)
        found = set()
        for sighting in sightings:
            owners = {c: true_face(truth[c, index], face.box_px) for c, face in sighting.faces.items()}
            for camera, face in sighting.faces.items():
                owner = owners[camera]
                if owner is None:
                    score.false_faces += 1
                    continue
                if owner.student == sighting.student:
                    score.right += 1
                elif sighting.student.startswith("unknown"):
                    score.unknown += 1
                else:
                    score.wrong += 1
                    score.mistakes[owner.student, sighting.student] += 1
                size = owner.box_px[2:] - owner.box_px[:2]
                error = face.nose_px - owner.nose_px
                nose.append((owner.row, owner.yaw_deg, *error, *(error / size), face.score, face.size_px, camera))
            names = {owner.student for owner in owners.values() if owner}
            if len(owners) == 2 and None not in owners.values() and len(names) == 1:
                found |= names
        score.both.update(rows[student] for student in found & both)
    score.nose = np.array(nose)
    return score


def table(score: Score, result: Result) -> str:
    lines = []
    total, both = sum(score.rows.values()), sum(score.both.values())
    rows = ", ".join(f"row {r} {score.both[r] / score.rows[r]:.3f}" for r in sorted(score.rows))
    lines.append(f"two-camera sightings of truth rows seen by both: {both}/{total} = {both / total:.3f} ({rows})")
    lines.append(f"  turned more than 75 degrees from one of the cameras: {score.turned} of these rows")
    named = score.right + score.wrong
    lines.append(
        f"identity: {score.right}/{named} named faces right = {score.right / max(named, 1):.4f}; "
        f"unknown {score.unknown}; on no face {score.false_faces}"
    )
    if score.mistakes:
        lines.append("  mistakes (true, given): " + ", ".join(f"{k}: {v}" for k, v in score.mistakes.most_common(8)))
    n = score.nose
    outwards = n[:, 2] * np.sign(n[:, 1])  # > 0: towards the middle of the head, the nose not far enough out
    lines.append("nose tip: |yaw|   n   inwards px (spread)  down px (spread)  inwards/box  down/box  median |e| px")
    for low, high in pairwise(YAW_EDGES_DEG):
        m = (np.abs(n[:, 1]) >= low) & (np.abs(n[:, 1]) < high)
        if m.sum() > 4:
            lines.append(
                f"  {low:3d}–{high:3d} {m.sum():5d}   {np.median(outwards[m]):5.2f} ({spread(outwards[m]):.2f})"
                f"        {np.median(n[m, 3]):5.2f} ({spread(n[m, 3]):.2f})"
                f"     {np.median(n[m, 4] * np.sign(n[m, 1])):6.3f}   {np.median(n[m, 5]):6.3f}"
                f"     {np.median(np.hypot(n[m, 2], n[m, 3])):.2f}"
            )
    for row in sorted(score.rows):
        m = n[:, 0] == row
        e = np.hypot(n[m, 2], n[m, 3])
        lines.append(f"  row {row}: median |e| {np.median(e):.2f} px, 90th percentile {np.percentile(e, 90):.2f} px")
    lines.append(
        f"time per pair: track {np.mean(result.track_ms):.0f} ms (median {np.median(result.track_ms):.0f}, "
        f"worst {max(result.track_ms):.0f}), match {np.mean(result.match_ms):.1f} ms"
    )
    return "\n".join(lines)


def spread(values: np.ndarray) -> float:
    """Half of the 16th to 84th percentile."""
    low, high = np.percentile(values, [16, 84])
    return float(high - low) / 2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, default=120)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--no-enrolment", action="store_true")
    parser.add_argument("--without", nargs="*", default=[])
    arguments = parser.parse_args()
    enrolment = None
    if not arguments.no_enrolment:
        detector, embedder = MtcnnDetector(threads=arguments.threads), Embedder(threads=arguments.threads)
        enrolment = without(enrol(LESSON / "enroll", detector, embedder), arguments.without)
        for warning in enrolment.warnings:
            print(warning)
    result = run(LESSON, arguments.frames, enrolment, arguments.threads)
    print(table(judge(result, read_truth(LESSON)), result))


if __name__ == "__main__":
    main()
