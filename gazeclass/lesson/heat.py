"""Seconds of gaze in the cells of a grid: every gaze point spread by its own ellipse, exactly.

The share of a gaze ellipse in a cell is the exact integral of its bivariate normal. For correlation ρ Mehler's formula
(Kibble 1945) turns it into a sum of products of one-dimensional integrals,
``P(cell) = Σ_k ρ^k a_k(x) a_k(y)``,  ``a_0 = Φ(hi) - Φ(lo)``,  ``a_k = -(h_{k-1}φ)(hi)/√k + (h_{k-1}φ)(lo)/√k``,
with h_k the normalised Hermite polynomials He_k/√k!. So a whole heatmap is a few matrix products. Strongly correlated
ellipses, for which the sum is long, are integrated by inclusion and exclusion at the cells' corners.
"""

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr

from gazeclass.geometry.frames import Board
from gazeclass.geometry.rotation import Array
from gazeclass.lesson.zones import rectangle_probability

#: The series is cut where what is left of it is below this share of a point.
_TOLERANCE = 1e-6
_LONGEST_SERIES = 80
_CHUNK = 512  # whose tables fit a core's cache
_LEAST_SIGMA_M = 1e-4


def board_edges(board: Board, cell_m: float) -> tuple[Array, Array]:
    """Edges ``(nx + 1,)`` and ``(ny + 1,)`` of whole cells that cover a board, each about ``cell_m`` wide."""
    nx, ny = max(1, round(board.width_m / cell_m)), max(1, round(board.height_m / cell_m))
    return np.linspace(0, board.width_m, nx + 1), np.linspace(0, board.height_m, ny + 1)


def cell_seconds(x_edges_m: Array, y_edges_m: Array, xy_m: ArrayLike, cov_m2: ArrayLike, seconds: ArrayLike) -> Array:
    """Seconds in each cell of a grid, ``(ny, nx)``.

    Args:
        x_edges_m, y_edges_m: ``(nx + 1,)`` and ``(ny + 1,)``, increasing.
        xy_m: ``(n, 2)`` board coordinates, finite.
        cov_m2: ``(n, 2, 2)``, finite.
        seconds: ``(n,)`` each stands for.
    """
    xy = np.asarray(xy_m, float).reshape(-1, 2)
    cov = np.asarray(cov_m2, float).reshape(-1, 2, 2)
    w = np.asarray(seconds, float).reshape(-1)
    sigma = np.sqrt(np.maximum(np.stack([cov[:, 0, 0], cov[:, 1, 1]], axis=1), _LEAST_SIGMA_M**2))
    rho = np.clip(cov[:, 0, 1] / (sigma[:, 0] * sigma[:, 1]), -1.0, 1.0)
    with np.errstate(divide="ignore"):
        terms = np.ceil(np.log(_TOLERANCE) / np.log(np.minimum(np.abs(rho), 1 - 1e-12))).astype(int) + 1
    terms = np.maximum(terms, 1)
    total = np.zeros((len(y_edges_m) - 1, len(x_edges_m) - 1))
    order = np.argsort(terms, kind="stable")  # chunks of like correlation need like many terms
    series = order[terms[order] <= _LONGEST_SERIES]
    for start in range(0, len(series), _CHUNK):
        k = series[start : start + _CHUNK]
        hx = (x_edges_m[None] - xy[k, 0, None]) / sigma[k, 0, None]
        hy = (y_edges_m[None] - xy[k, 1, None]) / sigma[k, 1, None]
        total += _series(hx, hy, rho[k], w[k], int(terms[k].max()))
    for k in order[terms[order] > _LONGEST_SERIES]:
        total += w[k] * _corners(x_edges_m, y_edges_m, xy[k], cov[k])
    return total


def _series(hx: Array, hy: Array, rho: Array, w: Array, terms: int) -> Array:
    """Mehler's sum for standardised edges ``hx (n, nx+1)``, ``hy (n, ny+1)``."""
    total = np.diff(ndtr(hy), axis=1).T @ (w[:, None] * np.diff(ndtr(hx), axis=1))
    # h_{k-1} φ at the edges, by the Hermite functions' own three-term recurrence; both axes side by side. Single
    # precision: these terms are bounded by one and their sum is wanted to a millionth.
    h = np.clip(np.concatenate([hx, hy], axis=1), -40.0, 40.0).astype(np.float32)  # φ(40) is zero
    now = np.exp(-0.5 * h * h) / np.float32(np.sqrt(2 * np.pi))
    before = np.zeros_like(now)
    split = hx.shape[1]
    power = w.copy()
    for k in range(1, terms):
        power = power * rho
        ax, ay = np.diff(now[:, :split], axis=1), np.diff(now[:, split:], axis=1)
        total += ay.T @ ((power / k).astype(np.float32)[:, None] * ax)
        before *= -np.float32(np.sqrt(k - 1))
        before += h * now
        before *= np.float32(1 / np.sqrt(k))
        now, before = before, now
    return total


def _corners(x_edges_m: Array, y_edges_m: Array, xy: Array, cov: Array) -> Array:
    """Cells of one strongly correlated point."""
    X, Y = np.meshgrid(x_edges_m, y_edges_m)
    below = rectangle_probability(
        np.broadcast_to(xy, (X.size, 2)), np.broadcast_to(cov, (X.size, 2, 2)), -np.inf, -np.inf, X.ravel(), Y.ravel()
    ).reshape(X.shape)
    return np.clip(np.diff(np.diff(below, axis=0), axis=1), 0.0, None)
