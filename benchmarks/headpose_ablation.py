"""Ablation as the paper's Table 2: baseline, +SDAM, +SLCS, both, with equal budget, seed, pictures and backbone.

    .venv/bin/python benchmarks/headpose_ablation.py --heads FOLDER --validation FOLDER -o RUNS
        [--hpid FOLDER] [--recipe sdam-fast] [--samples 200000] [--seed 1 …] [--threads 1] [--device cpu] [--table-only]

The baseline is Hopenet's: 66 hard classes of 3°, cross entropy and squared error. Soft labels (SLCS) are the paper's
σ with KL and the same squared error, α = 2 in all four. Backbone, optimiser and augmentation are those of the recipe;
its own additions to the loss are left out. Each run lies in its own folder and goes on where it stopped; a run that is
done is not repeated. Rendered people never seen choose the checkpoint of each run; HPID (real photographs) only
measures.
"""

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from gazeclass.atomic import write_text
from gazeclass.cli.console import progress_bars
from gazeclass.headpose.labelled import LabelledFaces, read_hpid
from gazeclass.headpose.recipe import Recipe, load_recipe

#: Name, attention, loss.
VARIANTS = (
    ("baseline", "none", "hopenet"),
    ("+SDAM", "sdam", "hopenet"),
    ("+SLCS", "none", "slcs"),
    ("both", "sdam", "slcs"),
)
#: The paper's Table 2 (trained on 300W-LP): mean absolute error on AFLW2000 and BIWI.
PAPER = {"baseline": (4.07, 4.03), "+SDAM": (3.82, 3.90), "+SLCS": (3.41, 3.46), "both": (3.33, 3.38)}


@dataclass(frozen=True)
class Run:
    """One network of the ablation: what to train, and where."""

    variant: str
    recipe: Recipe
    folder: Path


def runs_of(base: Recipe, out: Path, samples: int, seeds: list[int]) -> list[Run]:
    """Every variant with every seed."""
    found = []
    for seed in seeds:
        for variant, attention, loss in VARIANTS:
            content = base.model_dump(mode="json")
            content["name"], content["seed"] = f"ablation-{variant}", seed
            content["model"]["attention"] = attention
            content["loss"] = {"kind": loss, "alpha": 2.0}
            content["optimiser"]["samples"] = samples
            # Not stopped early: the budgets must be equal.
            content["validation"]["patience"] = 10_000
            folder = out / f"{variant.strip('+').lower()}-{samples}-seed{seed}"
            found.append(Run(variant, Recipe.model_validate(content), folder))
    return found


def result_of(run: Run, options: argparse.Namespace, hpid: LabelledFaces | None) -> dict[str, Any]:
    """Train what is missing and measure; the answer is kept beside the run."""
    from gazeclass.headpose.cost import cost_of
    from gazeclass.headpose.data import validation_crops
    from gazeclass.headpose.trained import load_best, predict, validation_figures
    from gazeclass.headpose.training import Trainer

    kept = run.folder / "result.json"
    recipe = run.recipe.model_dump(mode="json")
    if kept.is_file():
        before: dict[str, Any] = json.loads(kept.read_text(encoding="utf-8"))
        if before["recipe"] == recipe and ("hpid" in before["figures"] or hpid is None):
            return before
    with progress_bars() as bars:
        Trainer(run.recipe, options.heads, options.validation, run.folder, device=options.device, progress=bars).run()
    net, _, about = load_best(run.folder / "best.pt")
    rule = run.recipe.model.crop_rule
    crops, R, _, found = validation_crops(options.validation, rule, 10**9)
    angles, _ = predict(net, crops[found])
    figures: dict[str, Any] = {"rendered": validation_figures(angles, R[found])}
    if hpid is not None:
        figures["hpid"] = _on_hpid(net, rule, hpid)
    cost = cost_of(net, rule.input_px)
    result = {
        "variant": run.variant, "seed": run.recipe.seed, "recipe": recipe, "figures": figures,
        "best_samples": about["samples"], "minutes": about["seconds"] / 60, "faces": int(found.sum()),
        "parameters": cost.parameters, "multiply_adds": cost.multiply_adds,
    }  # fmt: skip
    write_text(kept, json.dumps(result, indent=1))
    return result


def _on_hpid(net: Any, rule: Any, hpid: LabelledFaces) -> dict[str, float]:
    from gazeclass.headpose.crop import crop_batch
    from gazeclass.headpose.evaluation import figures
    from gazeclass.headpose.poses import HeadPoses
    from gazeclass.headpose.trained import predict

    crops = crop_batch(hpid.images, list(hpid.boxes_px), list(hpid.landmarks_px), rule)
    angles, spread = predict(net, crops, batch=64)
    row = figures("", "HPID", "all", HeadPoses.from_angles(angles, spread), hpid.angles_deg)
    yaw, pitch = row.angles["yaw"], row.angles["pitch"]
    return {
        "yaw_mae_deg": yaw.mae_deg, "yaw_slope": yaw.slope, "pitch_mae_deg": pitch.mae_deg,
        "pitch_r": pitch.correlation, "pitch_line_deg": pitch.mae_after_line_deg,
    }  # fmt: skip


def print_table(results: list[dict[str, Any]]) -> None:
    """Mean over the seeds, and their spread where there are several."""
    from rich.console import Console
    from rich.table import Table

    columns = ["variant", "seeds", "MAE", "yaw", "pitch", "roll", "geodesic"]
    real = ["HPID yaw", "slope", "pitch r", "pitch after line"] if all("hpid" in r["figures"] for r in results) else []
    first = results[0]["recipe"]
    table = Table(
        title=f"{first['model']['backbone']}, {first['optimiser']['samples']} samples each, {results[0]['faces']} "
        "rendered faces of people never seen",
        title_justify="left",
    )
    for name in (*columns, *real, "M weights", "M multiply-adds", "paper AFLW2000 / BIWI"):
        table.add_column(name, justify="left" if name == "variant" else "right")
    for variant, _, _ in VARIANTS:
        rows = [r for r in results if r["variant"] == variant]
        if not rows:
            continue
        angles = np.array([[r["figures"]["rendered"][f"{a}_mae_deg"] for a in ("yaw", "pitch", "roll")] for r in rows])
        cells = [variant, str(len(rows)), _mean(angles.mean(axis=1)), *(_mean(column) for column in angles.T)]
        cells.append(_mean(np.array([r["figures"]["rendered"]["geodesic_deg"] for r in rows])))
        if real:
            for key in ("yaw_mae_deg", "yaw_slope", "pitch_r", "pitch_line_deg"):
                cells.append(_mean(np.array([r["figures"]["hpid"][key] for r in rows])))
        cells += [f"{rows[0]['parameters'] / 1e6:.2f}", f"{rows[0]['multiply_adds'] / 1e6:.0f}"]
        table.add_row(*cells, " / ".join(f"{v:.2f}" for v in PAPER[variant]))
    Console(width=200).print(table)


def _mean(values: np.ndarray) -> str:
    return f"{values.mean():.2f}" + (f" ± {values.std(ddof=1):.2f}" if len(values) > 1 else "")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--heads", type=Path, required=True, help="rendered heads with boxes")
    parser.add_argument("--validation", type=Path, required=True, help="other rendered people with boxes")
    parser.add_argument("-o", "--output", type=Path, required=True, help="folder of the runs")
    parser.add_argument("--hpid", type=Path, help="HPID's folder, to measure on real photographs too")
    parser.add_argument("--recipe", default="sdam-fast")
    parser.add_argument("--samples", type=int, default=200_000, help="budget of each run")
    parser.add_argument("--seed", type=int, action="append")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--table-only", action="store_true", help="print what is done, train nothing")
    options = parser.parse_args()
    import torch

    cv2.setNumThreads(1)
    torch.set_num_threads(options.threads)
    runs = runs_of(load_recipe(options.recipe), options.output, options.samples, options.seed or [1])
    if options.table_only:
        done = [run.folder / "result.json" for run in runs if (run.folder / "result.json").is_file()]
        results = [json.loads(path.read_text(encoding="utf-8")) for path in done]
    else:
        hpid = None
        if options.hpid is not None:
            from gazeclass.cli.headpose import mtcnn

            hpid = read_hpid(options.hpid, mtcnn(threads=options.threads)).only_found()
        results = []
        for run in runs:
            results.append(result_of(run, options, hpid))
            print_table(results)
    if results:
        print_table(results)
    else:
        print("no run is done yet")


if __name__ == "__main__":
    main()
