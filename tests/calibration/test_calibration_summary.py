"""The verdict, the drawing of the room and the printed page."""

import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import TARGET, TrueRoom
from fpdf import FPDF

from gazeclass.calibration import stages
from gazeclass.calibration.check import check_result, marked_points, measure_look, planned_places
from gazeclass.calibration.check_store import check_entry, keep_look, record_check
from gazeclass.calibration.classroom import load_classroom, save_classroom
from gazeclass.calibration.project import CLASSROOM, Project, create_project, open_project
from gazeclass.calibration.room_drawing import Scene, from_above, from_side, with_reading
from gazeclass.calibration.room_parts import Seat
from gazeclass.calibration.seat_precision import looking_rotation
from gazeclass.calibration.step_state import Overview, Status, Step
from gazeclass.calibration.steps import look
from gazeclass.calibration.summary_sheet import write_summary
from gazeclass.calibration.verdict import judge, report
from gazeclass.errors import InputError

SEATS = tuple(Seat(name=f"{r}-{k}", row=r, position_m=(0.5 + k, 1.0, 1.0 + 1.5 * r)) for r in (1, 2) for k in range(4))


@pytest.fixture(scope="module")
def finished_folder(picture_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("summary") / "calibration"
    shutil.copytree(picture_folder, folder)
    made = create_project(folder)
    made.choose_target(TARGET)
    made.measure_ruler(100.0)
    made.save_room(made.room().model_copy(update={"seats": SEATS}))
    stages.solve_all(made)
    return folder


@pytest.fixture
def project(finished_folder: Path, tmp_path: Path) -> Project:
    return open_project(Path(shutil.copytree(finished_folder, tmp_path / "calibration")))


def check(project: Project, turn_deg: float = 0.0, shift_m: float = 0.0) -> None:
    """Somebody looks at all points from four seats, with a known error."""
    from gazeclass.geometry.rotation import exp_so3

    room = project.room()
    for place in planned_places(room):
        for point in marked_points(room.board):
            P = np.array(place.position_m)
            R = exp_so3([0, np.radians(turn_deg), 0]) @ looking_rotation(P, np.array([*point.xy_m, 0.0]))
            keep_look(project, measure_look(place, point, [P + [shift_m, 0, 0]] * 5, [R] * 5))


def without_findings(project: Project) -> Overview:
    seen = look(project)
    room = seen.figures.room.model_copy(update={"findings": ()})
    return replace(seen, figures=seen.figures.model_copy(update={"room": room}))


class TestVerdict:
    def test_few_views_make_it_usable_only(self, project):
        """Six views of each camera, all at one distance: the lens is right, but little stands behind it."""
        project.skip("check")
        verdict = report(project, look(project)).verdict
        assert verdict.word == "usable"
        assert verdict.sentence.startswith("It could be better: cam0")
        assert not verdict.checked

    def test_good_unchecked_and_checked(self, project):
        project.skip("check")
        assert judge(without_findings(project), None).word == "good"
        check(project, turn_deg=1.0)
        made = report(project, look(project))
        assert made.verdict.checked
        assert made.check is not None
        assert len(made.check.looks) == 20
        assert judge(without_findings(project), made.check).word == "good"
        assert look(project)[Step.CHECK].status is Status.DONE

    def test_a_misread_tape_is_to_be_repeated(self, project):
        readings = project.tape()
        project.save_tape((replace(readings[0], distance_m=readings[0].distance_m + 0.12), *readings[1:]))
        stages.solve_room(project)
        verdict = report(project, look(project)).verdict
        assert verdict.repeat is Step.TAPE
        assert verdict.title == "Repeat step Tape"
        assert readings[0].name in verdict.sentence

    def test_a_check_that_is_far_off_says_which_part(self, project):
        check(project, shift_m=0.9)
        assert report(project, look(project)).verdict.repeat is Step.TAPE
        check(project, turn_deg=15.0)
        verdict = report(project, look(project)).verdict
        assert verdict.repeat is Step.CHECK
        assert "All looks are 14.8° too far to the board's right" in verdict.sentence

    def test_warnings_make_it_usable(self, project):
        seen = look(project)
        room = seen.figures.room.model_copy(update={"findings": (("warning", "The lens fits poorly."),)})
        warned = replace(seen, figures=seen.figures.model_copy(update={"room": room}))
        assert judge(warned, None).word == "usable"
        assert judge(warned, None).sentence == "The lens fits poorly."

    def test_without_a_classroom_there_is_no_report(self, project):
        (project.folder / CLASSROOM).unlink()
        with pytest.raises(InputError, match="not computed yet"):
            report(project, look(project))


class TestCheckInTheClassroom:
    def test_skipped_is_said(self, project):
        project.skip("check")
        record_check(project)
        assert load_classroom(project.folder / CLASSROOM).check.skipped

    def test_figures_are_kept_and_read_back(self, project):
        check(project, turn_deg=3.0)
        record_check(project)
        entry = load_classroom(project.folder / CLASSROOM).check
        assert entry.looks == 20
        assert entry.median_error_deg == pytest.approx(3.0, abs=0.3)
        assert entry == check_entry(open_project(project.folder))

    def test_a_second_look_replaces_the_first(self, project):
        check(project, shift_m=0.5)
        check(project)
        assert check_result(project.notes().check.readings).median_m < 1e-6
        assert len(project.notes().check.readings) == 20

    def test_an_old_check_does_not_count_for_a_new_calibration(self, project):
        check(project)
        project.save_tape(project.tape()[:-1])
        stages.solve_room(project)
        seen = look(project)
        assert seen[Step.CHECK].stale
        assert check_entry(project) is None
        assert report(project, seen).check is None

    def test_a_classroom_without_check_reads_as_before(self, project, tmp_path):
        classroom = load_classroom(project.folder / CLASSROOM)
        assert classroom.check is None
        save_classroom(classroom, tmp_path / "again.toml")
        assert "check" not in (tmp_path / "again.toml").read_text("utf-8")


class TestDrawing:
    @pytest.fixture
    def scene(self, room: TrueRoom, project: Project) -> Scene:
        T_WC = (room.world_from_camera(0), room.world_from_camera(1))
        return Scene(project.room(), room.target, room.T_WA, T_WC, readings=(("C00", "B_TL"), ("CAM0", "B_BR")))

    def test_from_above_the_class_s_left_is_left(self, scene):
        plan = from_above(scene)
        cameras = {m.label: m.at for m in plan.marks if m.kind == "camera"}
        assert cameras["CAM1"][0] < 0.1 < 3.9 < cameras["CAM0"][0]
        seats = {m.label: m.at for m in plan.marks if m.kind == "seat"}
        assert seats["1-0"] == pytest.approx((3.5, 2.5))
        board = next(line for line in plan.lines if line.kind == "board")
        assert sorted(board.points) == [(0.0, 0.0), (4.0, 0.0)]

    def test_it_is_to_scale(self, scene, room):
        plan = from_above(scene)
        outline = next(line for line in plan.lines if line.kind == "chessboard")
        sides = [np.hypot(*np.subtract(a, b)) for a, b in zip(outline.points, outline.points[1:], strict=False)]
        assert sides == pytest.approx(
            [8 * room.target.square_m, 5 * room.target.square_m, 8 * room.target.square_m], abs=1e-3
        )

    def test_from_the_side_heights_are_above_the_floor(self, scene):
        section = from_side(scene)
        board = next(line for line in section.lines if line.kind == "board")
        assert sorted(v for _, v in board.points) == pytest.approx([0.9, 2.1])
        assert any(line.kind == "floor" for line in section.lines)
        u0, v0, u1, v1 = section.box
        inside = [p for line in section.lines for p in line.points] + [m.at for m in section.marks]
        assert all(u0 <= u <= u1 and v0 <= v <= v1 for u, v in inside)

    def test_the_reading_to_take_now(self, scene):
        lines = [line for line in with_reading(scene, "C05", "B_TR").lines if line.kind == "reading"]
        assert [line.label for line in lines] == ["C05 to B_TR"]

    def test_a_room_of_which_nothing_else_is_known(self, project):
        assert [line.kind for line in from_above(Scene(project.room())).lines] == ["board"]


class TestSheet:
    def test_one_page(self, project, tmp_path):
        check(project, turn_deg=2.0)
        write_summary(report(project, look(project)), tmp_path / "summary.pdf")
        data = (tmp_path / "summary.pdf").read_bytes()
        assert data.startswith(b"%PDF")
        assert data.count(b"/Type /Page\n") == 1

    def test_cameras_are_called_as_in_the_window(self, project, tmp_path, monkeypatch):
        """Files and the command line say cam0, the drawing's points CAM0; the page says left and right."""
        printed: list[str] = []
        text = FPDF.text
        monkeypatch.setattr(FPDF, "text", lambda pdf, x, y, words: (printed.append(words), text(pdf, x, y, words))[1])
        made = report(project, look(project))
        assert any("cam0" in words for _, words in made.overview.figures.room.findings)
        write_summary(made, tmp_path / "summary.pdf")
        page = "\n".join(printed)
        assert {"Left camera", "Right camera", "left camera", "right camera"} <= set(printed)
        assert not re.search(r"cam ?[01]|camera [01]", page, re.IGNORECASE)

    @pytest.mark.parametrize("name", ["三年二班", "Класс 7 — «Б»", "x" * 300, "α ± ° 💡"])
    def test_any_room_name_can_be_printed(self, project, tmp_path, name):
        made = report(project, look(project))
        named = replace(made, classroom=made.classroom.model_copy(update={"name": name}))
        write_summary(named, tmp_path / "summary.pdf")
        assert (tmp_path / "summary.pdf").stat().st_size > 5000

    def test_sixty_seats_fit(self, project, tmp_path):
        made = report(project, look(project))
        write_summary(replace(made, seats=made.seats * 8), tmp_path / "summary.pdf")
        assert (tmp_path / "summary.pdf").read_bytes().count(b"/Type /Page\n") == 1

    def test_a_folder_that_is_not_there(self, project, tmp_path):
        with pytest.raises(InputError, match="cannot be written"):
            write_summary(report(project, look(project)), tmp_path / "no" / "summary.pdf")
