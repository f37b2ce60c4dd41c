"""What a recording is and when it must go: ``recording.toml`` beside the videos, and the purge that obeys it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import tomlkit
from tomlkit.exceptions import TOMLKitError

from gazeclass.atomic import write_text
from gazeclass.errors import InputError

LABEL = "recording.toml"
#: What a recording consists of; a purge removes nothing else.
_FILES = ("cam0.mkv", "cam1.mkv", "timestamps.csv")
_WARNING = "This folder holds pictures of a class. Whoever has it must delete it by the date below."


@dataclass(frozen=True)
class RecordingLabel:
    """What stands in ``recording.toml``.

    Attributes:
        text: which class and lesson, without names of students.
        made_utc: when it began.
        expires_utc: when it must be deleted.
        cameras: both cameras' names.
    """

    text: str
    made_utc: datetime
    expires_utc: datetime
    cameras: tuple[str, str] = ("", "")


def label_for(text: str, keep_days: float, cameras: tuple[str, str] = ("", "")) -> RecordingLabel:
    """A label for a recording that begins now and is kept for ``keep_days``."""
    now = datetime.now(UTC).replace(microsecond=0)
    return RecordingLabel(text, now, now + timedelta(days=keep_days), cameras)


def write_label(folder: Path, label: RecordingLabel) -> None:
    """Put the label into the folder."""
    document = tomlkit.document()
    document.add(tomlkit.comment(_WARNING))
    document["text"] = label.text
    document["made_utc"] = label.made_utc
    document["expires_utc"] = label.expires_utc
    document["cameras"] = list(label.cameras)
    write_text(folder / LABEL, tomlkit.dumps(document))


def read_label(folder: Path) -> RecordingLabel:
    """Read a recording's label.

    Raises:
        InputError: there is none, or it cannot be read.
    """
    path = folder / LABEL
    try:
        raw = tomlkit.parse(path.read_text(encoding="utf-8")).unwrap()
        first, second = raw["cameras"]
        label = RecordingLabel(str(raw["text"]), raw["made_utc"], raw["expires_utc"], (str(first), str(second)))
        if not (label.made_utc.tzinfo and label.expires_utc.tzinfo):
            raise ValueError("a date has no time zone")
    except (OSError, UnicodeDecodeError, TOMLKitError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"the recording's label cannot be read ({error})", where=path) from error
    return label


def purge_expired(library: Path, now: datetime | None = None) -> list[tuple[Path, RecordingLabel]]:
    """Delete the recordings in a folder's subfolders whose time is over.

    Args:
        library: holds recordings' folders, at any depth.
        now: for tests.

    Returns:
        What was deleted, for the receipt. A recording whose label cannot be read is left alone.
    """
    now = now or datetime.now(UTC)
    gone = []
    for path in sorted(library.rglob(LABEL)):
        try:
            label = read_label(path.parent)
        except InputError:
            continue
        if label.expires_utc > now:
            continue
        # The label goes last: a purge that is interrupted is finished by the next.
        for name in (*_FILES, LABEL):
            (path.parent / name).unlink(missing_ok=True)
        if not any(path.parent.iterdir()):
            path.parent.rmdir()
        gone.append((path.parent, label))
    return gone
