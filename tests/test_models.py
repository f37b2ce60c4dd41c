"""Models: found, verified, added, refused."""

from pathlib import Path

import onnx
import pytest
from onnx import TensorProto, helper

from gazeclass import models
from gazeclass.errors import InputError
from gazeclass.settings import Settings


@pytest.fixture
def user_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "models"
    folder.mkdir()
    monkeypatch.setattr(models, "settings", lambda: Settings(models_dir=folder))
    monkeypatch.setattr(models, "BUNDLED_DIRS", ())
    return folder


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """An ONNX model that adds one."""
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1])
    one = helper.make_tensor("one", TensorProto.FLOAT, [1], [1.0])
    graph = helper.make_graph([helper.make_node("Add", ["x", "one"], ["y"])], "g", [x], [y], [one])
    path = tmp_path / "tiny.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), path)
    return path


def test_add_then_open(user_dir: Path, tiny: Path) -> None:
    card = models.add(tiny, kind="headpose", licence="MIT", source="a test", sha256=models.sha256_of(tiny).upper())
    assert card.path == user_dir / "tiny.onnx"
    assert [c.name for c in models.list_cards()] == ["tiny"]
    session = models.open_session(models.find("tiny"), threads=1)
    assert session.run(None, {"x": [2.0]})[0].tolist() == [3.0]
    with pytest.raises(InputError, match="already"):
        models.add(tiny, kind="headpose", licence="MIT", source="a test")


def test_damage_is_found(user_dir: Path, tiny: Path) -> None:
    card = models.add(tiny, kind="detector", licence="MIT", source="a test")
    data = bytearray(card.path.read_bytes())
    data[-1] ^= 1
    card.path.write_bytes(data)
    with pytest.raises(InputError, match="damaged"):
        models.open_session(card)
    card.path.unlink()
    with pytest.raises(InputError, match="missing"):
        models.verify(card)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("kind = ", "cannot be read"),
        ('kind = "headpose"', "lacks sha256, licence, source"),
        ('kind = "oracle"\nsha256 = ""\nlicence = ""\nsource = ""', "'oracle' is none of"),
    ],
)
def test_bad_cards_are_refused(user_dir: Path, text: str, message: str) -> None:
    (user_dir / "bad.toml").write_text(text)
    with pytest.raises(InputError, match=message):
        models.find("bad")


def test_refusals_when_adding(user_dir: Path, tiny: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        models.add(tmp_path / "none.onnx", kind="detector", licence="", source="")
    with pytest.raises(InputError, match="its sha256 is"):
        models.add(tiny, kind="detector", licence="", source="", sha256="0" * 64)
    with pytest.raises(InputError, match="none of"):
        models.add(tiny, kind="x", licence="", source="")
    text = tmp_path / "text.onnx"
    text.write_text("not a model")
    with pytest.raises(InputError, match="cannot be opened"):
        models.add(text, kind="detector", licence="", source="")
    assert list(user_dir.iterdir()) == []


def test_unknown_name(user_dir: Path) -> None:
    with pytest.raises(InputError, match="no model 'x'"):
        models.find("x")


def test_bundled_models_are_what_their_cards_say() -> None:
    cards = models.list_cards()
    for card in cards:
        models.verify(card)
        assert card.licence
    assert cards


def test_nothing_is_computed_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    there = ["CUDAExecutionProvider", "AzureExecutionProvider", "CPUExecutionProvider"]
    monkeypatch.setattr("onnxruntime.get_available_providers", lambda: there)
    assert models.available_providers() == ["CUDAExecutionProvider", "CPUExecutionProvider"]
    for asked, used in (("AzureExecutionProvider", "CPUExecutionProvider"), ("CUDAExecutionProvider",) * 2):
        monkeypatch.setattr(models, "settings", lambda asked=asked: Settings(providers=[asked]))
        assert models.chosen_providers() == [used]
