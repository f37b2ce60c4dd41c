"""The help place: the guide, the keys, and what the program is made of."""

from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer, QUrl, Slot
from PySide6.QtGui import (
    QDesktopServices,
    QGuiApplication,
    QKeySequence,
    QShortcut,
    QTextBlockFormat,
    QTextCursor,
    QTextDocument,
)
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QListWidget, QTextBrowser, QVBoxLayout, QWidget

from gazeclass.desktop.context import AppContext
from gazeclass.desktop.help_view import about
from gazeclass.desktop.help_view.guide import DOCS, Chapter, read_guide
from gazeclass.desktop.widgets.controls import button, label


def create(context: AppContext) -> "HelpPlace":
    """The place's widget."""
    return HelpPlace(context)


def _give_air(document: QTextDocument) -> None:
    """Qt sets Markdown's paragraphs close upon each other."""
    block = document.begin()
    while block.isValid():
        form = block.blockFormat()
        form.setLineHeight(130.0, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
        if not QTextCursor(block).currentTable():
            form.setBottomMargin(10.0)
        QTextCursor(block).setBlockFormat(form)
        block = block.next()


class HelpPlace(QWidget):
    """Chapters at the left, the text at the right; a search goes through all of them."""

    def __init__(self, context: AppContext, chapters: tuple[Chapter, ...] | None = None) -> None:
        super().__init__()
        self.setObjectName("page")
        self._context = context
        self.chapters = (*(read_guide() if chapters is None else chapters), self._keys(), self._about())
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Search the help"))
        self.search.setAccessibleName(self.tr("Search the help"))
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._on_search)
        self.search.returnPressed.connect(self._to_text)
        self.titles = QListWidget()
        self.titles.setAccessibleName(self.tr("Chapters"))
        self.titles.setMaximumWidth(300)
        self.titles.setMinimumWidth(200)
        self.titles.setWordWrap(True)
        self.titles.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.titles.currentRowChanged.connect(self._on_chosen)
        self.text = QTextBrowser()
        self.text.setAccessibleName(self.tr("Text of the chapter"))
        self.text.setOpenLinks(False)
        self.text.anchorClicked.connect(self._on_link)
        self.text.document().setDocumentMargin(16)
        self.copy = button(self.tr("Copy versions and folders"), icon="content-copy")
        self.copy.clicked.connect(self._on_copy)
        self._copied = QTimer(self)
        self._copied.setSingleShot(True)
        self._copied.setInterval(2000)
        self._copied.timeout.connect(lambda: self.copy.setText(self.tr("Copy versions and folders")))
        left = QVBoxLayout()
        left.setSpacing(8)
        left.addWidget(self.search)
        left.addWidget(self.titles, 1)
        left.addWidget(self.copy)
        columns = QHBoxLayout()
        columns.setSpacing(16)
        columns.addLayout(left)
        columns.addWidget(self.text, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 16, 24, 16)
        layout.setSpacing(16)
        layout.addWidget(label(self.tr("Help"), role="title"))
        layout.addLayout(columns, 1)
        find = QShortcut(QKeySequence(QKeySequence.StandardKey.Find), self)
        find.activated.connect(self.search.setFocus)
        self._shown: list[int] = []
        self._fill("")

    def open(self, chapter: str = "") -> None:
        """Show a chapter whose title contains ``chapter``, or leave it as it is."""
        self._open_first(lambda known: bool(chapter) and chapter.casefold() in known.title.casefold())

    def _open_first(self, wanted: Callable[[Chapter], bool]) -> None:
        self.search.clear()
        for row, number in enumerate(self._shown):
            if wanted(self.chapters[number]):
                self.titles.setCurrentRow(row)
                return

    @Slot()
    def _to_text(self) -> None:
        self.text.setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot(str)
    def _on_search(self, words: str) -> None:
        self._fill(words)

    def _fill(self, words: str) -> None:
        wanted = words.casefold().split()
        self._shown = [
            n for n, c in enumerate(self.chapters) if all(w in f"{c.title}\n{c.text}".casefold() for w in wanted)
        ]
        self.titles.clear()
        for number in self._shown:
            self.titles.addItem(self.chapters[number].title)
        if self._shown:
            self.titles.setCurrentRow(0)
        else:
            self.text.setPlainText(self.tr("Nothing about “{0}”. Try another word.").format(words))

    @Slot(int)
    def _on_chosen(self, row: int) -> None:
        if not 0 <= row < len(self._shown):
            return
        chapter = self.chapters[self._shown[row]]
        self.text.setSearchPaths([str(chapter.folder)])
        self.text.setMarkdown(chapter.text)
        _give_air(self.text.document())
        words = self.search.text().split()
        if words:
            self.text.find(words[0])

    @Slot(QUrl)
    def _on_link(self, url: QUrl) -> None:
        if url.scheme() in ("http", "https"):
            # The program itself opens no connection; the user's browser may.
            QDesktopServices.openUrl(url)
        elif url.fragment() and not url.path():
            self.text.scrollToAnchor(url.fragment())
        else:
            self._open_first(lambda known: known.page == url.fileName())

    @Slot()
    def _on_copy(self) -> None:
        QGuiApplication.clipboard().setText(about.report(self._context))
        self.copy.setText(self.tr("Copied"))
        self._copied.start()

    def _keys(self) -> Chapter:
        rows = (
            ("Ctrl+1 … Ctrl+4", self.tr("go to Lesson, Classrooms, Reports, Students")),
            ("Ctrl+, · F1", self.tr("settings · this help")),
            ("F11", self.tr("fill the screen, and back")),
            ("Ctrl+Enter", self.tr("start the lesson")),
            ("Space", self.tr("pause the lesson and go on; in a report, play it; in the wizard, take a view")),
            ("M", self.tr("mark a moment of the lesson")),
            ("Esc", self.tr("leave the full screen, close a message")),
            (self.tr("Tab, Shift+Tab"), self.tr("go from control to control")),
            (self.tr("arrow keys"), self.tr("go from seat to seat in the room, from step to step in the wizard")),
            ("F2 · Del", self.tr("rename or delete the classroom whose card the keyboard is at")),
            ("Ctrl+Q", self.tr("close the program")),
        )
        lines = [f"| {key} | {word} |" for key, word in rows]
        head = f"| {self.tr('key')} | {self.tr('does')} |\n|---|---|\n"
        title = self.tr("Keys")
        return Chapter(title, f"## {title}\n\n{head}" + "\n".join(lines) + "\n", DOCS[-1])

    def _about(self) -> Chapter:
        title = self.tr("About gazeclass")
        text = self.tr(
            "gazeclass tells where on the board a class is facing, from two ordinary cameras, and how sure that is. It "
            "measures where heads face; it does not know what anyone thinks, and it does not rank anyone. It works "
            "without the internet: it opens no connection but to the cameras you tell it of. MIT licence."
        )
        rows = "\n".join(f"| {name} | {version} |" for name, version in about.versions())
        table = f"| {self.tr('part')} | {self.tr('version')} |\n|---|---|\n{rows}\n"
        return Chapter(title, f"## {title}\n\n{text}\n\n{table}", DOCS[-1])
