"""Does a head-pose method keep its answer when only the picture changes? On rendered heads of known pose.

    .venv/bin/python benchmarks/headpose_checks.py HEADS [--model NAME …] [--no-mirror] [--shards 3]

HEADS are rendered people never seen in training, with boxes (`gazeclass headpose boxes`). Three checks:
mirror: the mirrored picture gives the mirrored angles (issue 3: within 1°);
crop: the box shifted by 15 % of its longer side or scaled by 0.75 and 1.3 (median change below 3°);
off-axis: the head 35° beside the optical axis of a wide lens, its crop's pose turned by R_ray, against the truth (bias
below 1.5°). The picture is the same canvas seen by a camera that is turned about its own centre, which is exact; the
detector looks anew. At 0° the method's own bias on these heads.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from gazeclass.cli.headpose import mtcnn
from gazeclass.geometry.boxes import best_overlap
from gazeclass.geometry.camera import CameraModel, ray_rotation
from gazeclass.geometry.rotation import Array, exp_so3, geodesic_deg, log_so3, wrap_deg
from gazeclass.headpose.estimator import load_estimator
from gazeclass.headpose.labelled import LabelledFaces, read_rendered
from gazeclass.headpose.mirror import ANGLE_SIGNS, mirrored_face
from gazeclass.headpose.poses import HeadPoseEstimator, HeadPoses, estimate_in_batches
from gazeclass.headpose.ray_view import along_rays
from gazeclass.headpose.shards import Detect, Heads, read_shard, shard_paths

OFF_AXIS_DEG = 35.0
CROPS = {
    "left": (-0.15, 0, 1), "right": (0.15, 0, 1), "up": (0, -0.15, 1), "down": (0, 0.15, 1), "×0.75": (0, 0, 0.75),
    "×1.3": (0, 0, 1.3),
}  # fmt: skip


def all_poses(method: HeadPoseEstimator, faces: LabelledFaces, boxes: Array | None = None) -> HeadPoses:
    return estimate_in_batches(
        method, faces.images, list(faces.boxes_px if boxes is None else boxes), list(faces.landmarks_px)
    )


def mirror_deg(method: HeadPoseEstimator, faces: LabelledFaces) -> Array:
    """Median change ``(3,)`` of yaw, pitch, roll when picture, box and landmarks are mirrored."""
    views = [mirrored_face(*face) for face in zip(faces.images, faces.boxes_px, faces.landmarks_px, strict=True)]
    images, boxes, marks = zip(*views, strict=True)
    back = estimate_in_batches(method, images, boxes, marks).angles_deg * ANGLE_SIGNS
    return np.asarray(np.nanmedian(np.abs(wrap_deg(back - all_poses(method, faces).angles_deg)), axis=0))


def crop_deg(method: HeadPoseEstimator, faces: LabelledFaces) -> dict[str, float]:
    """Median turn of the answer when the box is moved, the landmarks staying."""
    before = all_poses(method, faces).R_crop
    centre, side = (faces.boxes_px[:, :2] + faces.boxes_px[:, 2:]) / 2, faces.boxes_px[:, 2:] - faces.boxes_px[:, :2]
    longer = side.max(axis=1, keepdims=True)
    out = {}
    for name, (dx, dy, scale) in CROPS.items():
        c = centre + longer * np.array([dx, dy])
        moved = all_poses(method, faces, np.hstack([c - side * scale / 2, c + side * scale / 2]))
        out[name] = float(np.nanmedian(geodesic_deg(moved.R_crop, before)))
    return out


def seen_off_axis(
    image: np.ndarray, fov_deg: float, aside_deg: float, azimuth_deg: float
) -> tuple[np.ndarray, Array, Array]:
    """The canvas as a camera sees it whose axis points elsewhere.

    Args:
        image: ``(S, S, 3)`` canvas, its centre on its own optical axis.
        fov_deg: full angle of the canvas.
        aside_deg: angle of the canvas's centre from the wide camera's axis.
        azimuth_deg: direction in which it lies.

    Returns:
        A cut of the wide picture ``(H, W, 3)``, its camera matrix ``(3, 3)`` and the rotation ``(3, 3)`` that takes the
        canvas's axes to the camera's.
    """
    side = image.shape[0]
    focal = side / 2 / np.tan(np.radians(fov_deg) / 2)
    K = np.array([[focal, 0, (side - 1) / 2], [0, focal, (side - 1) / 2], [0, 0, 1]])
    out, up = np.sin(np.radians(aside_deg)), np.radians(azimuth_deg)
    R = ray_rotation([out * np.cos(up), out * np.sin(up), np.cos(np.radians(aside_deg))])
    # As many pixels across the face as in the canvas: off the axis a pixel covers cos² of the angle.
    f = focal * np.cos(np.radians(aside_deg)) ** 1.5
    corners = np.array([[0, 0, 1], [side - 1, 0, 1], [side - 1, side - 1, 1], [0, side - 1, 1]], float).T
    rays = R @ np.linalg.inv(K) @ corners
    spots = f * (rays[:2] / rays[2]).T
    origin = np.floor(spots.min(axis=0))
    wide = np.array([[f, 0, -origin[0]], [0, f, -origin[1]], [0, 0, 1]])
    width, height = (np.ceil(spots.max(axis=0)) - origin + 1).astype(int)
    picture = cv2.warpPerspective(
        image, wide @ R @ np.linalg.inv(K), (int(width), int(height)), borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(picture), wide, R


def off_axis(method: HeadPoseEstimator, shards: Sequence[Heads], detect: Detect, aside_deg: float) -> dict[str, Array]:
    """Rotation vectors ``(n, 3)`` of the error in degrees, from pictures far beside the axis: three ways.

    Seen along the ray as a lesson does it (gazeclass.headpose.ray_view), with R_ray alone, and without either.

    Their axes: x towards the picture's edge that the head is near to, y along that edge, z along the camera's axis; so
    that what R_ray mends stands in y, whichever side the head is on.
    """
    images, boxes, marks, rays, truths, azimuths, cameras = [], [], [], [], [], [], []
    for heads in shards:
        for k in np.flatnonzero(heads.found):
            azimuth = (0.0, 180.0, 30.0, 150.0)[len(images) % 4]
            picture, K, R = seen_off_axis(heads.images[k], float(heads.fov_deg[k]), aside_deg, azimuth)
            found = detect(picture)
            best = best_overlap([f[0] for f in found], _box_there(heads, int(k), K @ R), 0.3)
            if best is None:
                continue
            box = np.asarray(found[best][0], float)
            images.append(picture)
            boxes.append(box)
            marks.append(found[best][1])
            rays.append(np.linalg.inv(K) @ [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2, 1.0])
            cameras.append(CameraModel(picture.shape[1], picture.shape[0], K, np.zeros(5)))
            truths.append(R @ heads.R_crop[k])
            azimuths.append(azimuth)
    plain = estimate_in_batches(method, images, boxes, marks).R_crop
    straight = estimate_in_batches(method, *along_rays(images, boxes, marks, cameras)).R_crop
    turn = exp_so3(np.radians(azimuths)[:, None] * [0.0, 0.0, 1.0])
    R_ray = np.stack([ray_rotation(r) for r in rays])
    out = {}
    for name, R_CS in (("seen along R_ray", R_ray @ straight), ("R_ray alone", R_ray @ plain), ("neither", plain)):
        error = np.degrees(log_so3(R_CS @ np.swapaxes(np.stack(truths), 1, 2)))
        out[name] = np.einsum("nji,nj->ni", turn, error)
    return out


def _box_there(heads: Heads, k: int, onto: Array) -> Array:
    """The true box in a picture that a matrix takes the canvas's rays to."""
    side = heads.images.shape[1]
    focal = side / 2 / np.tan(np.radians(heads.fov_deg[k]) / 2)
    corners = heads.box_px[k][[0, 1, 2, 1, 2, 3, 0, 3]].reshape(4, 2) - (side - 1) / 2
    spots = onto @ np.vstack([corners.T / focal, np.ones(4)])
    points = (spots[:2] / spots[2]).T
    return np.concatenate([points.min(axis=0), points.max(axis=0)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("heads", type=Path)
    parser.add_argument("--model", action="append")
    parser.add_argument(
        "--mirror", action=argparse.BooleanOptionalAction, help="networks look at the mirrored face too"
    )
    parser.add_argument("--shards", type=int, default=3, help="so many of the folder's files")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    faces, detect = read_rendered(options.heads).only_found(), mtcnn(threads=1)
    shards = [read_shard(path) for path in shard_paths(options.heads)[: options.shards]]
    for name in options.model or ["default"]:
        method = load_estimator(name, threads=1, mirror=options.mirror)
        print(method.name, f"on {len(faces.images)} faces")
        print("  mirror, median change of yaw/pitch/roll:", np.round(mirror_deg(method, faces), 2).tolist())
        print("  crop, median turn:", {k: round(v, 2) for k, v in crop_deg(method, faces).items()})
        for aside in (0.0, OFF_AXIS_DEG):
            for how, error in off_axis(method, shards, detect, aside).items():
                error = error[np.isfinite(error).all(axis=1)]
                mean, doubt = error.mean(axis=0), error.std(axis=0) / np.sqrt(len(error))
                size = np.median(np.linalg.norm(error, axis=1))
                print(
                    f"  {aside:.0f}° off the axis, {how}: mean error about x/y/z {np.round(mean, 2).tolist()} "
                    f"± {np.round(doubt, 2).tolist()}, median size {size:.2f}, {len(error)} faces"
                )


if __name__ == "__main__":
    main()
