"""The guide's text, from the repository or from the installed wheel, cut into its chapters."""

import re
from dataclasses import dataclass
from pathlib import Path

import gazeclass

_PACKAGE = Path(gazeclass.__file__).resolve().parent
#: In a wheel the guide travels inside the package; in a checkout it stands beside it.
DOCS = (_PACKAGE / "_bundled" / "docs", _PACKAGE.parent / "docs")


@dataclass(frozen=True)
class Chapter:
    """A chapter: its title and its text in Markdown, with the folder its pictures are relative to.

    ``page`` is the name of the file it was read from, which links to it hold; "" for a chapter of no file.
    """

    title: str
    text: str
    folder: Path
    page: str = ""


def read_guide(folders: tuple[Path, ...] = DOCS) -> tuple[Chapter, ...]:
    """All chapters: those of ``user-guide.md``, then one for each page of ``guide/``; none where there is no guide."""
    docs = next((folder for folder in folders if (folder / "user-guide.md").is_file()), None)
    if docs is None:
        return ()
    chapters = split(_text(docs / "user-guide.md"), docs, "user-guide.md")
    for page in sorted((docs / "guide").glob("*.md")) if (docs / "guide").is_dir() else ():
        text = _text(page)
        title = next((line[2:].strip() for line in text.splitlines() if line.startswith("# ")), page.stem)
        title = title.replace("`", "")
        chapters.append(Chapter(title, text, page.parent, page.name))
    return tuple(chapters)


def split(text: str, folder: Path, page: str = "") -> list[Chapter]:
    """Cut Markdown at its headings of the second level; what comes before the first is a chapter of its own."""
    pieces = re.split(r"^## ", text, flags=re.MULTILINE)
    first = pieces[0]
    title = next((line[2:].strip() for line in first.splitlines() if line.startswith("# ")), "")
    chapters = [Chapter(title or "Guide", first, folder, page)] if first.strip() else []
    for piece in pieces[1:]:
        head, _, _ = piece.partition("\n")
        chapters.append(Chapter(head.strip(), f"## {piece}", folder, page))
    return chapters


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
