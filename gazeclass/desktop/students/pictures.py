"""Scenes of this place for ``gazeclass desktop --screenshots``: an invented class in the sample classroom."""

from collections.abc import Iterator
from datetime import date, timedelta

from PySide6.QtWidgets import QWidget

from gazeclass.calibration.classroom import load_classroom, save_classroom
from gazeclass.calibration.room import read_room
from gazeclass.desktop.context import AppContext
from gazeclass.desktop.screenshots import settle
from gazeclass.desktop.students.place import StudentsPlace
from gazeclass.desktop.students.presenter import Door
from gazeclass.lesson.roster import Consent, Roster
from gazeclass.lesson.roster_file import RosterFile
from gazeclass.lesson.roster_keys import new_passphrase_key
from gazeclass.lesson.roster_portraits import look_at_file, portrait_of
from gazeclass.models import BUNDLED_DIRS
from gazeclass.sample import sample_folder

PASSPHRASE = "three or four words"
_NAMES = (
    "Ada Lovelace",
    "Wang Xiaoming",
    "محمد بن سلمان الطويل",
    "Zoë Ångström",
    "=SUM(A1:A9) Bobby Tables",
    "María de los Ángeles Fernández-Villaverde y Ruiz de la Prada Hernández de Córdoba y Figueroa",
    "נועה לוי",
    "Kwame Nkrumah-Boateng",
    "Ines Müller",
    "Otto Nordmann",
)


def scenes(context: AppContext) -> Iterator[tuple[str, QWidget]]:
    """One after the other; each is changed after it was taken."""
    place = StudentsPlace(context)
    settle(lambda: place.presenter.has_keyring is not None)
    yield "make", place
    _furnish(context)
    place = StudentsPlace(context)
    settle(lambda: place.presenter.door is Door.LOCKED)
    place.presenter.unlock("not this one")
    settle(lambda: place.presenter.door is Door.LOCKED and place.door.unlock.wrong.isVisibleTo(place.door))
    yield "locked", place
    place.presenter.unlock(PASSPHRASE)
    settle(lambda: place.presenter.door is Door.OPEN and bool(place.desk.seats.rooms))
    place.desk.table.table.setCurrentIndex(place.desk.table.model.index(0, 0))
    yield "seats", place
    place.desk.table.add.setChecked(True)
    yield "add", place
    place.desk.table.add.setChecked(False)
    place.desk.tabs.setCurrentWidget(place.desk.portraits)
    _portraits(place)
    yield "portraits", place


def _portraits(place: StudentsPlace) -> None:
    """Two that can be used, one with two faces, one without any."""
    import tempfile
    from pathlib import Path

    import cv2
    import numpy as np

    from gazeclass.faces.enrolment import read_picture

    enroll = sample_folder() / "enroll"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        one, other = (read_picture(enroll / f"S0{k}.png") for k in (1, 4))
        other = cv2.resize(other, (one.shape[1], one.shape[0]))
        cv2.imwrite(str(folder / "two together.png"), np.hstack([one, other]))
        cv2.imwrite(str(folder / "blackboard.png"), np.full((200, 260, 3), (58, 52, 38), np.uint8))
        paths = [enroll / "S01.png", folder / "two together.png", folder / "blackboard.png"]
        place.desk.portraits.look_at(paths)
        settle(lambda: bool(place.desk.portraits.looks))


def _furnish(context: AppContext) -> None:
    from gazeclass.faces.embedding import Embedder
    from gazeclass.faces.mtcnn import MtcnnDetector

    sample = sample_folder()
    folder = next(f.parent / "calibration" for f in BUNDLED_DIRS if (f.parent / "calibration").is_dir())
    room = load_classroom(folder / "classroom.toml")
    seats = read_room(sample / "calibration" / "room.toml").seats
    (context.classrooms_dir / "room-12").mkdir(exist_ok=True)
    save_classroom(
        room.model_copy(update={"seats": seats, "name": "Room 12"}), context.classrooms_dir / "room-12/classroom.toml"
    )
    detector, embedder = MtcnnDetector(threads=1), Embedder(threads=1)
    today = date.today()
    roster = Roster().add_class("7b", classroom="room-12").add_students("7b", _NAMES)
    group = roster.group("7b")
    for k, student in enumerate(group.students):
        group = group.change(
            student.pseudonym,
            seat=seats[k].name if k not in (6, 9) else "",
            consent=Consent(k != 3, today + timedelta(days=-20 if k == 7 else 250) if k in (1, 5, 7, 9) else None),
        )
        if k not in (3, 5, 8):
            look = look_at_file(sample / "enroll" / f"S{k + 1:02d}.png", detector)
            group = group.change(student.pseudonym, portraits=(portrait_of(look, embedder, today),))
    roster = roster.replace_class("7b", group).add_class("8a, Wednesdays").add_class("9c")
    RosterFile.create(context.library / "roster.gzr", new_passphrase_key(PASSPHRASE), roster)
