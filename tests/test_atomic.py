"""Whole files or none."""

import os
from pathlib import Path

import pytest

from gazeclass.atomic import atomic_path, write_bytes, write_text
from gazeclass.errors import InputError


def test_a_failure_leaves_the_old_file_and_no_rubbish(tmp_path: Path) -> None:
    target = tmp_path / "classroom.toml"
    write_text(target, "old")

    def fail() -> None:
        with atomic_path(target) as temporary:
            temporary.write_text("half")
            raise RuntimeError("power cut")

    with pytest.raises(RuntimeError, match="power cut"):
        fail()
    assert target.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["classroom.toml"]


def test_text_and_bytes_arrive(tmp_path: Path) -> None:
    write_text(tmp_path / "a.txt", "1\n2\n", newline="\r\n")
    assert (tmp_path / "a.txt").read_bytes() == b"1\r\n2\r\n"
    write_bytes(tmp_path / "b", b"\x00\x01")
    assert (tmp_path / "b").read_bytes() == b"\x00\x01"
    assert os.stat(tmp_path / "b").st_mode & 0o400


def test_missing_folder_is_the_users_to_mend(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be written"):
        write_text(tmp_path / "nowhere" / "a.txt", "x")


def test_full_disk_is_one_clear_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "a.txt"
    write_text(target, "old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError, match="No space left on device"):
        write_text(target, "new")
    assert target.read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 1
