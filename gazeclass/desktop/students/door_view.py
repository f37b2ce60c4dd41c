"""Before the roster is open: make one, type the passphrase, or put the last good copy back."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFormLayout, QFrame, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from gazeclass.desktop.explain import said_of_list
from gazeclass.desktop.students.presenter import Door, StudentsPresenter
from gazeclass.desktop.widgets.controls import button, card, label
from gazeclass.errors import InputError

_WIDE_PX = 560


class DoorView(QWidget):
    """One card in the middle, for each way the roster stands."""

    def __init__(self, presenter: StudentsPresenter) -> None:
        super().__init__()
        self.presenter = presenter
        self.make = _MakeCard(presenter)
        self.unlock = _UnlockCard(presenter)
        self.damaged = _DamagedCard(presenter)
        self.opening = _card(label(self.tr("Opening the list of students …"), role="subtitle"))
        self.waiting = _card(label(self.tr("Looking at what this computer can do …"), role="subtitle"))
        self._pages: tuple[QFrame, ...] = (self.make, self.unlock, self.damaged, self.opening, self.waiting)
        across = QHBoxLayout()
        across.addStretch(1)
        for page in self._pages:
            page.hide()
            across.addWidget(page, 4)
        across.addStretch(1)
        layout = QVBoxLayout(self)
        layout.addStretch(1)
        layout.addLayout(across)
        layout.addStretch(2)
        presenter.door_changed.connect(self._on_door)
        presenter.refused.connect(self._on_refused)
        self._on_door()

    def _on_door(self) -> None:
        page = {
            Door.ABSENT: self.make,
            Door.LOCKED: self.unlock,
            Door.DAMAGED: self.damaged,
            Door.OPENING: self.opening,
        }.get(self.presenter.door)
        if page is None:
            return
        if page is self.make and self.presenter.has_keyring is None:
            page = self.waiting
        if page is self.damaged:
            self.damaged.show_problem()
        for one in self._pages:
            one.setVisible(one is page)
        if page is self.unlock:
            self.unlock.passphrase.setFocus()
        elif page is self.make:
            self.make.refresh()

    def _on_refused(self, error: Exception) -> None:
        page = self.make if self.presenter.door is Door.ABSENT else self.unlock
        page.say(error)


def _card(*widgets: QWidget) -> QFrame:
    made = card()
    made.setMinimumWidth(_WIDE_PX)
    made.setMaximumWidth(_WIDE_PX + 80)
    layout = QVBoxLayout(made)
    layout.setContentsMargins(24, 24, 24, 24)
    layout.setSpacing(16)
    for widget in widgets:
        layout.addWidget(widget)
    return made


def _secret(name: str) -> QLineEdit:
    field = QLineEdit()
    field.setEchoMode(QLineEdit.EchoMode.Password)
    field.setAccessibleName(name)
    return field


class _Card(QFrame):
    """A card with a line that says what was wrong."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("kind", "card")
        self.setMinimumWidth(_WIDE_PX)
        self.setMaximumWidth(_WIDE_PX + 80)
        self.sheet = QVBoxLayout(self)
        self.sheet.setContentsMargins(24, 24, 24, 24)
        self.sheet.setSpacing(16)
        self.wrong = label("", kind="danger", wrap=True)
        self.wrong.hide()

    def say(self, error: Exception | str) -> None:
        """Say what was wrong with what was typed; nothing for an empty text."""
        text = str(error)
        if isinstance(error, InputError):
            text = said_of_list(error)
        self.wrong.setText(text)
        self.wrong.setVisible(bool(text))


class _MakeCard(_Card):
    """No roster yet."""

    def __init__(self, presenter: StudentsPresenter) -> None:
        super().__init__()
        self._presenter = presenter
        self.sheet.addWidget(label(self.tr("Who may be observed"), role="title"))
        self.sheet.addWidget(
            label(
                self.tr(
                    "Enter your classes here, who has consented, and where they sit. Lessons and reports only ever say "
                    "a pseudonym; names and faces stay in one encrypted file on this computer."
                ),
                wrap=True,
            )
        )
        self.with_keyring = button(self.tr("Make the list; this computer keeps the key"), role="primary")
        self.with_keyring.clicked.connect(lambda: presenter.create(None))
        self.sheet.addWidget(self.with_keyring)
        self.hint = label("", role="muted", wrap=True)
        self.sheet.addWidget(self.hint)
        self.first, self.second = _secret(self.tr("Passphrase")), _secret(self.tr("Passphrase again"))
        form = QFormLayout()
        form.addRow(self.tr("Passphrase"), self.first)
        form.addRow(self.tr("Again"), self.second)
        self.sheet.addLayout(form)
        self.sheet.addWidget(self.wrong)
        self.with_passphrase = button(self.tr("Make the list with this passphrase"))
        self.with_passphrase.clicked.connect(self._make)
        self.second.returnPressed.connect(self._make)
        self.sheet.addWidget(self.with_passphrase, 0, Qt.AlignmentFlag.AlignLeft)

    def refresh(self) -> None:
        """Offer the keyring only where there is one."""
        there = bool(self._presenter.has_keyring)
        self.with_keyring.setVisible(there)
        self.with_passphrase.setProperty("role", "" if there else "primary")
        self.hint.setText(
            self.tr("Or lock it with a passphrase, to use the list on another computer too.")
            if there
            else self.tr(
                "This computer has no place for keys, so the list is locked with a passphrase you choose. "
                "There is no way back in without it."
            )
        )

    def _make(self) -> None:
        if self.first.text() != self.second.text():
            self.say(self.tr("The two passphrases differ. Type the same one twice."))
            return
        self.say("")
        self._presenter.create(self.first.text())
        self.first.clear()
        self.second.clear()


class _UnlockCard(_Card):
    """A roster whose passphrase is needed."""

    def __init__(self, presenter: StudentsPresenter) -> None:
        super().__init__()
        self._presenter = presenter
        self.sheet.addWidget(label(self.tr("The list of students is locked"), role="title"))
        self.passphrase = _secret(self.tr("Passphrase"))
        self.passphrase.setPlaceholderText(self.tr("Passphrase"))
        self.passphrase.returnPressed.connect(self._open)
        self.open = button(self.tr("Open"), role="primary", icon="lock-open-outline")
        self.open.clicked.connect(self._open)
        row = QHBoxLayout()
        row.addWidget(self.passphrase, 1)
        row.addWidget(self.open)
        self.sheet.addLayout(row)
        self.sheet.addWidget(self.wrong)
        self.sheet.addWidget(
            label(
                self.tr("Nobody can open it without the passphrase, the makers of this program neither."),
                role="muted",
                wrap=True,
            )
        )

    def _open(self) -> None:
        self.say("")
        self._presenter.unlock(self.passphrase.text())
        self.passphrase.clear()


class _DamagedCard(_Card):
    """A roster that cannot be read."""

    def __init__(self, presenter: StudentsPresenter) -> None:
        super().__init__()
        self._presenter = presenter
        self.sheet.addWidget(label(self.tr("The list of students cannot be read"), role="title"))
        self.problem = label("", wrap=True)
        self.sheet.addWidget(self.problem)
        self.restore = button(self.tr("Use the last good copy"), role="primary")
        self.restore.clicked.connect(presenter.restore)
        self.sheet.addWidget(self.restore, 0, Qt.AlignmentFlag.AlignLeft)
        self.sheet.addWidget(self.wrong)

    def show_problem(self) -> None:
        """Say what is wrong with the file."""
        error, copy = self._presenter.problem, self._presenter.has_backup
        where = f"{error.where}: {error.what}." if error is not None else ""
        more = self.tr("The damaged file is kept beside it.") if copy else self.tr("There is no good copy beside it.")
        self.problem.setText(f"{where} {more}")
        self.restore.setVisible(copy)
