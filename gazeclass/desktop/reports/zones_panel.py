"""The panel in which zones are made: grids, rectangles by hand or by numbers, and how well each can be told apart."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QAbstractItemView,
    QGridLayout,
    QHBoxLayout,
    QHeaderView,
    QSpinBox,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from gazeclass.desktop import theme
from gazeclass.desktop.widgets.controls import button, label
from gazeclass.errors import InputError
from gazeclass.geometry.frames import Board
from gazeclass.lesson.zones import Zone, grid
from gazeclass.lesson.zoning import check_zones
from gazeclass.report.review import too_small
from gazeclass.report.words import percent

#: Columns: name; left, top, width, height in centimetres as the class sees the board; expected hits.
_NAME, _LEFT, _TOP, _WIDTH, _HEIGHT, _HITS = range(6)
_NUMBER_PX = 51


class ZonesPanel(QWidget):
    """Zones as a draft, until they are tried.

    Signals:
        draft_changed: tuple of zones, as they would be.
        drawing_changed: whether the mouse draws on the board.
        try_asked: tuple of zones: compute everything with them.
        save_asked, save_for_classroom_asked: the zones that were tried.
    """

    draft_changed = Signal(object)
    drawing_changed = Signal(bool)
    try_asked = Signal(object)
    save_asked = Signal()
    save_for_classroom_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._board = Board(4.0, 1.2)
        self._zones: list[Zone] = []
        self._hit_rate: Callable[[Zone], float] = lambda zone: float("nan")
        self.columns, self.rows = QSpinBox(), QSpinBox()
        for box, name in ((self.columns, self.tr("Columns")), (self.rows, self.tr("Rows"))):
            box.setRange(1, 8)
            box.setValue(3)
            box.setAccessibleName(name)
        self.two = button(self.tr("2 × 2"), tip=self.tr("Four equal zones"))
        self.three = button(self.tr("3 × 3"), tip=self.tr("Nine equal zones"))
        self.make = button(self.tr("Make grid"), icon="grid")
        self.draw = button(self.tr("Draw"), icon="selection-drag", tip=self.tr("Drag a rectangle on the board"))
        self.draw.setCheckable(True)
        self.remove = button(self.tr("Remove"), icon="delete-outline")
        self.table = QTableWidget(0, 6)
        self.table.setAccessibleName(self.tr("Zones, in centimetres from the board's left and top edge"))
        headers = [self.tr(word) for word in ("zone", "left", "top", "wide", "high", "hits")]
        self.table.setHorizontalHeaderLabels(headers)
        self.table.verticalHeader().hide()
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setTabKeyNavigation(False)
        self.table.setStyleSheet("QTableWidget { font-size: 13px; } QTableWidget::item { padding: 0 2px; }")
        header = self.table.horizontalHeader()
        header.setMinimumSectionSize(40)
        header.setDefaultSectionSize(_NUMBER_PX)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setSectionResizeMode(_NAME, QHeaderView.ResizeMode.Stretch)
        header.setStyleSheet("QHeaderView::section { padding: 6px 2px; }")
        self.table.setColumnWidth(_HITS, _NUMBER_PX + 6)
        self.problem = label("", kind="danger", wrap=True)
        self.apply = button(self.tr("Compute with these zones"), icon="calculator-variant-outline", role="primary")
        self.save = button(self.tr("Save in lesson"), icon="content-save-outline")
        self.save_room = button(
            self.tr("Use for classroom"), tip=self.tr("Lessons to come in this classroom begin with them")
        )
        self._lay_out()
        self._connect()

    def set_lesson(self, board: Board, zones: Sequence[Zone], hit_rate: Callable[[Zone], float]) -> None:
        """The zones of an open lesson, and how to tell a zone's expected hit rate."""
        self._board, self._hit_rate = board, hit_rate
        self._set(list(zones), changed=False)
        self.save.setEnabled(False)
        self.draw.setChecked(False)

    def set_unsaved(self, unsaved: bool) -> None:
        """Whether what was computed differs from the file."""
        self.save.setEnabled(unsaved)

    @property
    def zones(self) -> tuple[Zone, ...]:
        """The draft."""
        return tuple(self._zones)

    @Slot(float, float, float, float)
    def add_rectangle(self, x0_m: float, y0_m: float, x1_m: float, y1_m: float) -> None:
        """A zone drawn by hand."""
        number = len(self._zones) + 1
        names = {zone.name for zone in self._zones}
        while self.tr("zone {0}").format(number) in names:
            number += 1
        self._set([*self._zones, Zone(self.tr("zone {0}").format(number), x0_m, y0_m, x1_m, y1_m)])

    def make_grid(self, columns: int, rows: int) -> None:
        """Equal zones of the whole board."""
        self._set(list(grid(self._board, columns, rows)))

    def _set(self, zones: list[Zone], *, changed: bool = True) -> None:
        self._zones = zones
        self.table.blockSignals(True)
        self.table.setRowCount(len(zones))
        for row, zone in enumerate(zones):
            left, width = self._board.width_m - zone.x1_m, zone.x1_m - zone.x0_m
            cells = [
                zone.name,
                *(f"{100 * v:.1f}".removesuffix(".0") for v in (left, zone.y0_m, width, zone.y1_m - zone.y0_m)),
            ]
            rate = self._hit_rate(zone)
            small = too_small(rate)
            for column, text in enumerate([*cells, percent(rate)]):
                item = QTableWidgetItem(text)
                if column == _NAME:
                    item.setToolTip(text)
                else:
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                if column == _HITS:
                    item.setFlags(item.flags() & ~Qt.ItemFlag.ItemIsEditable)
                    item.setToolTip(self._hits_in_words(small))
                    if small:
                        item.setText(f"{percent(rate)} !")
                        item.setForeground(Qt.GlobalColor.gray)
                self.table.setItem(row, column, item)
        self.table.blockSignals(False)
        self._check()
        if changed:
            self.draft_changed.emit(self.zones)

    def _hits_in_words(self, small: bool) -> str:
        said = self.tr("Of looks at this zone, how many would be measured inside it.")
        return said + " " + self.tr("Unreliable: too small for the error.") if small else said

    def _check(self) -> None:
        try:
            check_zones(self._zones, self._board)
            self.problem.setText("")
        except InputError as error:
            self.problem.setText(str(error))
        self.problem.setVisible(bool(self.problem.text()))
        self.apply.setEnabled(not self.problem.text())
        self.apply.setToolTip(self.problem.text())
        self.remove.setEnabled(bool(self._zones))

    @Slot(int, int)
    def _on_cell(self, row: int, column: int) -> None:
        item, old = self.table.item(row, column), self._zones[row]
        text = item.text().strip() if item is not None else ""
        try:
            zone = replace(old, name=text) if column == _NAME else self._moved(old, column, _number(text) / 100)
        except ValueError:
            zone = old  # what cannot be is put back
        self._set([*self._zones[:row], zone, *self._zones[row + 1 :]])

    def _moved(self, zone: Zone, column: int, metres: float) -> Zone:
        """A zone with another place or size, in metres as the class sees the board."""
        width, height = zone.x1_m - zone.x0_m, zone.y1_m - zone.y0_m
        if column == _LEFT:
            x1 = self._board.width_m - metres
            return replace(zone, x0_m=x1 - width, x1_m=x1)
        if column == _TOP:
            return replace(zone, y0_m=metres, y1_m=metres + height)
        if column == _WIDTH:  # the left edge stays
            return replace(zone, x0_m=zone.x1_m - metres)
        return replace(zone, y1_m=zone.y0_m + metres)

    @Slot()
    def _on_remove(self) -> None:
        chosen = {index.row() for index in self.table.selectedIndexes()} or {len(self._zones) - 1}
        self._set([zone for row, zone in enumerate(self._zones) if row not in chosen])

    def _connect(self) -> None:
        self.two.clicked.connect(lambda: self.make_grid(2, 2))
        self.three.clicked.connect(lambda: self.make_grid(3, 3))
        self.make.clicked.connect(lambda: self.make_grid(self.columns.value(), self.rows.value()))
        self.draw.toggled.connect(self.drawing_changed)
        self.remove.clicked.connect(self._on_remove)
        self.table.cellChanged.connect(self._on_cell)
        self.apply.clicked.connect(lambda: self.try_asked.emit(self.zones))
        self.save.clicked.connect(self.save_asked)
        self.save_room.clicked.connect(self.save_for_classroom_asked)

    def _lay_out(self) -> None:
        grids = QGridLayout()
        grids.setSpacing(8)
        for column, widget in enumerate((self.two, self.three)):
            grids.addWidget(widget, 0, column)
        numbers = QHBoxLayout()
        numbers.addWidget(self.columns)
        numbers.addWidget(label("×"))
        numbers.addWidget(self.rows)
        grids.addLayout(numbers, 1, 0)
        grids.addWidget(self.make, 1, 1)
        grids.addWidget(self.draw, 2, 0)
        grids.addWidget(self.remove, 2, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 8, 0, 0)
        layout.setSpacing(8)
        layout.addLayout(grids)
        layout.addWidget(label(self.tr("In centimetres, from the board's left and top edge:"), role="muted", wrap=True))
        layout.addWidget(self.table, 1)
        layout.addWidget(self.problem)
        layout.addWidget(self.apply)
        saves = QHBoxLayout()
        saves.addWidget(self.save)
        saves.addWidget(self.save_room)
        layout.addLayout(saves)
        self.table.setMinimumHeight(3 * theme.TARGET_PX)


def _number(text: str) -> float:
    value = float(text.replace(",", "."))
    if not abs(value) < 1e6:
        raise ValueError("not a length")
    return value
