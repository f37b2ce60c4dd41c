"""Named rectangles of the board, and the probability that an uncertain gaze point lies in each.

Zones live in board coordinates (WCS x, y, metres; x runs to the left of somebody who faces the board) and are named as
the class sees them: "top left" is the zone with the *larger* x.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, owens_t

from gazeclass.geometry.frames import Board
from gazeclass.geometry.rotation import Array

_ROWS = {1: ("",), 2: ("top", "bottom"), 3: ("top", "middle", "bottom")}
_COLUMNS = {1: ("",), 2: ("left", "right"), 3: ("left", "centre", "right")}

#: No measured point is surer than this; keeps a zero covariance from dividing by zero.
_LEAST_SIGMA_M = 1e-6
#: Mehler's series is cut where what is left of it is below this; ellipses that need more terms go through Owen's T.
_TOLERANCE, _LONGEST_SERIES = 1e-13, 60
_CHUNK = 4096  # points whose tables fit a core's cache


@dataclass(frozen=True)
class Zone:
    """A named rectangle of the board: ``x0_m ≤ x < x1_m``, ``y0_m ≤ y < y1_m``."""

    name: str
    x0_m: float
    y0_m: float
    x1_m: float
    y1_m: float

    def __post_init__(self) -> None:
        if not self.name:
            raise ValueError("a zone needs a name")
        if not (self.x0_m < self.x1_m and self.y0_m < self.y1_m):
            raise ValueError(f"zone '{self.name}' has no area")


def grid(board: Board, columns: int, rows: int) -> tuple[Zone, ...]:
    """Equal zones of the whole board, in the order of reading: from top left, as the class sees it.

    Args:
        board: whose size is divided.
        columns, rows: at least 1; up to 3 they get words ("top left", "middle right"), beyond that numbers.
    """
    width, height = board.width_m / columns, board.height_m / rows
    zones = []
    for row in range(rows):
        for column in range(columns):
            # The class's left is x = width: columns count down from there.
            x1 = board.width_m - column * width
            zones.append(Zone(_grid_name(column, row, columns, rows), x1 - width, row * height, x1, (row + 1) * height))
    return tuple(zones)


def _grid_name(column: int, row: int, columns: int, rows: int) -> str:
    if columns > 3 or rows > 3:
        return f"row {row + 1} column {column + 1}"
    words = [word for word in (_ROWS[rows][row], _COLUMNS[columns][column]) if word]
    if words == ["middle", "centre"]:
        return "centre"
    return " ".join(words) or "board"


def rectangle_probability(
    xy_m: ArrayLike, cov_m2: ArrayLike, x0_m: ArrayLike, y0_m: ArrayLike, x1_m: ArrayLike, y1_m: ArrayLike
) -> Array:
    """Probability that bivariate normal points lie in a rectangle.

    Inclusion and exclusion of four bivariate normal distribution functions, each through Owen's T (Owen 1956, eq. 2.1),
    which is exact to rounding for every correlation.

    Args:
        xy_m: ``(n, 2)`` means.
        cov_m2: ``(n, 2, 2)``.
        x0_m, y0_m, x1_m, y1_m: the rectangle, or ``(n,)`` one for each point; infinite sides are allowed.

    Returns:
        ``(n,)`` in [0, 1]; NaN where a mean or covariance is NaN.
    """
    xy = np.asarray(xy_m, float).reshape(-1, 2)
    cov = np.asarray(cov_m2, float).reshape(-1, 2, 2)
    sigma = np.sqrt(np.maximum(np.stack([cov[:, 0, 0], cov[:, 1, 1]], axis=1), _LEAST_SIGMA_M**2))
    rho = np.clip(cov[:, 0, 1] / (sigma[:, 0] * sigma[:, 1]), -1 + 1e-12, 1 - 1e-12)
    known = np.isfinite(xy).all(1) & np.isfinite(cov).all((1, 2))
    out = np.full(len(xy), np.nan)
    mean, sigma, rho = xy[known], sigma[known], rho[known]
    sides = [np.broadcast_to(np.asarray(edge, float), len(xy))[known] for edge in (x0_m, x1_m, y0_m, y1_m)]
    hx = [(edge - mean[:, 0]) / sigma[:, 0] for edge in sides[:2]]
    hy = [(edge - mean[:, 1]) / sigma[:, 1] for edge in sides[2:]]
    p = (
        _normal2_cdf(hx[1], hy[1], rho)
        - _normal2_cdf(hx[0], hy[1], rho)
        - _normal2_cdf(hx[1], hy[0], rho)
        + _normal2_cdf(hx[0], hy[0], rho)
    )
    out[known] = np.clip(p, 0.0, 1.0)
    return out


def zone_probabilities(zones: Sequence[Zone], xy_m: ArrayLike, cov_m2: ArrayLike) -> Array:
    """Probability of each zone for each point, ``(n, zones)``; NaN for unknown points.

    Many points and zones at once: for correlation ρ the integral of a bivariate normal over a rectangle is
    ``Σ_k ρ^k a_k(x) a_k(y)`` (Mehler's formula, Kibble 1945), ``a_0 = Φ(hi) - Φ(lo)``,
    ``a_k = ((h_{k-1}φ)(lo) - (h_{k-1}φ)(hi)) / √k`` with normalised Hermite polynomials, so that zones share the
    tables of their edges. Long, thin, slanting ellipses go through :func:`rectangle_probability`.
    """
    xy = np.asarray(xy_m, float).reshape(-1, 2)
    cov = np.asarray(cov_m2, float).reshape(-1, 2, 2)
    out = np.full((len(xy), len(zones)), np.nan)
    if not zones:
        return out
    with np.errstate(invalid="ignore"):
        sigma = np.sqrt(np.maximum(np.stack([cov[:, 0, 0], cov[:, 1, 1]], axis=1), _LEAST_SIGMA_M**2))
        rho = cov[:, 0, 1] / (sigma[:, 0] * sigma[:, 1])
    known = np.isfinite(xy).all(1) & np.isfinite(sigma).all(1) & np.isfinite(rho)
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.log(_TOLERANCE) / np.log(np.minimum(np.abs(rho), 1 - 1e-12)) + 1
    slanting = known & (terms > _LONGEST_SERIES)
    for k, z in enumerate(zones):
        if slanting.any():
            out[slanting, k] = rectangle_probability(xy[slanting], cov[slanting], z.x0_m, z.y0_m, z.x1_m, z.y1_m)
    series = np.flatnonzero(known & ~slanting)
    series = series[np.argsort(terms[series], kind="stable")]  # chunks of like correlation need like many terms
    for start in range(0, len(series), _CHUNK):
        i = series[start : start + _CHUNK]
        out[i] = _series(zones, xy[i], sigma[i], rho[i], max(1, int(np.ceil(terms[i[-1]]))))
    return out


def _series(zones: Sequence[Zone], xy: Array, sigma: Array, rho: Array, terms: int) -> Array:
    """Mehler's sum for ``(n, 2)`` points; ``(n, zones)``."""
    x_edges = np.unique([edge for z in zones for edge in (z.x0_m, z.x1_m)])
    y_edges = np.unique([edge for z in zones for edge in (z.y0_m, z.y1_m)])
    spans_x = [np.searchsorted(x_edges, (z.x0_m, z.x1_m)) for z in zones]
    spans_y = [len(x_edges) + np.searchsorted(y_edges, (z.y0_m, z.y1_m)) for z in zones]
    lo = np.array([[a, c] for (a, _), (c, _) in zip(spans_x, spans_y, strict=True)])
    hi = np.array([[b, d] for (_, b), (_, d) in zip(spans_x, spans_y, strict=True)])
    # Edges in rows: every step works on whole rows of points.
    h = np.concatenate([(x_edges[:, None] - xy[:, 0]) / sigma[:, 0], (y_edges[:, None] - xy[:, 1]) / sigma[:, 1]])
    below = ndtr(h)
    total = (below[hi[:, 0]] - below[lo[:, 0]]) * (below[hi[:, 1]] - below[lo[:, 1]])
    h = np.clip(h, -40.0, 40.0)  # φ(40) is zero
    now = np.exp(-0.5 * h * h) / np.sqrt(2 * np.pi)
    before = np.zeros_like(now)
    power = np.ones(len(xy))
    for k in range(1, terms):
        power = power * rho
        total += (power / k) * (now[hi[:, 0]] - now[lo[:, 0]]) * (now[hi[:, 1]] - now[lo[:, 1]])
        before *= -np.sqrt(k - 1)
        before += h * now
        before *= 1 / np.sqrt(k)
        now, before = before, now
    clipped: Array = np.clip(total, 0.0, 1.0).T
    return clipped


def on_board_probability(board: Board, xy_m: ArrayLike, cov_m2: ArrayLike) -> Array:
    """Probability ``(n,)`` that each point lies on the board; NaN for unknown points."""
    whole: Array = zone_probabilities([Zone("board", 0.0, 0.0, board.width_m, board.height_m)], xy_m, cov_m2)[:, 0]
    return whole


def expected_hit_rate(zone: Zone, cov_m2: ArrayLike) -> Array:
    """The chance that a look at a place anywhere in a zone is measured inside it.

    A true point evenly spread over the zone, measured with the error D ~ N(0, cov): inside with the probability
    ``E[ max(0, 1 - |D_x|/L_x) max(0, 1 - |D_y|/L_y) ]``, the overlap of the rectangle with itself shifted by D. The
    inner expectation, over D_y given D_x, is closed; the outer one Gauss-Legendre on each half.

    Args:
        zone: with the sides L_x, L_y.
        cov_m2: ``(n, 2, 2)`` of gaze points.

    Returns:
        ``(n,)`` in [0, 1]; NaN where a covariance is.
    """
    cov = np.asarray(cov_m2, float).reshape(-1, 2, 2)
    long_x, long_y = zone.x1_m - zone.x0_m, zone.y1_m - zone.y0_m
    sx = np.sqrt(np.maximum(cov[:, 0, 0], _LEAST_SIGMA_M**2))[:, None]
    sy = np.sqrt(np.maximum(cov[:, 1, 1], _LEAST_SIGMA_M**2))[:, None]
    rho = np.clip(cov[:, 0, 1, None] / (sx * sy), -1.0, 1.0)
    nodes, weights = np.polynomial.legendre.leggauss(24)
    reach = np.minimum(long_x, 8.0 * sx)  # beyond eight sigma there is nothing
    d = 0.5 * (nodes + 1.0) * reach  # (n, 24) over the right half; the left is its mirror image through the origin
    density = np.exp(-0.5 * (d / sx) ** 2) / (np.sqrt(2 * np.pi) * sx) * (1.0 - d / long_x)
    given = _triangle_mean(rho * sy * d / sx, sy * np.sqrt(np.maximum(1.0 - rho**2, 1e-12)), long_y)
    rate: Array = (weights * 0.5 * reach * 2.0 * density * given).sum(axis=1)
    return np.clip(rate, 0.0, 1.0)


def _triangle_mean(mean: Array, sigma: Array, length: float) -> Array:
    """``E[max(0, 1 - |D|/length)]`` for normal D, element by element."""

    def above(edge: float) -> Array:  # E[max(0, D - edge)]
        h = (mean - edge) / sigma
        return sigma * (h * ndtr(h) + np.exp(-0.5 * h * h) / np.sqrt(2 * np.pi))

    return np.clip((above(-length) - 2.0 * above(0.0) + above(length)) / length, 0.0, 1.0)


def most_probable_zones(zones: Sequence[Zone], xy_m: ArrayLike, cov_m2: ArrayLike) -> tuple[np.ndarray, Array]:
    """The zone each point most likely lies in.

    Returns:
        Index ``(n,)`` into ``zones``, -1 where lying in none of them is likelier than any one (or the point is
        unknown), and the probability ``(n,)`` of that zone or of lying in none; NaN for unknown points.
    """
    p = zone_probabilities(zones, xy_m, cov_m2)
    if not p.shape[1]:
        return np.full(len(p), -1), np.where(np.isfinite(np.asarray(xy_m, float).reshape(-1, 2)).all(1), 1.0, np.nan)
    outside = np.clip(1.0 - p.sum(axis=1), 0.0, 1.0)
    known = np.isfinite(outside)
    best = np.argmax(np.where(np.isnan(p), -1.0, p), axis=1)
    best_p = p[np.arange(len(p)), best]
    inside = known & (best_p >= outside)
    return np.where(inside, best, -1), np.where(inside, best_p, outside)


def _normal2_cdf(h: Array, k: Array, rho: Array) -> Array:
    """P(X < h, Y < k) of standard normals with correlation rho, by Owen's T."""
    tiny = 1e-300  # h/k and k/h need a sign at zero; the limit is right
    h = np.where(h == 0, tiny, h)
    k = np.where(k == 0, tiny, k)
    finite = np.isfinite(h) & np.isfinite(k)
    h_, k_ = np.where(finite, h, 1.0), np.where(finite, k, 1.0)
    root = np.sqrt((1.0 - rho) * (1.0 + rho))
    with np.errstate(over="ignore"):
        a_h = (k_ / h_ - rho) / root
        a_k = (h_ / k_ - rho) / root
    opposite = (h_ > 0) != (k_ > 0)
    value = 0.5 * (ndtr(h_) + ndtr(k_)) - owens_t(h_, a_h) - owens_t(k_, a_k) - 0.5 * opposite
    # A side at infinity leaves the other's own distribution, or nothing.
    return np.where(finite, value, np.where(np.isposinf(h), ndtr(k), np.where(np.isposinf(k), ndtr(h), 0.0)))
