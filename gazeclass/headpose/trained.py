"""A network as a recipe builds it, as a run kept it, and what it says of pictures."""

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import torch

from gazeclass.errors import InputError
from gazeclass.geometry.rotation import Array, geodesic_deg, long_yaw_angles_deg, rotation_from_angles_deg, wrap_deg
from gazeclass.headpose.data import normalise
from gazeclass.headpose.labels import CLASSES_DEG
from gazeclass.headpose.loss import HOPENET_CLASSES_DEG
from gazeclass.headpose.network import HeadPoseNet, WithSpread
from gazeclass.headpose.recipe import Recipe

#: What torch raises of a file that is no checkpoint, is cut short, or holds something else.
DAMAGED = (OSError, KeyError, TypeError, RuntimeError, ValueError, EOFError, pickle.UnpicklingError)


def build_network(recipe: Recipe) -> HeadPoseNet:
    """The network of a recipe, freshly initialised."""
    classes = HOPENET_CLASSES_DEG if recipe.loss.kind == "hopenet" else tuple(CLASSES_DEG)
    return HeadPoseNet(
        recipe.model.backbone,
        attention=recipe.model.attention,
        classes_deg=classes,
        dropout=recipe.model.dropout,
        standardise=recipe.model.standardise,
        mix_style=recipe.model.mix_style,
        gimbal=recipe.model.gimbal,
    )


def load_best(path: Path) -> tuple[HeadPoseNet, Recipe, dict[str, Any]]:
    """The network kept by a run, its recipe and what is known of it (samples, seconds, validation, and what the
    weights it began with had behind them).

    Raises:
        InputError: the file is missing or no checkpoint of ours.
    """
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        recipe = Recipe.model_validate(state["recipe"])
        net = build_network(recipe)
        net.load_state_dict(state["weights"])
        about = {key: state[key] for key in ("samples", "seconds", "validation")}
    except DAMAGED as error:
        raise InputError(f"not a trained head-pose network ({reason_of(error)})", where=path) from error
    about["before"] = state.get("before", {"samples": 0, "seconds": 0.0})
    return net.eval(), recipe, about


def reason_of(error: Exception) -> str:
    """The first sentence of what torch says, which may go on for pages."""
    return str(error).split("\n")[0].split(". ")[0][:120] or type(error).__name__


@torch.no_grad()
def predict(
    net: HeadPoseNet, crops: np.ndarray, *, device: torch.device | str = "cpu", batch: int = 256
) -> tuple[Array, Array]:
    """Angles ``(n, 3)`` and the distribution's spread ``(n, 3)``, degrees, for crops ``(n, S, S, 3)`` uint8 BGR."""
    whole = WithSpread(net.eval())
    out = []
    for start in range(0, len(crops), batch):
        pictures = torch.from_numpy(np.ascontiguousarray(crops[start : start + batch].transpose(0, 3, 1, 2)))
        angles, spread = whole(normalise(pictures.to(device)))
        out.append((angles.float().cpu().numpy(), spread.float().cpu().numpy()))
    return np.concatenate([a for a, _ in out]).astype(float), np.concatenate([s for _, s in out]).astype(float)


def validation_figures(angles_deg: Array, R_true: Array) -> dict[str, float]:
    """Mean absolute error of each angle and mean geodesic error, degrees."""
    error = np.abs(wrap_deg(angles_deg - long_yaw_angles_deg(R_true))).mean(axis=0)
    turn = float(geodesic_deg(rotation_from_angles_deg(*angles_deg.T), R_true).mean())
    return {
        "yaw_mae_deg": float(error[0]),
        "pitch_mae_deg": float(error[1]),
        "roll_mae_deg": float(error[2]),
        "geodesic_deg": turn,
    }
