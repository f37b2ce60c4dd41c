import pytest

from gazeclass.report.words import clock, count, figure, percent

NAN = float("nan")


@pytest.mark.parametrize(
    ("share", "doubt", "said"),
    [(0.618, 0.046, "62 % ± 5"), (0.5, 0.001, "50 % ± 1"), (0.5, 0.0, "50 %"), (1.0, NAN, "100 %"), (NAN, 0.1, "–")],
)
def test_shares_are_said_with_their_doubt(share, doubt, said):
    assert percent(share, doubt) == said


@pytest.mark.parametrize(
    ("seconds", "said"), [(0, "00:00"), (59.6, "01:00"), (754, "12:34"), (3661, "1:01:01"), (-61, "-01:01"), (NAN, "–")]
)
def test_times_are_minutes_and_seconds(seconds, said):
    assert clock(seconds) == said


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("baseline_m", 4.41057, ("baseline", "4.411 m")),
        ("tilt_deg", 0.06, ("tilt", "0.06°")),
        ("stereo_rms_px", 0.104, ("stereo rms", "0.104 px")),
        ("frames", 120, ("frames", "120")),
        ("common_clock", True, ("common clock", "yes")),
        ("broken_at_s", None, ("broken at", "–")),
        ("skew_s", NAN, ("skew", "–")),
    ],
)
def test_stored_figures_get_their_unit(name, value, said):
    assert figure(name, value) == said


def test_one_is_not_many():
    assert count(1, "visit") == "1 visit"
    assert count(2, "visit") == "2 visits"
    assert count(0, "child", "children") == "0 children"
