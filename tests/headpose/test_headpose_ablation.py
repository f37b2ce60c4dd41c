"""The ablation's four recipes differ in attention and loss only, and its table says what was found."""

import sys
from pathlib import Path

import pytest

pytest.importorskip("torch")
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))

from headpose_ablation import VARIANTS, print_table, runs_of

from gazeclass.headpose.recipe import load_recipe


def test_variants_differ_in_attention_and_loss_only(tmp_path: Path) -> None:
    runs = runs_of(load_recipe("sdam-fast"), tmp_path, 1000, [1, 2])
    assert len(runs) == 8
    assert len({run.folder for run in runs}) == 8
    first = runs[0].recipe.model_dump()
    for run in runs:
        content = run.recipe.model_dump()
        assert {k for k in content if content[k] != first[k]} <= {"name", "seed", "model", "loss"}
        assert content["model"] | {"attention": ""} == first["model"] | {"attention": ""}
        assert content["loss"]["alpha"] == 2.0
        assert content["loss"]["landmarks"] == 0
    assert {(r.recipe.model.attention, r.recipe.loss.kind) for r in runs} == {(a, loss) for _, a, loss in VARIANTS}


def test_table_of_two_seeds(capsys: pytest.CaptureFixture[str]) -> None:
    results = [
        {
            "variant": "both", "faces": 10, "parameters": 2e6, "multiply_adds": 1e8,
            "recipe": {"model": {"backbone": "tiny"}, "optimiser": {"samples": 5}},
            "figures": {"rendered": {"yaw_mae_deg": y, "pitch_mae_deg": 4.0, "roll_mae_deg": 2.0, "geodesic_deg": 6.0}},
        }
        for y in (3.0, 5.0)
    ]  # fmt: skip
    print_table(results)
    printed = capsys.readouterr().out
    assert "4.00 ± 1.41" in printed  # yaw
    assert "3.33 / 3.38" in printed  # the paper's own
