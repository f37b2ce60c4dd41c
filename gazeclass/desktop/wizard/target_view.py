"""The third step as seen: the board drawn, its choice, the print and the ruler."""

from pathlib import Path

from PySide6.QtCore import QRectF, QSize, Qt, QUrl
from PySide6.QtGui import QColor, QDesktopServices, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QSizePolicy,
    QSpinBox,
    QWidget,
)

from gazeclass.calibration.target import CHARUCO, CHESSBOARD, Target
from gazeclass.calibration.targets_pdf import PAPERS, board_size_mm, rectangles
from gazeclass.desktop.widgets.controls import button, label
from gazeclass.desktop.wizard.length_edit import LengthEdit
from gazeclass.desktop.wizard.step_view import StepView
from gazeclass.desktop.wizard.target_presenter import DICTIONARIES, DICTIONARY, TargetPresenter
from gazeclass.desktop.wizard.units import Unit

MILLIMETRE = Unit("mm", "mm", 0.001, 1)


class BoardSheet(QWidget):
    """The print as it should come out, with its size."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._target: Target | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(self.tr("The board as it is printed"))

    def sizeHint(self) -> QSize:
        """Large."""
        return QSize(640, 440)

    def set_target(self, target: Target) -> None:
        """Draw another board."""
        if target != self._target:
            self._target = target
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The paper, the squares, the ruler's line."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._target is None:
            return
        width, height = board_size_mm(self._target)
        border = 1000 * self._target.square_m / 2
        paper = (width + 2 * border, height + 2 * border + 22)
        scale = min((self.width() - 32) / paper[0], (self.height() - 32) / paper[1])
        left, top = (self.width() - scale * paper[0]) / 2, (self.height() - scale * paper[1]) / 2
        painter.fillRect(QRectF(left, top, scale * paper[0], scale * paper[1]), QColor("white"))
        x0, y0 = left + scale * border, top + scale * border
        if self._target.inverted:  # as it is printed: black up to the white foot
            black_px = (scale * paper[0], scale * (height + 2 * border))
            painter.fillRect(QRectF(left, top, *black_px), QColor("black"))
        for x, y, w, h, black in rectangles(self._target):
            painter.fillRect(
                QRectF(x0 + scale * x, y0 + scale * y, scale * w + 0.5, scale * h + 0.5),
                QColor("black" if black != self._target.inverted else "white"),
            )
        y = y0 + scale * (height + border) + (12 if self._target.inverted else 0)
        painter.setPen(QColor("black"))
        painter.drawLine(int(x0), int(y), int(x0 + 100 * scale), int(y))
        for k in range(11):
            tick = int(x0 + 10 * k * scale)
            painter.drawLine(tick, int(y), tick, int(y) - (7 if k % 5 == 0 else 4))
        painter.drawText(
            QRectF(x0 + 100 * scale + 8, y - 14, self.width(), 18), Qt.AlignmentFlag.AlignLeft, self.tr("100 mm")
        )


class TargetView(StepView):
    """Choose, save, print, measure."""

    presenter: TargetPresenter

    def __init__(self, presenter: TargetPresenter, parent: QWidget | None = None) -> None:
        super().__init__(presenter, parent)
        self.sheet = BoardSheet()
        self.main.addWidget(self.sheet, 1)
        self.about = label("", role="muted")
        self.main.addWidget(self.about)
        self.kind = QComboBox()
        self.kind.addItems([self.tr("Chessboard"), self.tr("ChArUco board")])
        self.kind.setAccessibleName(self.tr("Kind of board"))
        self.columns, self.rows = QSpinBox(), QSpinBox()
        for spin, name in ((self.columns, self.tr("Squares across")), (self.rows, self.tr("Squares down"))):
            spin.setRange(3, 30)
            spin.setAccessibleName(name)
        self.square = LengthEdit(self.tr("Side of a square"))
        self.dictionary = QComboBox()
        self.dictionary.setAccessibleName(self.tr("Markers"))
        self.dictionary.addItems([name.removeprefix("DICT_") for name in DICTIONARIES])
        self.dictionary.setCurrentText(DICTIONARY.removeprefix("DICT_"))
        self.inverted = QCheckBox(self.tr("white on black"))
        self.paper = QComboBox()
        self.paper.setAccessibleName(self.tr("Paper"))
        self._papers = ("", *PAPERS, "tiles")
        self.paper.addItems([self.tr("page of its own size"), *PAPERS, self.tr("A4 sheets to glue")])
        squares = QHBoxLayout()
        squares.addWidget(self.columns, 1)
        squares.addWidget(label("×"))
        squares.addWidget(self.rows, 1)
        form = self.form = QFormLayout()
        form.setVerticalSpacing(8)
        form.addRow(self.tr("Board"), self.kind)
        form.addRow(self.tr("Squares"), squares)
        form.addRow(self.tr("One square"), self.square)
        form.addRow(self.tr("Markers"), self.dictionary)
        form.addRow("", self.inverted)
        form.addRow(self.tr("Paper"), self.paper)
        self.controls.addLayout(form)
        self.save = button(self.tr("Save PDF to print …"), icon="file-pdf-box")
        self.show_pdf = button(self.tr("Open it"), icon="open-in-new")
        prints = QHBoxLayout()
        prints.addWidget(self.save, 1)
        prints.addWidget(self.show_pdf)
        self.controls.addLayout(prints)
        measured = QFormLayout()
        measured.setVerticalSpacing(8)
        self.ruler = LengthEdit(self.tr("The printed 100 mm line measures"))
        measured.addRow(self.tr("100 mm line"), self.ruler)
        self.measured_square = LengthEdit(self.tr("One square measures"))
        measured.addRow(self.tr("or one square"), self.measured_square)
        self.controls.addLayout(measured)
        self._connect()

    def _connect(self) -> None:
        p = self.presenter
        self.kind.activated.connect(self._on_choice)
        self.columns.valueChanged.connect(self._on_choice)
        self.rows.valueChanged.connect(self._on_choice)
        self.square.measured.connect(self._on_choice)
        self.dictionary.activated.connect(self._on_choice)
        self.inverted.clicked.connect(self._on_choice)
        self.paper.activated.connect(lambda index: p.set_paper(self._papers[index]))
        self.save.clicked.connect(self._on_save)
        self.show_pdf.clicked.connect(self._on_open)
        self.ruler.measured.connect(p.measure_ruler)
        self.measured_square.measured.connect(p.measure_square)
        for field in (self.square, self.ruler, self.measured_square):
            field.refused.connect(p.fail)

    def _on_choice(self) -> None:
        kind = (CHESSBOARD, CHARUCO)[self.kind.currentIndex()]
        square = self.square.length_m or self.presenter.target.square_m
        columns, rows = self.columns.value() - 1, self.rows.value() - 1
        dictionary = f"DICT_{self.dictionary.currentText()}"
        self.presenter.choose(kind, columns, rows, square, dictionary, inverted=self.inverted.isChecked())

    def _on_save(self) -> None:
        context, target = self.presenter.session.context, self.presenter.target
        name = f"{target.kind}-{target.columns + 1}x{target.rows + 1}-{1000 * target.square_m:g}mm.pdf"
        start = str(context.state.last_folder() / name)
        path, _ = QFileDialog.getSaveFileName(self, self.tr("Save the board"), start, self.tr("PDF (*.pdf)"))
        if path:
            context.state.set_last_folder(Path(path))
            self.presenter.save_pdf(Path(path))

    def _on_open(self) -> None:
        if self.presenter.saved is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self.presenter.saved)))

    def show_state(self) -> None:
        """Show the choice."""
        p = self.presenter
        target, choice = p.target, p.choice
        self.sheet.set_target(target)
        width, height = board_size_mm(target)
        self.about.setText(self.tr("{0} · {1:.0f} × {2:.0f} mm without border").format(target.name, width, height))
        self.kind.setCurrentIndex((CHESSBOARD, CHARUCO).index(target.kind))
        for spin, value in ((self.columns, target.columns + 1), (self.rows, target.rows + 1)):
            spin.blockSignals(True)
            spin.setValue(value)
            spin.blockSignals(False)
        for field in (self.dictionary, self.inverted):
            self.form.setRowVisible(field, target.kind == CHARUCO)
        if target.kind == CHARUCO:
            self.dictionary.setCurrentText(target.dictionary.removeprefix("DICT_"))
            self.inverted.setChecked(target.inverted)
        self.square.show_length(target.square_m, MILLIMETRE)
        self.paper.setCurrentIndex(self._papers.index(p.paper))
        self.show_pdf.setEnabled(p.saved is not None)
        self.ruler.show_length(None if choice.ruler_mm is None else choice.ruler_mm / 1000, MILLIMETRE)
        self.measured_square.show_length(choice.square_measured_m, MILLIMETRE)

    def first_focus(self) -> QWidget | None:
        """The first thing to do."""
        return self.save if not self.presenter.choice.checked else None
