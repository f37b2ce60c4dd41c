"""The last step: everything computed as ``gazeclass calibrate`` does, the verdict, one page to print, and saving."""

from pathlib import Path
from typing import Any

from PySide6.QtCore import Signal

from gazeclass.calibration import stages
from gazeclass.calibration.library import save_to_library
from gazeclass.calibration.project import CLASSROOM, SUMMARY
from gazeclass.calibration.steps import Step, look
from gazeclass.calibration.summary_sheet import write_summary
from gazeclass.calibration.verdict import Report, report
from gazeclass.desktop.wizard.session import Session
from gazeclass.desktop.wizard.step import Guidance, Notice, StepPresenter, Weight
from gazeclass.desktop.wizard.words import for_people
from gazeclass.progress import Progress

_WEIGHTS: dict[str, Weight] = {"good": "good", "usable": "warn", "repeat": "danger"}


class SummaryPresenter(StepPresenter):
    """Computes in a task, shows the verdict, saves.

    Signals:
        task_started: the long computation, or saving, has begun: a :class:`gazeclass.desktop.tasks.Task`.
        saved: the classroom is in the library: its folder.
    """

    step = Step.SUMMARY
    task_started = Signal(object)
    saved = Signal(object)

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.page: Report | None = None
        self.printed: Path | None = None
        self.working = False
        self._asked_key = ""
        session.worker.done.connect(self._on_job)
        session.worker.failed.connect(self._on_job_failed)

    @property
    def title(self) -> str:
        """What the strip calls it."""
        return self.tr("Summary")

    @property
    def is_saved(self) -> bool:
        """Whether the library holds just this classroom."""
        made, kept = self.session.project.folder / CLASSROOM, self.session.folder / CLASSROOM
        return made.is_file() and kept.is_file() and made.read_bytes() == kept.read_bytes()

    def enter(self) -> None:
        """Compute what is to be computed."""
        self.page = None
        super().enter()
        self._go_on()
        self.changed.emit()

    def compute_again(self) -> None:
        """Compute although it was tried."""
        self._asked_key = ""
        self.fine()
        self._go_on()

    def save(self) -> None:
        """Put the classroom into the library."""
        project, classrooms, page = self.session.project, self.session.folder.parent, self.page

        def work(progress: Progress) -> Path:
            if page is not None:
                write_summary(page, project.folder / SUMMARY)
            return save_to_library(project, classrooms, progress)

        self._task(work, self.tr("Saving the classroom"), self._on_saved)

    def print_page(self, path: Path) -> None:
        """Write the page as PDF."""
        page = self.page
        if page is None:
            return

        def work(progress: Progress) -> Path:
            progress.start("drawing", None)
            write_summary(page, path)
            return path

        self._task(work, self.tr("Drawing the page"), self._on_printed)

    def instruction(self) -> str:
        """What to do now."""
        if self.working:
            return self.tr("Computing the classroom from everything that was taken …")
        if self.page is None:
            return ""
        if self.is_saved:
            return self.tr("The classroom is saved and ready for lessons.")
        return self.tr("Read the verdict, then save the classroom.")

    def notices(self) -> tuple[Notice, ...]:
        """The verdict."""
        if self.page is None:
            return ()
        verdict = self.page.verdict
        words = {"good": self.tr("Good"), "usable": self.tr("Usable"), "repeat": self.tr("Repeat a step")}
        found = [Notice(f"{words[verdict.word]}: {verdict.sentence}", _WEIGHTS[verdict.word])]
        size = self.page.classroom.board_size
        lost = self.session.zones_on(size).sentence if size is not None else ""
        if lost:
            found.append(Notice(lost))
        if self.printed is not None:
            found.append(Notice(self.tr("Written: {0}").format(self.printed), "good"))
        return tuple(found)

    def guidance(self) -> Guidance:
        """As the disk tells; one leaves when it is saved."""
        said = super().guidance()
        # The verdict says it better than the step's own sentence.
        notices = tuple(n for n in said.notices if self.state is None or n.text != for_people(self.state.sentence))
        blocked = said.blocked or ("" if self.is_saved else self.tr("Save the classroom first"))
        if self.working:
            blocked = self.tr("Computing …")
        return Guidance(said.sentence, said.missing, notices, blocked, self.working)

    def _go_on(self) -> None:
        state = self.state
        if state is None or not self.shown or self.working:
            return
        if state.needs_solve and state.key != self._asked_key:
            self._asked_key = state.key
            project = self.session.project
            self._task(
                lambda progress: stages.solve_room(project, progress),
                self.tr("Computing the classroom"),
                self._on_solved,
            )
        elif state.may_go_on and self.page is None:
            self.session.worker.run("summary", self._read)

    def _read(self) -> Report:
        """In the worker."""
        return report(self.session.project, look(self.session.project))

    def _task(self, work: Any, title: str, done: Any) -> None:
        task = self.session.context.tasks.run(work, title=title)
        self.working = True
        task.done.connect(done)
        task.failed.connect(self.fail)
        task.finished.connect(self._on_finished)
        self.task_started.emit(task)
        self.changed.emit()

    def _on_overview(self) -> None:
        super()._on_overview()
        self._go_on()

    def _on_finished(self) -> None:
        self.working = False
        self.session.refresh()
        self.changed.emit()

    def _on_solved(self, result: Any) -> None:
        self.page = None
        self.fine()

    def _on_saved(self, folder: Path) -> None:
        self.fine()
        self.session.context.library_changed.emit()
        self.saved.emit(folder)

    def _on_printed(self, path: Path) -> None:
        self.fine()
        self.printed = path

    def _on_job(self, name: str, result: Any) -> None:
        if name == "summary":
            self.page = result
            self.changed.emit()

    def _on_job_failed(self, name: str, error: Exception) -> None:
        if name == "summary" and self.shown:
            self.fail(error)
