"""``two_webcams``: our calibration from the video pair beside what the program Caliscope found for it.

    python benchmarks/two_webcams_calibration.py [../shared/data]

Prints RMS, lenses and camera-to-camera pose, three times: everything from this one video pair; the same with
Caliscope's lenses held fixed (it had further videos for them, which are not part of the data); Caliscope's own
``camera_array.toml``.
"""

import sys
import tempfile
import tomllib
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from gazeclass.calibration.folder import read_folder
from gazeclass.calibration.solve import Options, calibrate_material
from gazeclass.calibration.stereo import StereoCalibration, calibrate_stereo
from gazeclass.calibration.target import charuco
from gazeclass.geometry.camera import CameraModel
from gazeclass.geometry.frames import Transform
from gazeclass.geometry.rotation import geodesic_deg, log_so3


def caliscope(path: Path) -> tuple[tuple[CameraModel, CameraModel], Transform, tuple[float, float]]:
    """Lenses, pose of camera 1 against camera 0, and Caliscope's lens errors (px)."""
    cameras = tomllib.loads(path.read_text("utf-8"))["cameras"]
    lenses, world = [], []
    for key in ("0", "1"):
        c = cameras[key]
        lenses.append(CameraModel(*c["size"], np.array(c["matrix"]), np.array(c["distortions"])))
        world.append(Transform(np.array(c["rotation"]), np.array(c["translation"])))
    return (lenses[0], lenses[1]), world[1] @ world[0].inverse(), (cameras["0"]["error"], cameras["1"]["error"])


def main() -> None:
    data = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = data / "two_webcams"
    lenses, T_10, errors = caliscope(folder / "camera_array.toml")
    target = charuco("4x5", 0.054, "DICT_4X4_1000", marker_ratio=0.75, inverted=True)
    with tempfile.TemporaryDirectory() as scratch:
        (Path(scratch) / "stereo").symlink_to((folder / "calibration" / "extrinsic").resolve())
        material = read_folder(Path(scratch), target)
    ours = calibrate_material(target, material, Options(any_order=True))
    held = calibrate_stereo(target, lenses, material.pairs, refine_intrinsics=False, any_order=True)

    table = Table(title="two_webcams: camera 1 against camera 0")
    for heading in ("", "from this pair", "Caliscope's lenses held", "Caliscope"):
        table.add_column(heading, justify="right" if heading else "left")
    rows = [column(ours.stereo, T_10), column(held, T_10)]
    own = [*pose_words(T_10, T_10), "", ""]
    names = ["t x (m)", "t y (m)", "t z (m)", "baseline (m)", "rotation (deg, axis-angle)"]
    names += ["rotation off Caliscope's (deg)", "translation off (m)", "stereo RMS (px)", "views used / left out"]
    for name, a, b, c in zip(names, *rows, own, strict=True):
        table.add_row(name, a, b, c)
    for k in (0, 1):
        table.add_row(f"lens {k} RMS (px)", f"{ours.cameras[k].rms_px:.3f}", "", f"{errors[k]:.3f}")
        table.add_row(f"lens {k}", lens_words(ours.stereo.cameras[k]), lens_words(lenses[k]), lens_words(lenses[k]))
    Console(width=150).print(table)
    for finding in ours.findings:
        print(f"{finding.level.value:8} {finding.text}")


def column(stereo: StereoCalibration, reference: Transform) -> list[str]:
    """One column of the table."""
    words = pose_words(stereo.T_10, reference)
    return [*words, f"{stereo.rms_px:.3f}", f"{len(stereo.used)} / {len(stereo.rejected)}"]


def pose_words(T: Transform, reference: Transform) -> list[str]:
    """Translation, baseline, rotation vector and the differences to the reference."""
    turn = " ".join(f"{v:.2f}" for v in np.degrees(log_so3(T.R)))
    return [
        *(f"{v:.3f}" for v in T.t),
        f"{np.linalg.norm(T.t):.3f}",
        turn,
        f"{geodesic_deg(T.R, reference.R):.2f}",
        f"{np.linalg.norm(T.t - reference.t):.3f}",
    ]


def lens_words(lens: CameraModel) -> str:
    """Focal lengths and principal point."""
    K = lens.matrix
    return f"f {K[0, 0]:.0f} {K[1, 1]:.0f} c {K[0, 2]:.0f} {K[1, 2]:.0f}"


if __name__ == "__main__":
    main()
