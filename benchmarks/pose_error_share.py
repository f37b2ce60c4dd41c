"""How much of a network's error stays while a head holds a look (docs/decisions/001).

    .venv/bin/python benchmarks/pose_error_share.py LESSON … [--every 3]

LESSON is a folder as `gazeclass simulate classroom` writes it: two videos, timestamps.csv and truth.csv. Every N-th
pair is searched for faces, each face is looked at as it is and mirrored. The error is the rotation from the true head
to the one told, in the head's own axes: x to the person's left (pitch), y up (yaw), z out of the face (roll). A look is
one student, one camera, one target; turns between targets do not count.
"""

import argparse
import csv
from collections import defaultdict
from pathlib import Path

import numpy as np

from gazeclass.capture.files import open_recording
from gazeclass.faces.mtcnn import MtcnnDetector
from gazeclass.geometry.boxes import overlap
from gazeclass.geometry.rotation import Array, log_so3, rotation_from_angles_deg
from gazeclass.headpose.estimator import load_estimator

#: A found face is a student's when the boxes overlap by more than this.
LEAST_OVERLAP = 0.35
#: Looks shorter than this say nothing of what changes within one.
LEAST_PICTURES = 3
BOX, ANGLES = ("x0", "y0", "x1", "y1"), ("yaw", "pitch", "roll")


def looks(lesson: Path, model: str, every: int) -> dict[tuple[str, int, str], Array]:
    """Student, camera, target → ``(n, 6)``: error about the head's x, y, z and predicted sigma of pitch, yaw, roll."""
    truth = defaultdict(list)
    with open(lesson / "truth.csv", newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if not row["target"].startswith("turn"):
                truth[int(row["frame"])].append(row)
    detector, estimator = MtcnnDetector(threads=1), load_estimator(model, threads=1, mirror=True)
    recording = open_recording(lesson / "cam0.mp4", lesson / "cam1.mp4", lesson / "timestamps.csv")
    found = defaultdict(list)
    for k, pair in enumerate(recording):
        if k % every:
            continue
        for camera, image in enumerate(pair.images):
            rows = [r for r in truth[int(recording.pairs[k][0])] if r[f"cam{camera}_visible"] == "1"]
            faces = detector.detect(image, camera)
            if not rows or not faces:
                continue
            boxes = [[float(row[f"cam{camera}_box_{side}"]) for side in BOX] for row in rows]
            shares = overlap(boxes, [face.box_px for face in faces])
            seen = [
                (row, faces[int(s.argmax())]) for row, s in zip(rows, shares, strict=True) if s.max() > LEAST_OVERLAP
            ]
            if not seen:
                continue
            poses = estimator.estimate(
                [image] * len(seen),
                [face.box_px for _, face in seen],
                np.stack([face.landmarks_px for _, face in seen]),
            )
            for (row, _), told, sigma in zip(seen, poses.angles_deg, poses.sigma_deg, strict=True):
                true = rotation_from_angles_deg(*(float(row[f"cam{camera}_{angle}"]) for angle in ANGLES))
                error = np.degrees(log_so3(true.T @ rotation_from_angles_deg(*told)))
                found[row["student"], camera, row["target"]].append([*error, sigma[1], sigma[0], sigma[2]])
    return {key: np.array(values) for key, values in found.items() if len(values) >= LEAST_PICTURES}


def main() -> None:
    """Print a line for each lesson."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lesson", type=Path, nargs="+")
    parser.add_argument("--model", default="headpose-sdam-fast")
    parser.add_argument("--every", type=int, default=3)
    arguments = parser.parse_args()
    for lesson in arguments.lesson:
        each = looks(lesson, arguments.model, arguments.every).values()
        pictures = sum(map(len, each))
        within = sum(((v[:, :3] - v[:, :3].mean(axis=0)) ** 2).sum(axis=0) for v in each) / (pictures - len(each))
        whole, told = (sum((v[:, part] ** 2).sum(axis=0) for v in each) / pictures for part in (slice(3), slice(3, 6)))
        print(f"{lesson.name}: {pictures} faces in {len(each)} looks; pitch, yaw, roll")
        for name, values in (("error", whole), ("within a look", within), ("sigma told", told)):
            print(f"  {name + ', sd':20}", " ".join(f"{x:6.2f}°" for x in np.sqrt(values)))
        print(f"  {'share that stays':20}", " ".join(f"{x:7.3f}" for x in 1.0 - within / told))


if __name__ == "__main__":
    main()
