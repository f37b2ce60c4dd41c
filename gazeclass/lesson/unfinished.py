"""Lessons that were cut short (a power cut, a killed program, a full disk): found at the next start, and finished.

All but the last second of such a lesson is in its file. Finishing makes it a whole one; zones that were changed while
it ran are applied, as its proper end would have done.
"""

import json
from pathlib import Path

from gazeclass.errors import InputError
from gazeclass.lesson.documents import LessonCard, list_lessons, store_zones
from gazeclass.lesson.documents_check import finish
from gazeclass.lesson.documents_edit import claimed
from gazeclass.lesson.reader import read_lesson
from gazeclass.lesson.zones import Zone
from gazeclass.lesson.zoning import rezoned


def unfinished_lessons(folder: Path) -> list[LessonCard]:
    """Lessons of a folder that were cut short, newest first; those that are being written now are not among them."""
    if not Path(folder).is_dir():
        return []
    cards = [card for card in list_lessons(folder) if not card.complete and not card.problem]
    return [card for card in cards if not _is_written(card.path)]


def finish_lesson(path: Path) -> LessonCard:
    """Make a lesson that was cut short a whole one.

    Raises:
        InputError: it is still being written, or cannot be read.
    """
    card = finish(path)
    lesson = read_lesson(path)
    changes = [text for _, kind, text in lesson.events if kind == "zones"]
    if changes:
        store_zones(path, rezoned(lesson, zones_of_event(changes[-1])))
    return card


def zones_of_event(text: str) -> tuple[Zone, ...]:
    """Zones as a live lesson notes them when they are changed.

    Raises:
        InputError: nothing a live lesson has written.
    """
    try:
        return tuple(Zone(**zone) for zone in json.loads(text))
    except (TypeError, ValueError) as error:
        raise InputError(f"the lesson's change of zones cannot be read ({error})") from error


def _is_written(path: Path) -> bool:
    try:
        with claimed(path):
            return False
    except InputError:
        return True
