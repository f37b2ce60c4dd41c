"""Who faces what, and when: steady looks with quick turns between them, each student at their own times."""

from dataclasses import dataclass

import numpy as np

from gazeclass.geometry.rotation import Array, exp_so3, log_so3

#: Spread and limit of the head's own roll, degrees.
_ROLL_SIGMA_DEG, _ROLL_LIMIT_DEG = 4.0, 10.0
#: How often a look goes to the board, to one's own desk, to a neighbour.
_ODDS = {"board": 0.74, "desk": 0.11, "neighbour": 0.15}


@dataclass(frozen=True, eq=False)
class Target:
    """Something to face: its name as in the truth table and its place in WCS."""

    name: str
    point_W_m: Array


@dataclass(frozen=True, eq=False)
class Look:
    """A target faced steadily from ``t0_s`` to ``t1_s`` with the head rolled by ``roll_deg``."""

    target: Target
    t0_s: float
    t1_s: float
    roll_deg: float


@dataclass(frozen=True)
class Moment:
    """Where a script stands: in look ``first`` when ``share`` is 0, else on the way from ``first`` to ``second``."""

    first: int
    second: int
    share: float


def sample_looks(
    rng: np.random.Generator, board: list[Target], desk: Target, neighbours: list[Target], seconds: float
) -> list[Look]:
    """Looks of 1.0–1.5 s with turns of 0.3–0.5 s between them, covering 0 to ``seconds``; no target twice in a row."""
    looks: list[Look] = []
    t = -rng.uniform(0.3, 1.3)
    before = ""
    while not looks or looks[-1].t1_s < seconds:
        target = _draw(rng, board, desk, neighbours)
        while target.name == before:
            target = _draw(rng, board, desk, neighbours)
        before = target.name
        end = t + rng.uniform(1.0, 1.5)
        roll = float(np.clip(rng.normal(0.0, _ROLL_SIGMA_DEG), -_ROLL_LIMIT_DEG, _ROLL_LIMIT_DEG))
        looks.append(Look(target, round(t, 4), round(end, 4), roll))
        t = end + rng.uniform(0.3, 0.5)
    return looks


def _draw(rng: np.random.Generator, board: list[Target], desk: Target, neighbours: list[Target]) -> Target:
    kind = rng.choice(list(_ODDS), p=list(_ODDS.values()))
    if kind == "desk":
        return desk
    pool = neighbours if kind == "neighbour" and neighbours else board
    return pool[int(rng.integers(len(pool)))]


def at(looks: list[Look], t_s: float) -> Moment:
    """Where the script stands at a time; before the first and after the last look these two go on."""
    for k, look in enumerate(looks):
        if t_s <= look.t1_s:
            if k == 0 or t_s >= look.t0_s:
                return Moment(k, k, 0.0)
            start = looks[k - 1].t1_s
            s = (t_s - start) / (look.t0_s - start)
            return Moment(k - 1, k, float(s * s * (3.0 - 2.0 * s)))  # starts and ends at rest
    return Moment(len(looks) - 1, len(looks) - 1, 0.0)


def between(R_from: Array, R_to: Array, share: float) -> Array:
    """The rotation on the shortest way from one to the other."""
    return R_from @ exp_so3(share * log_so3(R_from.T @ R_to)) if share > 0.0 else R_from


def facing(direction_W: Array, roll_deg: float) -> Array:
    """R_WS of a head whose Z_S points along a direction of WCS, upright but for a roll about Z_S."""
    z = direction_W / np.linalg.norm(direction_W)
    x = np.cross([0.0, -1.0, 0.0], z)
    x /= np.linalg.norm(x)
    return np.stack([x, np.cross(z, x), z], axis=1) @ exp_so3([0.0, 0.0, np.radians(roll_deg)])
