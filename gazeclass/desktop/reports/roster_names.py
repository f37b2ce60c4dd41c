"""Names for one export: the roster, opened when they are asked for, forgotten right after. No widget here."""

from collections.abc import Mapping
from enum import Enum
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from gazeclass.desktop.context import AppContext
from gazeclass.desktop.log import hide_names
from gazeclass.desktop.tasks import Task
from gazeclass.errors import InputError
from gazeclass.progress import Progress


class Access(Enum):
    """How the names stand."""

    ABSENT = "absent"
    """The library has no roster."""
    BARRED = "barred"
    """There is one that cannot be opened here: damaged, or its key is not in this computer's keyring."""
    READY = "ready"
    """Not asked for."""
    ASKING = "asking"
    """Asked for; a passphrase is needed."""
    OPENING = "opening"
    OPEN = "open"


class RosterNames(QObject):
    """Pseudonym → name, as long as somebody wants to export them.

    Attributes:
        access: how they stand.
        names: empty unless OPEN.
        problem: why BARRED, or why the last passphrase did not do; "" without.

    Signals:
        changed: one of the attributes is new.
    """

    changed = Signal()

    def __init__(self, context: AppContext, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.context = context
        self.access = Access.ABSENT
        self.names: Mapping[str, str] = {}
        self.problem = ""
        self._lock = ""
        self._task: Task | None = None

    @property
    def path(self) -> Path:
        """Of the library's roster."""
        return self.context.library / "roster.gzr"

    def look(self) -> None:
        """See whether there is a roster that may be opened; names that were open are forgotten."""
        from gazeclass.lesson.roster_file import lock_of

        self._task = None
        if not self.path.is_file():
            self._set(Access.ABSENT)
            return
        try:
            self._lock = lock_of(self.path)
        except InputError as error:
            self._set(Access.BARRED, _sentence(error))
            return
        self._set(Access.READY)

    def refresh(self) -> None:
        """:meth:`look`, unless names are asked for just now."""
        if self.access in (Access.ABSENT, Access.BARRED, Access.READY):
            self.look()

    def want(self, wanted: bool) -> None:
        """Ask for names, or no longer. A roster locked by the keyring is opened at once, else a passphrase is asked."""
        if not wanted:
            if self.access in (Access.ASKING, Access.OPENING, Access.OPEN):
                self.look()
        elif self.access is Access.READY:
            if self._lock == "keyring":
                self.unlock(None)
            else:
                self._set(Access.ASKING)

    def unlock(self, passphrase: str | None) -> None:
        """Open the roster; OPEN follows, or ASKING (by keyring: BARRED) with the problem."""
        path = self.path
        self._set(Access.OPENING)
        task = self.context.tasks.run(
            lambda progress: read_names(path, passphrase, progress), title=self.tr("Opening the students")
        )
        self._task = task
        task.done.connect(lambda names: self._on_open(task, names))
        task.failed.connect(lambda error: self._on_refused(task, error))

    def _on_open(self, task: Task, names: Mapping[str, str]) -> None:
        hide_names(names.values())
        if task is self._task:  # else the wish was taken back meanwhile
            self._set(Access.OPEN, names=names)

    def _on_refused(self, task: Task, error: Exception) -> None:
        if not isinstance(error, InputError):
            self.context.show_error(error)
        if task is self._task:
            self._set(Access.BARRED if self._lock == "keyring" else Access.ASKING, _sentence(error))

    def _set(self, access: Access, problem: str = "", names: Mapping[str, str] | None = None) -> None:
        self.access, self.problem, self.names = access, problem, names or {}
        self.changed.emit()


def _sentence(error: Exception) -> str:
    """The error without the path: there is one list only."""
    text = str(InputError(error.what, todo=error.todo)) if isinstance(error, InputError) else str(error)
    return text[:1].upper() + text[1:]


def read_names(path: Path, passphrase: str | None, progress: Progress) -> dict[str, str]:
    """Pseudonym → name of everybody in a roster.

    Raises:
        InputError: it cannot be opened, or holds nobody.
    """
    from gazeclass.lesson.roster_file import RosterFile

    progress.start("open the roster")
    names = RosterFile.open(path, passphrase).roster.names()
    if not names:
        raise InputError("the list has no students, so there are no names to write", where=path)
    return names
