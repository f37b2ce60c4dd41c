"""Long work in threads: signals in the GUI thread, progress, cancelling, failures."""

import threading

import pytest
from PySide6.QtCore import QThread
from PySide6.QtWidgets import QApplication

from gazeclass.desktop.context import AppContext
from gazeclass.desktop.widgets.states import LoadingState
from gazeclass.errors import InputError
from gazeclass.progress import Progress

LONG = 30000


def test_result_and_progress_arrive_in_the_gui_thread(qtbot, context: AppContext) -> None:
    seen: list[tuple[str, object, bool]] = []

    def in_gui() -> bool:
        return QThread.currentThread() is QApplication.instance().thread()

    def work(progress: Progress) -> str:
        assert not in_gui()
        progress.start("counting", 1000)
        for _ in range(1000):
            progress.advance()
        progress.note("counted")
        return "all"

    task = context.tasks.run(work, title="Counting")
    task.stage.connect(lambda name, total: seen.append(("stage", (name, total), in_gui())))
    task.advanced.connect(lambda n: seen.append(("advanced", n, in_gui())))
    task.noted.connect(lambda text: seen.append(("noted", text, in_gui())))
    task.done.connect(lambda result: seen.append(("done", result, in_gui())))
    with qtbot.waitSignal(task.finished, timeout=LONG):
        pass
    assert [kind for kind, _, _ in seen if kind != "advanced"] == ["stage", "noted", "done"]
    assert seen[0][1] == ("counting", 1000)
    assert seen[-1][1] == "all"
    assert all(gui for _, _, gui in seen)
    steps = [value for kind, value, _ in seen if kind == "advanced"]
    assert steps[-1] == 1000
    # A thousand reports are a few deliveries: the window has other things to do.
    assert len(steps) < 60


def test_cancel_stops_at_the_next_report(qtbot, context: AppContext) -> None:
    began, ends = threading.Event(), []

    def work(progress: Progress) -> None:
        progress.start("waiting")
        began.set()
        while True:
            progress.advance()
            threading.Event().wait(0.002)

    task = context.tasks.run(work, title="Waiting")
    task.done.connect(lambda _: ends.append("done"))
    task.failed.connect(lambda _: ends.append("failed"))
    task.cancelled.connect(lambda: ends.append("cancelled"))
    qtbot.waitUntil(began.is_set, timeout=LONG)
    with qtbot.waitSignal(task.finished, timeout=LONG):
        task.cancel()
    assert ends == ["cancelled"]
    assert context.tasks.running == ()


@pytest.mark.parametrize("error", [InputError("no such file"), ValueError("a mistake"), MemoryError()])
def test_failures_are_handed_over(qtbot, context: AppContext, error: Exception) -> None:
    def work(progress: Progress) -> None:
        raise error

    task = context.tasks.run(work, title="Failing")
    seen: list[object] = []
    task.failed.connect(seen.append)
    with qtbot.waitSignal(task.finished, timeout=LONG):
        pass
    assert seen == [error]


def test_idle_comes_after_the_last(qtbot, context: AppContext) -> None:
    gate = threading.Event()
    with qtbot.waitSignal(context.tasks.idle, timeout=LONG):
        first = context.tasks.run(lambda p: gate.wait(20), title="one")
        second = context.tasks.run(lambda p: gate.wait(20), title="two")
        assert context.tasks.running == (first, second)
        gate.set()
    assert context.tasks.running == ()


def test_loading_state_shows_and_cancels(qtbot, context: AppContext) -> None:
    gate = threading.Event()

    def work(progress: Progress) -> None:
        progress.start("reading pictures", 40)
        progress.advance(10)
        while not gate.wait(0.002):
            progress.advance(0)

    view = LoadingState()
    qtbot.addWidget(view)
    view.show()
    task = context.tasks.run(work, title="Importing Room 12")
    view.watch(task)
    qtbot.waitUntil(lambda: view.bar.value() == 10, timeout=LONG)
    assert view.title.text() == "Importing Room 12"
    qtbot.waitUntil(lambda: view.stage.text().startswith("reading pictures · 10 of 40"), timeout=LONG)
    with qtbot.waitSignal(task.cancelled, timeout=LONG):
        view.cancel.click()
        assert not view.cancel.isEnabled()
    gate.set()


def test_time_left_is_said_once_it_is_known(qtbot, context: AppContext, monkeypatch) -> None:
    from gazeclass.desktop import tasks

    now = [100.0]
    monkeypatch.setattr(tasks.time, "monotonic", lambda: now[0])
    task = tasks.Task("x")
    task.post("stage", ("reading", 10))
    task._deliver()
    assert task.time_left_s() is None
    task.post("advance", 4)
    task._deliver()
    assert task.time_left_s() is None  # nothing can be said after no time
    now[0] += 8.0
    assert task.time_left_s() == pytest.approx(12.0)
    task.post("stage", ("computing", -1))
    task._deliver()
    now[0] += 8.0
    assert task.time_left_s() is None  # nobody knows how much there is
