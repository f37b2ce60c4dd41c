"""Exports in smaller precisions: how near they stay, and what a user may do wrong."""

from pathlib import Path

import numpy as np
import pytest
from heads_in_miniature import WriteHeads

torch = pytest.importorskip("torch")
pytest.importorskip("onnxscript")

from gazeclass.errors import InputError  # noqa: E402
from gazeclass.headpose.describe import describe  # noqa: E402
from gazeclass.headpose.estimator import NetworkEstimator  # noqa: E402
from gazeclass.headpose.export import export, run_onnx  # noqa: E402
from gazeclass.headpose.precision import check_precision, to_int8  # noqa: E402
from gazeclass.headpose.recipe import Recipe  # noqa: E402
from gazeclass.headpose.trained import build_network  # noqa: E402


@pytest.fixture(scope="module")
def heads(tmp_path_factory: pytest.TempPathFactory, write_heads: WriteHeads) -> Path:
    return write_heads(tmp_path_factory.mktemp("heads"), count=200, seed=9)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small network of random weights whose answers differ from face to face."""
    recipe = Recipe.model_validate(
        {"name": "random", "model": {"backbone": "resnet10-tiny", "input_px": 32}, "seed": 3}
    )
    torch.manual_seed(3)
    net = build_network(recipe)
    torch.nn.init.normal_(net.heads.weight, std=1.0)
    path = tmp_path_factory.mktemp("run") / "best.pt"
    state = {"recipe": recipe.model_dump(mode="json"), "weights": net.state_dict()}
    torch.save({**state, "samples": 1, "seconds": 60.0, "validation": {}}, path)
    return path


@pytest.mark.slow
def test_half_precision_weights_are_half_the_file(checkpoint: Path, heads: Path, tmp_path: Path) -> None:
    whole = export(checkpoint, heads, tmp_path, name="whole")
    half = export(checkpoint, heads, tmp_path, name="half", precision="fp16")
    assert whole.difference_deg < 0.05
    assert whole.loss is None
    assert half.loss is not None
    assert half.loss["mean_difference_deg"] < 0.1
    assert half.card.path.stat().st_size < 0.75 * whole.card.path.stat().st_size
    assert half.card.meta["precision"] == "fp16"
    assert half.card.meta["figures"]["against_fp32"].keys() == half.loss.keys()
    crops = np.random.default_rng(0).integers(0, 255, (5, 32, 32, 3)).astype(np.uint8)
    np.testing.assert_allclose(run_onnx(half.card.path, crops)[0], run_onnx(whole.card.path, crops)[0], atol=0.5)
    poses = NetworkEstimator(half.card, threads=1).estimate_crops(crops)
    assert np.isfinite(poses.sigma_deg).all()


@pytest.mark.slow
def test_eight_bits_stay_near(checkpoint: Path, heads: Path, tmp_path: Path) -> None:
    small = export(checkpoint, heads, tmp_path, name="small", precision="int8", calibration=heads)
    assert small.loss is not None
    assert small.loss["mean_difference_deg"] < 6
    spread = run_onnx(small.card.path, np.zeros((2, 32, 32, 3), np.uint8))[1]
    assert np.isfinite(spread).all()
    with pytest.raises(InputError, match="int8 needs rendered heads"):
        export(checkpoint, heads, tmp_path, name="small", precision="int8")


def test_no_pictures_and_no_such_precision(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="pictures to fit"):
        to_int8(tmp_path / "a.onnx", tmp_path / "b.onnx", np.zeros((0, 3, 32, 32), np.float32))
    with pytest.raises(InputError, match="'int4' is none of fp32, fp16, int8"):
        check_precision("int4")


def test_what_a_model_and_a_recipe_are() -> None:
    text = "\n".join(describe("headpose-points"))
    assert "licence: CC0" in text
    assert "million weights" in text
    recipe = "\n".join(describe("sdam-fast"))
    assert "attention sdam" in recipe
    assert "GFLOP" in recipe
    default = describe("default")
    assert default[0] == "default: the best that is installed"
    assert any(line.startswith("headpose-sdam-fast: ") for line in default)
    assert describe("landmarks") == [
        "landmarks: the detector's five points, a mean 3-D face, least squares; no weights"
    ]
    with pytest.raises(InputError, match="neither a head-pose model"):
        describe("nobody")
