"""The wizard's words for the two cameras, in the language of the window."""

from PySide6.QtCore import QCoreApplication

from gazeclass.calibration import words
from gazeclass.calibration.words import Words


def for_people(text: str) -> str:
    """``text`` with the cameras called left and right, as everywhere in the wizard."""
    return words.for_people(text, Words(_tr("the left camera"), _tr("the right camera"), _tr("of {0}"), exchanged()))


def exchanged() -> str:
    """That left and right are the wrong way round."""
    return _tr(
        "The cameras are swapped: the one called left stands on the right, as the cameras look (or both pictures are "
        "mirrored). Exchange left and right."
    )


def _tr(text: str) -> str:
    return QCoreApplication.translate("Wizard", text)
