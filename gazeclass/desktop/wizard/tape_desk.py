"""What the step Tape shows, computed in the worker: the next distance, what each reading is off by, the room drawn."""

from dataclasses import dataclass

import numpy as np

from gazeclass.calibration.project import Project
from gazeclass.calibration.room import Room
from gazeclass.calibration.room_drawing import UV, Scene
from gazeclass.calibration.solve import survey_points
from gazeclass.calibration.stages import Lying, locate_lying
from gazeclass.calibration.steps import keys
from gazeclass.calibration.tape import CAMERAS, Reading
from gazeclass.calibration.tape_planner import Entry, Proposal, TapePlanner
from gazeclass.errors import InputError
from gazeclass.geometry.frames import Board
from gazeclass.geometry.rotation import Array

#: A residual is shown once what the others say is this sure.
TELLING_M = 0.05


@dataclass(frozen=True, eq=False)
class Line:
    """One reading of the list.

    Attributes:
        reading: as typed.
        residual_m: reading minus what all others say; None while they do not say it well enough.
        doubtful: it is off by more than can be.
        sentence: what to say of it.
    """

    reading: Reading
    residual_m: float | None
    doubtful: bool
    sentence: str


@dataclass(frozen=True, eq=False)
class Desk:
    """Everything the step shows.

    Attributes:
        key: of the lying chessboard's pictures it was computed with.
        proposals: what to measure next, best first.
        lines: the readings.
        points: names of all points that can be measured between.
        scene: the room as far as it is known.
        places: where named points are drawn, from above and from the side.
    """

    key: str
    proposals: tuple[Proposal, ...]
    lines: tuple[Line, ...]
    points: tuple[str, ...]
    scene: Scene
    places: tuple[dict[str, UV], dict[str, UV]]


class TapeDesk:
    """Plans and judges the readings of a project. Made and used in the worker only.

    Raises:
        InputError: the steps before are not done.
    """

    def __init__(self, project: Project) -> None:
        room = project.room()
        if room is None:
            raise InputError("the board was not measured yet", todo="Do the step Room first.")
        self._room: Room = room
        self.key = keys(project).lying
        self.lying: Lying = locate_lying(project)
        cameras = self.lying.cameras
        self._points = survey_points(
            cameras.target, cameras.stereo, self.lying.auxiliary, room.board.lower_edge_above_floor_m
        )
        options = project.options()
        self.level = options.level_sigma_deg
        self.planner = TapePlanner(self._points, room, self.level)

    def judge(self, readings: tuple[Reading, ...], reading: Reading) -> Entry:
        """What is to be said of a reading just typed.

        Raises:
            InputError: a distance that tells nothing.
        """
        self._points.check(reading, reading.name)
        return self.planner.judge(readings, reading)

    def desk(self, readings: tuple[Reading, ...]) -> Desk:
        """Everything to show for these readings."""
        entries = [self.planner.judge(readings, reading) for reading in readings]
        worst = _worst(entries)
        doubted = frozenset() if worst is None else frozenset({worst})
        if worst is not None:
            # One wrong reading makes others look wrong: judge them again without it.
            entries = [
                entry if k == worst else self.planner.judge(readings, entry.reading, doubted)
                for k, entry in enumerate(entries)
            ]
        lines = tuple(
            Line(e.reading, e.residual_m if e.sigma_m <= TELLING_M else None, e.doubtful, e.sentence) for e in entries
        )
        return Desk(
            self.key,
            self.planner.propose(readings, 3, doubted),
            lines,
            tuple(dict.fromkeys(name for pair in self.planner.candidates() for name in pair)),
            *self._scene(readings, doubted),
        )

    def _scene(
        self, readings: tuple[Reading, ...], doubted: frozenset[int]
    ) -> tuple[Scene, tuple[dict[str, UV], dict[str, UV]]]:
        now = self.planner.estimate(readings, doubted)
        stereo, auxiliary = self.lying.cameras.stereo, self.lying.auxiliary
        T_W0 = now.T_WA @ auxiliary.T_AC
        T_W1 = T_W0 @ stereo.T_10.inverse()
        half = [
            (
                float(np.degrees(np.arctan(c.width_px / 2 / c.matrix[0, 0]))),
                float(np.degrees(np.arctan(c.height_px / 2 / c.matrix[1, 1]))),
            )
            for c in stereo.cameras
        ]
        names = tuple((r.point_a, r.point_b) for r in readings)
        target = self.lying.cameras.target
        # Without the seats, which the tape does not touch: the rest is drawn larger.
        room = self._room.model_copy(update={"seats": ()})
        scene = Scene(room, target, now.T_WA, (T_W0, T_W1), (half[0], half[1]), names)
        points: dict[str, Array] = dict(Board(now.width_m, now.height_m).corners())
        for name in target.outer_corner_names():
            index = target.corner_index(name)
            assert index is not None
            points[name] = now.T_WA.apply(target.points_A[index])
        points |= dict(zip(CAMERAS, (T_W0.t, T_W1.t), strict=True))
        return scene, _places(points, self._room)


def _worst(entries: list[Entry]) -> int | None:
    """The most doubtful reading, None where none is."""
    off = {k: abs(e.residual_m) / e.sigma_m for k, e in enumerate(entries) if e.doubtful}
    return max(off, key=lambda k: off[k]) if off else None


def _places(points: dict[str, Array], room: Room) -> tuple[dict[str, UV], dict[str, UV]]:
    """The same two views as :mod:`gazeclass.calibration.room_drawing` draws."""
    board = room.board
    floor = board.height_m + (board.lower_edge_above_floor_m or 0.0)
    above = {name: (board.width_m - float(p[0]), float(p[2])) for name, p in points.items()}
    side = {name: (float(p[2]), floor - float(p[1])) for name, p in points.items()}
    return above, side
