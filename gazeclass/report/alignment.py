"""Put a lesson beside its truth where the two do not quite speak of the same: students without names, a part of it."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment

from gazeclass.lesson.observation import Observation
from gazeclass.report.evaluation import places_of
from gazeclass.report.truth import Truth


def name_after(observations: Sequence[Observation], truth: Truth) -> tuple[list[Observation], dict[str, str]]:
    """Give a lesson's students the names of the truth, where none of them has such a name.

    A lesson without portraits numbers its students. Each number is then put beside the one student of the truth in
    whose place it is most often, one to one; what remains wrong is a student who was taken for another on the way.

    Args:
        observations: of the whole lesson.
        truth: of the same lesson.

    Returns:
        The observations, renamed where that was needed, and the lesson's names with the truth's; the latter is empty
        where a name of the lesson is one of the truth.
    """
    lesson_names, truth_names = sorted({o.student for o in observations}), sorted(set(truth.student.tolist()))
    if not lesson_names or set(lesson_names) & set(truth_names):
        return list(observations), {}
    seen = [o for o in observations if o.seen and np.isfinite(o.position_W_m).all()]
    together = np.zeros((len(lesson_names), len(truth_names)))
    for observation, place in zip(seen, places_of(seen, truth), strict=True):
        if place >= 0:
            row, column = lesson_names.index(observation.student), truth_names.index(str(truth.student[place]))
            together[row, column] += 1
    names = {
        lesson_names[i]: truth_names[j]
        for i, j in zip(*linear_sum_assignment(-together), strict=True)
        if together[i, j]
    }
    return [replace(o, student=names.get(o.student, o.student)) for o in observations], names


def within_lesson(
    truth: Truth, observations: Sequence[Observation], recording: Mapping[str, Any] | None = None
) -> Truth:
    """The part of the truth during which the lesson ran.

    Args:
        truth: of the same lesson.
        observations: of the whole lesson, seen or not.
        recording: what the lesson says of its recording: ``first_s`` and ``last_s``, the first and the last pair. An
            older lesson does not say; then it is from the first observation to the last.
    """
    if not observations:
        return truth
    moments = np.unique(truth.t_s)
    half = 0.5 * float(np.median(np.diff(moments))) if len(moments) > 1 else 0.05
    t_s = [o.t_s for o in observations]
    t_s += [float(recording[key]) for key in ("first_s", "last_s") if recording and key in recording]
    kept = (truth.t_s >= min(t_s) - half) & (truth.t_s <= max(t_s) + half)
    if not kept.any():
        return truth  # another clock: evaluate says so
    return Truth(**{field.name: getattr(truth, field.name)[kept] for field in fields(Truth)})
