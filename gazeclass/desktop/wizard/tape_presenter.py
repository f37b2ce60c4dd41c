"""The tape: which distance next and why, what a reading says at once, a misread one by its name."""

from pathlib import Path
from typing import Any

from gazeclass.calibration.steps import Status, Step
from gazeclass.calibration.tape import CAMERA_TOLERANCE_M, CAMERAS, TOLERANCE_M, Reading, read_tape
from gazeclass.calibration.tape_planner import Entry, Proposal
from gazeclass.desktop.wizard.session import Session
from gazeclass.desktop.wizard.step import Guidance, Notice, StepPresenter
from gazeclass.desktop.wizard.tape_desk import Desk, TapeDesk
from gazeclass.errors import InputError


class TapePresenter(StepPresenter):
    """Holds nothing but what the worker computed last; the readings are on disk."""

    step = Step.TAPE

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.desk: Desk | None = None
        self.pair: tuple[str, str] | None = None
        self.doubt: Entry | None = None
        self.last_word = ""
        self._tool: TapeDesk | None = None
        session.worker.done.connect(self._on_job)
        session.worker.failed.connect(self._on_job_failed)

    @property
    def title(self) -> str:
        """What the strip calls it."""
        return self.tr("Tape")

    @property
    def readings(self) -> tuple[Reading, ...]:
        """As on disk; none where the file cannot be used (the state says why)."""
        try:
            return self.session.project.tape()
        except InputError:
            return ()

    @property
    def proposal(self) -> Proposal | None:
        """The distance to measure now, as the planner has it; None when another was chosen."""
        if self.desk is None or self.pair is None:
            return None
        return next((p for p in self.desk.proposals if {p.point_a, p.point_b} == set(self.pair)), None)

    @property
    def levelled(self) -> bool:
        """Whether the chessboard was levelled."""
        return self.session.project.notes().levelled

    def enter(self) -> None:
        """Plan from what is on disk."""
        super().enter()
        self.pair = self.doubt = None
        self.last_word = ""
        self._plan()
        self.changed.emit()

    def choose(self, point_a: str, point_b: str) -> None:
        """Measure another distance than the one proposed."""
        self.pair = (point_a, point_b)
        self.doubt = None
        self.changed.emit()

    def enter_reading(self, distance_m: float) -> None:
        """The tape's reading of the chosen distance; judged in the worker, kept when it can be."""
        if self.pair is None:
            return
        a, b = self.pair
        tolerance = CAMERA_TOLERANCE_M if {a, b} & set(CAMERAS) else TOLERANCE_M
        self._judge(Reading(a, b, round(distance_m, 4), tolerance))

    def accept_suggestion(self) -> None:
        """The reading was in another unit: take what was meant."""
        doubt, self.doubt = self.doubt, None
        if doubt is not None and doubt.suggestion_m is not None:
            r = doubt.reading
            self._keep(Reading(r.point_a, r.point_b, round(doubt.suggestion_m, 4), r.tolerance_m))

    def keep_anyway(self) -> None:
        """The reading was read again and is as it was typed."""
        doubt, self.doubt = self.doubt, None
        if doubt is not None:
            self._keep(doubt.reading)

    def discard(self) -> None:
        """Forget the doubtful reading and measure again."""
        self.doubt = None
        self.changed.emit()

    def measure_again(self, reading: Reading) -> None:
        """Take a reading off the list and measure that distance now."""
        self.remove(reading)
        self.choose(reading.point_a, reading.point_b)

    def remove(self, reading: Reading) -> None:
        """Take a reading off the list."""
        self._save(tuple(r for r in self.readings if r.name != reading.name))

    def confirm_unmoved(self) -> None:
        """New pictures of the lying chessboard were taken, but it was not moved: the readings still hold."""
        self._save(self.readings)

    def read_file(self, path: Path) -> None:
        """Take the readings from a ``tape.csv``."""
        try:
            readings = tuple(read_tape(path))
        except InputError as error:
            self.fail(error)
            return
        self._save(readings)

    def set_levelled(self, levelled: bool) -> None:
        """Whether the chessboard was levelled with a spirit level."""
        try:
            self.session.project.change(levelled=levelled)
        except InputError as error:
            self.fail(error)
            return
        self._tool = None
        self._plan()
        self.session.refresh()

    def instruction(self) -> str:
        """The distance to measure."""
        state = self.state
        if self.doubt is not None:
            return self.tr("Is this reading right?")
        if self.pair is None:
            return self.tr("Planning the next distance …") if self.desk is None else ""
        proposal = self.proposal
        if state is not None and state.may_go_on and (proposal is None or not proposal.worth_it):
            return self.tr("Enough is measured: go on. Another distance would hardly help.")
        a, b = (self.spoken(name) for name in self.pair)
        return self.tr("Measure from {0} to {1}, tape taut and straight.").format(a, b)

    def spoken(self, name: str) -> str:
        """A point in words, with its short name."""
        words = {
            "B_TL": self.tr("the board's top left corner"),
            "B_TR": self.tr("the board's top right corner"),
            "B_BL": self.tr("the board's bottom left corner"),
            "B_BR": self.tr("the board's bottom right corner"),
            "CAM0": self.tr("the left camera's lens"),
            "CAM1": self.tr("the right camera's lens"),
            "FLOOR": self.tr("the floor"),
        }.get(name, self.tr("the chessboard's corner"))
        return f"{words} ({name})"

    def notices(self) -> tuple[Notice, ...]:
        """The doubtful reading; what was said of the last one."""
        if self.doubt is not None:
            return (Notice(self.doubt.sentence, "danger"),)
        wrong = tuple(line for line in self.desk.lines if line.doubtful) if self.desk is not None else ()
        said = tuple(Notice(line.sentence, "danger") for line in wrong[:2])
        if not said and self.last_word:
            return (Notice(self.last_word, "good"),)
        return said

    def guidance(self) -> Guidance:
        """As the disk tells; the misread reading is said once."""
        said = super().guidance()
        texts: list[str] = []
        kept = []
        for notice in said.notices:
            start = notice.text.split(" is ")[0].split(" disagrees")[0]
            if start not in texts:
                texts.append(start)
                kept.append(notice)
        return Guidance(said.sentence, said.missing, tuple(kept), said.blocked, said.busy)

    @property
    def moved(self) -> bool:
        """Whether the chessboard was photographed again after the readings."""
        state = self.state
        return state is not None and state.stale and state.status is Status.PARTIAL and bool(self.readings)

    def _make(self) -> TapeDesk:
        """The tool, made once for each placement of the chessboard. In the worker."""
        from gazeclass.calibration.steps import keys

        tool = self._tool
        options = self.session.project.options()
        if tool is None or tool.key != keys(self.session.project).lying or tool.level != options.level_sigma_deg:
            tool = self._tool = TapeDesk(self.session.project)
        return tool

    def _plan(self) -> None:
        readings = self.readings
        self.session.worker.run("plan tape", lambda: self._make().desk(readings))

    def _judge(self, reading: Reading) -> None:
        readings = self.readings
        self.session.worker.run("judge tape", lambda: self._make().judge(readings, reading))

    def _keep(self, reading: Reading) -> None:
        others = tuple(r for r in self.readings if {r.point_a, r.point_b} != {reading.point_a, reading.point_b})
        self._save((*others, reading))

    def _save(self, readings: tuple[Reading, ...]) -> None:
        key = self.desk.key if self.desk is not None else None
        try:
            self.session.project.save_tape(readings, lying_key=key)
        except InputError as error:
            self.fail(error)
            return
        self.fine()
        self.pair = None
        self._plan()
        self.session.refresh()
        self.changed.emit()

    def _on_job(self, name: str, result: Any) -> None:
        if not self.shown:
            return
        if name == "plan tape":
            self.desk = result
            if self.pair is None and result.proposals:
                self.pair = (result.proposals[0].point_a, result.proposals[0].point_b)
            self.changed.emit()
        elif name == "judge tape":
            self.last_word = "" if result.doubtful else self._word(result)
            if result.doubtful:
                self.doubt = result
                self.changed.emit()
            else:
                self._keep(result.reading)

    def _word(self, entry: Entry) -> str:
        text = self.session.unit.text(entry.reading.distance_m)
        return self.tr("{0}: {1}. {2}").format(entry.reading.name, text, entry.sentence).strip()

    def _on_job_failed(self, name: str, error: Exception) -> None:
        if self.shown and name in ("plan tape", "judge tape"):
            self.fail(error)
