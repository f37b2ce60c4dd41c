"""``gazeclass headpose``: predict, train, evaluate, export, labels, boxes."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gazeclass.cli.console import progress_bars, say
from gazeclass.cli.headpose_points import train_points, unite

if TYPE_CHECKING:
    from gazeclass.headpose.shards import Detect

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Head pose: predict, train, evaluate, export, labels.",
)

PREDICT_COLUMNS = (
    "path", "face", "x", "y", "w", "h", "yaw_deg", "pitch_deg", "roll_deg",
    "sigma_yaw_deg", "sigma_pitch_deg", "sigma_roll_deg", "score",
)  # fmt: skip


@app.command()
def predict(
    pictures: Annotated[list[Path], typer.Argument(help="Pictures with faces, or folders of them.")],
    csv: Annotated[Path, typer.Option(help="Table to write, one line a face.")],
    model: Annotated[str, typer.Option(help="Head-pose model, or 'landmarks'.")] = "default",
) -> None:
    """Head pose of every face in the pictures, against the viewing ray through each face."""
    import csv as table
    import io

    from gazeclass.atomic import require_writable, write_text
    from gazeclass.headpose.estimator import load_estimator
    from gazeclass.pictures import pictures_of, read_picture
    from gazeclass.progress import track

    paths = pictures_of(pictures)
    require_writable(csv)
    estimator, detect = load_estimator(model), mtcnn()
    text = io.StringIO()
    writer = table.writer(text, lineterminator="\n")
    writer.writerow(PREDICT_COLUMNS)
    faces = 0
    with progress_bars() as bars:
        for path in track(paths, bars, "predict"):
            image = read_picture(path)
            found = detect(image)
            poses = estimator.estimate([image] * len(found), [f[0] for f in found], [f[1] for f in found])
            for k, (box, _, score) in enumerate(found):
                numbers = [box[0], box[1], box[2] - box[0], box[3] - box[1], *poses.angles_deg[k], *poses.sigma_deg[k]]
                writer.writerow([_cell(path), k, *(f"{v:.2f}" for v in numbers), f"{score:.4f}"])
                faces += 1
    write_text(csv, text.getvalue(), encoding="utf-8-sig")
    say(f"{faces} faces in {len(paths)} pictures, model {estimator.name}: {csv}")


def _cell(path: Path) -> str:
    """A path that no spreadsheet takes for a formula: ``./=cmd.png`` is the same file as ``=cmd.png``."""
    return f"./{path}" if str(path).startswith(("=", "+", "-", "@")) else str(path)


@app.command()
def boxes(folders: Annotated[list[Path], typer.Argument(help="Folders of rendered heads.")]) -> None:
    """Run our face detector over rendered heads that have no boxes yet, and write them beside."""
    from gazeclass.headpose.shards import fill_boxes

    detect = mtcnn(threads=1)
    for folder in folders:
        with progress_bars() as bars:
            looked, found = fill_boxes(folder, detect, progress=bars)
        say(f"{folder}: {found} of {looked} faces found" if looked else f"{folder}: all shards have boxes")


@app.command()
def train(
    recipe: Annotated[str, typer.Argument(help="Name of a recipe (sdam-fast, …) or its TOML file.")],
    heads: Annotated[Path, typer.Option(help="Folder of rendered heads with boxes.")],
    validation: Annotated[Path, typer.Option(help="Folder of other rendered people.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder of the run; a stopped run goes on.")],
    start: Annotated[Path | None, typer.Option(help="best.pt of an earlier run to begin with.")] = None,
    device: Annotated[str, typer.Option(help="cpu, cuda, cuda:1, mps.")] = "cpu",
    minutes: Annotated[float | None, typer.Option(min=0.01, help="Stop after so long, not by samples.")] = None,
    threads: Annotated[int, typer.Option(min=0, help="CPU threads; 0 means all cores.")] = 0,
    loaders: Annotated[int, typer.Option(min=0, help="Processes that make training pictures.")] = 0,
) -> None:
    """Train a head-pose network.

    On several GPUs: torchrun --nproc-per-node 4 -m gazeclass headpose train RECIPE … --device cuda. Each process takes
    batches of the recipe's size.
    """
    import cv2
    import torch

    from gazeclass.headpose.cost import cost_of
    from gazeclass.headpose.figures import plot_log
    from gazeclass.headpose.recipe import load_recipe
    from gazeclass.headpose.training import Trainer
    from gazeclass.headpose.training_log import read_log

    if threads:
        torch.set_num_threads(threads)
    cv2.setNumThreads(1)
    with progress_bars() as bars:
        trainer = Trainer(
            load_recipe(recipe),
            heads,
            validation,
            output,
            start=start,
            device=device,
            minutes=minutes,
            loaders=loaders,
            progress=bars,
        )
        cost = cost_of(trainer.net, trainer.recipe.model.input_px)
        trainer.progress.note(
            f"{cost.parameters / 1e6:.2f} million weights, {cost.multiply_adds / 1e6:.0f} million multiply-adds a face"
        )
        found = trainer.run()
    if trainer.rank == 0:
        plot_log(read_log(output / "log.csv"), output / "learning_curve.png")
        say(", ".join(f"{name} {value:.2f}" for name, value in found.items()))
        say(f"the best network: {output / 'best.pt'}")


app.command("train-points")(train_points)
app.command()(unite)


@app.command()
def evaluate(
    data: Annotated[Path, typer.Argument(help="Folder of a data set or of rendered heads, or a CSV table.")],
    kind: Annotated[
        str, typer.Option(help="hpid, table, rendered (these are told by their form), 300w-lp, aflw2000, aflw, …")
    ] = "",
    model: Annotated[
        list[str] | None, typer.Option(help="Methods to measure (landmarks, facemesh, a model's name); repeatable.")
    ] = None,
    peers: Annotated[Path | None, typer.Option(help="Folder of other people's networks, to measure beside.")] = None,
    own_boxes: Annotated[bool, typer.Option("--own-boxes", help="The data set's boxes, not our detector's.")] = False,
    csv: Annotated[Path | None, typer.Option(help="Table to write: method, group, angle and every figure.")] = None,
    plot: Annotated[Path | None, typer.Option(help="Picture to write: share of faces within an error.")] = None,
    threads: Annotated[int, typer.Option(min=0, help="CPU threads of every method.")] = 1,
    mirror: Annotated[
        bool | None,
        typer.Option(
            "--mirror/--no-mirror", help="Networks look at the mirrored face too, or do not; else as their card says."
        ),
    ] = None,
) -> None:
    """Measure head-pose methods on pictures with known angles, side by side."""
    from gazeclass.atomic import require_writable, write_text
    from gazeclass.errors import InputError
    from gazeclass.headpose.datasets import PROTOCOLS, kind_of, load_faces
    from gazeclass.headpose.estimator import HeadPoseEstimator, load_estimator
    from gazeclass.headpose.evaluation import measure
    from gazeclass.headpose.figures import (
        plot_cumulative,
        print_measured,
        print_side_by_side,
        require_picture,
        table_of,
    )
    from gazeclass.headpose.peers import load_peers

    if not data.exists():
        raise InputError("there is no such folder or table", where=data, todo="Check the name.")
    for output in (csv, plot):
        if output is not None:
            require_writable(output)
    if plot is not None:
        require_picture(plot)
    methods: list[HeadPoseEstimator] = [
        load_estimator(name, threads=threads, mirror=mirror) for name in model or ["default"]
    ]
    others, missing = load_peers(peers, threads=threads) if peers is not None else ([], [])
    kind = kind or kind_of(data)
    faces = load_faces(kind, data, mtcnn(threads), own_boxes=own_boxes)
    say(f"{faces.name}: {len(faces.images)} pictures, a face found in {int(faces.found.sum())}; {faces.crop_rule}")
    if kind in PROTOCOLS:
        say(f"protocol: {PROTOCOLS[kind]}")
    for reason in missing:
        say(f"not measured: {reason}")
    measured = []
    for method in (*methods, *others):
        measured.append(measure(method, faces))
        print_measured(measured[-1])
    print_side_by_side(measured)
    if csv is not None:
        write_text(csv, table_of(measured), encoding="utf-8-sig")
        say(f"every figure: {csv}")
    if plot is not None:
        plot_cumulative(measured, plot)
        say(f"curves: {plot}")


@app.command()
def show(
    model: Annotated[str, typer.Argument(help="A head-pose model, a recipe, 'default' or another method.")],
) -> None:
    """Size of a network and what its card says of it."""
    from gazeclass.headpose.describe import describe

    for line in describe(model):
        say(line)


@app.command()
def export(
    checkpoint: Annotated[Path, typer.Argument(help="best.pt of a run.")],
    validation: Annotated[Path, typer.Option(help="Folder of rendered people never seen, to fit sigma on.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder for the model and its card.")],
    name: Annotated[str, typer.Option(help="Name of the model.")] = "",
    data: Annotated[str, typer.Option(help="What it was trained on, for the card.")] = "",
    precision: Annotated[str, typer.Option(help="fp32, fp16 (half the size) or int8 (faster on CPUs).")] = "fp32",
    calibration: Annotated[Path | None, typer.Option(help="Rendered people of training, to fit int8's ranges.")] = None,
    mirror: Annotated[bool, typer.Option("--mirror", help="Look at the mirrored face too, at twice the time.")] = False,
) -> None:
    """Write a trained network as ONNX with its card."""
    from gazeclass.headpose.export import export as write

    done = write(
        checkpoint,
        validation,
        output,
        name=name,
        data=data,
        precision=precision,
        calibration=calibration,
        mirror=mirror,
    )
    say(f"{done.card.path}: fp32 within {done.difference_deg:.4f}° of torch")
    if done.loss is not None:
        say(f"{precision} against fp32: {', '.join(f'{key} {value:.3f}' for key, value in done.loss.items())}")
    cost = done.cost
    say(f"{cost.parameters / 1e6:.2f} million weights, {cost.multiply_adds / 1e6:.0f} million multiply-adds a face")
    say(", ".join(f"{key} {value:.2f}" for key, value in done.figures.items()))


@app.command()
def labels(
    face: Annotated[Path | None, typer.Option(help="Table x, y, z of 68 landmarks; without it the mean face.")] = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Picture of the curves to write.")] = None,
) -> None:
    """Soft labels from a face's 68 landmarks: the σ of yaw, pitch and roll beside the paper's, and their curves."""
    import numpy as np

    from gazeclass.headpose.figures import plot_soft_labels
    from gazeclass.headpose.labels import PAPER_SIGMA_DEG, fit_soft_labels, read_face

    fits = fit_soft_labels(read_face(face)) if face else fit_soft_labels()
    say(f"angle   σ of the {'given' if face else 'mean'} face   σ of the paper")
    for fit, paper in zip(fits, PAPER_SIGMA_DEG, strict=True):
        say(f"{fit.angle:6} {float(np.nanmean(fit.sigma_deg)):12.3f}° {paper:19.3f}°")
    if output is not None:
        plot_soft_labels(fits, output)
        say(f"curves: {output}")


def mtcnn(threads: int | None = None) -> "Detect":
    """The program's detector as head pose wants it (head pose does not know faces).

    As in a lesson: found by the cascade, then looked at again as tracking does at every frame. Training, measuring and
    use see the same boxes and the same points, the nose as O-Net sees it.
    """
    import numpy as np

    from gazeclass.faces.mtcnn import MtcnnDetector

    detector = MtcnnDetector(threads=threads)

    def detect(picture: np.ndarray) -> list[tuple[np.ndarray, np.ndarray, float]]:
        found = detector.detect(picture)
        again = detector.refine(picture, np.array([face.box_px for face in found]))
        faces = [second or first for first, second in zip(found, again, strict=True)]
        return [(face.box_px, face.found_landmarks_px, face.score) for face in faces]

    return detect
