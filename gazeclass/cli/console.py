"""What every command shares: one line for an error, bars for long work, exit codes.

Exit codes: 0 done, 1 the input is at fault, 2 usage (typer's own), 130 stopped by Ctrl-C.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from gazeclass.errors import Cancelled, InputError

if TYPE_CHECKING:
    from rich.progress import Progress as RichBars


def say(text: str = "") -> None:
    """Print a line for the user."""
    print(text)


def complain(text: str) -> None:
    """Print one line on stderr."""
    print(text, file=sys.stderr)


class Bars:
    """A :class:`gazeclass.progress.Progress` drawn by rich: one bar a stage, with time left."""

    def __init__(self, bars: "RichBars") -> None:
        self._bars = bars
        self._task: Any = None
        self._total: int | None = None

    def start(self, stage: str, total: int | None = None) -> None:
        """A new bar; the one before is shown as done."""
        self.finish()
        self._total = total
        self._task = self._bars.add_task(stage, total=total)

    def advance(self, steps: int = 1) -> None:
        """Move the bar."""
        if self._task is not None:
            self._bars.advance(self._task, steps)

    def note(self, text: str) -> None:
        """A line above the bars."""
        self._bars.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def finish(self) -> None:
        """Fill the last bar."""
        if self._task is not None:
            task = self._bars.tasks[self._bars.task_ids.index(self._task)]
            total = self._total if self._total is not None else max(task.completed, 1)
            self._bars.update(self._task, total=total, completed=total)


@contextmanager
def progress_bars() -> Iterator[Bars]:
    """Bars on stderr, so that stdout stays clean for results; only the notes where there is no terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(elapsed_when_finished=True),
    )
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not console.is_terminal) as bars:
        wrapped = Bars(bars)
        yield wrapped
        wrapped.finish()


@contextmanager
def guarded() -> Iterator[None]:
    """Turn what the user can do something about into one clear line and the right exit code."""
    try:
        yield
    except InputError as error:
        complain(f"gazeclass: {error}")
        raise SystemExit(1) from None
    except (Cancelled, KeyboardInterrupt):
        complain("gazeclass: stopped; nothing was left half-written.")
        raise SystemExit(130) from None
    except BrokenPipeError:
        raise SystemExit(0) from None
