"""The command line as a user meets it: help, version, errors, exit codes, speed of import."""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from gazeclass.cli import console
from gazeclass.cli.main import COMMANDS, main
from gazeclass.errors import InputError


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "gazeclass", *arguments], capture_output=True, text=True, check=False)


def test_help_lists_every_command() -> None:
    result = run("--help")
    assert result.returncode == 0
    for name in COMMANDS:
        assert f"  {name} " in result.stdout


def test_version() -> None:
    assert run("--version").stdout.startswith("gazeclass ")


def test_unknown_command_is_a_usage_error() -> None:
    result = run("teach")
    assert result.returncode == 2
    assert "No such command 'teach'" in result.stderr


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_command_loads_and_explains_itself(name: str) -> None:
    module, attribute, _ = COMMANDS[name]
    loaded = getattr(importlib.import_module(f"gazeclass.cli.{module}"), attribute)
    assert isinstance(loaded, typer.Typer) or (callable(loaded) and loaded.__doc__)


@pytest.mark.parametrize("name", list(COMMANDS))
def test_help_of_every_command(name: str) -> None:
    result = run(name, "--help")
    assert result.returncode == 0, result.stderr
    assert name in result.stdout
    # Completion works for the whole program or not at all, never for one group of commands.
    assert "completion" not in result.stdout


def test_input_error_is_one_line_and_exit_1() -> None:
    result = run("models", "add", "/nowhere/x.onnx", "--kind", "detector", "--licence", "MIT", "--source", "test")
    assert result.returncode == 1
    assert result.stderr == "gazeclass: /nowhere/x.onnx: there is no such file\n"


@pytest.mark.parametrize("command", [("targets", "-o"), ("demo", "--headless", "-o")], ids=lambda c: c[0])
def test_a_folder_that_cannot_be_made_is_told(command: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = run(*command, str(tmp_path / "file" / "folder"))
    assert result.returncode == 1
    assert "folder: cannot be made (Not a directory). Choose a folder you may write to." in result.stderr
    assert "Traceback" not in result.stderr


def test_import_needs_neither_torch_nor_qt_nor_opencv() -> None:
    heavy = "('torch', 'PySide6', 'cv2', 'numpy')"
    code = f"import sys, gazeclass, gazeclass.cli.main; print([m for m in {heavy} if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_the_chain_needs_no_torch() -> None:
    code = "import sys, gazeclass.lesson.assembly, gazeclass.report; print('torch' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"


def test_interrupt_ends_with_130(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("gazeclass.cli.doctor.doctor", interrupted)
    monkeypatch.setattr("sys.argv", ["gazeclass", "doctor"])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 130
    assert "half-written" in capsys.readouterr().err


def test_without_a_terminal_there_are_notes_only_each_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    text = "view 2 left out [blurred] " * 10
    with console.progress_bars() as bars:
        bars.start("corners", 3)
        bars.note(text)
    assert capsys.readouterr().err == f"{text}\n"


def test_bars_report_and_note(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")  # as in a terminal
    with console.progress_bars() as bars:
        bars.start("corners", 3)
        bars.advance()
        bars.note("view 2 left out [blurred]")
        bars.start("solve")
    err = capsys.readouterr().err
    assert "view 2 left out [blurred]" in err
    assert "corners" in err
    assert "solve" in err


def test_input_error_through_the_guard(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped, console.guarded():
        raise InputError("the folder is empty", where="x", todo="Put pictures into it.")
    assert stopped.value.code == 1
    assert capsys.readouterr().err == "gazeclass: x: the folder is empty. Put pictures into it.\n"
