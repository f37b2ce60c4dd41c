"""When the tape, the check and the summary are done."""

from functools import partial

from gazeclass.calibration.figures import Figures
from gazeclass.calibration.notes import Notes
from gazeclass.calibration.project import CLASSROOM, Project
from gazeclass.calibration.quality import GOOD_BOARD_SIGMA_M
from gazeclass.calibration.room import Room
from gazeclass.calibration.step_facts import Keys
from gazeclass.calibration.step_state import Status, Step, StepState
from gazeclass.calibration.survey import MIN_READINGS
from gazeclass.calibration.tape import Reading
from gazeclass.errors import InputError


def read_tape_or_error(project: Project) -> tuple[tuple[Reading, ...], InputError | None]:
    """The readings, and what is wrong with ``tape.csv``."""
    try:
        return project.tape(), None
    except InputError as error:
        return (), error


def tape_state(
    notes: Notes,
    room: Room | None,
    tape: tuple[Reading, ...],
    error: InputError | None,
    figures: Figures,
    now: Keys,
) -> StepState:
    """The tape: enough readings, of this placement of the chessboard, none misread."""
    step = Step.TAPE
    if error is not None:
        return StepState(step, Status.PROBLEM, str(error), key=now.room)
    if not tape:
        return StepState(
            step, Status.TODO, "Measure from the chessboard to the board.", ("tape readings",), key=now.room
        )
    moved = bool(notes.tape_for) and notes.tape_for != now.lying
    lacking = max(0, MIN_READINGS - len(tape))
    missing = [f"{lacking} more reading{'s' if lacking > 1 else ''}"] if lacking else []
    found = figures.room
    fresh = found is not None and found.key == now.room
    state = partial(StepState, step, key=now.room, stale=moved or (found is not None and not fresh and not lacking))
    if lacking or room is None:
        if room is None:
            missing.append("the board's size (step Room)")
        return state(Status.PARTIAL, f"{len(tape)} readings; go on measuring.", tuple(missing))
    if moved:
        text = (
            "The chessboard's pictures changed after these readings: if it was moved, measure again, else confirm them."
        )
        return state(Status.PARTIAL, text, tuple(missing))
    if found is None or not fresh:
        return state(Status.PARTIAL, "The readings are to be computed.", tuple(missing), needs_solve=True)
    if found.failure is not None:
        return state(Status.PROBLEM, found.failure.sentence)
    if found.misread:
        return state(Status.PROBLEM, found.misread[0], tuple(found.misread[1:]), may_go_on=True)
    if found.board_sigma_m is None:
        return state(Status.PARTIAL, "The world frame waits for the steps before.", tuple(found.missing))
    text = f"{len(tape)} readings agree; what remains shifts points on the board by {100 * found.board_sigma_m:.1f} cm."
    good = found.board_sigma_m <= GOOD_BOARD_SIGMA_M
    return state(Status.DONE if good else Status.PARTIAL, text, may_go_on=True)


def check_state(notes: Notes, figures: Figures, now: Keys) -> StepState:
    """The check: measured with the present calibration, or skipped."""
    step, skipped = Step.CHECK, Step.CHECK.value in notes.skipped
    if notes.check is not None and notes.check.readings:
        stale = notes.check.world_key != now.world
        count = len(notes.check.readings)
        if stale:
            text = f"{count} looks were measured with an older calibration; check again."
            return StepState(step, Status.PARTIAL, text, may_go_on=True, can_skip=True, stale=True, key=now.world)
        return StepState(step, Status.DONE, f"{count} looks measured.", may_go_on=True, key=now.world)
    if skipped:
        text = "Skipped; the classroom says so."
        return StepState(step, Status.DONE, text, may_go_on=True, can_skip=True, skipped=True, key=now.world)
    text = "Have someone stand at a known place and look at marked points of the board."
    return StepState(step, Status.TODO, text, ("looks at known points",), can_skip=True, key=now.world)


def summary_state(project: Project, states: dict[Step, StepState], figures: Figures, now: Keys) -> StepState:
    """The summary: everything before done, and ``classroom.toml`` computed from just that."""
    step = Step.SUMMARY
    waiting = [state for state in states.values() if not state.may_go_on]
    written = (project.folder / CLASSROOM).is_file()
    fresh = figures.room is not None and figures.room.key == now.room and figures.room.failure is None
    if waiting:
        missing = tuple(f"step {state.step.value}" for state in waiting)
        return StepState(
            step, Status.TODO, "Some steps are not finished.", missing, stale=written and not fresh, key=now.room
        )
    if written and fresh:
        return StepState(step, Status.DONE, "The classroom is calibrated.", may_go_on=True, key=now.room)
    text = (
        "The classroom is older than its material; compute it again." if written else "Compute and save the classroom."
    )
    return StepState(step, Status.PARTIAL, text, stale=written, needs_solve=True, key=now.room)
