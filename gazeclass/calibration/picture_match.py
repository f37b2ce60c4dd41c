"""Two pictures of one camera, taken at different times: what of the room's fixed parts moved, and how sharp it is.

People come and go, desks are pushed, the light changes; walls, doors, windows and cupboards stay. SIFT features (Lowe
2004) of both pictures are matched both ways, and one homography is fitted robustly (MAGSAC++, Barath et al. 2020): a
camera that was only turned moves all of its picture by one homography, however deep the room is.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from gazeclass.geometry.rotation import Array

#: Pictures are reduced to this width: features of 1080p cost four times as much and are no better for this.
WORK_WIDTH_PX = 960
_FEATURES = 2500
_RATIO = 0.8
_TOLERANCE_PX = 2.0
_GRID = (6, 4)
#: Half side of the patches whose sharpness is compared, at the working width.
_PATCH_PX = 8


@dataclass(frozen=True, eq=False)
class Match:
    """What two pictures have in common.

    Attributes:
        before_px, after_px: ``(n, 2)`` the same fixed points in both, in pixels of the whole picture.
        tried: matches looked at before the fit.
        cells: in how many of 24 parts of the picture the common points lie.
        sharpness: fine detail of the second picture over that of the first, at the common points; 1 when equal, NaN
            when there are too few.
    """

    before_px: Array
    after_px: Array
    tried: int
    cells: int
    sharpness: float

    @property
    def common(self) -> int:
        """Number of common points."""
        return len(self.before_px)


def match_pictures(before: np.ndarray, after: np.ndarray) -> Match:
    """Find what stayed between two pictures of one size.

    Args:
        before, after: ``(h, w, 3)`` BGR or ``(h, w)`` grey, uint8, of the same size.

    Raises:
        ValueError: the sizes differ.
    """
    if before.shape[:2] != after.shape[:2]:
        raise ValueError(f"pictures of different sizes: {before.shape[:2]} and {after.shape[:2]}")
    scale = min(1.0, WORK_WIDTH_PX / before.shape[1])
    grey = [_prepared(picture, scale) for picture in (before, after)]
    sift = cv2.SIFT.create(nfeatures=_FEATURES, contrastThreshold=0.02)
    equal = cv2.createCLAHE(clipLimit=3.0, tileGridSize=(8, 8))
    found = [sift.detectAndCompute(equal.apply(picture), None) for picture in grey]
    pairs = _mutual(found[0][1], found[1][1])
    points = [np.array([found[c][0][pairs[n, c]].pt for n in range(len(pairs))], float).reshape(-1, 2) for c in (0, 1)]
    keep = np.zeros(len(pairs), bool)
    if len(pairs) >= 8:
        _, mask = cv2.findHomography(points[0], points[1], cv2.USAC_MAGSAC, _TOLERANCE_PX, None, 5000, 0.999)
        if mask is not None:
            keep = mask.reshape(-1).astype(bool)
    kept = [p[keep] for p in points]
    height, width = grey[0].shape
    cell = np.floor(kept[0] / [width, height] * _GRID).astype(int)
    cells = len({(int(x), int(y)) for x, y in cell})
    sharpness = _sharpness(grey[0], grey[1], kept[0], kept[1])
    # Whole coordinates are pixel centres, before and after reducing.
    full = [(p + 0.5) / scale - 0.5 for p in kept]
    return Match(full[0], full[1], len(pairs), cells, sharpness)


def _prepared(picture: np.ndarray, scale: float) -> np.ndarray:
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY) if picture.ndim == 3 else picture
    if scale < 1.0:
        grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return grey


def _mutual(first: np.ndarray | None, second: np.ndarray | None) -> np.ndarray:
    """Index pairs ``(n, 2)`` of descriptors that are each other's nearest, clearly nearer than the next."""
    if first is None or second is None or len(first) < 2 or len(second) < 2:
        return np.zeros((0, 2), int)
    # Descriptors are of one length to within rounding: the product ranks as the distance does.
    a, b = (d.astype(np.float32) / np.maximum(np.linalg.norm(d, axis=1, keepdims=True), 1e-6) for d in (first, second))
    similar = a @ b.T
    best = similar.argmax(axis=1)
    rows = np.arange(len(a))
    distance = np.sqrt(np.maximum(2.0 - 2.0 * similar[rows, best], 0.0))
    masked = similar.copy()
    masked[rows, best] = -1.0
    next_best = np.sqrt(np.maximum(2.0 - 2.0 * masked.max(axis=1), 1e-9))
    good = (distance < _RATIO * next_best) & (similar.argmax(axis=0)[best] == rows)
    return np.stack([rows[good], best[good]], axis=1)


def _sharpness(before: np.ndarray, after: np.ndarray, points0: Array, points1: Array) -> float:
    """Median ratio of fine detail (Laplacian over contrast) at the same fixed points.

    Dividing by each patch's own contrast takes brightness and gain of the camera out.
    """
    if len(points0) < 10:
        return float("nan")
    detail = []
    for picture, points in ((before, points0), (after, points1)):
        smooth = cv2.GaussianBlur(picture.astype(np.float32), (0, 0), 0.8)  # noise is no detail
        fine = cv2.Laplacian(smooth, cv2.CV_32F)
        side = (2 * _PATCH_PX + 1, 2 * _PATCH_PX + 1)
        energy = cv2.boxFilter(fine * fine, -1, side)
        mean = cv2.boxFilter(smooth, -1, side)
        contrast = cv2.boxFilter(smooth * smooth, -1, side) - mean * mean
        at = np.rint(points).astype(int)
        x, y = np.clip(at[:, 0], 0, picture.shape[1] - 1), np.clip(at[:, 1], 0, picture.shape[0] - 1)
        detail.append(np.sqrt(energy[y, x] / np.maximum(contrast[y, x], 4.0)))
    return float(np.median(detail[1] / np.maximum(detail[0], 1e-6)))
