"""Write the user's ``settings.toml``: what was there and is not changed stays, comments included."""

from pathlib import Path
from typing import Any

import tomlkit
from pydantic import ValidationError
from tomlkit.exceptions import TOMLKitError

from gazeclass.atomic import write_text
from gazeclass.errors import InputError
from gazeclass.settings import CONFIG_DIR, Settings, settings

FILE_NAME = "settings.toml"


def save_settings(changes: dict[str, Any], path: Path | None = None) -> Settings:
    """Change some fields of the settings file and return the settings as they are now.

    Args:
        changes: by field name; None removes a field, so that its default holds again.
        path: of the file; the user's own when None.

    Raises:
        InputError: a value that cannot be, a file that cannot be read or written; nothing was changed then.
    """
    path = path or CONFIG_DIR / FILE_NAME
    try:
        document = tomlkit.parse(path.read_text(encoding="utf-8")) if path.is_file() else tomlkit.document()
    except (OSError, UnicodeDecodeError, TOMLKitError) as error:
        raise InputError(
            f"the settings cannot be read ({error})", where=path, todo="Correct or delete that file."
        ) from error
    for name, value in changes.items():
        if value is None:
            document.pop(name, None)
        else:
            document[name] = str(value) if isinstance(value, Path) else value
    try:
        found = Settings(**{k: v for k, v in document.unwrap().items() if k in Settings.model_fields})
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        raise InputError(f"{problem['loc'][0]}: {problem['msg'].lower()}", where=path) from error
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, tomlkit.dumps(document))
    settings.cache_clear()
    return found


def overruled(names: tuple[str, ...]) -> tuple[str, ...]:
    """Fields that an environment variable decides, so that the file has no say."""
    import os

    return tuple(name for name in names if f"GAZECLASS_{name.upper()}" in os.environ)
