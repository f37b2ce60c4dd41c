"""A trained network as an ONNX model with its card, equal to torch, with an honest sigma."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import tomlkit
import torch

from gazeclass import models
from gazeclass.atomic import atomic_path, write_text
from gazeclass.errors import InputError
from gazeclass.geometry.rotation import Array, long_yaw_angles_deg, wrap_deg
from gazeclass.headpose.data import normalise, validation_crops
from gazeclass.headpose.network import WithSpread, cost_of
from gazeclass.headpose.training import load_best, predict, validation_figures

#: The exported model may differ from torch by this much, degrees (issue 3).
MAX_DIFFERENCE_DEG = 0.05
#: 68 % of a normal distribution lie within this many standard deviations.
_SIGMAS_OF_68 = 0.994458


@dataclass(frozen=True)
class Exported:
    """What was written, and how near it is to torch.

    Attributes:
        card: of the model.
        difference_deg: largest difference of an angle between ONNX Runtime and torch.
        figures: validation error, degrees, on the people the sigma was not fitted on.
    """

    card: models.ModelCard
    difference_deg: float
    figures: dict[str, float]


def export(checkpoint: Path, validation: Path, folder: Path, *, name: str = "", data: str = "") -> Exported:
    """Write ``NAME.onnx`` and ``NAME.toml`` from the best network of a run.

    The spread of the class distribution is turned into a standard deviation by one factor per angle, fitted on one half
    of the rendered validation people; the figures in the card are those of the other half.

    Args:
        checkpoint: ``best.pt`` of a run.
        validation: folder of rendered people never seen in training.
        folder: to write to.
        name: of the model; ``headpose-`` and the recipe's name when empty.
        data: what it was trained on, in words, for the card.

    Raises:
        InputError: no such checkpoint, or the exported model differs from torch by more than 0.05°.
    """
    net, recipe, about = load_best(checkpoint)
    name = name or f"headpose-{recipe.name}"
    rule = recipe.model.crop_rule
    crops, R_true, _, found = validation_crops(validation, rule, 10**9)
    crops, R_true = crops[found], R_true[found]
    angles, spread = predict(net, crops)
    half = np.arange(len(crops)) % 2 == 0
    factor = sigma_factor(angles[half], spread[half], R_true[half])
    figures = validation_figures(angles[~half], R_true[~half])
    inside = coverage(angles[~half], spread[~half] * factor, R_true[~half])

    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{name}.onnx"
    with atomic_path(target) as temporary:
        example = torch.zeros(2, 3, rule.input_px, rule.input_px)
        write_onnx(WithSpread(net), example, temporary, input_name="pictures")
        difference = _difference_deg(temporary, crops[:64], angles[:64])
        if difference > MAX_DIFFERENCE_DEG:
            raise InputError(f"the exported model differs from torch by {difference:.3f}°", where=target)
    cost = cost_of(net, rule.input_px)
    card: dict[str, Any] = {
        "kind": "headpose",
        "sha256": models.sha256_of(target),
        "licence": "CC0-1.0 (ours)",
        "source": "trained by gazeclass on rendered people only; no picture of a real person",
        "made_utc": datetime.now(UTC).isoformat(timespec="minutes"),
        "input_px": rule.input_px,
        "mean": 127.5,
        "scale": 1 / 128,
        "sigma_factor": [round(float(f), 4) for f in factor],
        "parameters": cost.parameters,
        "multiply_adds": cost.multiply_adds,
        "crop": {"margin": rule.margin, "landmark_weight": rule.landmark_weight},
        "training": {
            "data": data,
            "recipe": recipe.name,
            "seed": recipe.seed,
            "samples": about["samples"],
            "minutes": round(about["seconds"] / 60, 1),
        },
        "figures": {
            "on": "rendered people never seen in training, faces that MTCNN finds",
            "count": int((~half).sum()),
            **{key: round(value, 2) for key, value in figures.items()},
            "inside_68": [round(float(x), 3) for x in inside],
            "onnx_minus_torch_deg": round(difference, 4),
        },
        "limits": (
            "Angles up to ±99°. Trained on rendered faces from about 14 pixels; on real photographs see "
            "benchmarks/headpose_peers.py. Angles are against the viewing ray through the crop's centre."
        ),
    }
    write_text(target.with_suffix(".toml"), tomlkit.dumps(card))
    return Exported(models.read_card(target.with_suffix(".toml")), difference, figures)


def sigma_factor(angles_deg: Array, spread_deg: Array, R_true: Array) -> Array:
    """``(3,)`` what the spread must be multiplied by so that 68 % of the errors lie within one sigma."""
    error = np.abs(wrap_deg(angles_deg - long_yaw_angles_deg(R_true)))
    return np.asarray(np.quantile(error / spread_deg, 0.68, axis=0) / _SIGMAS_OF_68)


def coverage(angles_deg: Array, sigma_deg: Array, R_true: Array, *, sigmas: float = _SIGMAS_OF_68) -> Array:
    """``(3,)`` share of the errors within so many standard deviations."""
    error = np.abs(wrap_deg(angles_deg - long_yaw_angles_deg(R_true)))
    return np.asarray((error <= sigmas * sigma_deg).mean(axis=0))


def write_onnx(module: torch.nn.Module, example: torch.Tensor, path: Path, *, input_name: str) -> None:
    """Write a module of one batched input and the outputs ``angles_deg``, ``spread_deg`` as ONNX, batch size free."""
    import warnings

    with warnings.catch_warnings():
        # The exporter warns of its own deprecated internals.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module.eval(),
            (example,),
            str(path),
            input_names=[input_name],
            output_names=["angles_deg", "spread_deg"],
            dynamic_shapes=({0: torch.export.Dim("batch", min=1, max=65536)},),
            opset_version=18,
            external_data=False,
            dynamo=True,
            verbose=False,
        )


def _difference_deg(path: Path, crops: np.ndarray, angles: Array) -> float:
    import onnxruntime as ort

    session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    x = normalise(torch.from_numpy(np.ascontiguousarray(crops.transpose(0, 3, 1, 2)))).numpy()
    found = np.concatenate([session.run(["angles_deg"], {"pictures": part})[0] for part in (x[:1], x[1:])])
    return float(np.abs(found - angles).max())
