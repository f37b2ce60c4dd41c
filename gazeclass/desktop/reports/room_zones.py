"""A lesson's zones for the lessons to come: into the library's classroom of that name."""

from collections.abc import Sequence
from pathlib import Path

from gazeclass.errors import InputError
from gazeclass.lesson.zones import Zone


def put_zones(classrooms: Path, name: str, zones: Sequence[Zone]) -> None:
    """Write the zones into the classroom called ``name``, and into what it is calibrated from.

    Args:
        classrooms: folder of the library.
        name: of the room, as the lesson calls it.
        zones: for its lessons to come.

    Raises:
        InputError: there is no such classroom, or the zones do not fit its board.
    """
    from gazeclass.calibration.classroom import load_classroom
    from gazeclass.calibration.given import change_classroom
    from gazeclass.lesson.zoning import classroom_zones

    for path in sorted(classrooms.glob("*/classroom.toml")):
        try:
            classroom = load_classroom(path)
        except InputError:
            continue  # the place Classrooms says what is wrong with it
        if classroom.name == name:
            change_classroom(path.parent, zones=classroom_zones(classroom, zones).zones)
            return
    raise InputError(
        f"the library has no classroom named '{name}'",
        todo="Save the zones in the lesson; or import the classroom first.",
    )
