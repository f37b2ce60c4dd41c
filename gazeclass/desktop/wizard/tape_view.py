"""The tape as seen: the room to scale with the distance to measure, and the readings with what each is off by."""

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from gazeclass.calibration.tape import Reading
from gazeclass.desktop.widgets.controls import button, label
from gazeclass.desktop.wizard.drawing_view import DrawingView
from gazeclass.desktop.wizard.length_edit import LengthEdit
from gazeclass.desktop.wizard.shortcut import on_key
from gazeclass.desktop.wizard.step_view import StepView
from gazeclass.desktop.wizard.tape_presenter import TapePresenter


class TapeView(StepView):
    """Drawing, input, table."""

    presenter: TapePresenter

    def __init__(self, presenter: TapePresenter, parent: QWidget | None = None) -> None:
        super().__init__(presenter, parent)
        self.drawing = DrawingView()
        self.main.addWidget(self.drawing, 3)
        legend = self.tr(
            "B_TL, B_TR, B_BL, B_BR: the board's corners as the class sees them. C..: chessboard corners, inside the "
            "outermost squares. CAM0, CAM1: the middle of the left and the right camera's lens."
        )
        self.main.addWidget(label(legend, role="muted", wrap=True))
        self.table = QTableWidget(0, 5)
        self.table.setAccessibleName(self.tr("Tape readings"))
        self.table.setHorizontalHeaderLabels(
            [self.tr("from"), self.tr("to"), self.tr("reading"), self.tr("off by"), ""]
        )
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.table.horizontalHeader().setSectionResizeMode(4, QHeaderView.ResizeMode.Stretch)
        self.table.verticalHeader().hide()
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QTableWidget.SelectionMode.SingleSelection)
        self.table.setTabKeyNavigation(False)
        self.table.setShowGrid(False)
        self.main.addWidget(self.table, 2)
        self._input_controls()
        self._doubt_controls()
        self._list_controls()
        self._connect()
        self._rows: object = None

    def _input_controls(self) -> None:
        points = QHBoxLayout()
        self.point_a, self.point_b = QComboBox(), QComboBox()
        self.point_a.setAccessibleName(self.tr("From"))
        self.point_b.setAccessibleName(self.tr("To"))
        points.addWidget(self.point_a, 1)
        points.addWidget(label(self.tr("to")))
        points.addWidget(self.point_b, 1)
        self.controls.addLayout(points)
        self.distance = LengthEdit(self.tr("The tape reads"))
        row = QHBoxLayout()
        row.addWidget(label(self.tr("The tape reads")))
        row.addWidget(self.distance, 1)
        self.controls.addLayout(row)
        self.why = label("", role="muted", wrap=True)
        self.controls.addWidget(self.why)

    def _doubt_controls(self) -> None:
        self.use = button("", icon="check", role="primary")
        self.keep = button(self.tr("It is right, keep it"), icon="check")
        self.discard = button(self.tr("Measure again"), icon="restart")
        for made in (self.use, self.keep, self.discard):
            self.controls.addWidget(made)

    def _list_controls(self) -> None:
        self.unmoved = button(self.tr("The chessboard was not moved"), icon="check", role="primary")
        self.controls.addWidget(self.unmoved)
        row = QHBoxLayout()
        self.again = button(self.tr("Measure again"), icon="restart")
        self.remove = button(self.tr("Remove"), icon="trash-can-outline", tip=self.tr("Delete"))
        row.addWidget(self.again, 1)
        row.addWidget(self.remove, 1)
        self.controls.addLayout(row)
        self.levelled = QCheckBox(self.tr("the chessboard was levelled"))
        self.levelled.setToolTip(self.tr("With a spirit level or a phone, in both directions"))
        self.controls.addWidget(self.levelled)
        self.read = button(self.tr("Read tape.csv …"), icon="file-import-outline", role="flat")
        self.controls.addWidget(self.read)

    def _connect(self) -> None:
        p = self.presenter
        for combo in (self.point_a, self.point_b):
            combo.activated.connect(lambda _: p.choose(self.point_a.currentText(), self.point_b.currentText()))
        self.distance.measured.connect(p.enter_reading)
        self.distance.refused.connect(p.fail)
        self.use.clicked.connect(p.accept_suggestion)
        self.keep.clicked.connect(p.keep_anyway)
        self.discard.clicked.connect(p.discard)
        self.unmoved.clicked.connect(p.confirm_unmoved)
        self.again.clicked.connect(lambda: self._with_chosen(p.measure_again))
        self.remove.clicked.connect(lambda: self._with_chosen(p.remove))
        self.levelled.clicked.connect(p.set_levelled)
        self.read.clicked.connect(self._on_read)
        self.table.itemSelectionChanged.connect(self._enable)
        on_key(self.table, Qt.Key.Key_Delete, lambda: self._with_chosen(p.remove))

    def _with_chosen(self, action) -> None:  # type: ignore[no-untyped-def]  # takes a Reading
        item = self.table.item(self.table.currentRow(), 0)
        if item is not None:
            action(item.data(Qt.ItemDataRole.UserRole))

    def _enable(self) -> None:
        chosen = bool(self.table.selectedItems())
        self.again.setEnabled(chosen)
        self.remove.setEnabled(chosen)

    def _on_read(self) -> None:
        context = self.presenter.session.context
        title, start = self.tr("Read tape readings"), str(context.state.last_folder())
        path, _ = QFileDialog.getOpenFileName(self, title, start, self.tr("Tape readings (*.csv)"))
        if path:
            context.state.set_last_folder(Path(path))
            self.presenter.read_file(Path(path))

    def show_state(self) -> None:
        """Show the next distance, the readings and the drawing."""
        p = self.presenter
        desk, pair = p.desk, p.pair
        if desk is not None:
            wrong = frozenset(line.reading.name for line in desk.lines if line.doubtful)
            self.drawing.show_scene(desk.scene, pair, desk.places, wrong)
            self._fill_points(desk.points)
        if pair is not None:
            for combo, name in zip((self.point_a, self.point_b), pair, strict=True):
                if combo.findText(name) < 0:
                    combo.addItem(name)
                combo.setCurrentText(name)
        self._fill_table()
        proposal, doubt = p.proposal, p.doubt
        self.why.setText("" if proposal is None or doubt is not None else self._reason(proposal))
        self.why.setVisible(bool(self.why.text()))
        self.distance.setEnabled(doubt is None and pair is not None)
        self.distance.show_length(doubt.reading.distance_m if doubt is not None else None, p.session.unit)
        self.use.setVisible(doubt is not None and doubt.suggestion_m is not None)
        if doubt is not None and doubt.suggestion_m is not None:
            self.use.setText(self.tr("It is {0}").format(p.session.unit.text(doubt.suggestion_m)))
            self.use.setAccessibleName(self.use.text())
        self.keep.setVisible(doubt is not None)
        self.discard.setVisible(doubt is not None)
        self.again.setVisible(doubt is None)
        self.remove.setVisible(doubt is None)
        self.unmoved.setVisible(p.moved)
        self.levelled.setChecked(p.levelled)
        self._enable()

    def _reason(self, proposal) -> str:  # type: ignore[no-untyped-def]  # Proposal
        about = self.presenter.session.unit.text(proposal.expected_m)
        return self.tr("About {0}. {1}").format(about, proposal.reason)

    def _fill_points(self, names: tuple[str, ...]) -> None:
        for combo in (self.point_a, self.point_b):
            if combo.count() < len(names):
                combo.clear()
                combo.addItems(list(names))

    def _fill_table(self) -> None:
        desk, unit = self.presenter.desk, self.presenter.session.unit
        lines = desk.lines if desk is not None else ()
        shown = (tuple((x.reading, x.residual_m, x.doubtful) for x in lines), unit)
        if shown == self._rows:
            return
        self._rows = shown
        self.table.setRowCount(len(lines))
        for row, line in enumerate(lines):
            r: Reading = line.reading
            off = "" if line.residual_m is None else self.tr("{0:+.0f} mm").format(1000 * line.residual_m)
            verdict = self.tr("measure again") if line.doubtful else ""
            for column, text in enumerate((r.point_a, r.point_b, unit.text(r.distance_m), off, verdict)):
                item = QTableWidgetItem(text)
                item.setData(Qt.ItemDataRole.UserRole, r)
                if column in (2, 3):
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                if line.doubtful:
                    font = item.font()
                    font.setBold(True)
                    item.setFont(font)
                    item.setToolTip(line.sentence)
                self.table.setItem(row, column, item)

    def first_focus(self) -> QWidget | None:
        """Where the reading is typed."""
        return self.distance
