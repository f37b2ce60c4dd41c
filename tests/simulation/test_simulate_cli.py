"""The command that renders heads, as a user calls it."""

import numpy as np
import pytest

from gazeclass.cli.main import main


@pytest.fixture
def run(monkeypatch):
    """Call the command with arguments; its exit code."""

    def call(*words) -> int:
        monkeypatch.setattr("sys.argv", ["gazeclass", *map(str, words)])
        with pytest.raises(SystemExit) as stopped:
            main()
        return int(stopped.value.code or 0)

    return call


def test_heads_are_rendered_and_detected(tmp_path, renderer, run, capsys):
    out = tmp_path / "heads"
    assert run("simulate", "heads", out, "--count", 5, "--seed", 2, "--size", 160) == 0
    assert "5 heads in 1 files" in capsys.readouterr().out
    with np.load(out / "heads_00000.npz") as file:
        assert file["images"].shape == (5, 160, 160, 3)
        # Some of five heads are found by the detector whatever their pose; what is found is where the face is.
        found = np.isfinite(file["detector_box"]).all(axis=1)
        assert found.any()
        assert np.abs(file["detector_box"] - file["box"])[found].max() < 40


def test_a_folder_of_other_heads_is_one_clear_line(tmp_path, renderer, run, capsys):
    assert run("simulate", "heads", tmp_path / "h", "--count", 1, "--no-detect") == 0
    assert run("simulate", "heads", tmp_path / "h", "--count", 1, "--seed", 9, "--no-detect") == 1
    error = capsys.readouterr().err
    assert "heads of another plan (differs in: seed)" in error


def test_missing_assets_are_one_clear_line(tmp_path, body, run, capsys):
    assert run("simulate", "heads", tmp_path / "h", "--assets", tmp_path / "none") == 1
    assert "is no folder" in capsys.readouterr().err
