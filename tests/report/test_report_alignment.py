"""A lesson without names, or a part of one, beside the truth."""

from dataclasses import replace

import numpy as np
import pytest

from gazeclass.lesson.observation import Observation
from gazeclass.report.alignment import name_after, within_lesson
from gazeclass.report.evaluation import evaluate
from gazeclass.report.truth import Truth


@pytest.fixture
def truth() -> Truth:
    """Two students over ten moments, S01 on the left, S02 two metres to the right."""
    n = 10
    P = np.concatenate([np.tile([1.0, 0.5, 3.0], (n, 1)), np.tile([3.0, 0.5, 3.0], (n, 1))])
    return Truth(
        t_s=np.tile(np.arange(n) / 10, 2),
        student=np.repeat(["S01", "S02"], n),
        row=np.ones(2 * n, int),
        P_W_m=P,
        R_WS=np.tile(np.diag([1.0, -1.0, -1.0]), (2 * n, 1, 1)),
        target=np.full(2 * n, "P"),
        target_xy_m=P[:, :2],
        visible=np.ones((2 * n, 2), bool),
    )


def lesson(truth: Truth, names: dict[str, str]) -> list[Observation]:
    cov = np.eye(2) * 1e-4
    return [
        Observation(
            float(truth.t_s[k]), names[str(truth.student[k])], "ok", truth.P_W_m[k], np.eye(3) * 1e-4,
            truth.R_WS[k], np.eye(3) * 1e-3, truth.P_W_m[k, :2], cov, cov,
        )  # type: ignore[arg-type]
        for k in range(len(truth))
    ]  # fmt: skip


def test_numbered_students_take_the_names_of_those_in_whose_place_they_are(truth):
    observations = lesson(truth, {"S01": "P07", "S02": "P03"})
    observations[3] = replace(observations[3], student="P03")  # one mix-up remains one
    observations.append(replace(observations[0], student="P99", position_W_m=np.array([1.0, 0.5, 9.0])))
    named, names = name_after(observations, truth)
    assert names == {"P07": "S01", "P03": "S02"}
    assert named[-1].student == "P99"
    found = evaluate(named, truth)[-1]
    assert found.identity == pytest.approx(19 / 20)
    assert found.coverage == pytest.approx(19 / 20)


def test_names_that_are_the_truths_stay_wrong_ones_too(truth):
    observations = lesson(truth, {"S01": "S02", "S02": "P03"})
    named, names = name_after(observations, truth)
    assert names == {}
    assert [o.student for o in named] == [o.student for o in observations]
    assert name_after([], truth) == ([], {})


def test_only_the_part_of_the_truth_in_which_the_lesson_ran_is_compared(truth):
    observations = [o for o in lesson(truth, {"S01": "S01", "S02": "S02"}) if 0.25 < o.t_s < 0.65]
    part = within_lesson(truth, observations)
    assert sorted(set(part.t_s.tolist())) == [0.3, 0.4, 0.5, 0.6]
    assert evaluate(observations, part)[-1].coverage == 1
    longer = within_lesson(truth, observations, {"pairs": 7, "first_s": 0.0, "last_s": 0.6})
    assert sorted(set(longer.t_s.tolist())) == [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6]
    late = [replace(o, t_s=o.t_s + 100) for o in observations]
    assert len(within_lesson(truth, late)) == len(within_lesson(truth, [])) == len(truth)
