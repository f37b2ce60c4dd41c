"""The settings place: theme, language, library folder, threads, what to compute with."""

from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QComboBox, QFileDialog, QHBoxLayout, QLabel, QSpinBox, QVBoxLayout, QWidget

from gazeclass.desktop.context import AppContext
from gazeclass.desktop.log import log_dir
from gazeclass.desktop.settings_view.presenter import LANGUAGES, SettingsPresenter
from gazeclass.desktop.widgets.controls import ElidedLabel, button, card, label, page, scrolled


def create(context: AppContext) -> "SettingsPlace":
    """The place's widget."""
    return SettingsPlace(SettingsPresenter(context))


class SettingsPlace(QWidget):
    """One card a subject; every change is saved at once."""

    def __init__(self, presenter: SettingsPresenter) -> None:
        super().__init__()
        self.setObjectName("page")
        self.presenter = presenter
        presenter.setParent(self)
        content, column = page()
        column.addWidget(label(self.tr("Settings"), role="title"))
        column.addWidget(label(self.tr("Every change is kept at once."), role="muted"))
        self.theme = self._choice(
            self.tr("Colours"),
            {"system": self.tr("As the system"), "light": self.tr("Light"), "dark": self.tr("Dark")},
        )
        self.theme.activated.connect(lambda: presenter.change(theme=self.theme.currentData()))
        words = {code: name or self.tr("As the system") for code, name in LANGUAGES.items()}
        self.language = self._choice(self.tr("Language"), words)
        self.language.activated.connect(lambda: presenter.change(language=self.language.currentData()))
        column.addWidget(
            self._card(
                self.tr("Window"),
                "",
                (self.tr("Colours"), self.theme, ""),
                (self.tr("Language"), self.language, self.tr("Takes effect at the next start.")),
            )
        )
        column.addWidget(self._library_card())
        self.threads = QSpinBox()
        self.threads.setAccessibleName(self.tr("Processor cores to use"))
        self.threads.setRange(0, presenter.cores)
        self.threads.setSpecialValueText(self.tr("all"))
        self.threads.editingFinished.connect(lambda: presenter.change(cpu_threads=self.threads.value()))
        self.threads.setMinimumWidth(120)
        self.providers = self._choice(self.tr("Compute with"), {"": self.tr("Processor (works everywhere)")})
        self.providers.activated.connect(self._on_provider)
        column.addWidget(
            self._card(
                self.tr("Computing"),
                self.tr("Takes effect with the next lesson."),
                (
                    self.tr("Processor cores to use"),
                    self.threads,
                    self.tr("This computer has {0}. Fewer leave room for other programs.").format(presenter.cores),
                ),
                (self.tr("Compute with"), self.providers, ""),
            )
        )
        self.locked = label("", role="muted", wrap=True)
        column.addWidget(self.locked)
        column.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(scrolled(content))
        presenter.changed.connect(self.refresh)
        presenter.providers_known.connect(self._on_providers)
        presenter.ask_providers()
        self.refresh()

    def open(self) -> None:
        """Show what holds now."""
        self.refresh()

    def refresh(self) -> None:
        """Show the settings as they are."""
        settings = self.presenter.settings
        self._select(self.theme, settings.theme)
        self._select(self.language, settings.language)
        self._select(self.providers, settings.providers[0] if settings.providers else "")
        self.threads.setValue(settings.cpu_threads)
        self.folder.setText(str(settings.library_dir))
        controls: dict[str, QWidget] = {
            "theme": self.theme,
            "language": self.language,
            "library_dir": self.choose,
            "cpu_threads": self.threads,
            "providers": self.providers,
        }
        locked = self.presenter.locked
        for name, control in controls.items():
            control.setEnabled(name not in locked)
        self.locked.setVisible(bool(locked))
        if locked:
            names = ", ".join(f"GAZECLASS_{name.upper()}" for name in locked)
            self.locked.setText(self.tr("Decided by the environment, not here: {0}").format(names))

    def _library_card(self) -> QWidget:
        self.folder = ElidedLabel()
        self.folder.setAccessibleName(self.tr("Library folder"))
        self.choose = button(self.tr("Choose …"), name=self.tr("Choose the library folder"))
        self.choose.clicked.connect(self._choose_folder)
        show = button(self.tr("Show"), name=self.tr("Show the library folder"))
        show.clicked.connect(lambda: self._show(self.presenter.settings.library_dir))
        logs = button(self.tr("Show the log"), name=self.tr("Show the folder of the log file"))
        logs.clicked.connect(lambda: self._show(log_dir()))
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.folder, 1)
        for one in (self.choose, show, logs):
            row.addWidget(one)
        frame = card()
        inner = QVBoxLayout(frame)
        inner.setContentsMargins(16, 12, 16, 16)
        inner.addWidget(label(self.tr("Library folder"), role="subtitle"))
        inner.addWidget(
            label(
                self.tr(
                    "Classrooms, lessons and the roster lie here, on this computer. Choosing another folder does not "
                    "move what is in this one. The log file holds no names of students."
                ),
                role="muted",
                wrap=True,
            )
        )
        inner.addLayout(row)
        return frame

    def _card(self, title: str, text: str, *rows: tuple[str, QWidget, str]) -> QWidget:
        frame = card()
        inner = QVBoxLayout(frame)
        inner.setContentsMargins(16, 12, 16, 16)
        inner.setSpacing(8)
        inner.addWidget(label(title, role="subtitle"))
        if text:
            inner.addWidget(label(text, role="muted", wrap=True))
        for caption, control, note in rows:
            line = QHBoxLayout()
            line.setSpacing(16)
            named = label(caption)
            named.setBuddy(control)
            named.setMinimumWidth(180)
            line.addWidget(named)
            line.addWidget(control)
            said: QLabel = label(note, role="muted", wrap=True)
            line.addWidget(said, 1)
            inner.addLayout(line)
        return frame

    def _choice(self, name: str, words: dict[str, str]) -> QComboBox:
        made = QComboBox()
        made.setAccessibleName(name)
        made.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        made.setMinimumWidth(200)
        for value, word in words.items():
            made.addItem(word, value)
        return made

    def _select(self, choice: QComboBox, value: str) -> None:
        at = choice.findData(value)
        if at < 0:
            choice.addItem(value, value)
            at = choice.count() - 1
        choice.setCurrentIndex(at)

    def _on_providers(self, names: tuple[str, ...]) -> None:
        for name in names:
            if name != "CPUExecutionProvider" and self.providers.findData(name) < 0:
                self.providers.addItem(name.removesuffix("ExecutionProvider"), name)

    def _on_provider(self) -> None:
        name = self.providers.currentData()
        self.presenter.change(providers=[name] if name else [])

    def _choose_folder(self) -> None:
        path = QFileDialog.getExistingDirectory(
            self, self.tr("Choose the library folder"), str(self.presenter.settings.library_dir)
        )
        if path:
            self.presenter.move_library(Path(path))

    def _show(self, folder: Path) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))
