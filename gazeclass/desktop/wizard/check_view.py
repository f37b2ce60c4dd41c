"""The check as seen: both cameras, where to sit and look, and the looks measured."""

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QFormLayout, QHBoxLayout, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from gazeclass.desktop.widgets.controls import button
from gazeclass.desktop.wizard.check_presenter import CheckPresenter
from gazeclass.desktop.wizard.shortcut import on_key
from gazeclass.desktop.wizard.step_view import StepView
from gazeclass.desktop.wizard.two_pictures import TwoPictures


class CheckView(StepView):
    """Pictures, choice, table."""

    presenter: CheckPresenter

    def __init__(self, presenter: CheckPresenter, parent: QWidget | None = None) -> None:
        super().__init__(presenter, parent)
        self.pictures = TwoPictures()
        self.main.addWidget(self.pictures, 3)
        self.place, self.point = QComboBox(), QComboBox()
        self.place.setAccessibleName(self.tr("Seat"))
        self.point.setAccessibleName(self.tr("Point of the board"))
        form = QFormLayout()
        form.setVerticalSpacing(8)
        form.addRow(self.tr("Seat"), self.place)
        form.addRow(self.tr("Faces"), self.point)
        self.controls.addLayout(form)
        self.measure = button(self.tr("Measure"), icon="eye-check-outline", role="primary", tip=self.tr("Space"))
        self.remove = button(self.tr("Remove look"), icon="trash-can-outline")
        row = QHBoxLayout()
        row.addWidget(self.measure, 1)
        row.addWidget(self.remove, 1)
        self.controls.addLayout(row)
        self.table = QTableWidget(0, 4)
        self.table.setAccessibleName(self.tr("Looks"))
        self.table.setHorizontalHeaderLabels(
            [self.tr("seat, point"), self.tr("off by"), self.tr("place"), self.tr("head")]
        )
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.table.verticalHeader().hide()
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
        self.table.setTabKeyNavigation(False)
        self.table.setMinimumHeight(110)
        self.main.addWidget(self.table, 1)
        self.place.activated.connect(self._on_choice)
        self.point.activated.connect(self._on_choice)
        self.measure.clicked.connect(presenter.measure)
        self.remove.clicked.connect(lambda: presenter.remove(self.table.currentRow()))
        self.table.itemSelectionChanged.connect(self._enable)
        on_key(self, Qt.Key.Key_Space, presenter.measure)

    def _on_choice(self) -> None:
        self.presenter.choose(self.place.currentIndex(), self.point.currentIndex())

    def _enable(self) -> None:
        self.remove.setEnabled(bool(self.table.selectedItems()))

    def show_state(self) -> None:
        """Show cameras, choice and looks."""
        p = self.presenter
        opening = self.tr("opening the cameras …") if p.session.opening else self.tr("no picture yet")
        previews = p.session.feed.previews if p.session.source is not None else (None, None)
        self.pictures.show_pictures(previews, message=opening)
        for combo, names, chosen in (
            (self.place, [place.name for place in p.places], p.place),
            (self.point, [point.name for point in p.points], p.point),
        ):
            if [combo.itemText(k) for k in range(combo.count())] != names:
                combo.clear()
                combo.addItems(names)
            combo.setCurrentIndex(chosen)
        self.measure.setEnabled(p.may_measure)
        result = p.result
        looks = () if result is None else result.looks
        self.table.setRowCount(len(looks))
        for row, look in enumerate(looks):
            parts = [float(np.linalg.norm(xy)) for xy in (look.position_xy_m, look.pose_xy_m)]
            texts = (
                f"{look.reading.place}, {look.reading.point}",
                self.tr("{0:.0f} cm, {1:.1f}°").format(100 * look.error_m, look.error_deg),
                *(self.tr("{0:.0f} cm").format(100 * part) for part in parts),
            )
            for column, text in enumerate(texts):
                self.table.setItem(row, column, QTableWidgetItem(text))
        self._enable()

    def first_focus(self) -> QWidget | None:
        """Measure, where that is possible."""
        return self.measure if self.presenter.may_measure else None
