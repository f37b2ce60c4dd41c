"""Scenes of this place for ``gazeclass desktop --screenshots``: before a lesson, without and with classrooms."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from PySide6.QtWidgets import QWidget

from gazeclass.desktop.classrooms.shelf import add_sample, rename
from gazeclass.desktop.context import AppContext
from gazeclass.desktop.lesson.choice import SEATS
from gazeclass.desktop.lesson.place import LessonPlace
from gazeclass.desktop.screenshots import settle

_LONG = "Room 12 on the second floor of the new building, beside the physics laboratory, with the wide blackboard"


def scenes(context: AppContext) -> Iterator[tuple[str, QWidget]]:
    """One after the other; each is changed after it was taken."""
    place = LessonPlace(context)
    presenter = place.start_presenter
    presenter.refresh()
    settle(lambda: place.start_view.looking.isHidden())
    yield "empty", place
    rename(add_sample(context.classrooms_dir), _LONG)
    presenter.refresh()
    settle(lambda: bool(presenter.facts.rooms))
    yield "start", place
    cameras = "rtsp://10.0.0.5/1", str(Path.home() / "right.mp4")
    presenter.choose(replace(presenter.choice, cameras=cameras, who=SEATS, record=True))
    place.start_view.show_choice(presenter.choice)
    yield "filled", place
