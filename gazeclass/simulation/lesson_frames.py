"""The lesson's frames: what is still is drawn once a camera, heads and whoever walks are drawn into a copy of it."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from gazeclass.geometry.frames import Transform
from gazeclass.geometry.rotation import FACING
from gazeclass.simulation.classroom_cast import Student, Walker
from gazeclass.simulation.drawing import Drawing, Window
from gazeclass.simulation.layering import View, draw_people, drawing_of, light_of
from gazeclass.simulation.lesson_truth import Seen, measure
from gazeclass.simulation.mesh import Floats
from gazeclass.simulation.pupils import R_WB_FACING, Pupil
from gazeclass.simulation.renderer import Renderer
from gazeclass.simulation.room import Room
from gazeclass.simulation.room_drawing import Layer, draw_room

#: Side of the tiles at a picture width of 1920: a head, and a whole body.
_HEAD_PX, _BODY_PX = 256, 768
_PORTRAIT_PX = 256


@dataclass
class Stage:
    """The two renderers of a lesson, made for its picture size."""

    heads: Renderer
    bodies: Renderer

    @staticmethod
    def of(width_px: int, students: int) -> "Stage":
        """Renderers for pictures of a width; small classes need a small frame buffer."""
        tiles = int(np.ceil(np.sqrt(min(students, 16))))
        head, body = (max(96, round(px * width_px / 1920 / 32) * 32) for px in (_HEAD_PX, _BODY_PX))
        return Stage(Renderer(head, tiles), Renderer(body, 1))

    def release(self) -> None:
        """Give both contexts back."""
        self.heads.release()
        self.bodies.release()


def still_layer(room: Room, view: View, students: list[Student], stage: Stage) -> Layer:
    """The room with its furniture and everybody's body without the head."""
    layer = draw_room(room, room.furniture, view.camera, view.T_CW.inverse(), view.lens)
    bodies = [drawing_of(s.pupil.still, s.pupil.groups_W(s.R_WS[0]), view) for s in students if s.pupil.still]
    draw_people(stage.bodies, [d for d in bodies if d is not None], layer, view)
    return layer


def frame(
    still: Layer, view: View, students: list[Student], walker: Walker | None, t_s: float, stage: Stage
) -> tuple[Layer, list[Seen | None]]:
    """The picture at a time, and each student in it."""
    layer = Layer(still.colour.copy(), still.depth_m.copy())
    heads = [drawing_of(s.pupil.moving, s.pupil.groups_W(s.rotation_at(t_s)), view) for s in students]
    draw_people(stage.heads, [d for d in heads if d is not None], layer, view)
    if walker is not None:
        person, R_WS = walker.at(t_s)
        drawing = drawing_of(person.parts, person.groups_W(R_WS), view)
        if drawing is not None:
            draw_people(stage.bodies, [drawing], layer, view)
    return layer, [measure(s, t_s, view, layer) for s in students]


def portraits(students: list[Student]) -> Iterator[Floats]:
    """A frontal portrait ``(256, 256, 3)`` of each student before a grey wall, B, G, R in [0, 1]."""
    renderer = Renderer(_PORTRAIT_PX, 1)
    try:
        for student in students:
            drawing = _portrait(student.pupil)
            picture = renderer.draw([drawing])[0]
            yield picture[..., :3] + (1.0 - picture[..., 3:]) * np.float32(0.55)
    finally:
        renderer.release()


def _portrait(pupil: Pupil) -> Drawing:
    """The face squarely before a camera 1.2 m away; camera axes are those of a room seen from the board."""
    upright = Pupil(
        pupil.person,
        Transform(R_WB_FACING, np.zeros(3)),
        pupil.parts,
        pupil.moving,
        pupil.still,
        pupil.vertices,
        pupil.joints,
        pupil.axes,
    )
    groups = upright.groups_W(FACING)
    distance = 1.2
    groups[:, :3, 3] += np.array([0.0, 0.0, distance]) - upright.nose_W(groups)
    window = Window((0.0, 0.02), 0.24 / distance)
    return Drawing(pupil.parts, groups, window, light_of(np.eye(3)), distance, 0.9)
