"""Pictures become portraits: looking at files or at a camera, and learning a face, each in a task. No widget here."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from gazeclass.desktop.context import AppContext
from gazeclass.lesson.roster_portraits import PortraitLook, look_at_file, portrait_of
from gazeclass.progress import Progress


class PortraitDesk(QObject):
    """Looks at pictures of students. Lives in the GUI thread; detector and embedder are opened once, in a task.

    Signals:
        looked: at pictures: the student they were meant for, a list of (path, PortraitLook).
        learned: class, student, the portraits that were made.
        cameras_found: (name, address) of each camera that is plugged in.
        shooting_ended: the camera is closed again.
    """

    looked = Signal(str, object)
    learned = Signal(str, str, object)
    cameras_found = Signal(object)
    shooting_ended = Signal()

    def __init__(self, context: AppContext, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._models: tuple[Any, Any] | None = None

    def look_at(self, pseudonym: str, paths: Sequence[Path]) -> None:
        """Look whether pictures can be portraits of a student; :attr:`looked` tells."""

        def work(progress: Progress) -> list[tuple[Path, PortraitLook]]:
            progress.start(self.tr("looking at pictures"), len(paths))
            detector = self._tools()[0]
            found = []
            for path in paths:
                found.append((path, look_at_file(path, detector)))
                progress.advance()
            return found

        task = self._context.tasks.run(work, title=self.tr("Looking at pictures"))
        task.done.connect(lambda found: self.looked.emit(pseudonym, found))
        task.failed.connect(self._context.show_error)

    def find_cameras(self) -> None:
        """Look which cameras there are; :attr:`cameras_found` tells."""

        def work(_: Progress) -> list[tuple[str, str]]:
            from gazeclass.capture.devices import list_devices

            return [(device.name, device.address) for device in list_devices()]

        task = self._context.tasks.run(work, title=self.tr("Looking for cameras"))
        task.done.connect(self.cameras_found)
        task.failed.connect(self._context.show_error)

    def look_with_camera(self, pseudonym: str, camera: str) -> None:
        """Take pictures of a student with a camera; :attr:`looked` tells, :attr:`shooting_ended` in any case."""

        def work(progress: Progress) -> list[tuple[Path, PortraitLook]]:
            from gazeclass.lesson.roster_camera import looks_from_camera

            looks = looks_from_camera(camera, self._tools()[0], progress=progress)
            return [(Path(f"{k + 1}"), look) for k, look in enumerate(looks)]

        task = self._context.tasks.run(work, title=self.tr("Taking pictures"))
        task.done.connect(lambda found: self.looked.emit(pseudonym, found))
        task.failed.connect(self._context.show_error)
        task.finished.connect(self.shooting_ended)

    def learn(self, group: str, pseudonym: str, looks: Sequence[PortraitLook], day: date, *, keep: bool) -> None:
        """Turn usable looks into portraits; :attr:`learned` tells. ``keep`` keeps the picture of the face with it."""

        def work(_: Progress) -> list[Any]:
            return [portrait_of(look, self._tools()[1], day, keep=keep) for look in looks if look.usable]

        task = self._context.tasks.run(work, title=self.tr("Learning portraits"))
        task.done.connect(lambda portraits: self.learned.emit(group, pseudonym, portraits))
        task.failed.connect(self._context.show_error)

    def _tools(self) -> tuple[Any, Any]:
        """Detector and embedder, opened once, in the thread that needs them first."""
        if self._models is None:
            from gazeclass.faces.embedding import Embedder
            from gazeclass.faces.mtcnn import MtcnnDetector

            self._models = MtcnnDetector(), Embedder()
        return self._models
