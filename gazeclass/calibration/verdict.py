"""The one word at the end: good, usable, or repeat a step, and the facts it stands on."""

from dataclasses import dataclass
from typing import Literal

from gazeclass.calibration.check import CheckResult, check_result
from gazeclass.calibration.classroom import Classroom, load_classroom
from gazeclass.calibration.notes import Notes
from gazeclass.calibration.project import CLASSROOM, Project
from gazeclass.calibration.seat_precision import SeatPrecision, model_sigma_deg, seat_precision
from gazeclass.calibration.step_state import Overview, Status, Step
from gazeclass.errors import InputError

Word = Literal["good", "usable", "repeat"]

#: The steps as the strip calls them.
STEP_NAMES: dict[Step, str] = {
    Step.ROOM: "Room",
    Step.CAMERAS: "Cameras",
    Step.TARGET: "Target",
    Step.LENS0: "Left lens",
    Step.LENS1: "Right lens",
    Step.PAIR: "Pair",
    Step.AUXILIARY: "Floor",
    Step.TAPE: "Tape",
    Step.CHECK: "Check",
    Step.SUMMARY: "Summary",
}


@dataclass(frozen=True)
class Verdict:
    """The judgement of a finished calibration.

    Attributes:
        word: good, usable, repeat.
        sentence: why, in one sentence.
        repeat: the step to do again; None where none must be.
        checked: whether someone's looks confirmed it.
    """

    word: Word
    sentence: str
    repeat: Step | None = None
    checked: bool = False

    @property
    def title(self) -> str:
        """'Good', 'Usable' or 'Repeat step Tape'."""
        return self.word.capitalize() if self.repeat is None else f"Repeat step {STEP_NAMES[self.repeat]}"


@dataclass(frozen=True, eq=False)
class Report:
    """All that the summary shows.

    Attributes:
        classroom: as saved.
        overview: state and figures of the steps.
        notes: what was decided.
        seats: expected error at each seat; empty where none are drawn or the world frame is missing.
        check: what the check said; None where it was skipped.
        verdict: the judgement.
    """

    classroom: Classroom
    overview: Overview
    notes: Notes
    seats: tuple[SeatPrecision, ...]
    check: CheckResult | None
    verdict: Verdict


def report(project: Project, overview: Overview) -> Report:
    """Put the summary together, from the disk.

    Raises:
        InputError: the classroom was not computed yet.
    """
    path = project.folder / CLASSROOM
    if not path.is_file():
        raise InputError("the classroom is not computed yet", todo="Finish the steps that are open.")
    classroom, notes = load_classroom(path), project.notes()
    seats: tuple[SeatPrecision, ...] = ()
    if classroom.complete and classroom.board_size is not None:
        seats = seat_precision(
            classroom.rig(),
            classroom.board_size,
            classroom.seats,
            zones=classroom.zones,
            sigma_deg=model_sigma_deg(),
            cov_T_WC=classroom.camera_frame_covariance(),
        )
    done = notes.check is not None and notes.check.readings and not overview[Step.CHECK].stale
    check = check_result(notes.check.readings) if done and notes.check is not None else None
    return Report(classroom, overview, notes, seats, check, judge(overview, check))


def judge(overview: Overview, check: CheckResult | None) -> Verdict:
    """Good, usable or repeat, from the steps' states, the findings and the check."""
    checked = check is not None
    for step, state in overview.states.items():
        if step in (Step.CHECK, Step.SUMMARY):
            continue
        if state.status is Status.PROBLEM or not state.may_go_on:
            return Verdict("repeat", state.sentence, step, checked)
    if check is not None and check.verdict == "repeat":
        position, pose = check.total.position_m, check.total.pose_m
        # A place that is measured wrongly comes from the frames; a direction that is, from frames or from faces.
        return Verdict("repeat", check.sentence, Step.TAPE if position >= pose else Step.CHECK, checked)
    findings = overview.figures.room.findings if overview.figures.room is not None else ()
    warnings = [text for level, text in findings if level == "warning"]
    if warnings:
        return Verdict("usable", warnings[0], None, checked)
    if check is not None and check.verdict == "usable":
        return Verdict("usable", check.sentence, None, checked)
    advice = [text for level, text in findings if level == "advice"]
    partial = [
        s.sentence for s in overview.states.values() if s.status is Status.PARTIAL and s.step is not Step.SUMMARY
    ]
    if len(advice) > 3:
        return Verdict("usable", f"It could be better: {advice[0]}", None, checked)
    word = "Everything fits." if not partial else f"Everything fits. Still open: {partial[0]}"
    return Verdict("good", word, None, checked)
