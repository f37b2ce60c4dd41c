"""Head-pose methods side by side: ours, FSA-Net, 3DDFA_V2, OpenVINO's and FaceMesh, on the same boxes in the same run.

    .venv/bin/python benchmarks/headpose_peers.py [--model NAME …] [--frames 12] [-o OUT.csv]

Real photographs (HPID: azimuth and elevation as our yaw and pitch; its tilt labels are overstated about 1.8 times) and
crops of lesson_a, by row (yaw/pitch/roll MAE and geodesic), with MTCNN's boxes. Then milliseconds a face on one core,
mirrored pictures and shifted crops. Nothing here trains or chooses. A peer sees a square round the same box, at three
margins. OpenVINO's and FaceMesh take part where their packages are installed (or on PYTHONPATH).
"""

import argparse
import csv
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from gazeclass.cli.headpose import mtcnn
from gazeclass.errors import InputError
from gazeclass.faces.mtcnn import MtcnnDetector
from gazeclass.geometry.rotation import geodesic_deg, long_yaw_angles_deg, rotation_from_angles_deg, wrap_deg
from gazeclass.headpose.estimator import load_estimator
from gazeclass.headpose.evaluation import figures, milliseconds
from gazeclass.headpose.labelled import LabelledFaces, read_hpid
from gazeclass.headpose.mirror import ANGLE_SIGNS, mirrored_face
from gazeclass.headpose.peers import MARGINS, load_peers
from gazeclass.headpose.poses import HeadPoseEstimator, HeadPoses, estimate_in_batches

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@dataclass(frozen=True, eq=False)
class LessonFaces:
    faces: LabelledFaces
    row: np.ndarray


def lesson_faces(frames: int) -> LessonFaces:
    """Crops of lesson_a: MTCNN's box whose nose lies nearest the true nose tip, every n-th frame of both cameras."""
    lesson, detector = DATA / "lesson_a", MtcnnDetector(threads=1)
    with open(lesson / "truth.csv", newline="") as file:
        truth = list(csv.DictReader(file))
    step = max(1, 120 // frames)
    images, boxes, marks, angles, rows = [], [], [], [], []
    for camera in (0, 1):
        video = cv2.VideoCapture(str(lesson / f"cam{camera}.mp4"))
        column = "frame" if camera == 0 else "cam1_frame"
        index = -1
        while True:
            good, image = video.read()
            index += 1
            if not good:
                break
            if index % step:
                continue
            found = detector.detect(image)
            for line in (t for t in truth if t[column] == str(index) and t[f"cam{camera}_u"]):
                nose = np.array([float(line[f"cam{camera}_u"]), float(line[f"cam{camera}_v"])])
                distance = [float(np.linalg.norm(f.nose_px - nose)) / f.size_px for f in found]
                if not distance or min(distance) > 0.3:
                    continue
                face = found[int(np.argmin(distance))]
                x0, y0, x1, y1 = face.box_px
                half = max(x1 - x0, y1 - y0) * 1.2
                cx, cy = int((x0 + x1) / 2), int((y0 + y1) / 2)
                left, top = max(int(cx - half), 0), max(int(cy - half), 0)
                images.append(image[top : int(cy + half), left : int(cx + half)].copy())
                boxes.append(face.box_px - np.array([left, top, left, top]))
                marks.append(face.found_landmarks_px - np.array([left, top]))
                angles.append([float(line[f"cam{camera}_{a}"]) for a in ("yaw", "pitch", "roll")])
                rows.append(int(line["row"]))
    faces = LabelledFaces(
        "lesson_a", images, np.array(boxes), np.array(marks), np.array(angles), "MTCNN, nearest true nose"
    )
    return LessonFaces(faces, np.array(rows))


def estimate_all(method: HeadPoseEstimator, faces: LabelledFaces) -> HeadPoses:
    rows = np.flatnonzero(faces.found)
    return estimate_in_batches(
        method, [faces.images[k] for k in rows], list(faces.boxes_px[rows]), list(faces.landmarks_px[rows])
    )


def mirror_error_deg(method: HeadPoseEstimator, faces: LabelledFaces) -> np.ndarray:
    """Median difference of each angle between a picture and its mirror image (box and landmarks mirrored too)."""
    rows = np.flatnonzero(faces.found)
    views = [mirrored_face(faces.images[k], faces.boxes_px[k], faces.landmarks_px[k]) for k in rows]
    images, boxes, marks = zip(*views, strict=True)
    back = estimate_in_batches(method, images, boxes, marks).angles_deg * ANGLE_SIGNS
    return np.median(np.abs(wrap_deg(back - estimate_all(method, faces).angles_deg)), axis=0)


def shift_error_deg(method: HeadPoseEstimator, faces: LabelledFaces) -> dict[str, float]:
    """Median geodesic change of the answer when the box is shifted by 15 % or scaled by 0.75 and 1.3."""
    rows = np.flatnonzero(faces.found)
    images, marks, boxes = [faces.images[k] for k in rows], list(faces.landmarks_px[rows]), faces.boxes_px[rows]
    R = estimate_all(method, faces).R_crop
    centre, side = (boxes[:, :2] + boxes[:, 2:]) / 2, boxes[:, 2:] - boxes[:, :2]
    longer = side.max(axis=1, keepdims=True)
    changes = {"left": (-0.15, 0, 1), "right": (0.15, 0, 1), "up": (0, -0.15, 1), "down": (0, 0.15, 1)}
    changes |= {"×0.75": (0, 0, 0.75), "×1.3": (0, 0, 1.3)}
    out = {}
    for name, (dx, dy, scale) in changes.items():
        c = centre + longer * np.array([dx, dy])
        moved_boxes = np.concatenate([c - side * scale / 2, c + side * scale / 2], 1)
        moved = estimate_in_batches(method, images, list(moved_boxes), marks)
        out[name] = float(np.median(geodesic_deg(moved.R_crop, R)))
    return out


def table(methods: Sequence[HeadPoseEstimator], hpid: LabelledFaces, lesson: LessonFaces) -> list[dict[str, object]]:
    lines = []
    truth = hpid.angles_deg[hpid.found]
    means = {}
    for method in methods:
        poses = estimate_all(method, hpid)
        f = figures(method.name, "HPID", "all", poses, truth)
        means[method.name] = poses.R_crop
        yaw, pitch = f.angles["yaw"], f.angles["pitch"]
        line: dict[str, object] = {
            "method": method.name, "n": f.count, "yaw": yaw.mae_deg, "slope": yaw.slope, "r": yaw.correlation,
            "yaw line": yaw.mae_after_line_deg, "pitch": pitch.mae_deg, "p slope": pitch.slope,
            "p r": pitch.correlation, "p line": pitch.mae_after_line_deg,
        }  # fmt: skip
        azimuth = azimuth_deg(poses.angles_deg)
        line["azimuth"] = float(np.nanmean(np.abs(wrap_deg(azimuth - truth[:, 0]))))
        line["az slope"] = float(np.polyfit(truth[:, 0], azimuth, 1)[0])
        poses = estimate_all(method, lesson.faces)
        true_R = rotation_from_angles_deg(*lesson.faces.angles_deg.T)
        for row in (1, 2, 3):
            keep = (lesson.row == row) & np.isfinite(poses.angles_deg).all(axis=1)
            error = np.abs(wrap_deg(poses.angles_deg - lesson.faces.angles_deg))[keep]
            turn = geodesic_deg(poses.R_crop[keep], true_R[keep])
            line[f"row {row}"] = (
                f"{error.mean(0)[0]:.1f}/{error.mean(0)[1]:.1f}/{error.mean(0)[2]:.1f} {turn.mean():.1f}"
            )
        line["ms"] = milliseconds(method, lesson.faces)
        lines.append(line)
    peers = [n for n in means if n in ("FSA-Net ×1.4", "3DDFA_V2 mb05 ×1.4")]
    if len(peers) == 2:
        angles = np.mean([long_yaw_angles_deg(means[n]) for n in peers], axis=0)
        between = rotation_from_angles_deg(*angles.T)
        for line in lines:
            line["to peers"] = float(np.nanmean(geodesic_deg(means[str(line["method"])], between)))
    return lines


def azimuth_deg(angles_deg: np.ndarray) -> np.ndarray:
    """Where heads face as a compass tells it, ``(n,)`` from ``(n, 3)``: so the pan of a mark on the wall may be meant.

    R's facing axis is (sin yaw, sin pitch cos yaw, cos pitch cos yaw) but for signs: yaw alone is the azimuth of a
    level head only.
    """
    yaw, pitch = np.radians(angles_deg[:, :2]).T
    return np.degrees(np.arctan2(np.sin(yaw), np.cos(pitch) * np.cos(yaw)))


def series_of(angles_deg: np.ndarray) -> np.ndarray:
    """Which of HPID's series each picture belongs to: every series shows each pose once, and they come one by one."""
    _, pose = np.unique(angles_deg[:, :2], axis=0, return_inverse=True)
    return np.array([np.count_nonzero(pose[:k] == number) for k, number in enumerate(pose)])


def by_series(methods: Sequence[HeadPoseEstimator], hpid: LabelledFaces) -> list[str]:
    """How far HPID's labels are from how each person turned: gain and offset of every series, told by every method.

    What methods that learnt from different pictures say alike of a person is the person's, or the label's.
    """
    truth, series = hpid.angles_deg[hpid.found], series_of(hpid.angles_deg)[hpid.found]
    told = {method.name: estimate_all(method, hpid).angles_deg for method in methods}
    lines = []
    for i, angle in ((0, "yaw"), (1, "pitch")):
        fits = {}
        for name, angles in told.items():
            fit = np.array([np.polyfit(truth[series == k, i], angles[series == k, i], 1) for k in np.unique(series)])
            back = (angles[:, i] - fit[series, 1]) / fit[series, 0]
            fits[name] = fit
            (least_gain, least), (most_gain, most) = fit.min(axis=0), fit.max(axis=0)
            lines.append(
                f"{angle}, {name}: {np.abs(back - truth[:, i]).mean():.2f}° after one line a series; "
                f"gain {least_gain:.2f} to {most_gain:.2f}, offset {least:.1f} to {most:.1f}°"
            )
        for (one, a), (other, b) in itertools.combinations(fits.items(), 2):
            gain, offset = (np.corrcoef(a[:, k], b[:, k])[0, 1] for k in (0, 1))
            lines.append(f"{angle}, {one} and {other}: gains correlate by {gain:.2f}, offsets by {offset:.2f}")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", action="append", help="ours: 'landmarks' or a model's name")
    parser.add_argument("--frames", type=int, default=12, help="of lesson_a, of each camera")
    parser.add_argument("-o", "--output", type=Path)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    hpid = read_hpid(DATA / "hpid", mtcnn(threads=1))
    lesson = lesson_faces(options.frames)
    print(f"HPID: {len(hpid.images)} pictures, {int(hpid.found.sum())} found; lesson_a: {len(lesson.row)} faces")
    ours: list[HeadPoseEstimator] = []
    for name in options.model or ["default", "landmarks"]:
        once, twice = (load_estimator(name, threads=1, mirror=mirror) for mirror in (False, True))
        ours += [once] if once.name == twice.name else [once, twice]
    peers, missing = load_peers(DATA / "peers", margins=MARGINS)
    ready: list[HeadPoseEstimator] = [*ours, *peers]
    try:
        ready.append(load_estimator("facemesh", threads=1))
    except InputError as error:
        missing.append(str(error))
    for reason in missing:
        print("not measured:", reason)
    lines = table(ready, hpid, lesson)
    for line in lines:
        print("  ".join(f"{k} {v:.3f}" if isinstance(v, float) else f"{k} {v}" for k, v in line.items()))
    for method in [*ours, *(p for p in peers if p.name == "FSA-Net ×1.4")]:
        print(method.name, "mirror yaw/pitch/roll", np.round(mirror_error_deg(method, hpid), 2).tolist())
        print(method.name, "shift", {k: round(v, 2) for k, v in shift_error_deg(method, hpid).items()})
    whole = [m for m in ready if m.name in ("FSA-Net ×1.4", "3DDFA_V2 mb05 ×1.4", "facemesh")]
    for line in by_series([*ours, *whole], hpid):
        print(line)
    if options.output:
        with open(options.output, "w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(lines[0]))
            writer.writeheader()
            writer.writerows(lines)


if __name__ == "__main__":
    main()
