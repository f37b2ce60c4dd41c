"""The panel from which tables and reports are written."""

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QCheckBox, QComboBox, QFormLayout, QVBoxLayout, QWidget

from gazeclass.desktop.widgets.controls import button, label

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
        export_asked: kinds and the separator's name; where to is asked by the view.
    """

    export_asked = Signal(object, str)

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
        self.go = button(self.tr("Export to a folder …"), icon="export", role="primary")
        self.go.clicked.connect(self._on_go)
        self.note = label(
            self.tr("Students are written under their pseudonyms. Each export is noted in the lesson's log."),
            role="muted",
            wrap=True,
        )
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
        layout.addWidget(self.go)
        layout.addWidget(self.note)
        layout.addStretch(1)

    @property
    def chosen(self) -> tuple[str, ...]:
        """Kinds to write."""
        return tuple(kind for kind, box in self.kinds.items() if box.isChecked())

    @Slot()
    def _on_toggled(self) -> None:
        self.go.setEnabled(bool(self.chosen))
        self.separator.setEnabled("csv" in self.chosen)

    @Slot()
    def _on_go(self) -> None:
        self.export_asked.emit(self.chosen, str(self.separator.currentData()))
