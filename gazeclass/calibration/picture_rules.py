"""When the steps that take pictures are done: room, cameras, target, lenses, pair, lying chessboard."""

from functools import partial

from gazeclass.calibration.figures import Figures
from gazeclass.calibration.lying import way_round_sentence
from gazeclass.calibration.notes import Notes
from gazeclass.calibration.project import Project
from gazeclass.calibration.quality import ENOUGH_COVERAGE, ENOUGH_TILTS, POOR_RMS_PX
from gazeclass.calibration.quality import coverage as coverage_of
from gazeclass.calibration.room import Room
from gazeclass.calibration.step_facts import Keys, PartViews
from gazeclass.calibration.step_state import Status, Step, StepState
from gazeclass.calibration.target import Target, require_sides
from gazeclass.calibration.units import unit_mistake
from gazeclass.errors import InputError

#: Views that a lens wants, and pairs that both cameras want, before the next step is offered.
WANTED_LENS_VIEWS, WANTED_PAIRS = 6, 6
MIN_LENS_VIEWS, MIN_PAIRS = 3, 3
#: Baseline by calibration against tape: further apart than this share and length, the square's size is wrong.
BASELINE_SHARE, BASELINE_M = 0.02, 0.03
#: The two cameras' own ideas of where the lying board is may differ by this much.
LYING_AGREE_MM, LYING_AGREE_DEG = 40.0, 1.5


def room_state(project: Project) -> tuple[Room | None, StepState]:
    """The room, None while there is none to use, and its step."""
    try:
        room = project.room()
    except InputError as error:
        return None, StepState(Step.ROOM, Status.PROBLEM, str(error))
    if room is None:
        return None, StepState(
            Step.ROOM, Status.TODO, "Name the room and measure the board.", ("the board's width and height",)
        )
    missing = [] if room.seats else ["the seats, for the expected error at each"]
    if room.board.lower_edge_above_floor_m is None:
        missing.append("the board's height above the floor, which helps the tape")
    size = f"{room.board.width_m:g} × {room.board.height_m:g} m"
    return room, StepState(Step.ROOM, Status.DONE, f"The board is {size}.", tuple(missing), may_go_on=True)


def cameras_state(notes: Notes, lens: list[PartViews], pair: list[PartViews]) -> StepState:
    """Both cameras: chosen, and of one resolution with the pictures taken so far."""
    pictures = [sorted({*lens[c].sizes, *pair[c].sizes}) for c in (0, 1)]
    for c in (0, 1):
        if len(pictures[c]) > 1:
            words = " and ".join(f"{w}×{h}" for w, h in pictures[c])
            return StepState(
                Step.CAMERAS,
                Status.PROBLEM,
                f"Camera {c} took pictures of {words}; take all of them in one resolution.",
            )
    if len(notes.cameras) < 2:
        if all(p.count or p.video for p in pair):
            return StepState(Step.CAMERAS, Status.DONE, "The pictures come from a folder.", may_go_on=True)
        return StepState(Step.CAMERAS, Status.TODO, "Choose two cameras, folders or videos.", ("two cameras",))
    for c in (0, 1):
        size = (notes.cameras[c].width_px, notes.cameras[c].height_px)
        if pictures[c] and pictures[c][0] != size:
            w, h = pictures[c][0]
            return StepState(
                Step.CAMERAS,
                Status.PROBLEM,
                f"{notes.cameras[c].name} gives {size[0]}×{size[1]} now, but its pictures here are {w}×{h}: choose "
                "that resolution or take all pictures again.",
            )
    words = ", ".join(f"{c.name} {c.width_px}×{c.height_px}" for c in notes.cameras)
    status = Status.PARTIAL if notes.camera_warnings else Status.DONE
    return StepState(Step.CAMERAS, status, words + ".", notes.camera_warnings, may_go_on=True)


def target_state(notes: Notes) -> tuple[Target | None, StepState]:
    """The board as printed, None while none is chosen, and its step."""
    if notes.target is None:
        return None, StepState(Step.TARGET, Status.TODO, "Choose a board and print it.", ("a printed board",))
    try:
        target = notes.target.target()
        require_sides(target)
    except InputError as error:
        return None, StepState(Step.TARGET, Status.PROBLEM, str(error))
    if notes.target.checked:
        return target, StepState(Step.TARGET, Status.DONE, f"{target.name}, as measured on the print.", may_go_on=True)
    return target, StepState(
        Step.TARGET,
        Status.PARTIAL,
        "Measure the printed 100 mm line and type what the ruler says.",
        ("the length of the printed ruler",),
        may_go_on=True,
    )


def lens_state(
    c: int,
    notes: Notes,
    target: Target | None,
    views: PartViews,
    pair: PartViews,
    figures: Figures,
    now: Keys,
) -> StepState:
    """The lens of camera ``c``: enough close views, in all parts of the picture, tilted, that fit."""
    step, key = (Step.LENS0, Step.LENS1)[c], now.lens[c]
    skipped = step.value in notes.skipped
    if target is None:
        return StepState(step, Status.TODO, "Choose a board first.", key=key)
    if views.count == 0 and not views.video:
        common = pair.video or len(pair.found) >= MIN_PAIRS
        if skipped or common:
            return StepState(
                step,
                Status.DONE if common else Status.PARTIAL,
                "Skipped: the lens is computed from the common views.",
                may_go_on=True,
                can_skip=True,
                skipped=skipped,
                key=key,
            )
        return StepState(
            step,
            Status.TODO,
            f"Hold the board before camera {c}, close, tilted, in all parts of the picture.",
            (f"{WANTED_LENS_VIEWS} views",),
            can_skip=True,
            key=key,
        )
    missing = [] if views.video else _missing_views(views)
    found = figures.lens[c]
    fresh = found is not None and found.key == key
    enough = views.video or len(views.found) >= MIN_LENS_VIEWS
    state = partial(StepState, step, key=key, can_skip=not enough, stale=found is not None and not fresh and enough)
    if views.unsearched and not views.video:
        text = f"{len(views.unsearched)} of {views.count} pictures were not searched yet."
        return state(Status.PARTIAL, text, tuple(missing), needs_search=True)
    if not enough:
        text = f"{len(views.found)} of {views.count} pictures show the board; take more."
        return state(Status.PARTIAL, text, tuple(missing))
    if found is None or not fresh:
        return state(Status.PARTIAL, "The lens is to be computed.", tuple(missing), needs_solve=True)
    if found.failure is not None:
        return state(Status.PROBLEM, found.failure.sentence, tuple(missing))
    if found.tilt_directions < ENOUGH_TILTS:
        missing.append(f"tilts to {ENOUGH_TILTS - found.tilt_directions} more directions")
    if found.bow:
        return state(Status.PROBLEM, found.bow, tuple(missing), may_go_on=True)
    if found.rms_px > POOR_RMS_PX:
        worst = max(found.view_rms_px, key=lambda name: found.view_rms_px[name])
        text = (
            f"The lens fits only to {found.rms_px:.2f} px; drop the worst view ({worst}) or take new ones with a flat "
            "board, in focus and held still."
        )
        return state(Status.PROBLEM, text, tuple(missing), may_go_on=True)
    used = len(found.view_rms_px) - len(found.rejected)
    text = f"The lens is known to {found.rms_px:.2f} px from {used} views."
    status = Status.PARTIAL if missing or found.reduced else Status.DONE
    return state(status, text, tuple(missing), may_go_on=True)


def _missing_views(views: PartViews) -> list[str]:
    missing = []
    lacking = WANTED_LENS_VIEWS - len(views.found)
    if lacking > 0:
        missing.append(f"{lacking} more view{'s' if lacking > 1 else ''}")
    if views.found:
        covered = float((coverage_of(list(views.found.values())) > 0).mean())
        if covered < ENOUGH_COVERAGE:
            missing.append(f"more of the picture ({covered:.0%} covered, {ENOUGH_COVERAGE:.0%} wanted)")
    return missing


def pair_state(notes: Notes, target: Target | None, views: list[PartViews], figures: Figures, now: Keys) -> StepState:
    """Both cameras: enough common views that fit, and a baseline that the tape does not contradict."""
    step = Step.PAIR
    if target is None:
        return StepState(step, Status.TODO, "Choose a board first.", key=now.pair)
    video = all(v.video for v in views)
    common = sorted(set(views[0].found) & set(views[1].found))
    if not video and not (views[0].count and views[1].count):
        return StepState(
            step,
            Status.TODO,
            "Hold the board where both cameras see all of it.",
            (f"{WANTED_PAIRS} common views",),
            key=now.pair,
        )
    found = figures.pair
    fresh = found is not None and found.key == now.pair
    lacking = 0 if video else max(0, WANTED_PAIRS - len(common))
    missing = [f"{lacking} more common view{'s' if lacking > 1 else ''}"] if lacking else []
    enough = video or len(common) >= MIN_PAIRS
    state = partial(StepState, step, key=now.pair, stale=found is not None and not fresh and enough)
    unsearched = sorted({*views[0].unsearched, *views[1].unsearched})
    if unsearched and not video:
        text = f"{len(unsearched)} moments were not searched yet."
        return state(Status.PARTIAL, text, tuple(missing), needs_search=True)
    if not enough:
        text = (
            f"Both cameras see the board together at {len(common)} of {max(v.count for v in views)} moments "
            f"(cam0 at {len(views[0].found)}, cam1 at {len(views[1].found)}); {MIN_PAIRS} are needed."
        )
        return state(Status.PARTIAL, text, tuple(missing))
    if found is None or not fresh:
        return state(Status.PARTIAL, "The pair is to be computed.", tuple(missing), needs_solve=True)
    if found.failure is not None:
        return state(Status.PROBLEM, found.failure.sentence, tuple(missing))
    wrong = baseline_sentence(found.baseline_m, notes.baseline_m, target)
    if wrong:
        return state(Status.PROBLEM, wrong, tuple(missing), may_go_on=True)
    if found.rms_px > POOR_RMS_PX:
        text = f"The pairs agree only to {found.rms_px:.2f} px: were both pictures taken at the same moment?"
        return state(Status.PROBLEM, text, tuple(missing), may_go_on=True)
    if notes.baseline_m is None:
        missing.append("the tape reading from lens to lens")
    text = f"The cameras stand {found.baseline_m:.2f} m apart; {len(found.used)} views agree to {found.rms_px:.2f} px."
    return state(Status.PARTIAL if lacking else Status.DONE, text, tuple(missing), may_go_on=True)


def baseline_sentence(baseline_m: float, taped_m: float | None, target: Target) -> str:
    """What is wrong where the calibrated and the taped distance of the lenses disagree; empty where they agree."""
    if taped_m is None or abs(baseline_m - taped_m) <= max(BASELINE_M, BASELINE_SHARE * taped_m):
        return ""
    unit = unit_mistake(taped_m, baseline_m)
    if unit:
        return f"From lens to lens the tape says {taped_m:g} m, the pictures {baseline_m:.2f} m: {unit}"
    square = 1000 * target.square_m
    return (
        f"From lens to lens the tape says {taped_m:.3f} m, the pictures {baseline_m:.3f} m. Measure again; if the tape "
        f"is right, the squares are {square * taped_m / baseline_m:.1f} mm, not {square:.1f} mm."
    )


def auxiliary_state(
    notes: Notes, target: Target | None, views: list[PartViews], figures: Figures, now: Keys
) -> StepState:
    """The lying chessboard: found in both pictures, its origin known, both cameras agreeing."""
    step = Step.AUXILIARY
    if not all(v.count for v in views):
        absent = [f"a picture of camera {c}" for c in (0, 1) if not views[c].count]
        return StepState(
            step,
            Status.PARTIAL if len(absent) == 1 else Status.TODO,
            "Lay the chessboard flat and level in front of the board, where both cameras see it.",
            tuple(absent),
            key=now.lying,
        )
    found = figures.lying
    fresh = found is not None and found.key == now.lying
    state = partial(StepState, step, key=now.lying, stale=found is not None and not fresh)
    if any(v.unsearched for v in views):
        return state(Status.PARTIAL, "The pictures were not searched yet.", needs_search=True)
    blind = [c for c in (0, 1) if not views[c].found]
    if blind:
        words = " and ".join(f"camera {c}" for c in blind)
        text = f"The lying chessboard was not found in the picture of {words}: is all of it in view, without glare?"
        return state(Status.PROBLEM, text, may_go_on=len(blind) == 1)
    if found is None or not fresh:
        return state(Status.PARTIAL, "The chessboard's place is to be computed.", needs_solve=True)
    if found.failure is not None:
        return state(Status.PROBLEM, found.failure.sentence)
    if not found.half_turn_known and notes.half_turn is None:
        text = "This board looks the same after half a turn: click the corner that is its origin."
        return state(Status.PARTIAL, text, ("the origin corner",))
    wrong = way_round_sentence(found.turn_deg)
    if wrong:
        return state(Status.PROBLEM, wrong, may_go_on=notes.half_turn is not None)
    off_mm, off_deg = found.disagreement_mm, found.disagreement_deg
    if off_mm is not None and off_deg is not None and (off_mm > LYING_AGREE_MM or off_deg > LYING_AGREE_DEG):
        text = (
            f"The cameras disagree on where the chessboard lies by {off_mm:.0f} mm and {off_deg:.1f}°: was it moved "
            "between the pictures, or a camera?"
        )
        return state(Status.PROBLEM, text, may_go_on=True)
    agreement = "" if off_mm is None else f", the cameras agree to {off_mm:.0f} mm and {off_deg:.2f}°"
    text = f"The lying chessboard fits both pictures to {found.rms_px:.2f} px{agreement}."
    return state(Status.DONE, text, may_go_on=True)
