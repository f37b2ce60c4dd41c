"""Scenes of this place for ``gazeclass desktop --screenshots``: invented lessons, some of them ugly."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from PySide6.QtWidgets import QWidget

from gazeclass.desktop.context import AppContext
from gazeclass.desktop.reports.place import ReportsPlace
from gazeclass.desktop.screenshots import settle
from gazeclass.report.scripted_class import ScriptedClass, scripted_class, write_class

#: The camera was away so long; nobody was seen meanwhile.
_GAP_S = (200.0, 260.0)
_LONG = "Mathematics, the quadratic formula and where it comes from, second lesson of the week, with the new board"


def scenes(context: AppContext) -> Iterator[tuple[str, QWidget]]:
    """One after the other; each is changed after it was taken."""
    place = ReportsPlace(context)
    place.refresh()
    settle(lambda: place.lessons.empty.isVisibleTo(place.lessons))
    yield "empty", place
    lesson = _furnish(context.lessons_dir)
    place.refresh()
    settle(lambda: place.lessons.table.rowCount() > 0)
    yield "list", place
    place.open(lesson)
    settle(lambda: place.presenter.review is not None and not context.tasks.running)
    yield "review", place
    place.presenter.set_comparing(True)
    settle()
    yield "compare", place
    place.presenter.set_comparing(False)
    for panel in range(1, place.review.tabs.count()):
        place.review.tabs.setCurrentIndex(panel)
        settle()
        yield f"panel{panel + 1}", place


def _furnish(folder: Path) -> Path:
    """Five lessons, one of them damaged; returns the one to look at."""
    made = _with_gap(scripted_class(students=30, seconds=600, rate_hz=4.0, sigma_m=0.12, sigma_per_row_m=0.15, seed=3))
    events = ((90.0, "mark", "new topic"), (_GAP_S[0], "gap", "left camera"), (420.0, "mark", "=exercise 3, in pairs"))
    path = write_class(made, folder / "2026-11-20 0905 Room 12.gaze", title=_LONG, events=events)
    small = scripted_class(students=4, seconds=40, rate_hz=4.0, seed=5)
    for name, title in (("b", "=SUM(A1:A9)"), ("c", "درس الرياضيات"), ("d", "🎓 Biology")):
        write_class(small, folder / f"{name}.gaze", title=title)
    (folder / "damaged.gaze").write_bytes(path.read_bytes()[:5000])
    return path


def _with_gap(made: ScriptedClass) -> ScriptedClass:
    o = made.lesson.observations
    kept = (o.t_s < _GAP_S[0]) | (o.t_s > _GAP_S[1])
    fields = {name: getattr(o, name)[kept] for name in o.__dataclass_fields__}
    return replace(made, lesson=replace(made.lesson, observations=replace(o, **fields)))
