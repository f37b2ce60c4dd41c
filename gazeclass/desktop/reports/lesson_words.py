"""What the list and the review say of a lesson besides its name: the room, when it began, how long it was."""

from datetime import datetime

from PySide6.QtCore import QCoreApplication

from gazeclass.report.review import Review
from gazeclass.report.words import clock


def began_here(started_utc: str) -> str:
    """When a lesson began, on this computer's clock, to the minute; "" where its file does not say."""
    try:
        return f"{datetime.fromisoformat(started_utc).astimezone():%Y-%m-%d %H:%M}"
    except ValueError:
        return ""


def about_lesson(review: Review) -> str:
    """One line: room, beginning, length, and how much of it was measured where that is less."""
    whole_s, measured_s = review.whole.end_s - review.whole.start_s, review.times.lesson_s
    length = _tr("{0} min").format(clock(whole_s))
    if whole_s - measured_s >= 1.0:
        length = _tr("{0} min, {1} of it measured").format(clock(whole_s), clock(measured_s))
    meta = review.lesson.meta
    parts = (meta.classroom, began_here(meta.started_utc), length)
    return " · ".join(part for part in parts if part and part != review.title)


def _tr(text: str) -> str:
    return QCoreApplication.translate("Reports", text)
