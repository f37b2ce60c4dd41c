"""Models as TOML that people can read and mend, and what is wrong with such a file in one line."""

import tomllib
from pathlib import Path
from typing import Any

import tomlkit
from pydantic import BaseModel, ValidationError

from gazeclass.errors import InputError
from gazeclass.reading import read_text


def toml_text(part: BaseModel, comment: str) -> str:
    """A model as TOML with a comment on top; what is None or empty is left out."""
    document = tomlkit.document()
    document.add(tomlkit.comment(comment))
    for key, value in part.model_dump(by_alias=True, exclude_none=True).items():
        if value not in ((), "", {}):
            document.add(key, _toml(value))
    return tomlkit.dumps(document)


def _toml(value: Any) -> Any:
    """tomlkit items: matrices one row a line, lists of tables as [[tables]]."""
    if isinstance(value, dict):
        table = tomlkit.table()
        for key, item in value.items():
            if item not in ((), ""):
                table.add(key, _toml(item))
        return table
    if isinstance(value, tuple | list) and value and isinstance(value[0], dict):
        tables = tomlkit.aot()
        for item in value:
            tables.append(_toml(item))
        return tables
    if isinstance(value, tuple | list):
        array = tomlkit.array()
        array.extend([list(item) if isinstance(item, tuple) else item for item in value])
        if value and isinstance(value[0], tuple | list):
            array.multiline(True)
        return array
    return value


def read_toml(path: Path) -> dict[str, Any]:
    """Parse a TOML file.

    Raises:
        InputError: it cannot be read or is not TOML.
    """
    try:
        return tomllib.loads(read_text(path))
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"is not valid TOML ({error})", where=path, todo="Correct that line.") from error


_IN_OUR_WORDS = {
    "extra_forbidden": "there is no such key; is it misspelt?",
    "missing": "it is missing",
    "finite_number": "it must be a finite number",
}


def first_problem(error: ValidationError) -> str:
    """The first of pydantic's complaints in one line."""
    problem = error.errors(include_url=False)[0]
    place = ".".join(str(part) for part in problem["loc"]) or "the file"
    message = _IN_OUR_WORDS.get(problem["type"], problem["msg"].removeprefix("Value error, "))
    return f"{place}: {message[0].lower()}{message[1:]}"
