"""Who is observed in a lesson, as `analyze` and `live` ask for it: portraits, a class of the roster, or seats."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gazeclass.cli.console import complain
from gazeclass.errors import InputError

if TYPE_CHECKING:
    from gazeclass.calibration.classroom import Classroom
    from gazeclass.lesson.roster_plan import ClassPlan

Enroll = Annotated[
    Path | None,
    typer.Option(
        help="Folder of portraits, file name = student; only they are observed. Without it everybody, numbered."
    ),
]
RosterPath = Annotated[
    Path | None, typer.Option("--roster", help="Roster of who may be observed; the library's with --class alone.")
]
ClassName = Annotated[
    str, typer.Option("--class", help="The class in the roster: those who have consented are observed.")
]
BySeat = Annotated[
    bool,
    typer.Option(
        "--by-seat",
        help="Tell students by their seats; no face is compared with another. Alone: seats are the names.",
    ),
]


def class_plan(
    classroom: "Classroom", *, enroll: Path | None, roster: Path | None, class_name: str, by_seat: bool
) -> "ClassPlan | None":
    """The class asked for, its warnings said; None where none is.

    Raises:
        InputError: wishes that exclude each other, no such roster or class, nobody in it who may be observed.
    """
    if roster is not None and not class_name:
        raise InputError("a roster holds several classes", where=roster, todo="Say which with --class NAME.")
    if class_name and enroll is not None:
        raise InputError(
            "students come from the roster or from a folder of portraits, not from both", todo="Leave one out."
        )
    if by_seat and enroll is not None:
        raise InputError("with --by-seat no face is compared, so portraits are of no use", todo="Leave one out.")
    if not class_name:
        return None
    from datetime import datetime

    from gazeclass.cli.roster import open_roster
    from gazeclass.lesson.roster_plan import plan_class

    today = datetime.now().astimezone().date()
    plan = plan_class(open_roster(roster).roster, class_name, classroom, today, by_seat=by_seat)
    for warning in plan.warnings:
        complain(warning)
    return plan
