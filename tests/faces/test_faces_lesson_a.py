"""Four seconds of lesson_a through trackers and matcher, against its truth."""

import importlib.util
import sys
from pathlib import Path

import pytest

from gazeclass.faces.embedding import Embedder
from gazeclass.faces.enrolment import enrol
from gazeclass.faces.mtcnn import MtcnnDetector

FRAMES = 40


@pytest.mark.slow
@pytest.mark.shared
def test_names_coverage_and_nose_tips(lesson_a: Path, detector: MtcnnDetector, embedder: Embedder) -> None:
    path = Path(__file__).resolve().parents[2] / "benchmarks" / "faces_lesson_a.py"
    spec = importlib.util.spec_from_file_location("faces_lesson_a", path)
    assert spec is not None
    assert spec.loader is not None
    benchmark = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = benchmark
    spec.loader.exec_module(benchmark)

    enrolment = enrol(lesson_a / "enroll", detector, embedder)
    assert enrolment.names == tuple(f"S{k:02d}" for k in range(1, 13))
    result = benchmark.run(lesson_a, FRAMES, enrolment, 1)
    score = benchmark.judge(result, benchmark.read_truth(lesson_a))

    named = score.right + score.wrong
    assert score.right >= 0.98 * named
    covered = {row: score.both[row] / score.rows[row] for row in (1, 2, 3)}
    # Two of the three in row 1 hide behind their hair or turn their back to a camera; measured 0.6.
    assert covered[2] > 0.93
    assert covered[3] > 0.9
    assert covered[1] > 0.4
    nose = score.nose
    frontal = abs(nose[:, 1]) < 40
    error = (nose[frontal, 2] ** 2 + nose[frontal, 3] ** 2) ** 0.5
    assert sorted(error)[len(error) // 2] < 1.5
