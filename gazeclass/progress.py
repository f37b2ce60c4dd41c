"""Progress and cancellation: one small protocol for long work.

Work reports to a :class:`Progress`; the command line draws bars (``gazeclass.cli.console``), the desktop signals, tests
pass :data:`SILENT`. Work never knows which.
"""

from collections.abc import Iterable, Iterator
from typing import Protocol, TypeVar

T = TypeVar("T")


class Progress(Protocol):
    """What long work is given to report to."""

    def start(self, stage: str, total: int | None = None) -> None:
        """A new stage begins; ``total`` steps, or None where it cannot be known."""

    def advance(self, steps: int = 1) -> None:
        """``steps`` more are done. Raises :class:`gazeclass.errors.Cancelled` when the user asked to stop."""

    def note(self, text: str) -> None:
        """One line worth reading that is neither a result nor an error."""


class Silent:
    """A progress that nobody watches."""

    def start(self, stage: str, total: int | None = None) -> None:
        """Ignore the stage."""

    def advance(self, steps: int = 1) -> None:
        """Ignore the step."""

    def note(self, text: str) -> None:
        """Ignore the note."""


SILENT: Progress = Silent()


def track(items: Iterable[T], progress: Progress, stage: str, total: int | None = None) -> Iterator[T]:
    """Yield ``items`` and report each as one step of ``stage``."""
    if total is None and hasattr(items, "__len__"):
        total = len(items)  # type: ignore[arg-type]
    progress.start(stage, total)
    for item in items:
        yield item
        progress.advance()
