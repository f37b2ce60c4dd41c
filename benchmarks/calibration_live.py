"""What the live search for the board costs, in processor time, on the sample's calibration pictures.

Run: ``python benchmarks/calibration_live.py``. One OpenCV thread. "first": until the board is found in a new picture,
shown again and again; "follow": the same board in the next pictures; "nothing": a picture without a board.
"""

import time

import cv2
import numpy as np

from gazeclass.calibration.detection import detect
from gazeclass.calibration.live import LiveSearch
from gazeclass.calibration.target import chessboard
from gazeclass.calibration.views import read_picture
from gazeclass.sample import sample_folder

TARGET = chessboard("9x6", 0.060)


def spent(search: LiveSearch, t_s: float, picture: np.ndarray) -> tuple[float, bool]:
    start = time.process_time()
    found = search.feed(t_s, picture) is not None
    return 1000 * (time.process_time() - start), found


def main() -> None:
    cv2.setNumThreads(1)
    root = sample_folder() / "calibration"
    for part in ("intrinsics/cam0", "intrinsics/cam1", "stereo/cam0", "stereo/cam1"):
        first, follow, off, tries = [], [], [], []
        for path in sorted((root / part).iterdir()):
            picture, search = read_picture(path), LiveSearch(TARGET)
            total, found, count = 0.0, False, 0
            while not found and count < 12:
                ms, found = spent(search, 0.1 * count, picture)
                total, count = total + ms, count + 1
            if not found:
                continue
            first.append(total)
            tries.append(count)
            for k in range(3):
                ms, found = spent(search, 10.0 + 0.1 * k, picture)
                follow.append(ms)
            board, exact = search.feed(20.0, picture), detect(TARGET, picture)
            if board is not None and exact is not None:
                off.append(np.median(np.linalg.norm(board.detection.corners_px - exact.corners_px, axis=1)))
        print(
            f"{part}: first {np.median(first):.0f} ms in {np.median(tries):.0f} pictures, follow "
            f"{np.median(follow):.0f} ms (95 %: {np.quantile(follow, 0.95):.0f}), corners {np.median(off):.2f} px from "
            f"the accurate ones, {len(first)} found"
        )
    empty = np.random.default_rng(0).integers(90, 160, (1080, 1920), np.uint8)
    search = LiveSearch(TARGET)
    times = [spent(search, 0.1 * k, empty)[0] for k in range(24)]
    print(f"nothing: mean {np.mean(times):.0f} ms, longest {np.max(times):.0f} ms")


if __name__ == "__main__":
    main()
