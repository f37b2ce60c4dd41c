"""What a recording is and when it must go: ``recording.toml`` beside the videos."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import tomlkit
from tomlkit.exceptions import TOMLKitError

from gazeclass.atomic import write_text
from gazeclass.errors import InputError

LABEL = "recording.toml"
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
