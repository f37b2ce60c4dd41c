"""The last step as seen: the seats with the error to expect at each, what is good and what is not, and saving."""

from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QStackedWidget, QVBoxLayout, QWidget

from gazeclass.calibration.verdict import Report
from gazeclass.desktop.tasks import Task
from gazeclass.desktop.widgets.controls import button, label, scrolled
from gazeclass.desktop.widgets.states import LoadingState
from gazeclass.desktop.wizard.seat_plan import SeatNote, SeatPlan
from gazeclass.desktop.wizard.step import Notice
from gazeclass.desktop.wizard.step_view import StepView, clear_layout, notice_frame
from gazeclass.desktop.wizard.summary_presenter import SummaryPresenter
from gazeclass.desktop.wizard.words import for_people

_WEIGHTS = {"good": "good", "advice": "warn", "warning": "danger"}


class SummaryView(StepView):
    """Plan, findings, save and print."""

    presenter: SummaryPresenter

    def __init__(self, presenter: SummaryPresenter, parent: QWidget | None = None) -> None:
        super().__init__(presenter, parent)
        self.loading = LoadingState()
        self.plan = SeatPlan(fixed=True)
        self.findings = QVBoxLayout()
        self.findings.setSpacing(6)
        holder = QWidget()
        inside = QVBoxLayout(holder)
        inside.setContentsMargins(0, 0, 8, 0)
        inside.addLayout(self.findings)
        inside.addStretch(1)
        page = QWidget()
        layout = QVBoxLayout(page)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(label(self.tr("Error on the board to expect at each seat, ± cm"), role="subtitle"))
        layout.addWidget(self.plan, 3)
        layout.addWidget(scrolled(holder), 2)
        self.pages = QStackedWidget()
        self.pages.addWidget(self.loading)
        self.pages.addWidget(page)
        self.main.addWidget(self.pages, 1)
        self.save = button(self.tr("Save the classroom"), icon="content-save", role="primary")
        self.print = button(self.tr("Page to print …"), icon="file-pdf-box")
        self.again = button(self.tr("Try again"), icon="refresh")
        for made in (self.save, self.print, self.again):
            self.controls.addWidget(made)
        self.about = label("", role="muted", wrap=True)
        self.controls.addWidget(self.about)
        self.save.clicked.connect(presenter.save)
        self.print.clicked.connect(self._on_print)
        self.again.clicked.connect(presenter.compute_again)
        presenter.task_started.connect(self._on_task)
        self._shown: Report | None = None

    def _on_task(self, task: Task) -> None:
        self.loading.watch(task)

    def _on_print(self) -> None:
        context = self.presenter.session.context
        start = str(context.state.last_folder() / self.tr("calibration.pdf"))
        path, _ = QFileDialog.getSaveFileName(self, self.tr("Save the page"), start, self.tr("PDF (*.pdf)"))
        if path:
            context.state.set_last_folder(Path(path))
            self.presenter.print_page(Path(path))

    def show_state(self) -> None:
        """Show the page, or that it is being computed."""
        p = self.presenter
        self.pages.setCurrentIndex(0 if p.working and p.page is None else 1)
        state = p.state
        self.save.setVisible(p.page is not None and not p.is_saved)
        self.save.setEnabled(not p.working)
        self.print.setEnabled(p.page is not None and not p.working)
        self.again.setVisible(p.page is None and not p.working and state is not None and state.needs_solve)
        if p.page is None:
            self.about.setText("")
        if p.page is not self._shown:
            self._shown = p.page
            if p.page is not None:
                self._show(p.page)

    def _show(self, page: Report) -> None:
        room = page.classroom
        if room.board_size is not None:
            self.plan.set_room(room.board_size, room.seats, self.presenter.session.unit)
        self.plan.set_notes({s.seat.name: seat_note(s) for s in page.seats})
        clear_layout(self.findings)
        room_figures = page.overview.figures.room
        findings = () if room_figures is None else room_figures.findings
        if page.check is not None:
            findings = (("good" if page.check.verdict == "good" else "advice", page.check.sentence), *findings)
        for level, text in sorted(findings, key=lambda f: ("warning", "advice", "good").index(f[0])):
            self.findings.addWidget(notice_frame(Notice(text, _WEIGHTS[level])))  # type: ignore[arg-type]
        grey = sum(s.coarse for s in page.seats)
        if grey:
            text = self.tr("{0} of {1} seats are too coarse for the board's zones; point at one for the reason.")
            self.about.setText(text.format(grey, len(page.seats)))
        else:
            self.about.setText("")

    def first_focus(self) -> QWidget | None:
        """Saving, once it can be."""
        return self.save if self.presenter.page is not None and not self.presenter.is_saved else None


def seat_note(seat) -> SeatNote:  # type: ignore[no-untyped-def]  # SeatPrecision
    """Centimetres, or a dash; the reason as the tooltip."""
    if seat.error_m is None:
        return SeatNote("–", for_people(seat.reason), True)
    centimetres = f"{100 * seat.error_m:.0f}"
    return SeatNote(centimetres, for_people(seat.reason) or f"±{centimetres} cm", seat.coarse)
