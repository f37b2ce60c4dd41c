"""The panel from which tables and reports are written."""

from PySide6.QtCore import QSignalBlocker, Signal, Slot
from PySide6.QtWidgets import QCheckBox, QComboBox, QFormLayout, QLineEdit, QVBoxLayout, QWidget

from gazeclass.desktop.reports.roster_names import Access
from gazeclass.desktop.widgets.controls import button, label, set_kind

#: Kind → what it is called.
_KINDS = (
    ("html", "Report as web page (HTML)"),
    ("pdf", "Report for printing (PDF)"),
    ("png", "Heatmap (PNG)"),
    ("csv", "Tables (CSV)"),
    ("parquet", "Tables (Parquet)"),
)
_SEPARATORS = (
    ("comma", "comma, dot decimals"),
    ("semicolon", "semicolon, comma decimals"),
    ("tab", "tab, dot decimals"),
)


class ExportPanel(QWidget):
    """What to write.

    Signals:
        export_asked: kinds, the separator's name, whether with names; where to is asked by the view.
        names_toggled: the wish to export names.
        passphrase_given: to open the roster with.
    """

    export_asked = Signal(object, str, bool)
    names_toggled = Signal(bool)
    passphrase_given = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.kinds = {kind: QCheckBox(self.tr(text)) for kind, text in _KINDS}
        for kind, box in self.kinds.items():
            box.setChecked(kind != "parquet")
            box.toggled.connect(self._on_toggled)
        self.separator = QComboBox()
        self.separator.setAccessibleName(self.tr("Separator of the CSV tables"))
        for name, text in _SEPARATORS:
            self.separator.addItem(self.tr(text), name)
        self.separator.setToolTip(self.tr("Excel in many languages wants semicolons and decimal commas."))
        self.names = QCheckBox(self.tr("With names"))
        self.names.setToolTip(self.tr("The names of the list of students in place of pseudonyms"))
        self.names.toggled.connect(self._on_names)
        self.passphrase = QLineEdit()
        self.passphrase.setEchoMode(QLineEdit.EchoMode.Password)
        self.passphrase.setPlaceholderText(self.tr("Passphrase of the list, then Enter"))
        self.passphrase.setAccessibleName(self.tr("Passphrase of the list of students"))
        self.passphrase.returnPressed.connect(self._on_passphrase)
        self.names_note = label("", wrap=True)
        self._open = False
        self.go = button(self.tr("Export to a folder …"), icon="export", role="primary")
        self.go.clicked.connect(self._on_go)
        self.note = label("", role="muted", wrap=True)
        form = QFormLayout()
        form.addRow(self.tr("CSV with"), self.separator)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 8, 0, 0)
        layout.setSpacing(4)
        for box in self.kinds.values():
            layout.addWidget(box)
        layout.addLayout(form)
        layout.addSpacing(8)
        for widget in (self.names, self.passphrase, self.names_note):
            layout.addWidget(widget)
        layout.addSpacing(8)
        layout.addWidget(self.go)
        layout.addWidget(self.note)
        layout.addStretch(1)
        self.show_names(Access.ABSENT, "", 0, 0)

    @property
    def chosen(self) -> tuple[str, ...]:
        """Kinds to write."""
        return tuple(kind for kind, box in self.kinds.items() if box.isChecked())

    def show_names(self, access: Access, problem: str, named: int, students: int) -> None:
        """How the names stand.

        Args:
            access: to the roster.
            problem: why it cannot be opened, "" without.
            named, students: how many of the lesson's students have a name in the open roster, and how many there are.
        """
        wanted = access in (Access.ASKING, Access.OPENING, Access.OPEN)
        self._open = access is Access.OPEN
        with QSignalBlocker(self.names):
            self.names.setChecked(wanted)
        self.names.setEnabled(access not in (Access.ABSENT, Access.BARRED))
        asking = access is Access.ASKING
        if asking and not self.passphrase.isVisibleTo(self):
            self.passphrase.setVisible(True)
            self.passphrase.setFocus()
        elif not asking:
            self.passphrase.clear()
            self.passphrase.hide()
        words = {
            Access.ABSENT: self.tr("There is no list of students with names (see Students)."),
            Access.BARRED: problem,
            Access.READY: "",
            Access.ASKING: problem,
            Access.OPENING: self.tr("Opening the list of students …"),
            Access.OPEN: self.tr(
                "{0} of {1} students of this lesson get their name from the list. Keep these files where only you can "
                "read them."
            ).format(named, students),
        }
        self.names_note.setText(words[access])
        self.names_note.setVisible(bool(words[access]))
        muted = access in (Access.ABSENT, Access.OPENING)
        self.names_note.setProperty("role", "muted" if muted else "")
        set_kind(self.names_note, "" if muted else "danger" if problem else "warn")
        self.note.setText(
            self.tr("An export with names is noted in the lesson's log; where that is impossible nothing is written.")
            if wanted
            else self.tr("Students are written under their pseudonyms. Each export is noted in the lesson's log.")
        )
        self._on_toggled()

    @Slot()
    def _on_toggled(self) -> None:
        self.go.setEnabled(bool(self.chosen) and (self._open or not self.names.isChecked()))
        self.separator.setEnabled("csv" in self.chosen)

    @Slot(bool)
    def _on_names(self, on: bool) -> None:
        self._on_toggled()
        self.names_toggled.emit(on)

    @Slot()
    def _on_passphrase(self) -> None:
        if self.passphrase.text():
            self.passphrase_given.emit(self.passphrase.text())

    @Slot()
    def _on_go(self) -> None:
        self.export_asked.emit(self.chosen, str(self.separator.currentData()), self.names.isChecked())
