"""Scenes of this place for ``gazeclass desktop --screenshots``, from the sample classroom."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
from PySide6.QtWidgets import QWidget

from gazeclass.calibration.classroom import Classroom, save_classroom
from gazeclass.calibration.health import check_room, read_reference
from gazeclass.desktop.classrooms import shelf
from gazeclass.desktop.classrooms.check_view import CheckView
from gazeclass.desktop.classrooms.place import ClassroomsPlace
from gazeclass.desktop.classrooms.presenter import CheckPresenter
from gazeclass.desktop.context import AppContext
from gazeclass.desktop.screenshots import settle


def scenes(context: AppContext) -> Iterator[tuple[str, QWidget]]:
    """One after the other; each is changed after it was taken."""
    place = ClassroomsPlace(context)
    settle(lambda: place.presenter.loaded)
    yield "empty", place
    _furnish(context.classrooms_dir)
    place.presenter.loaded = False
    place.presenter.refresh()
    settle(lambda: place.presenter.loaded)
    yield "cards", place
    entry = next(e for e in place.presenter.entries if e.resumable and e.classroom is not None)
    presenter = CheckPresenter(context, entry)
    kept = read_reference(entry.folder)
    assert kept is not None
    assert entry.classroom is not None
    presenter.kept = kept
    presenter.fresh = (kept[0], _turned(entry.classroom, kept[1], 1.2))
    presenter.result = check_room(entry.classroom, kept, presenter.fresh)
    yield "check", CheckView(presenter)


def _furnish(classrooms: Path) -> None:
    home = shelf.add_sample(classrooms)
    room = shelf.read_entry(home).classroom
    assert room is not None
    shelf.rename(home, "Room 12")
    now = datetime.now(UTC)
    _copy(classrooms / "lab", room, name="Physics laboratory", made_utc=now - timedelta(days=143))
    _copy(classrooms / "music", room, name="Music room", world=None, made_utc=now - timedelta(days=3))
    half = classrooms / "hall" / "calibration"
    half.mkdir(parents=True)
    (half / "project.toml").write_text("version = 1\nmade_utc = 2026-01-01T00:00:00Z\n", encoding="utf-8")
    shutil.copyfile(home / "calibration" / "room.toml", half / "room.toml")
    shelf.rename(half.parent, "Assembly hall")


def _copy(folder: Path, room: Classroom, **changes: object) -> None:
    folder.mkdir()
    save_classroom(room.model_copy(update=changes), folder / "classroom.toml")


def _turned(room: Classroom, picture: np.ndarray, yaw_deg: float) -> np.ndarray:
    """About what the camera would show after it was turned."""
    K = np.array(room.cameras[1].matrix)
    c, s = np.cos(np.radians(yaw_deg)), np.sin(np.radians(yaw_deg))
    H = K @ np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]]) @ np.linalg.inv(K)
    turned = cv2.warpPerspective(picture, H, (picture.shape[1], picture.shape[0]), borderMode=cv2.BORDER_REFLECT)
    return np.asarray(turned, np.uint8)
