"""``two_webcams``: does the person's nose tip triangulate to a steady distance?

    python benchmarks/two_webcams_nose.py [../shared/data]

The largest face of each camera in every frame pair, triangulated once with our own calibration from this recording and
once with the calibration that the program Caliscope found. A real person, two ordinary webcams, real timestamps.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np
from two_webcams_calibration import caliscope

from gazeclass.calibration.folder import read_folder
from gazeclass.calibration.solve import Options, calibrate_material
from gazeclass.calibration.target import charuco
from gazeclass.capture.files import open_recording
from gazeclass.faces.mtcnn import MtcnnDetector
from gazeclass.geometry.stereo import StereoRig, paired_epipolar_distance_px
from gazeclass.geometry.triangulation import triangulate


def main() -> None:
    data = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = data / "two_webcams"
    videos = folder / "calibration" / "extrinsic"
    detector = MtcnnDetector(min_face_px=60)
    times, noses, skews = [], [], []
    pairs = 0
    for pair in open_recording(videos / "cam_0.mp4", videos / "cam_1.mp4", videos / "timestamps.csv"):
        pairs += 1
        found = [detector.detect(image, camera) for camera, image in enumerate(pair.images)]
        if all(found):
            largest = [max(faces, key=lambda face: face.size_px) for faces in found]
            noses.append([face.nose_px for face in largest])
            times.append(pair.t_s)
            skews.append(pair.skew_s)
    p = np.array(noses)
    print(f"{pairs} pairs, a face in both pictures in {len(p)}, skew {1000 * np.median(skews):.0f} ms in the median")

    lenses, T_10, _ = caliscope(folder / "camera_array.toml")
    target = charuco("4x5", 0.054, "DICT_4X4_1000", marker_ratio=0.75, inverted=True)
    with tempfile.TemporaryDirectory() as scratch:
        (Path(scratch) / "stereo").symlink_to(videos.resolve())
        material = read_folder(Path(scratch), target)
    ours = calibrate_material(target, material, Options(any_order=True)).stereo
    for name, rig in (
        ("ours", StereoRig(ours.cameras, ours.T_10)),
        ("Caliscope's", StereoRig(lenses, T_10)),
    ):
        result = triangulate(rig, p[:, 0], p[:, 1])
        X = result.position_C_m[result.ok]
        distance = np.linalg.norm(X, axis=1)
        steps = np.linalg.norm(np.diff(X, axis=0), axis=1)
        epipolar = paired_epipolar_distance_px(rig, p[:, 0], p[:, 1])
        print(
            f"{name:12} {len(X)} points, distance from camera 0: median {np.median(distance):.3f} m, "
            f"interquartile {np.subtract(*np.percentile(distance, [75, 25])):.3f} m, "
            f"from frame to frame {1000 * np.median(steps):.0f} mm in the median, "
            f"epipolar distance {np.median(epipolar):.1f} px"
        )


if __name__ == "__main__":
    main()
