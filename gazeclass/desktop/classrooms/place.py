"""The classrooms place: the cards, and stacked over them the wizard or the check of the cameras."""

from collections.abc import Iterable
from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from gazeclass.calibration.project import CLASSROOM
from gazeclass.desktop.classrooms.check_view import CheckView
from gazeclass.desktop.classrooms.list_view import ClassroomList
from gazeclass.desktop.classrooms.presenter import CheckPresenter, ClassroomsPresenter
from gazeclass.desktop.classrooms.shelf import Entry, read_entry
from gazeclass.desktop.context import AppContext
from gazeclass.desktop.places import available
from gazeclass.desktop.widgets.controls import ElidedLabel, button
from gazeclass.desktop.widgets.question import ask
from gazeclass.errors import InputError


def create(context: AppContext) -> "ClassroomsPlace":
    """The place's widget."""
    return ClassroomsPlace(context)


class ClassroomsPlace(QWidget):
    """Cards first; a page over them has a bar with the way back."""

    def __init__(self, context: AppContext) -> None:
        super().__init__()
        self.setObjectName("page")
        self.context = context
        self.presenter = ClassroomsPresenter(context, self)
        self.presenter.imported.connect(self._on_imported)
        self.list = ClassroomList(self.presenter, can_start=any(place.name == "lesson" for place in available()))
        self.page: QWidget | None = None
        self.back = button(self.tr("All classrooms"), icon="arrow-left", role="flat")
        self.back.setToolTip(self.tr("What was done so far is kept"))
        self.back.clicked.connect(self.show_list)
        self.page_title = ElidedLabel()
        self.page_title.setProperty("role", "subtitle")
        bar = QHBoxLayout()
        bar.setContentsMargins(16, 8, 24, 0)
        bar.addWidget(self.back)
        bar.addWidget(self.page_title, 1)
        self._holder = QWidget()
        self._page_layout = QVBoxLayout(self._holder)
        self._page_layout.setContentsMargins(0, 0, 0, 0)
        self._page_layout.setSpacing(4)
        self._page_layout.addLayout(bar)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.list)
        self._stack.addWidget(self._holder)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._stack)
        self.list.new.connect(self.new_classroom)
        self.list.import_file.connect(self._choose_file)
        self.list.import_folder.connect(self._choose_folder)
        self.list.dropped.connect(self.presenter.import_path)
        self.list.lesson.connect(lambda entry: context.go("lesson", classroom=entry.folder))
        self.list.check.connect(lambda entry: self.open(check=entry.folder))
        self.list.wizard.connect(lambda entry: context.go("classrooms", wizard=entry.folder))
        self.list.delete.connect(self._on_delete)
        self.list.show_folder.connect(lambda entry: QDesktopServices.openUrl(QUrl.fromLocalFile(str(entry.folder))))
        self.presenter.refresh()

    def open(self, wizard: Path | None = None, check: Path | None = None) -> None:
        """Show the wizard for a classroom's folder, the check of its cameras, or (for neither) the cards."""
        if wizard is not None:
            self._show_wizard(Path(wizard))
        elif check is not None:
            self._show_check(Path(check))
        else:
            self.show_list()

    def may_close(self) -> bool:
        """Ask the page that is open."""
        may = getattr(self.page, "may_close", None)
        return bool(may()) if callable(may) else True

    def show_list(self) -> None:
        """Back to the cards, which are read again."""
        if not self._leave_page():
            return
        self._stack.setCurrentWidget(self.list)
        self.presenter.refresh()

    def new_classroom(self) -> None:
        """Begin the wizard with a room that is not there yet."""
        try:
            self.context.go("classrooms", wizard=self.presenter.new_folder())
        except InputError as error:
            self.context.show_error(error)

    def _show_wizard(self, folder: Path) -> None:
        from gazeclass.desktop.wizard import place as wizard

        entry = self.presenter.entry(folder)
        if entry is None and (folder / CLASSROOM).is_file():
            entry = read_entry(folder)
        self._show_page(lambda: wizard.create(self.context, folder), entry.name if entry else self.tr("New classroom"))

    def _show_check(self, folder: Path) -> None:
        entry = read_entry(folder)
        if entry.classroom is None:
            self.context.show_error(InputError(entry.problem, todo=self.tr("Calibrate the room again.")))
            return

        def make() -> QWidget:
            presenter = CheckPresenter(self.context, entry)
            view = CheckView(presenter)
            presenter.setParent(view)
            view.again.connect(lambda: self.open(wizard=folder))
            return view

        self._show_page(make, self.tr("Check the cameras of {0}").format(entry.name))

    def _show_page(self, make: object, title: str) -> None:
        if not self._leave_page():
            return
        assert callable(make)
        try:
            page = make()
        except InputError as error:
            self._stack.setCurrentWidget(self.list)
            self.context.show_error(error)
            return
        assert isinstance(page, QWidget)
        self.page = page
        self.page_title.setText(title)
        self._page_layout.addWidget(page, 1)
        self._stack.setCurrentWidget(self._holder)

    def _leave_page(self) -> bool:
        if self.page is None:
            return True
        if not self.may_close():
            return False
        self._page_layout.removeWidget(self.page)
        self.page.hide()
        self.page.deleteLater()
        self.page = None
        return True

    def _on_delete(self, entry: Entry) -> None:
        agreed = ask(
            self,
            self.tr("Delete classroom?"),
            self.tr(
                "Delete “{0}” with its calibration pictures? This cannot be undone. Lessons and reports made in it are "
                "kept."
            ).format(entry.name),
            self.tr("Delete"),
            self.tr("Keep it"),
        )
        if agreed:
            self.presenter.delete(entry.folder)

    def _choose_file(self) -> None:
        path, _ = QFileDialog.getOpenFileName(
            self,
            self.tr("Import a classroom"),
            str(self.context.state.last_folder()),
            self.tr("Classrooms (*.toml);;All files (*)"),
        )
        if path:
            self.presenter.import_path(Path(path))

    def _choose_folder(self) -> None:
        path = QFileDialog.getExistingDirectory(
            self, self.tr("Import a folder of calibration pictures"), str(self.context.state.last_folder())
        )
        if path:
            self.presenter.import_path(Path(path))

    def _on_imported(self, folder: Path, unfinished: bool) -> None:
        if unfinished:
            self.context.go("classrooms", wizard=folder)


def screenshots(context: AppContext) -> Iterable[tuple[str, QWidget]]:
    """Pictures for the guide: no classroom yet, cards, a check that finds a bumped camera."""
    from gazeclass.desktop.classrooms.pictures import scenes

    return scenes(context)
