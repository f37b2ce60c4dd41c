"""A whole small training: it learns, goes on where it stopped, is exported equal, and every wrong turn is named."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("onnxscript")

from heads_in_miniature import WriteHeads  # noqa: E402

from gazeclass import models  # noqa: E402
from gazeclass.errors import InputError  # noqa: E402
from gazeclass.geometry.rotation import geodesic_deg, rotation_from_angles_deg  # noqa: E402
from gazeclass.headpose.augment import turned  # noqa: E402
from gazeclass.headpose.data import HeadStream, validation_crops  # noqa: E402
from gazeclass.headpose.estimator import NetworkEstimator  # noqa: E402
from gazeclass.headpose.export import export  # noqa: E402
from gazeclass.headpose.figures import plot_log  # noqa: E402
from gazeclass.headpose.labelled import read_rendered  # noqa: E402
from gazeclass.headpose.mirror import mirrored  # noqa: E402
from gazeclass.headpose.recipe import RECIPES, Recipe, load_recipe  # noqa: E402
from gazeclass.headpose.schedule import learning_rate  # noqa: E402
from gazeclass.headpose.shards import boxes_path  # noqa: E402
from gazeclass.headpose.trained import load_best, predict, validation_figures  # noqa: E402
from gazeclass.headpose.training import Trainer  # noqa: E402
from gazeclass.headpose.training_log import read_log  # noqa: E402

pytestmark = pytest.mark.slow


def recipe(**optimiser: object) -> Recipe:
    return Recipe.model_validate(
        {
            "name": "tiny",
            "model": {"backbone": "resnet10-tiny", "input_px": 32, "margin": 1.3},
            "optimiser": {"lr": 3e-3, "batch": 32, "samples": 5120, "schedule": "cosine", "warmup_samples": 320,
                          "ema_decay": 0.98, **optimiser},
            "augmentation": {"small": 0.0, "hide": 0.0, "rotate_deg": 10.0},
            "validation": {"every_samples": 1280, "heads": 300, "patience": 50},
        }
    )  # fmt: skip


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory, write_heads: WriteHeads) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("heads")
    return write_heads(folder / "train", shards=4, count=300), write_heads(folder / "val", count=400, seed=99)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, folders: tuple[Path, Path]) -> Path:
    torch.set_num_threads(1)
    out = tmp_path_factory.mktemp("run")
    Trainer(recipe(), *folders, out).run()
    return out


def test_it_learns(trained: Path, tmp_path: Path) -> None:
    log = read_log(trained / "log.csv")
    assert log["samples"][-1] >= 5120
    # Predicting zero costs 30° of yaw here.
    assert log["yaw_mae_deg"][-1] < 15
    assert log["yaw_mae_deg"][-1] < 0.7 * log["yaw_mae_deg"][0]
    plot_log(log, tmp_path / "curve.png")
    assert (tmp_path / "curve.png").stat().st_size > 5000


def test_exported_model_is_the_network(trained: Path, folders: tuple[Path, Path], tmp_path: Path) -> None:
    done = export(trained / "best.pt", folders[1], tmp_path, name="headpose-tiny", data="blobs")
    assert done.difference_deg < 0.05
    models.verify(done.card)
    estimator = NetworkEstimator(done.card, threads=1)
    net, kept, _ = load_best(trained / "best.pt")
    crops, *_ = validation_crops(folders[1], kept.model.crop_rule, 50)
    poses = estimator.estimate_crops(crops)
    angles, spread = predict(net, crops)
    np.testing.assert_allclose(poses.angles_deg, angles, atol=0.05)
    factor = np.array(done.card.meta["sigma_factor"])
    np.testing.assert_allclose(poses.sigma_deg, spread * factor, rtol=0.01)
    assert 0.5 < np.mean(done.card.meta["figures"]["inside_68"]) < 0.85
    single = estimator.estimate_crops(crops[:1])
    np.testing.assert_allclose(single.angles_deg, angles[:1], atol=0.05)


def test_a_stopped_run_goes_on(folders: tuple[Path, Path], tmp_path: Path) -> None:
    short = recipe(samples=1280)
    Trainer(short, *folders, tmp_path).run()
    again = Trainer(short, *folders, tmp_path)
    assert again.samples >= 1280
    best = again.best
    again.budget = type(again.budget)(2560)
    again.run()
    assert again.samples >= 2560
    assert again.best <= best
    assert len(read_log(tmp_path / "log.csv")["samples"]) == 2


def test_a_run_that_is_done_stays_as_it_is(trained: Path, folders: tuple[Path, Path]) -> None:
    before = {path.name: path.read_bytes() for path in trained.iterdir()}
    _, _, about = load_best(trained / "best.pt")
    assert Trainer(recipe(), *folders, trained).run() == about["validation"]
    assert {path.name: path.read_bytes() for path in trained.iterdir()} == before


def test_the_figures_told_are_those_of_the_network_kept(
    folders: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = iter([5.0, 3.0, 4.0, 6.0])
    monkeypatch.setattr(
        "gazeclass.headpose.training.validation_figures",
        lambda *_: dict.fromkeys(("yaw_mae_deg", "pitch_mae_deg", "roll_mae_deg", "geodesic_deg"), next(looks)),
    )
    content = recipe().model_dump(mode="json")
    content["validation"].update(every_samples=32, patience=2)
    told = Trainer(Recipe.model_validate(content), *folders, tmp_path).run()
    assert told["yaw_mae_deg"] == 3.0
    assert load_best(tmp_path / "best.pt")[2]["validation"] == told
    assert read_log(tmp_path / "log.csv")["yaw_mae_deg"].tolist() == [5, 3, 4, 6]  # stopped early


@pytest.mark.parametrize("damage", [lambda data: data[: len(data) // 2], lambda data: b"", lambda data: b"nothing"])
def test_a_damaged_checkpoint_is_named(trained: Path, folders: tuple[Path, Path], tmp_path: Path, damage: Any) -> None:
    (tmp_path / "checkpoint.pt").write_bytes(damage((trained / "checkpoint.pt").read_bytes()))
    with pytest.raises(InputError, match=r"checkpoint\.pt: the checkpoint is damaged \(.*--start and this one's best"):
        Trainer(recipe(), *folders, tmp_path)


def test_heads_that_fill_no_batch_and_damaged_ones_are_named(folders: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="fewer heads than a batch of 4096"):
        Trainer(recipe(batch=4096), *folders, tmp_path / "run").run()
    shutil.copytree(folders[0], tmp_path / "heads")
    (shard,) = (tmp_path / "heads").glob("*2.npz")
    np.savez(boxes_path(shard), detector_box=np.zeros((1, 4)), detector_landmarks=np.zeros((1, 5, 2)))
    with pytest.raises(InputError, match=r"^\S*00002\.boxes\.npz: these are not the boxes of heads_00002\.npz$"):
        Trainer(recipe(), tmp_path / "heads", folders[1], tmp_path / "run2", loaders=1).run()


def test_validation_on_no_face_is_refused(folders: tuple[Path, Path]) -> None:
    with pytest.raises(InputError, match="found none of the 0 faces looked at"):
        validation_crops(folders[1], recipe().model.crop_rule, 0)


def test_a_folder_that_cannot_be_made(folders: tuple[Path, Path], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="file: cannot be made"):
        Trainer(recipe(), *folders, tmp_path / "file")


def test_another_recipe_in_the_same_folder_is_refused(trained: Path, folders: tuple[Path, Path]) -> None:
    with pytest.raises(InputError, match="another recipe"):
        Trainer(recipe(lr=1e-4), *folders, trained)


def test_stream_gives_every_usable_head_once_an_epoch(folders: tuple[Path, Path]) -> None:
    r = recipe()
    stream = HeadStream(folders[0], r.model.crop_rule, r.augmentation, seed=1)
    first = [tuple(angles.tolist()) for _, angles, *_ in stream]
    second = [tuple(angles.tolist()) for _, angles, *_ in stream]
    assert len(first) == 4 * 300
    assert first != second
    again = HeadStream(folders[0], r.model.crop_rule, r.augmentation, seed=1)
    assert [tuple(angles.tolist()) for _, angles, *_ in again] == first


def test_a_head_comes_twice_in_succession_when_its_answers_shall_agree(folders: tuple[Path, Path]) -> None:
    r = recipe()
    stream = HeadStream(folders[0], r.model.crop_rule, replace(r.augmentation, shift=0.0), seed=1, twice=True)
    examples = list(stream)
    assert len(examples) == 2 * 4 * 300
    gap = [geodesic_deg(*(_upright(angles, mirrored) for _, angles, _, mirrored in pair)) for pair in _pairs(examples)]
    # Only the turn in the plane and the ray differ, and they were taken away.
    assert np.median(gap) < 3.0
    strangers = _pairs([*examples[1:], examples[0]])
    assert np.median([geodesic_deg(*(_upright(a, m) for _, a, _, m in pair)) for pair in strangers]) > 20.0


def _pairs(examples: list[Any]) -> Iterator[tuple[Any, Any]]:
    return zip(examples[0::2], examples[1::2], strict=True)


def _upright(angles: torch.Tensor, mirror: torch.Tensor) -> np.ndarray:
    """The rotation with its mirror undone and its roll taken out of the picture's plane."""
    R = rotation_from_angles_deg(*angles.numpy().astype(float))
    R = mirrored(R) if bool(mirror) else R
    # The turn of the picture that brings the head's own x axis level.
    turn = np.degrees(np.arctan2(R[1, 0], R[0, 0]))
    return turned(R, -turn)


def test_two_answers_that_err_alike_agree(folders: tuple[Path, Path], tmp_path: Path) -> None:
    content = recipe(samples=640).model_dump(mode="json")
    content["data"]["twice"], content["loss"]["agreement"] = True, 0.5
    figures = Trainer(Recipe.model_validate(content), *folders, tmp_path).run()
    assert np.isfinite(list(figures.values())).all()
    for part, field, value in (("data", "twice", False), ("optimiser", "batch", 33)):
        wrong = {**content, part: {**content[part], field: value}}
        with pytest.raises(ValueError, match="needs"):
            Recipe.model_validate(wrong)


def test_schedule() -> None:
    warm = recipe(lr=1.0, warmup_samples=3200)
    assert learning_rate(warm, 0, 0.0) == pytest.approx(0.01)
    assert learning_rate(warm, 10_000, 0.0) == pytest.approx(1.0)
    assert learning_rate(warm, 10_000, 1.0) == pytest.approx(0.01)
    halving = recipe(lr=1.0, schedule="halving", halvings=7, warmup_samples=0)
    assert [learning_rate(halving, 1, s) for s in (0.0, 0.124, 0.126, 0.99)] == [1.0, 1.0, 0.5, 0.5**7]


def test_figures_of_known_errors() -> None:
    from gazeclass.geometry.rotation import rotation_from_angles_deg

    truth = np.array([[10.0, 0, 0], [-20, 5, 0]])
    found = validation_figures(truth + [[2.0, 0, 0], [-4, 0, 0]], rotation_from_angles_deg(*truth.T))
    assert found["yaw_mae_deg"] == pytest.approx(3)
    assert found["pitch_mae_deg"] == pytest.approx(0, abs=1e-9)
    # Yaw is the middle rotation, so a change of yaw alone is a turn of the same size.
    assert found["geodesic_deg"] == pytest.approx(3)


def test_checkpoints_that_are_none(tmp_path: Path) -> None:
    (tmp_path / "best.pt").write_bytes(b"nothing")
    with pytest.raises(InputError, match="not a trained head-pose network"):
        load_best(tmp_path / "best.pt")
    with pytest.raises(InputError, match="not a trained head-pose network"):
        load_best(tmp_path / "none.pt")
    torch.save([1, 2], tmp_path / "list.pt")
    with pytest.raises(InputError, match="not a trained head-pose network"):
        load_best(tmp_path / "list.pt")


def test_no_boxes_yet(tmp_path: Path, write_heads: WriteHeads) -> None:
    from heads_in_miniature import fake_heads

    columns = fake_heads(10, 0)
    columns["detector_box"][:] = np.nan
    np.savez(tmp_path / "heads_00000.npz", **columns)
    with pytest.raises(InputError, match="no shard has a detector's boxes yet"):
        validation_crops(tmp_path, recipe().model.crop_rule, 10)
    with pytest.raises(InputError, match="no shard has a detector's boxes yet"):
        read_rendered(tmp_path)


@pytest.mark.parametrize("path", sorted(RECIPES.glob("*.toml")), ids=lambda p: p.stem)
def test_shipped_recipes_are_sound(path: Path) -> None:
    assert load_recipe(path.stem).name == path.stem


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name = 'x'\n[model]\nbackbon = 1", "model.backbon"),
        ("name = ", "cannot be read"),
        ("seed = 1", "name"),
        ("name = 'x'\n[model]\nbackbone = 'resnet51'", "model.backbone: 'resnet51' is none of resnet50, "),
        ("name = 'x'\n[augmentation]\nscale = 0.0", "augmentation.scale: Input should be greater than or equal to 1"),
        ("name = 'x'\n[augmentation]\nface_px = [64, 14]", "augmentation: face_px names the smaller side first"),
        ("name = 'x'\n[loss]\nsigma_deg = [1, 1, 0]", "loss.sigma_deg.2: Input should be greater than 0"),
        ("name = 'x'\n[loss]\nkind = 'hopenet'\nhuber_deg = 3", "loss.huber_deg has no part in the loss 'hopenet'"),
    ],
)
def test_bad_recipes(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "r.toml"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        load_recipe(str(path))
    with pytest.raises(InputError, match="no recipe 'nobody'"):
        load_recipe("nobody")


def test_a_run_begins_with_the_weights_of_another(trained: Path, folders: tuple[Path, Path], tmp_path: Path) -> None:
    _, _, about = load_best(trained / "best.pt")
    styled = recipe(samples=320, lr=1e-6).model_dump(mode="json")
    styled["model"].update(standardise=True, mix_style=0.5)
    Trainer(Recipe.model_validate(styled), *folders, tmp_path / "a", start=trained / "best.pt").run()
    plain = Trainer(recipe(samples=320, lr=1e-6), *folders, tmp_path / "b", start=trained / "best.pt").run()
    assert plain["yaw_mae_deg"] == pytest.approx(about["validation"]["yaw_mae_deg"], abs=0.5)
    _, begun, now = load_best(tmp_path / "a" / "best.pt")
    assert begun.model.standardise
    assert now["before"]["samples"] == about["samples"]
    card = export(tmp_path / "a" / "best.pt", folders[1], tmp_path / "model").card
    assert card.meta["training"]["samples"] == about["samples"] + now["samples"]
    assert card.meta["training"]["begun_with_weights_of"] == about["samples"]


def test_weights_of_another_network_are_refused(trained: Path, folders: tuple[Path, Path], tmp_path: Path) -> None:
    other = recipe().model_dump(mode="json")
    other["model"]["attention"] = "none"
    with pytest.raises(InputError, match=r"attention 'sdam' and .* the recipe wants .* 'none'"):
        Trainer(Recipe.model_validate(other), *folders, tmp_path, start=trained / "best.pt")
    other = recipe().model_dump(mode="json")
    other["loss"]["kind"] = "hopenet"
    with pytest.raises(InputError, match=r"the classes of 'slcs', the recipe wants .* of 'hopenet'"):
        Trainer(Recipe.model_validate(other), *folders, tmp_path, start=trained / "best.pt")
