"""The room's words for what files and the command line call cam0 and cam1: the left camera and the right one."""

import re

from PySide6.QtCore import QCoreApplication

#: ``cam0``, ``camera 1``, ``stereo/cam0`` in a sentence; not in a path or a file's name, which stay as they are.
_CAMERA = re.compile(
    r"(?P<of>(?<=picture ))?(?<![\w/\\-])(?:(?:intrinsics|stereo|auxiliary)/)?[Cc]am(?:era )?(?P<number>[01])"
    r"(?![\w/\\]|\.\w)"
)
#: Who calibrates a folder is to rename its cameras; here a button does.
_SWAPPED = re.compile(r"[Tt]he cameras are swapped: cam0 .*\bcam1\b\.?")


def for_people(text: str) -> str:
    """``text`` with the cameras called left and right, as everywhere in the wizard."""

    def name(found: re.Match[str]) -> str:
        words = _tr("the left camera") if found["number"] == "0" else _tr("the right camera")
        if found["of"] is not None:
            return _tr("of {0}").format(words)
        before = text[: found.start()].rstrip()
        begins = not before or before[-1] in ".!?"
        return words[0].upper() + words[1:] if begins else words

    text = _SWAPPED.sub(lambda _: exchanged(), text)
    return _CAMERA.sub(name, text)


def exchanged() -> str:
    """That left and right are the wrong way round."""
    return _tr(
        "The cameras are swapped: the one called left stands on the right, as the cameras look (or both pictures are "
        "mirrored). Exchange left and right."
    )


def _tr(text: str) -> str:
    return QCoreApplication.translate("Wizard", text)
