"""Head-pose methods through one and the same chain: gaze points of a lesson with known truth, row by row.

    .venv/bin/python benchmarks/headpose_chain.py [--lesson FOLDER] [--classroom TOML] [--model NAME …]

Own calibration of the folder's pictures, MTCNN's boxes, tracking, fusion of both cameras and smoothing are the same for
all; only the network differs. Ours are named with ``--model`` (a name ending in ``+mirror`` looks at both each time
instead of in turn). Peers tell no sigma: each gets one and the same (5, 6, 4)°, so their ellipses mean nothing and are
not printed.
"""

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from gazeclass.calibration.classroom import load_classroom
from gazeclass.calibration.folder import calibrate_folder
from gazeclass.calibration.target import chessboard
from gazeclass.capture.files import open_recording
from gazeclass.geometry.rotation import Array
from gazeclass.headpose.estimator import load_estimator
from gazeclass.headpose.peers import MARGINS, Peer, load_peers
from gazeclass.headpose.poses import HeadPoseEstimator, HeadPoses
from gazeclass.lesson.analysis import analyze
from gazeclass.lesson.assembly import build_pipeline
from gazeclass.lesson.reader import read_lesson
from gazeclass.report.evaluation import evaluate
from gazeclass.report.truth import read_truth

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
PEER_SIGMA_DEG = (5.0, 6.0, 4.0)


class WithSigma:
    """A peer with the sigma that fusion and smoothing need."""

    def __init__(self, peer: Peer) -> None:
        self.name, self._peer = peer.name, peer

    def estimate(
        self, images: Sequence[np.ndarray], boxes: Sequence[ArrayLike], landmarks: Sequence[ArrayLike] | None = None
    ) -> HeadPoses:
        """See :class:`HeadPoseEstimator`."""
        poses = self._peer.estimate(images, boxes, landmarks)
        sigma: Array = np.broadcast_to(PEER_SIGMA_DEG, poses.sigma_deg.shape)
        return HeadPoses(poses.angles_deg, poses.R_crop, sigma)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lesson", type=Path, default=DATA / "lesson_a")
    parser.add_argument("--classroom", type=Path, help="calibrated before; without it the folder's pictures are used")
    parser.add_argument("--model", nargs="*", default=["headpose-sdam-fast", "headpose-sdam-fast+mirror"])
    parser.add_argument("--peers", type=Path, default=DATA / "peers")
    parser.add_argument("--margin", type=float, nargs="*", default=list(MARGINS), help="of the peers' crops")
    options = parser.parse_args()
    if options.classroom is None:
        classroom = calibrate_folder(options.lesson / "calibration", chessboard("9x6", 0.060)).classroom
    else:
        classroom = load_classroom(options.classroom)
    truth = read_truth(options.lesson / "truth.csv")
    methods: list[tuple[str, HeadPoseEstimator, bool]] = []
    for name in options.model:
        mirror = name.endswith("+mirror")
        methods.append((name, load_estimator(name.removesuffix("+mirror"), mirror=mirror), True))
    peers, missing = load_peers(options.peers, margins=options.margin)
    methods += [(peer.name, WithSigma(peer), False) for peer in peers]
    for words in missing:
        print(words)
    print(
        "| | rows: gaze point, median cm | all | head pose, median ° | 68 / 95 % ellipses hold | head pose ms a pair |"
    )
    print("|---|---|---|---|---|---|")
    for name, method, sure in methods:
        pipeline = build_pipeline(classroom, enroll=options.lesson / "enroll", headpose=method)
        recording = open_recording(
            options.lesson / "cam0.mp4", options.lesson / "cam1.mp4", options.lesson / "timestamps.csv"
        )
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "lesson.gaze"
            summary = analyze(recording, pipeline, classroom, path)
            table = {errors.group: errors for errors in evaluate(read_lesson(path), truth)}
        rows = " / ".join(f"{e.gaze_cm_median:.1f}" for g, e in sorted(table.items()) if g.startswith("row"))
        every = table["all"]
        ellipses = f"{100 * every.inside_68:.0f} / {100 * every.inside_95:.0f} %" if sure else ""
        print(
            f"| {name} | {rows} | {every.gaze_cm_median:.1f} | {every.rotation_deg_median:.1f} | {ellipses} | "
            f"{summary.ms_per_pair.get('head pose', float('nan')):.0f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
