"""The state of every step of the wizard, computed from what lies in the project's folder.

:func:`look` reads small files and the memory of searched pictures, never a picture: it is fast enough to be called
after every change. What it cannot know yet (a picture not searched, a step not computed) it says so; the long work is
in :mod:`gazeclass.calibration.stages`.
"""

from gazeclass.calibration.figures import read_figures
from gazeclass.calibration.picture_folder import LENS, LYING, PAIR
from gazeclass.calibration.picture_rules import (
    auxiliary_state,
    cameras_state,
    lens_state,
    pair_state,
    room_state,
    target_state,
)
from gazeclass.calibration.project import Project
from gazeclass.calibration.step_facts import figures_path, keys, part_views
from gazeclass.calibration.step_state import Overview, Status, Step, StepState
from gazeclass.calibration.survey_rules import check_state, read_tape_or_error, summary_state, tape_state

__all__ = ["Overview", "Status", "Step", "StepState", "figures_path", "keys", "look", "part_views"]


def look(project: Project) -> Overview:
    """Compute every step's state from the disk.

    Raises:
        InputError: ``project.toml`` cannot be understood (everything else becomes a step's problem).
    """
    notes = project.notes()
    figures = read_figures(figures_path(project))
    now = keys(project)
    target, of_target = target_state(notes)
    room, of_room = room_state(project)
    tape, tape_error = read_tape_or_error(project)
    lens = [part_views(project, target, LENS, c) for c in (0, 1)]
    pair = [part_views(project, target, PAIR, c) for c in (0, 1)]
    lying = [part_views(project, target, LYING, c) for c in (0, 1)]
    states = {
        Step.ROOM: of_room,
        Step.CAMERAS: cameras_state(notes, lens, pair),
        Step.TARGET: of_target,
        Step.LENS0: lens_state(0, notes, target, lens[0], pair[0], figures, now),
        Step.LENS1: lens_state(1, notes, target, lens[1], pair[1], figures, now),
        Step.PAIR: pair_state(notes, target, pair, figures, now),
        Step.AUXILIARY: auxiliary_state(notes, target, lying, figures, now),
        Step.TAPE: tape_state(notes, room, tape, tape_error, figures, now),
        Step.CHECK: check_state(notes, figures, now),
    }
    states[Step.SUMMARY] = summary_state(project, states, figures, now)
    return Overview(states, figures)
