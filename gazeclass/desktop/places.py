"""Which places the window has, and where each comes from. A place is imported when it is first shown."""

import importlib
import importlib.util
import sys
from dataclasses import dataclass
from types import ModuleType

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication


@dataclass(frozen=True)
class Place:
    """One place of the left rail.

    Attributes:
        name: for ``context.go``.
        package: the package in ``gazeclass.desktop`` whose module ``place`` has ``create(context) -> QWidget``.
        label: for the user, to be translated.
        icon: Material Design name.
        bottom: stands at the rail's lower end.
    """

    name: str
    package: str
    label: str
    icon: str
    bottom: bool = False

    @property
    def title(self) -> str:
        """The label in the user's language."""
        return QCoreApplication.translate("places", self.label)

    @property
    def exists(self) -> bool:
        """Whether its package is there."""
        name = f"gazeclass.desktop.{self.package}"
        return importlib.util.find_spec(name) is not None and importlib.util.find_spec(f"{name}.place") is not None

    @property
    def loaded(self) -> bool:
        """Whether :meth:`load` takes no time."""
        return f"gazeclass.desktop.{self.package}.place" in sys.modules

    def load(self) -> ModuleType:
        """Its module ``place``."""
        return importlib.import_module(f"gazeclass.desktop.{self.package}.place")


PLACES = (
    Place("lesson", "lesson", str(QT_TRANSLATE_NOOP("places", "Lesson")), "play-circle-outline"),
    Place("classrooms", "classrooms", str(QT_TRANSLATE_NOOP("places", "Classrooms")), "google-classroom"),
    Place("reports", "reports", str(QT_TRANSLATE_NOOP("places", "Reports")), "chart-box-outline"),
    Place("students", "students", str(QT_TRANSLATE_NOOP("places", "Students")), "account-group-outline"),
    Place("settings", "settings_view", str(QT_TRANSLATE_NOOP("places", "Settings")), "cog-outline", bottom=True),
    Place("help", "help_view", str(QT_TRANSLATE_NOOP("places", "Help")), "help-circle-outline", bottom=True),
)


def available() -> tuple[Place, ...]:
    """Places that this installation has."""
    return tuple(place for place in PLACES if place.exists)
