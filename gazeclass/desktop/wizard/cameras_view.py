"""The second step as seen: both pictures, and at the right where they come from."""

from pathlib import Path

from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QFormLayout,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QSizePolicy,
    QStackedWidget,
    QWidget,
)

from gazeclass.desktop.widgets.controls import button, label
from gazeclass.desktop.wizard.cameras_presenter import CamerasPresenter
from gazeclass.desktop.wizard.measuring import size_text
from gazeclass.desktop.wizard.step_view import StepView
from gazeclass.desktop.wizard.two_pictures import TwoPictures

SIZES = ((1920, 1080), (1280, 720), (2560, 1440), (3840, 2160), (640, 480))
RATES_HZ = (30.0, 15.0, 10.0)


class CamerasView(StepView):
    """Two previews; cameras by name or address, or files."""

    presenter: CamerasPresenter

    def __init__(self, presenter: CamerasPresenter, parent: QWidget | None = None) -> None:
        super().__init__(presenter, parent)
        self.pictures = TwoPictures()
        self.main.addWidget(self.pictures, 1)
        self.kind = QComboBox()
        self.kind.setAccessibleName(self.tr("Where the pictures come from"))
        self.kind.addItems(
            [self.tr("Two cameras"), self.tr("A folder of calibration pictures"), self.tr("Two folders or two videos")]
        )
        self.controls.addWidget(self.kind)
        self.pages = QStackedWidget()
        for page in (self._camera_page(), self._folder_page(), self._two_page()):
            self.pages.addWidget(page)
        self.controls.addWidget(self.pages)
        self.kind.currentIndexChanged.connect(self._show_page)
        presenter.devices_changed.connect(self._show_devices)
        self._shown_asked: object = None
        self._show_page(0)

    def _camera_page(self) -> QWidget:
        page = QWidget()
        form = QFormLayout(page)
        form.setContentsMargins(0, 0, 0, 0)
        self.devices = (QComboBox(), QComboBox())
        for combo, name in zip(self.devices, (self.tr("Left"), self.tr("Right")), strict=True):
            combo.setEditable(True)
            combo.setAccessibleName(self.tr("{0} camera").format(name))
            combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            combo.setMinimumContentsLength(16)
            edit = combo.lineEdit()
            if edit is not None:
                edit.setPlaceholderText(self.tr("choose, or rtsp://…"))
            form.addRow(name, combo)
        self.picture_size, self.picture_rate = QComboBox(), QComboBox()
        self.picture_size.setAccessibleName(self.tr("Picture size"))
        self.picture_rate.setAccessibleName(self.tr("Pictures a second"))
        self.picture_size.addItems([size_text(size) for size in SIZES])
        self.picture_rate.addItems([self.tr("{0:.0f} a second").format(rate) for rate in RATES_HZ])
        form.addRow(self.tr("Ask for"), self.picture_size)
        form.addRow("", self.picture_rate)
        row = QHBoxLayout()
        self.open_button = button(self.tr("Open and measure"), icon="play", role="primary")
        self.again = button("", icon="refresh", name=self.tr("Look for cameras again"))
        self.swap = button("", icon="swap-horizontal", name=self.tr("Exchange left and right"))
        row.addWidget(self.open_button, 1)
        row.addWidget(self.swap)
        row.addWidget(self.again)
        form.addRow(row)
        self.open_button.clicked.connect(self._on_open)
        self.again.clicked.connect(self.presenter.find_devices)
        self.swap.clicked.connect(self.presenter.swap)
        return page

    def _folder_page(self) -> QWidget:
        page = QWidget()
        grid = QGridLayout(page)
        grid.setContentsMargins(0, 0, 0, 0)
        text = self.tr(
            "The folder that holds “intrinsics”, “stereo” and “auxiliary”, as “gazeclass calibrate” takes it."
        )
        grid.addWidget(label(text, role="muted", wrap=True), 0, 0, 1, 2)
        self.folder, choose = self._path_row(grid, 1, self.tr("Folder"))
        choose.clicked.connect(lambda: self._ask_folder(self.folder))
        self.open_folder = button(self.tr("Use this folder"), icon="play", role="primary")
        self.open_folder.clicked.connect(self._on_folder)
        grid.addWidget(self.open_folder, 2, 0, 1, 2)
        return page

    def _two_page(self) -> QWidget:
        page = QWidget()
        grid = QGridLayout(page)
        grid.setContentsMargins(0, 0, 0, 0)
        text = self.tr("Two videos recorded together, or two folders in which pictures of one moment have one name.")
        grid.addWidget(label(text, role="muted", wrap=True), 0, 0, 1, 2)
        self.left_path, choose_left = self._path_row(grid, 1, self.tr("Left"))
        self.right_path, choose_right = self._path_row(grid, 2, self.tr("Right"))
        choose_left.clicked.connect(lambda: self._ask_file(self.left_path))
        choose_right.clicked.connect(lambda: self._ask_file(self.right_path))
        self.open_two = button(self.tr("Use these"), icon="play", role="primary")
        self.open_two.clicked.connect(self._on_two)
        grid.addWidget(self.open_two, 3, 0, 1, 2)
        return page

    def _path_row(self, grid: QGridLayout, row: int, name: str):  # type: ignore[no-untyped-def]  # two widgets
        edit = QLineEdit()
        edit.setAccessibleName(name)
        edit.setPlaceholderText(name)
        choose = button("", icon="folder-open-outline", name=self.tr("Choose: {0}").format(name))
        grid.addWidget(edit, row, 0)
        grid.addWidget(choose, row, 1)
        return edit, choose

    def _show_page(self, index: int) -> None:
        self.pages.setCurrentIndex(index)
        for k in range(self.pages.count()):
            page = self.pages.widget(k)
            if page is not None:
                # A stacked widget is as high as its highest page; hidden ones should not count.
                shown = QSizePolicy.Policy.Preferred if k == index else QSizePolicy.Policy.Ignored
                page.setSizePolicy(page.sizePolicy().horizontalPolicy(), shown)
        self.pages.adjustSize()

    def _show_devices(self) -> None:
        for combo in self.devices:
            text = combo.currentText()
            combo.clear()
            for device in self.presenter.devices:
                combo.addItem(device.name, device.address)
            combo.setEditText(text)
        if len(self.presenter.devices) >= 2 and not any(combo.currentText() for combo in self.devices):
            for k, combo in enumerate(self.devices):
                combo.setCurrentIndex(k)

    def _address(self, camera: int) -> str:
        combo = self.devices[camera]
        at = combo.findText(combo.currentText())
        return str(combo.itemData(at)) if at >= 0 and combo.itemData(at) else combo.currentText().strip()

    def _on_open(self) -> None:
        size, rate = SIZES[self.picture_size.currentIndex()], RATES_HZ[self.picture_rate.currentIndex()]
        self.presenter.choose_cameras(self._address(0), self._address(1), size, rate)

    def _on_folder(self) -> None:
        if self.folder.text().strip():
            self.presenter.choose_folder(Path(self.folder.text().strip()))

    def _on_two(self) -> None:
        left, right = self.left_path.text().strip(), self.right_path.text().strip()
        if left and right:
            self.presenter.choose_two(Path(left), Path(right))

    def _ask_folder(self, edit: QLineEdit) -> None:
        context = self.presenter.session.context
        found = QFileDialog.getExistingDirectory(self, self.tr("Choose a folder"), str(context.state.last_folder()))
        if found:
            context.state.set_last_folder(Path(found))
            edit.setText(found)

    def _ask_file(self, edit: QLineEdit) -> None:
        context = self.presenter.session.context
        title, start = self.tr("Choose a video (Cancel to choose a folder)"), str(context.state.last_folder())
        found, _ = QFileDialog.getOpenFileName(self, title, start, self.tr("Videos (*.mp4 *.mkv *.avi *.mov)"))
        if found:
            context.state.set_last_folder(Path(found))
            edit.setText(found)
        else:
            self._ask_folder(edit)

    def show_state(self) -> None:
        """Show both pictures and what was chosen."""
        p = self.presenter
        previews = p.session.feed.previews if p.session.source is not None else (None, None)
        captions = []
        for seen in p.seen():
            asked = self.tr(", asked for {0}").format(seen.asked) if seen.asked and seen.asked != seen.got else ""
            captions.append(f"{seen.name} · {seen.got}{asked}" if p.session.source is not None else "")
        waiting = self.tr("opening …") if p.phase == "opening" else self.tr("no picture yet")
        self.pictures.show_pictures(previews, captions, waiting)
        self.swap.setEnabled(p.asked is not None)
        if p.asked is not None and p.asked != self._shown_asked:
            self._show_asked()

    def _show_asked(self) -> None:
        asked = self._shown_asked = self.presenter.asked
        assert asked is not None
        self.kind.setCurrentIndex(("cameras", "folder", "two").index(asked.kind))
        if asked.kind == "folder":
            self.folder.setText(asked.addresses[0])
        elif asked.kind == "two":
            self.left_path.setText(asked.addresses[0])
            self.right_path.setText(asked.addresses[1])
        else:
            for combo, address in zip(self.devices, asked.addresses, strict=True):
                combo.setEditText(address)

    def first_focus(self) -> QWidget | None:
        """What is chosen first."""
        return self.kind if self.presenter.measured is None else None
