"""The controls that the steps Lens and Pair share: take, by itself or by hand, the views kept and their errors."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from gazeclass.desktop.widgets.controls import button, label
from gazeclass.desktop.wizard.capture_step import CaptureStep
from gazeclass.desktop.wizard.shortcut import on_key

SOUND = "wizard/sound"


class CaptureControls(QWidget):
    """Buttons and the list of views. Space takes a view, Delete drops the chosen one."""

    def __init__(self, presenter: CaptureStep, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.presenter = presenter
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        row = QHBoxLayout()
        self.take = button(self.tr("Take now"), icon="camera", tip=self.tr("Space"))
        self.retry = button(self.tr("Try again"), icon="refresh", role="primary")
        self.again = button(self.tr("Look again"), icon="play")
        self.cameras = button(self.tr("Back to the cameras"), icon="video-outline", role="primary")
        for made in (self.take, self.retry, self.again, self.cameras):
            row.addWidget(made, 1)
        layout.addLayout(row)
        ticks = QHBoxLayout()
        self.automatic = QCheckBox(self.tr("take by itself"))
        self.sound = QCheckBox(self.tr("sound"))
        context = presenter.session.context
        self.sound.setChecked(context.state.get(SOUND, True))
        ticks.addWidget(self.automatic)
        ticks.addWidget(self.sound)
        ticks.addStretch(1)
        layout.addLayout(ticks)
        self.count = label("", role="muted")
        layout.addWidget(self.count)
        self.list = QListWidget()
        self.list.setAccessibleName(self.tr("Views, worst first"))
        self.list.setMinimumHeight(72)
        self.list.setMaximumHeight(140)
        layout.addWidget(self.list)
        row = QHBoxLayout()
        self.drop = button(self.tr("Drop view"), icon="trash-can-outline", tip=self.tr("Delete"))
        self.undo = button(self.tr("Bring back"), icon="undo")
        self.clear = button("", icon="delete-sweep-outline", name=self.tr("Drop all views and begin again"))
        row.addWidget(self.drop, 1)
        row.addWidget(self.undo, 1)
        row.addWidget(self.clear)
        layout.addLayout(row)
        self._shown: object = None
        self._connect()

    def _connect(self) -> None:
        p, context = self.presenter, self.presenter.session.context
        self.take.clicked.connect(p.take)
        for made in (self.retry, self.again):
            made.clicked.connect(p.look)
        self.cameras.clicked.connect(lambda: p.show_view(""))
        self.automatic.toggled.connect(p.set_automatic)
        self.sound.toggled.connect(lambda on: context.state.set(SOUND, on))
        self.list.currentItemChanged.connect(self._on_chosen)
        self.list.itemClicked.connect(self._on_chosen)
        self.drop.clicked.connect(self._on_drop)
        self.undo.clicked.connect(p.undo_drop)
        self.clear.clicked.connect(p.start_again)
        p.kept.connect(self._on_kept)
        on_key(self.list, Qt.Key.Key_Delete, self._on_drop)

    def refresh(self) -> None:
        """Show buttons and views as they are now."""
        p = self.presenter
        viewing = bool(p.viewing)
        self.take.setVisible(p.live and not viewing)
        self.retry.setVisible(p.lost)
        self.again.setVisible(not p.live and not p.lost and not viewing and p.session.source is not None)
        self.cameras.setVisible(viewing and p.live)
        self.automatic.setChecked(p.automatic)
        self.automatic.setEnabled(p.session.source is None or not p.session.source.stills)
        views = p.views()
        self.count.setText(self.tr("{0} views, worst first").format(len(views)) if views else self.tr("no views yet"))
        if views != self._shown:
            self._shown = views
            self._fill(views)
        self.drop.setEnabled(self.list.currentItem() is not None)
        self.undo.setEnabled(p.last_dropped() is not None)
        self.clear.setEnabled(bool(views))

    def _fill(self, views) -> None:  # type: ignore[no-untyped-def]  # tuple of KeptView
        chosen = self.presenter.viewing
        self.list.blockSignals(True)
        self.list.clear()
        for view in views:
            error = self.tr("{0:.2f} px").format(view.rms_px) if view.rms_px is not None else "…"
            text = self.tr("{0} · {1}").format(view.name, error)
            if view.rejected:
                text = self.tr("{0} · left out").format(text)
            item = QListWidgetItem(text)
            item.setData(Qt.ItemDataRole.UserRole, view.name)
            self.list.addItem(item)
            if view.name == chosen:
                self.list.setCurrentItem(item)
        self.list.blockSignals(False)

    def _on_chosen(self, item: QListWidgetItem | None, *_: object) -> None:
        if item is not None:
            self.presenter.show_view(str(item.data(Qt.ItemDataRole.UserRole)))

    def _on_drop(self) -> None:
        item = self.list.currentItem()
        if item is not None:
            self.presenter.drop(str(item.data(Qt.ItemDataRole.UserRole)))

    def _on_kept(self) -> None:
        if self.sound.isChecked():
            QApplication.beep()
