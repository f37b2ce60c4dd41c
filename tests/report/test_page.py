import re
from html.parser import HTMLParser

import numpy as np
import pytest
from scripted import SIX

from gazeclass.errors import Cancelled, InputError
from gazeclass.report.export import ExportOptions, export_lesson
from gazeclass.report.figures import heat_figure, timeline_figure, zones_figure
from gazeclass.report.heatmap import lesson_heatmap
from gazeclass.report.metrics import LessonTimes, class_timeline
from gazeclass.report.page import Visibility, render_page
from gazeclass.report.seat_figure import seat_figure

TWO = {"S01": [(3.0, "top left"), (1.0, "elsewhere")], "S02": [(2.0, "top left"), (2.0, "doubtful")]}


class Page(HTMLParser):
    """Everything a page asks for from outside, and its words."""

    def __init__(self, text):
        super().__init__()
        self.addresses, self.words, self._skip = [], [], False
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self._skip = tag == "style"
        assert tag not in {"script", "link", "iframe", "object"}
        self.addresses += [v for k, v in attributes if k in ("src", "href", "srcset", "data", "action")]

    def handle_endtag(self, tag):
        self._skip = False

    def handle_data(self, data):
        if not self._skip:
            self.words.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())


@pytest.fixture(scope="module")
def six(six_times):
    return Page(page_html(six_times))


def page_html(times, show_students=None):
    return render_page(times, class_timeline(times), lesson_heatmap(times), show_students)


@pytest.fixture(scope="module")
def six_shown(six_times):
    return page_html(six_times, show_students=True)


@pytest.fixture
def page_of(lesson_of):
    def make(script, show_students=None, **meta):
        times = LessonTimes(lesson_of(script, **meta))
        page = page_html(times, show_students)
        return Page(page), page

    return make


def test_nothing_is_fetched_from_anywhere(six_shown):
    page, raw = Page(six_shown), six_shown
    assert len(page.addresses) == 4
    assert all(a.startswith("data:image/svg+xml;base64,") for a in page.addresses)
    assert "http" not in re.sub(r'base64,[^"]*', "", raw)
    assert "@import" not in raw
    assert "url(" not in raw


def test_first_lines_say_what_it_is_and_is_not(six):
    page = six
    start = page.text[: page.text.index("of the time measured")]
    assert start.index("What it is:") < start.index("What it is not:")
    assert "a measure of attention, understanding or will" in start
    assert "“not seen” never counts as “not facing”" in start
    assert "attentive" not in page.text


def test_the_scripts_figures_stand_in_it(six):
    text = six.text
    assert "75 % of the time measured, the class faced the board" in text  # 6 of 8 s, not of 10
    assert "80 % of the class's time was measured (00:48 min" in text
    assert "20 % of the class's time was not seen (00:12 min" in text
    assert "top left 50 %" in text
    assert "bottom right 25 %" in text
    assert "away 25 %" in text
    assert "top left bottom right 6 times" in text
    assert "calibration: baseline 4.41 m" in text
    assert "cam1: shaky" in text
    assert "sdam" in text
    assert "did not come to its end" not in text


def test_small_groups_and_single_students_are_hidden_until_the_teacher_says_otherwise(six, six_shown, page_of):
    page = six
    assert "Single students are not shown" in page.text
    assert "S01" not in page.text
    assert "row 1" in page.text  # five students
    assert "Not shown, because they have fewer than 5 students: row 2" in page.text
    shown = Page(six_shown)
    assert "because the teacher asked for it" in shown.text
    assert "row 2" in shown.text
    few, _ = page_of(TWO, name="c.gaze")
    assert "Fewer than 5 students were observed" in few.text
    assert few.addresses == []
    assert "the class faced the board" not in few.text


def test_what_a_user_wrote_cannot_become_markup(page_of):
    page, raw = page_of({"<script>alert(1)</script>": [(1.0, "top left")]}, True, classroom="<b>Room</b> & 3")
    assert "<script" not in raw
    assert "<b>Room" not in raw
    assert "Attention report: <b>Room</b> & 3" in page.text


def test_dollars_in_names_are_no_formula(page_of):
    page, _ = page_of({"$x^2$": [(1.0, "top left")], "$\\S{$": [(1.0, "top left")]}, True, classroom="$5 or $6")
    assert "$5 or $6" in page.text


def test_a_lesson_without_any_measurement_says_so(page_of):
    for number, script in enumerate(({}, {"S01": [(1.0, "not_seen")]}, {"S01": [(1.0, "doubtful")]})):
        page, _ = page_of(script, show_students=True, name=f"{number}.gaze")
        assert "No head was measured" in page.text
        assert page.addresses == []


def test_a_group_is_shown_from_the_least_size_on():
    assert Visibility(5, False).shows(5)
    assert not Visibility(5, False).shows(4)
    assert Visibility(5, True).shows(1)


def test_board_figures_are_drawn_as_the_class_sees_it(six_times):
    times = six_times
    heat = lesson_heatmap(times)
    for figure in (heat_figure(heat), zones_figure(times)):
        axes = figure.axes[0]
        left, right = axes.get_xlim()
        low, high = axes.get_ylim()
        assert left >= 4.0 > 0.0 >= right  # the drawing's left is x = width
        assert low >= 1.2 > 0.0 >= high  # top edge up
    image = heat_figure(heat).axes[0].images[0]
    assert image.get_extent() == [0.0, 4.0, 1.2, 0.0]
    alpha = image.cmap(np.array([0.0, 1.0]))[:, 3]
    assert alpha.tolist() == [0.0, 1.0]
    assert heat_figure(heat, top=9.0).axes[0].images[0].norm.vmax == 9.0
    labels = {text.get_text().split("\n")[0]: text.get_position()[0] for text in zones_figure(times).axes[0].texts}
    assert labels["top left"] > labels["top right"]


def test_the_heat_in_the_picture_is_on_the_classs_left(lesson_of):
    figure = heat_figure(lesson_heatmap(LessonTimes(lesson_of({"S01": [(5.0, "top left")]}))))
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    pixels = np.asarray(canvas.buffer_rgba()).astype(float)
    axes = figure.axes[0]

    def colour(x, y):
        at = axes.transData.transform((x, y))
        return pixels[int(pixels.shape[0] - at[1]), int(at[0]), :3]

    assert colour(3.0, 0.3)[0] > 150  # bright where the class looked: x = 3 m, upper half
    assert colour(1.0, 0.3)[0] < 60  # slate on the class's right
    assert axes.transData.transform((3.0, 0.3))[0] < axes.transData.transform((1.0, 0.3))[0]


def test_seats_name_every_student_or_say_why_not(lesson_of):
    script = {"S01": [(4.0, "top left")], "S02": [(0.2, "top left"), (3.8, "not_seen")], "S03": [(4.0, "absent")]}
    axes = seat_figure(LessonTimes(lesson_of(script))).axes[0]
    said = [text.get_text() for text in axes.texts]
    assert "S01\n100 %\nzone 1" in said
    assert "S02: hardly seen" in said
    assert axes.get_title("left") == "without a place, never measured: S03"
    left, right = axes.get_xlim()
    assert left > right


def test_timeline_runs_over_the_lesson_in_minutes(six_times):
    times = six_times
    _, below = timeline_figure(times, class_timeline(times, 1.0)).axes
    assert below.get_xlim() == (0.0, 10.0)
    assert [text.get_text() for text in below.get_legend().get_texts()] == [
        "facing the board",
        "elsewhere",
        "away",
        "doubtful",
        "not seen",
    ]
    heights = np.array([[bar.get_height() for bar in group] for group in below.containers])
    np.testing.assert_allclose(heights.sum(axis=0), 100.0)
    np.testing.assert_allclose(heights[0], [100] * 6 + [0] * 4, atol=1e-6)


FILES = {
    "lesson.csv",
    "gaze_samples.csv",
    "zone_visits.csv",
    "zone_summary.csv",
    "transitions.csv",
    "class_timeline.csv",
    "heatmap.png",
    "report.html",
    "report.pdf",
}


def test_export_writes_all_of_it_and_nothing_else(lesson_file, tmp_path):
    path = lesson_file(SIX)
    written = export_lesson(path, tmp_path / "out")
    assert {p.name for p in written} == {p.name for p in (tmp_path / "out").iterdir()} == FILES
    export_lesson(path, tmp_path / "out")  # again, over the old ones
    assert {p.name for p in (tmp_path / "out").iterdir()} == FILES


def test_export_of_a_small_class_leaves_the_heatmap_out(lesson_file, tmp_path):
    path = lesson_file(TWO)
    assert {p.name for p in export_lesson(path, tmp_path / "out")} == FILES - {"heatmap.png"}
    assert {p.name for p in export_lesson(path, tmp_path / "all", options=ExportOptions(show_students=True))} == FILES
    export_lesson(path, tmp_path / "all")
    assert {p.name for p in (tmp_path / "all").iterdir()} == FILES - {"heatmap.png"}, "hidden now, so gone"


def test_export_stopped_half_way_leaves_nothing(lesson_file, tmp_path):
    class Stopping:
        steps = 0

        def start(self, stage, total=None):
            pass

        def advance(self, steps=1):
            self.steps += 1
            if self.steps == 3:
                raise Cancelled

        def note(self, text):
            pass

    path = lesson_file(SIX)
    with pytest.raises(Cancelled):
        export_lesson(path, tmp_path / "out", Stopping())
    assert not (tmp_path / "out").exists()
    (tmp_path / "mine").mkdir()
    with pytest.raises(Cancelled):
        export_lesson(path, tmp_path / "mine", Stopping())
    assert list((tmp_path / "mine").iterdir()) == []


def test_export_to_places_that_cannot_be(lesson_file, tmp_path):
    path = lesson_file(TWO)
    with pytest.raises(InputError, match="cannot be written to"):
        export_lesson(path, tmp_path / "absent" / "out")
    with pytest.raises(InputError, match="cannot be written to"):
        export_lesson(path, path)
    with pytest.raises(InputError, match="no such lesson"):
        export_lesson(tmp_path / "absent.gaze", tmp_path / "out")


def test_the_command_writes_the_folder(lesson_file, tmp_path, capsys):
    from gazeclass.cli.export import export

    export(
        lesson_file(TWO),
        tmp_path / "out",
        show_students=True,
        parquet=False,
        separator="comma",
        names=False,
        roster=None,
    )
    assert str(tmp_path / "out" / "report.html") in capsys.readouterr().out
    assert {p.name for p in (tmp_path / "out").iterdir()} == FILES
