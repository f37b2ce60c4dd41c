"""Find the target's corners in one picture, to a few hundredths of a pixel, in an order that can be trusted."""

from dataclasses import dataclass, replace
from functools import lru_cache

import cv2
import numpy as np

from gazeclass.calibration.target import CHARUCO, Target
from gazeclass.geometry.rotation import Array

#: Fewest ChArUco corners of a view worth having (a homography needs four; six leave something to check).
MIN_CHARUCO_CORNERS = 6
#: Mean grey-level step between white and black squares below which their colours are not believed.
MIN_CONTRAST = 8.0

#: Pictures with a longer side are searched at half size first.
HALVE_ABOVE_PX = 1100

_SB = cv2.CALIB_CB_EXHAUSTIVE | cv2.CALIB_CB_ACCURACY | cv2.CALIB_CB_NORMALIZE_IMAGE


@dataclass(frozen=True, eq=False)
class Detection:
    """The target in one picture.

    Attributes:
        ids: ``(n,)`` corner indices (see :mod:`gazeclass.calibration.target`), ascending.
        corners_px: ``(n, 2)``.
        size_px: width and height of the picture.
        half_turn_known: the order is the printed one; False where a half turn of the board looks the same.
    """

    ids: np.ndarray
    corners_px: Array
    size_px: tuple[int, int]
    half_turn_known: bool = True

    def half_turned(self, target: Target) -> "Detection":
        """The same corners with the board named the other way round."""
        ids = target.count - 1 - self.ids
        order = np.argsort(ids)
        return Detection(ids[order], self.corners_px[order], self.size_px, self.half_turn_known)

    def mirrored(self, target: Target) -> "Detection":
        """What would have been detected had the picture been flipped left to right."""
        corners = self.corners_px.copy()
        corners[:, 0] = self.size_px[0] - 1 - corners[:, 0]
        # Flipping reverses the handedness of the grid; naming its rows from the other end restores it.
        j, i = np.divmod(self.ids, target.columns)
        if not target.colours_tell_order or target.rows % 2 == 0:
            ids = (target.rows - 1 - j) * target.columns + i
        else:
            ids = j * target.columns + (target.columns - 1 - i)
        order = np.argsort(ids)
        return Detection(ids[order], corners[order], self.size_px, self.half_turn_known)

    def common(self, other: "Detection") -> np.ndarray:
        """Corner indices that both have."""
        return np.intersect1d(self.ids, other.ids)


def to_grey(image: np.ndarray) -> np.ndarray:
    """BGR, BGRA or grey ``uint8`` to grey."""
    if image.ndim == 2:
        return image
    return cv2.cvtColor(image, cv2.COLOR_BGRA2GRAY if image.shape[2] == 4 else cv2.COLOR_BGR2GRAY)


def detect(target: Target, image: np.ndarray) -> Detection | None:
    """Find ``target`` in ``image`` (BGR or grey, uint8); None where it is not."""
    grey = to_grey(image)
    if target.kind == CHARUCO:
        return _detect_charuco(target, grey)
    return _detect_chessboard(target, grey)


def _detect_chessboard(target: Target, grey: np.ndarray) -> Detection | None:
    found = _find_grid(target, grey)
    grid = None if found is None else _refine(grey, found)
    if grid is None or _continues(grey, grid):
        return None
    return name_corners(target, grey, grid)


def name_corners(target: Target, grey: np.ndarray, grid: Array) -> Detection:
    """Corners ``(rows, columns, 2)`` in whatever order, named as on the print (or up to a half turn)."""
    # One handedness: seen from the front, from C00 the columns run left and the rows down.
    along_i, along_j = grid[:, -1].mean(0) - grid[:, 0].mean(0), grid[-1].mean(0) - grid[0].mean(0)
    if along_i[0] * along_j[1] - along_i[1] * along_j[0] > 0:
        grid = grid[:, ::-1]
    known = target.colours_tell_order
    if known:
        contrast = _colour_contrast(grey, grid)
        known = abs(contrast) >= MIN_CONTRAST
        if contrast < 0:
            grid = grid[::-1, ::-1]
    size_px = (grey.shape[1], grey.shape[0])
    return Detection(np.arange(target.count), grid.reshape(-1, 2).copy(), size_px, known)


def _find_grid(target: Target, grey: np.ndarray) -> Array | None:
    """Rough corners ``(rows, columns, 2)``; a large picture is searched at half its size first.

    That is three times faster, and after :func:`_refine` the corners are the same to 0.0002 px (all 46 pictures of
    ``lesson_a``). Only where the half size shows nothing, small and distant boards, the full one is searched.
    """
    scales = (0.5, 1.0) if max(grey.shape) > HALVE_ABOVE_PX else (1.0,)
    for scale in scales:
        small = grey if scale == 1.0 else cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        found, corners = cv2.findChessboardCornersSB(small, (target.columns, target.rows), flags=_SB)
        if found:
            # OpenCV 4 gives (n, 1, 2), OpenCV 5 (n, 2). Pixel centres are whole numbers: scale about (-0.5, -0.5).
            corners = np.asarray(corners, float).reshape(target.rows, target.columns, 2)
            return np.asarray((corners + 0.5) / scale - 0.5)
    return None


def _refine(grey: np.ndarray, grid: Array) -> Array | None:
    """Sub-pixel corners, single stray ones led back to the grid; None for a degenerate grid.

    The sector-based finder leaves single corners 2.5 px off on a flat, distant board (method §7) and up to 8 px on real
    pictures of ``stereo_chessboard``: too far for a small window. So corners that stray from a smooth grid start again
    from where the grid says.
    """
    smooth = _smooth_grid(grid)
    tolerance = max(1.0, 0.05 * float(np.median(np.linalg.norm(np.diff(grid, axis=1), axis=-1))))
    for _ in range(2):
        strays = np.linalg.norm(grid - smooth, axis=-1) > tolerance
        refined = _sub_pixel(grey, np.where(strays[..., None], smooth, grid))
        if refined is None:
            return None
        grid, smooth = refined, _smooth_grid(refined)
        if not strays.any():
            break
    # What the window led astray again (a glint, a finger) is better guessed than kept.
    strays = np.linalg.norm(grid - smooth, axis=-1) > 2.0 * tolerance
    return None if strays.mean() > 0.2 else np.where(strays[..., None], smooth, grid)


def _smooth_grid(grid: Array) -> Array:
    """The grid as a homography and a cubic bend (lens distortion), fitted so that single strays do not count.

    Boards of fewer than 30 corners do not carry so many terms and are returned as they are.
    """
    if grid.shape[0] * grid.shape[1] < 30:
        return grid
    rows, columns = grid.shape[:2]
    j, i = np.mgrid[0:rows, 0:columns]
    source, pixels = np.stack([i.ravel(), j.ravel()], axis=1).astype(float), grid.reshape(-1, 2)
    H, _ = cv2.findHomography(source, pixels)
    if H is None:
        return grid
    plane = cv2.perspectiveTransform(source[:, None], H).reshape(-1, 2)
    u, v = (source - source.mean(axis=0)).T / max(rows, columns)
    basis = np.stack([u**a * v**b for a in range(4) for b in range(4 - a)], axis=1)
    weight = np.ones(len(source))
    for _ in range(20):
        root = np.sqrt(weight)[:, None]
        bend, *_ = np.linalg.lstsq(basis * root, (pixels - plane) * root, rcond=None)
        off = np.linalg.norm(pixels - plane - basis @ bend, axis=1)
        scale = 1.5 * float(np.median(off)) + 0.05
        weight = 1.0 / (1.0 + (off / (2.0 * scale)) ** 2) ** 2
    smooth: Array = (plane + basis @ bend).reshape(grid.shape)
    return smooth


def _sub_pixel(grey: np.ndarray, grid: Array) -> Array | None:
    """cornerSubPix in a window that stays inside the squares around the corner; None for a degenerate grid."""
    sides = np.concatenate(
        [
            np.linalg.norm(np.diff(grid, axis=0), axis=-1).ravel(),
            np.linalg.norm(np.diff(grid, axis=1), axis=-1).ravel(),
        ]
    )
    if sides.min() < 3.0:
        return None
    refined = np.empty_like(grid)
    inner = np.zeros(grid.shape[:2], bool)
    inner[1:-1, 1:-1] = True
    # Some prints cut the outermost squares in half: around border corners the window is smaller.
    for chosen, share in ((inner, 0.4), (~inner, 0.25)):
        if chosen.any():
            half = int(np.clip(round(share * sides.min()), 2, 11))
            refined[chosen] = _sub_pixel_around(grey, grid[chosen], half)
    return refined


def _sub_pixel_around(grey: np.ndarray, corners: Array, half: int) -> Array:
    """cornerSubPix of ``(n, 2)`` corners in windows of ``2 half + 1`` pixels."""
    criteria = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_MAX_ITER, 60, 1e-4)
    start = np.ascontiguousarray(corners.reshape(-1, 1, 2), np.float32)
    found = cv2.cornerSubPix(grey, start, (half, half), (-1, -1), criteria)
    refined: Array = np.asarray(found, float).reshape(corners.shape)
    # Where the refinement wandered off more than the window, keep the finder's own corner.
    moved = np.linalg.norm(refined - corners, axis=-1)
    return np.where((moved > 0.75 * half + 1.0)[..., None], corners, refined)


def _continues(grey: np.ndarray, grid: Array) -> bool:
    """Whether the squares go on beyond the outermost ring: then this is a part of a larger board, not the board.

    Beyond the outer squares a board is white, whatever comes after; where the colours go on alternating along a whole
    side, the finder has taken a part of the board for all of it.
    """
    rows, columns = grid.shape[:2]
    j, i = np.mgrid[0:rows, 0:columns]
    source = np.stack([i.ravel(), j.ravel()], axis=1).astype(float)
    H, _ = cv2.findHomography(source, grid.reshape(-1, 2))
    contrast = abs(_colour_contrast(grey, grid))
    if H is None or contrast < MIN_CONTRAST:
        return False
    # Squares lie between the corners' whole numbers: the second ring outside has its middles 1.5 beyond.
    along_i, along_j = np.arange(-1, columns) + 0.5, np.arange(-1, rows) + 0.5
    sides = [np.stack([along_i, np.full_like(along_i, at)], axis=1) for at in (-1.5, rows + 0.5)]
    sides += [np.stack([np.full_like(along_j, at), along_j], axis=1) for at in (-1.5, columns + 0.5)]
    smooth = cv2.blur(grey, (3, 3))
    for side in sides:
        pixels = cv2.perspectiveTransform(side[:, None], H).reshape(-1, 2)
        x, y = np.rint(pixels).astype(int).T
        inside = (x >= 0) & (y >= 0) & (x < grey.shape[1]) & (y < grey.shape[0])
        odd = (np.arange(len(side)) % 2 == 1)[inside]
        if odd.sum() < 2 or (~odd).sum() < 2:
            continue
        values = smooth[y[inside], x[inside]].astype(float)
        if abs(values[odd].mean() - values[~odd].mean()) > 0.6 * contrast:
            return True
    return False


def _colour_contrast(grey: np.ndarray, grid: Array) -> float:
    """Mean of the squares that should be white minus those that should be black, over the inner squares.

    Canonical colours: the outermost square beyond C00 is black, so inner square (a, b) between corners (a, b) and
    (a+1, b+1) is black where a + b is even.
    """
    centres = (grid[:-1, :-1] + grid[1:, :-1] + grid[:-1, 1:] + grid[1:, 1:]) / 4.0
    x = np.clip(np.rint(centres[..., 0]).astype(int), 0, grey.shape[1] - 1)
    y = np.clip(np.rint(centres[..., 1]).astype(int), 0, grey.shape[0] - 1)
    values = cv2.blur(grey, (3, 3))[y, x].astype(float)
    b, a = np.mgrid[0 : values.shape[0], 0 : values.shape[1]]
    black = (a + b) % 2 == 0
    return float(values[~black].mean() - values[black].mean())


@lru_cache(maxsize=8)
def _charuco_detector(target: Target) -> "cv2.aruco.CharucoDetector":
    parameters = cv2.aruco.CharucoParameters()
    parameters.tryRefineMarkers = True
    return cv2.aruco.CharucoDetector(target.charuco_board(), parameters)


def _detect_charuco(target: Target, grey: np.ndarray) -> Detection | None:
    if target.inverted:
        grey = cv2.bitwise_not(grey)
    corners, ids, _, _ = _charuco_detector(target).detectBoard(grey)
    if ids is None or len(ids) < MIN_CHARUCO_CORNERS:
        return None
    corners_px: Array = np.asarray(corners, float).reshape(-1, 2)
    at = target.index_of_charuco_id(ids)
    i, j = at % target.columns, at // target.columns
    if len(set(i)) < 2 or len(set(j)) < 2:
        return None  # all on one line: no pose to be had
    order = np.argsort(at)
    return Detection(at[order], corners_px[order], (grey.shape[1], grey.shape[0]))


def other_explanation(target: Target, image: np.ndarray) -> str | None:
    """Why ``target`` was not found in ``image``, if another reading of it fits.

    Tries the picture mirrored, a ChArUco board inverted or of the old pattern, a chessboard of another size.

    Returns:
        One sentence, or None where nothing fits either.
    """
    grey = to_grey(image)
    if target.kind == CHARUCO:
        return _other_charuco(target, grey)
    found = chessboard_size(grey, target)
    if found is None or sorted(found) == sorted((target.columns, target.rows)):
        return None
    a, b = max(found), min(found)
    return (
        f"the picture shows a chessboard of {a}×{b} inner corners, not {target.columns}×{target.rows}: "
        f"give --pattern {a}x{b} if that is the board you printed"
    )


def chessboard_size(grey: np.ndarray, near: Target | None = None) -> tuple[int, int] | None:
    """Inner corners (long side, short side) of a chessboard of unknown size in a grey picture.

    What the sector-based finder grows to is checked by finding just that board, all of it; where that fails, sizes
    around ``near`` are tried, the nearest first.
    """
    candidates: list[tuple[int, int]] = []
    for seed in ((4, 3), (3, 4), (3, 3)):
        flags = cv2.CALIB_CB_LARGER | cv2.CALIB_CB_EXHAUSTIVE | cv2.CALIB_CB_NORMALIZE_IMAGE
        found, _, meta = cv2.findChessboardCornersSBWithMeta(grey, seed, flags)
        if found and meta is not None:
            candidates.append((max(meta.shape[:2]), min(meta.shape[:2])))
    if near is not None and candidates:
        around = [(near.columns + a, near.rows + b) for a in (-2, -1, 0, 1, 2) for b in (-2, -1, 0, 1, 2)]
        around.sort(key=lambda size: abs(size[0] - near.columns) + abs(size[1] - near.rows))
        candidates += [(max(size), min(size)) for size in around if min(size) >= 3]
    for columns, rows in dict.fromkeys(candidates):
        if near is not None and (columns, rows) == (near.columns, near.rows):
            continue
        if _detect_chessboard(Target(columns, rows, 0.05), grey) is not None:
            return columns, rows
    return None


def _other_charuco(target: Target, grey: np.ndarray) -> str | None:
    if _detect_charuco(target, np.ascontiguousarray(grey[:, ::-1])) is not None:
        return "the picture is mirrored: switch the camera's mirror (selfie) mode off"
    if _detect_charuco(replace(target, inverted=not target.inverted), grey) is not None:
        word = "black on white" if target.inverted else "white on black"
        return f"the board is printed {word}: change --inverted"
    if _detect_charuco(replace(target, legacy=not target.legacy), grey) is not None:
        return "the board has the other pattern order (OpenCV before or after 4.6): change --legacy"
    if (target.columns != target.rows) and (
        _detect_charuco(replace(target, columns=target.rows, rows=target.columns), grey) is not None
    ):
        a, b = target.rows + 1, target.columns + 1
        return f"the board has {a} columns and {b} rows of squares: give --pattern {a}x{b}"
    if chessboard_size(grey) is not None:
        return "the picture shows a plain chessboard, not a ChArUco board: leave --charuco out"
    return None
