"""Settings and help: saved at once, wrong values refused, the guide's chapters, versions to copy."""

import re
from pathlib import Path

import pytest
from looks import cut_off, nameless, too_small
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QGuiApplication

from gazeclass.desktop.context import AppContext
from gazeclass.desktop.help_view import about
from gazeclass.desktop.help_view.guide import read_guide, split
from gazeclass.desktop.help_view.place import HelpPlace
from gazeclass.desktop.settings_file import overruled, save_settings
from gazeclass.desktop.settings_view.place import SettingsPlace
from gazeclass.desktop.settings_view.presenter import SettingsPresenter
from gazeclass.errors import InputError


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config" / "settings.toml"


@pytest.fixture
def place(qtbot, context: AppContext, file: Path) -> SettingsPlace:
    made = SettingsPlace(SettingsPresenter(context, file))
    qtbot.addWidget(made)
    made.resize(1168, 720)
    made.show()
    return made


def test_a_change_is_saved_at_once_and_told(place: SettingsPlace, context: AppContext, file: Path, qtbot) -> None:
    with qtbot.waitSignal(context.settings_changed):
        place.theme.setCurrentIndex(place.theme.findData("dark"))
        place.theme.activated.emit(place.theme.currentIndex())
    assert file.read_text() == 'theme = "dark"\n'
    assert context.settings.theme == "dark"
    assert context.settings.cpu_threads == 1  # what was set for this run only stays


def test_threads_by_keyboard(place: SettingsPlace, context: AppContext, file: Path, qtbot) -> None:
    context.replace_settings(context.settings.model_copy(update={"cpu_threads": 0}))
    assert place.threads.text() == "all"
    place.threads.setFocus()
    qtbot.keyClick(place.threads, Qt.Key.Key_Up)
    qtbot.keyClick(place.threads, Qt.Key.Key_Return)
    assert "cpu_threads = 1" in file.read_text()


def test_what_is_in_the_file_stays(file: Path) -> None:
    file.parent.mkdir()
    file.write_text("# mine\nassets_dir = '/a'  # here\nunknown = 3\n")
    save_settings({"language": "en"}, file)
    assert file.read_text() == "# mine\nassets_dir = '/a'  # here\nunknown = 3\nlanguage = \"en\"\n"
    save_settings({"language": None}, file)
    assert "language" not in file.read_text()


@pytest.mark.parametrize("changes", [{"theme": "pink"}, {"cpu_threads": -1}])
def test_a_wrong_value_changes_nothing(file: Path, changes: dict[str, object]) -> None:
    with pytest.raises(InputError, match=next(iter(changes))):
        save_settings(changes, file)
    assert not file.exists()


def test_a_damaged_file_is_said_not_overwritten(place, context, file: Path, qtbot) -> None:
    file.parent.mkdir()
    file.write_text("theme = [")
    with qtbot.waitSignal(context.error_raised) as caught:
        assert not place.presenter.change(theme="dark")
    assert "cannot be read" in str(caught.args[0])
    assert file.read_text() == "theme = ["
    assert place.theme.currentData() == "light"


def test_library_folder(place: SettingsPlace, context: AppContext, tmp_path: Path, qtbot) -> None:
    with qtbot.waitSignal(context.library_changed):
        place.presenter.move_library(tmp_path / "elsewhere")
    assert context.library == tmp_path / "elsewhere"
    assert place.folder.text() == str(tmp_path / "elsewhere")
    assert list((tmp_path / "elsewhere").iterdir()) == []
    (tmp_path / "a file").write_text("")
    with qtbot.waitSignal(context.error_raised):
        place.presenter.move_library(tmp_path / "a file" / "x")
    assert context.library == tmp_path / "elsewhere"


def test_what_the_environment_decides_is_not_offered(place: SettingsPlace, monkeypatch) -> None:
    monkeypatch.setenv("GAZECLASS_CPU_THREADS", "2")
    assert overruled(("cpu_threads", "theme")) == ("cpu_threads",)
    place.refresh()
    assert not place.threads.isEnabled()
    assert place.theme.isEnabled()
    assert "GAZECLASS_CPU_THREADS" in place.locked.text()


def test_what_can_be_computed_with_is_asked_in_a_thread(place: SettingsPlace, context: AppContext, qtbot) -> None:
    place.presenter.providers_known.emit(("CUDAExecutionProvider", "CPUExecutionProvider"))
    assert [place.providers.itemText(n) for n in range(2)] == ["Processor (works everywhere)", "CUDA"]
    place.providers.setCurrentIndex(1)
    place.providers.activated.emit(1)
    assert context.settings.providers == ["CUDAExecutionProvider"]
    qtbot.waitUntil(lambda: not context.tasks.running, timeout=60000)
    # What this machine's own answer adds, before or after, is neither the processor twice nor a service elsewhere.
    assert place.providers.findData("CPUExecutionProvider") == -1
    assert place.providers.findData("AzureExecutionProvider") == -1


def test_settings_look(place: SettingsPlace) -> None:
    assert cut_off(place) == nameless(place) == too_small(place) == []


def test_guide_is_cut_into_chapters(tmp_path: Path) -> None:
    chapters = split("# The guide\n\nHello.\n\n## One\n\na\n\n### Part\n\n## Two\n\nb\n", tmp_path)
    assert [c.title for c in chapters] == ["The guide", "One", "Two"]
    assert "### Part" in chapters[1].text
    (tmp_path / "user-guide.md").write_text("## One\n\na\n", encoding="utf-8")
    (tmp_path / "guide").mkdir()
    (tmp_path / "guide" / "wizard.md").write_text("# The wizard\n\nb\n", encoding="utf-8")
    assert [c.title for c in read_guide((tmp_path,))] == ["One", "The wizard"]
    assert read_guide((tmp_path / "nowhere",)) == ()


def test_the_guide_of_this_checkout_is_shown(qtbot, context: AppContext) -> None:
    place = HelpPlace(context)
    qtbot.addWidget(place)
    place.resize(1168, 720)
    place.show()
    assert len(place.chapters) > 5
    assert [c.title for c in place.chapters[-2:]] == ["Keys", "About gazeclass"]
    place.search.setText("tape measure")
    assert 0 < place.titles.count() < len(place.chapters)
    assert "tape measure" in place.text.toPlainText()
    place.search.setText("xyzzy")
    assert place.titles.count() == 0
    assert "Nothing about “xyzzy”" in place.text.toPlainText()
    place.open(chapter="keys")
    assert "F11" in place.text.toPlainText()
    assert cut_off(place) == nameless(place) == too_small(place) == []


def test_help_without_a_guide_still_has_keys_and_versions(qtbot, context: AppContext) -> None:
    place = HelpPlace(context, ())
    qtbot.addWidget(place)
    assert [c.title for c in place.chapters] == ["Keys", "About gazeclass"]


def test_links_open_the_browser_only_when_pressed(qtbot, context: AppContext, monkeypatch) -> None:
    from gazeclass.desktop.help_view import place as module

    opened = []
    monkeypatch.setattr(module.QDesktopServices, "openUrl", opened.append)
    place = HelpPlace(context)
    qtbot.addWidget(place)
    place._on_link(QUrl("https://example.org"))
    assert opened == [QUrl("https://example.org")]
    place._on_link(QUrl("#somewhere"))
    assert len(opened) == 1


def test_every_link_of_the_guide_leads_to_its_page(qtbot, context: AppContext) -> None:
    place = HelpPlace(context)
    qtbot.addWidget(place)
    links = [
        (chapter, target)
        for chapter in place.chapters
        for target in re.findall(r"(?<!!)\[[^\]]*\]\(([^)#]+)\)", chapter.text)
        if "://" not in target
    ]
    assert len(links) > 10
    for chapter, target in links:
        assert (chapter.folder / target).is_file(), f"{chapter.title}: {target}"
        place.open("keys")
        place._on_link(QUrl(target))
        shown = place.chapters[place.titles.currentRow()]
        assert shown.page == Path(target).name, f"{chapter.title}: {target}"


def test_every_picture_of_the_guide_is_there(context: AppContext) -> None:
    shown = [
        chapter.folder / target
        for chapter in read_guide()
        for target in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", chapter.text)
    ]
    assert len(shown) > 10
    assert [str(path) for path in shown if not path.is_file()] == []


def test_versions_can_be_copied_without_the_users_name(qtbot, context: AppContext) -> None:
    context.replace_settings(context.settings.model_copy(update={"library_dir": Path.home() / "library"}))
    place = HelpPlace(context)
    qtbot.addWidget(place)
    place.copy.click()
    text = QGuiApplication.clipboard().text()
    assert "gazeclass 0" in text
    assert "library ~" in text
    assert str(Path.home()) not in text
    assert ("Qt", about.qVersion()) in about.versions()
