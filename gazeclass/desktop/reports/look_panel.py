"""The panel that says whom and what one looks at, and what it comes to in figures."""

from collections.abc import Sequence

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import QCheckBox, QComboBox, QFormLayout, QFrame, QLabel, QVBoxLayout, QWidget

from gazeclass.desktop.reports.sides import Side
from gazeclass.desktop.widgets.controls import card, label
from gazeclass.report.metrics import AWAY
from gazeclass.report.review import Group
from gazeclass.report.words import percent

#: What side B may be.
ALONE, SAME_LESSON, OTHER_LESSON = range(3)


class LookPanel(QWidget):
    """Group, comparison, figures.

    Signals:
        group_chosen: index.
        students_toggled: the wish to see single students.
        comparison_chosen: ALONE, SAME_LESSON or OTHER_LESSON.
    """

    group_chosen = Signal(int)
    students_toggled = Signal(bool)
    comparison_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.group = QComboBox()
        self.group.setAccessibleName(self.tr("Whom to look at"))
        self.compare = QComboBox()
        self.compare.setAccessibleName(self.tr("Compare with"))
        self.compare.addItems([self.tr("nothing"), self.tr("another span of this lesson"), self.tr("another lesson …")])
        self.students = QCheckBox(self.tr("Show single students"))
        self.students.setToolTip(self.tr("Also groups smaller than the lesson's rule; the report will say so."))
        self.rule = label("", role="muted", wrap=True)
        self.unreliable = label("", role="muted", wrap=True)
        self._cards = QVBoxLayout()
        self._cards.setSpacing(8)
        form = QFormLayout()
        form.setSpacing(8)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow(self.tr("Show"), self.group)
        form.addRow(self.tr("Compare"), self.compare)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 8, 0, 0)
        layout.setSpacing(8)
        layout.addLayout(form)
        layout.addWidget(self.students)
        layout.addWidget(self.rule)
        layout.addLayout(self._cards)
        layout.addWidget(self.unreliable)
        layout.addStretch(1)
        self._figures: list[tuple[QFrame, QLabel, QLabel, QLabel]] = []
        self.group.currentIndexChanged.connect(self.group_chosen)
        self.students.toggled.connect(self.students_toggled)
        self.compare.activated.connect(self.comparison_chosen)

    def set_groups(self, groups: Sequence[Group], allowed: Sequence[bool], current: int, min_group: int) -> None:
        """Whom one may choose; what the rule forbids is there, greyed, with the reason."""
        self.group.blockSignals(True)
        self.group.clear()
        self.group.addItems(
            [f"{group.name} ({len(group.members)})" if len(group.members) > 1 else group.name for group in groups]
        )
        model = self.group.model()
        for row, may in enumerate(allowed):
            if not may and isinstance(model, QStandardItemModel) and (item := model.item(row)) is not None:
                item.setEnabled(False)
                item.setToolTip(self.tr("Fewer than {0} students").format(min_group))
        self.group.setCurrentIndex(current)
        self.group.blockSignals(False)
        hidden = sum(not may for may in allowed)
        self.rule.setText(self.tr("Groups of fewer than {0} are not shown.").format(min_group) if hidden else "")
        self.rule.setVisible(bool(hidden))

    def set_students(self, on: bool) -> None:
        """Whether single students are shown."""
        self.students.blockSignals(True)
        self.students.setChecked(on)
        self.students.blockSignals(False)

    def set_comparison(self, what: int) -> None:
        """What side B is."""
        self.compare.setCurrentIndex(what)

    @Slot(object)
    def show_sides(self, sides: tuple[Side, ...]) -> None:
        """The figures of each side."""
        grey = sides[0].greyed if sides else {}
        said = self.tr("all zones") if sides and len(grey) == len(sides[0].review.lesson.zones) else ", ".join(grey)
        self.unreliable.setText(
            self.tr("Hatched, unreliable (too small for the error of this group): {0}.").format(said) if grey else ""
        )
        self.unreliable.setVisible(bool(grey))
        while len(self._figures) < len(sides):
            self._figures.append(self._new_card())
        for number, (frame, title, big, small) in enumerate(self._figures):
            frame.setVisible(number < len(sides))
            if number < len(sides):
                side = sides[number]
                glance = side.glance
                letter = f"{'AB'[number]} · " if len(sides) > 1 else ""
                title.setText(f"{letter}{glance.group.name} · {side.when}")
                share = glance.share
                if glance.hidden:
                    big.setText("–")
                    small.setText(self.tr("Too few students: not shown."))
                    continue
                big.setText(percent(share.value, share.doubt))
                measured = glance.totals.measured_s
                away = glance.totals.state_s(AWAY) / measured if measured else float("nan")
                beside = glance.totals.elsewhere_s / measured if measured else float("nan")
                small.setText(
                    self.tr(
                        "of the time measured facing the board; {0} beside it, {1} away. Measured: {2} of the time."
                    ).format(percent(beside), percent(away), percent(glance.coverage))
                )

    def _new_card(self) -> tuple[QFrame, QLabel, QLabel, QLabel]:
        frame = card()
        title, big, small = label("", role="muted", wrap=True), label("", role="title"), label("", wrap=True)
        inside = QVBoxLayout(frame)
        inside.setContentsMargins(12, 8, 12, 8)
        inside.setSpacing(2)
        for line in (title, big, small):
            inside.addWidget(line)
        self._cards.addWidget(frame)
        return frame, title, big, small
