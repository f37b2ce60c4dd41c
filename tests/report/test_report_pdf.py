"""The PDF: the teacher's page is one page, letters are there or said to be missing."""

import re
import shutil
import subprocess
from dataclasses import replace

import pytest

from gazeclass.lesson.zones import Zone
from gazeclass.report.blocks import Picture
from gazeclass.report.content import build_report
from gazeclass.report.export import ExportOptions, export_lesson, export_open_lesson
from gazeclass.report.heatmap import lesson_heatmap
from gazeclass.report.metrics import LessonTimes, class_timeline
from gazeclass.report.page import render
from gazeclass.report.pdf import render_pdf
from gazeclass.report.pictures import fallback_fonts, missing_letters
from gazeclass.report.scripted_class import scripted_class

ZONES = (Zone("wide", 2.0, 0.0, 4.0, 1.2), Zone("thin", 0.9, 0.0, 1.1, 1.2), Zone("rest", 0.0, 0.0, 0.9, 1.2))


def report_of(lesson, show_students=True):
    times = LessonTimes(lesson)
    return build_report(times, class_timeline(times), lesson_heatmap(times), show_students)


@pytest.fixture(scope="module")
def lesson():
    return scripted_class(students=12, seconds=120, sigma_m=0.18, spread_m=0.05, zones=ZONES).lesson


@pytest.fixture(scope="module")
def pdf(lesson):
    return render_pdf(report_of(lesson))


def words_of(report):
    """The same report without its figures, which take their time to draw."""

    def bare(sections):
        return tuple(replace(s, blocks=tuple(b for b in s.blocks if not isinstance(b, Picture))) for s in sections)

    return replace(report, first=bare(report.first), appendix=bare(report.appendix))


def text_of(data, tmp_path, *options):
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed here")
    (tmp_path / "a.pdf").write_bytes(data)
    run = subprocess.run(["pdftotext", *options, tmp_path / "a.pdf", "-"], check=True, capture_output=True, timeout=60)
    return " ".join(run.stdout.decode().split())


def test_it_is_a_pdf_with_its_fonts_in_it(pdf):
    assert pdf.startswith(b"%PDF-")
    assert b"/FontFile2" in pdf
    assert len(re.findall(rb"/Type /Page\b", pdf)) >= 2


def test_the_teachers_page_is_one_page(pdf, tmp_path):
    first = text_of(pdf, tmp_path, "-l", "1")
    for said in (
        "What it is:",
        "In short",
        "when it left the board",
        "On the board",
        "Over the lesson",
        "what the whole class",
    ):
        assert said in first
    assert "What the words mean" not in first
    second = text_of(pdf, tmp_path, "-f", "2")
    assert second.startswith("Zones")
    for said in ("What was not seen", "Calibration and settings", "unreliable", "S01"):
        assert said in second or said == "S01"


def test_letters_that_no_font_has_are_said_to_be_missing(lesson, tmp_path):
    odd = "学生\U000130ad"  # Chinese, and an Egyptian hieroglyph that hardly any font has
    written = replace(lesson, meta=replace(lesson.meta, classroom=f"Room {odd}"))
    report = words_of(report_of(written))
    lost = missing_letters(report.words, [path for _, path in fallback_fonts(report.words)])
    text = text_of(render_pdf(report), tmp_path)
    assert "Last Resort" not in dict(fallback_fonts(odd))
    assert ("letters that no installed font has" in text) == bool(lost)
    assert lost == "" or "□" in text
    assert odd in render(report)


def test_arabic_is_embedded_and_said_to_be_unjoined(lesson, tmp_path):
    report = words_of(report_of(replace(lesson, meta=replace(lesson.meta, classroom="الصف السابع"))))
    assert missing_letters("الصف السابع") == ""
    assert "Writing that runs from right to left is not joined" in text_of(render_pdf(report), tmp_path)


@pytest.mark.slow
def test_a_student_with_a_chinese_pseudonym_breaks_no_figure(lesson, tmp_path):
    students = tuple(replace(s, name=f"学生{k}") for k, s in enumerate(lesson.students))
    report = report_of(replace(lesson, students=students))
    assert "data:image/svg+xml" in render(report)
    assert render_pdf(report).startswith(b"%PDF-")


def test_unreliable_zones_say_so_in_page_and_figures(lesson):
    from gazeclass.report.figures import zones_figure

    report = report_of(lesson)
    grid = report.appendix[0].blocks[0]
    marks = [row[-1] for row in grid.rows]
    assert "unreliable" in marks
    assert [bool(m) for m in marks[: len(grid.greyed)]] == list(grid.greyed)
    assert "unreliable" in dict(report.first[0].blocks[0].items)["which zones can be told apart"]
    said = [text.get_text() for text in zones_figure(LessonTimes(lesson)).axes[0].texts]
    assert sum("unreliable" in word for word in said) == marks.count("unreliable")


def test_names_are_written_only_when_asked_for_and_noted(tmp_path, lesson_file):
    from scripted import SIX

    from gazeclass.errors import InputError
    from gazeclass.lesson.reader import read_lesson

    path = lesson_file(SIX)
    names = {"S01": "Ada Lovelace", "S02": "=HYPERLINK(9)"}
    export_lesson(path, tmp_path / "plain", options=ExportOptions(kinds=("csv",)))
    export_lesson(path, tmp_path / "named", options=ExportOptions(kinds=("csv",), names=names))
    plain = b"".join(p.read_bytes() for p in (tmp_path / "plain").iterdir())
    named = (tmp_path / "named" / "zone_visits.csv").read_text("utf-8-sig")
    assert b"Lovelace" not in plain
    assert "Ada Lovelace" in named
    assert "'=HYPERLINK(9)" in named
    assert "S03" in named  # who is in no roster keeps the pseudonym
    lines = [(action, text) for _, action, text in read_lesson(path).audit]
    assert lines == [("export", "csv; pseudonyms"), ("export", "csv; with names")]
    assert "Lovelace" not in path.read_bytes().decode("latin-1")
    with pytest.raises(InputError, match="both be called 'S03'"):
        export_lesson(path, tmp_path / "x", options=ExportOptions(names={"S01": "S03"}))


def test_an_export_that_cannot_be_noted_goes_without_names_only(tmp_path, lesson):
    from gazeclass.errors import InputError

    class Notes:
        def __init__(self):
            self.said = []

        def start(self, stage, total=None):
            pass

        def advance(self, steps=1):
            pass

        def note(self, text):
            self.said.append(text)

    gone = tmp_path / "gone.gaze"
    progress = Notes()
    export_open_lesson(lesson, tmp_path / "a", progress, ExportOptions(kinds=("csv",)), noted_in=gone)
    assert "not noted" in progress.said[0]
    with pytest.raises(InputError):
        export_open_lesson(
            lesson, tmp_path / "b", progress, ExportOptions(kinds=("csv",), names={"S01": "A"}), noted_in=gone
        )
    assert not (tmp_path / "b").exists()


def test_the_command_takes_names_from_the_roster(tmp_path, lesson_file, monkeypatch):
    from scripted import PERIOD_S

    from gazeclass.cli.export import export
    from gazeclass.cli.roster import VARIABLE
    from gazeclass.errors import InputError
    from gazeclass.lesson.reader import read_lesson
    from gazeclass.lesson.roster import Roster
    from gazeclass.lesson.roster_file import RosterFile
    from gazeclass.lesson.roster_keys import new_passphrase_key

    monkeypatch.setenv(VARIABLE, "correct horse battery")
    empty = tmp_path / "empty.gzr"
    RosterFile.create(empty, new_passphrase_key("correct horse battery"), Roster())
    roster = Roster().add_class("7b").add_students("7b", ["Grace Hopper"])
    path = tmp_path / "roster.gzr"
    RosterFile.create(path, new_passphrase_key("correct horse battery"), roster)
    pseudonym = roster.group("7b").students[0].pseudonym
    lesson = lesson_file({pseudonym: [(10 * PERIOD_S, "top left")]})
    asked = {"show_students": False, "parquet": False, "separator": "comma"}
    with pytest.raises(InputError, match="no students"):
        export(lesson, tmp_path / "out", names=True, roster=empty, **asked)
    export(lesson, tmp_path / "out", names=True, roster=path, **asked)
    assert "Grace Hopper" in (tmp_path / "out" / "zone_visits.csv").read_text("utf-8-sig")
    assert read_lesson(lesson).audit[-1][2].endswith("with names")
    export(lesson, tmp_path / "plain", names=False, roster=path, **asked)
    assert not any(b"Hopper" in p.read_bytes() for p in (tmp_path / "plain").iterdir())
