"""People's words for what files and the command line call cam0 and cam1: the left camera and the right one."""

import re
from dataclasses import dataclass

#: ``cam0``, ``camera 1``, ``stereo/cam0`` in a sentence; not in a path or a file's name, which stay as they are.
_CAMERA = re.compile(
    r"(?P<of>(?<=picture ))?(?<![\w/\\-])(?:(?:intrinsics|stereo|auxiliary)/)?[Cc]am(?:era )?(?P<number>[01])"
    r"(?![\w/\\]|\.\w)"
)
#: Who calibrates a folder is to rename its cameras; in the window a button does.
_SWAPPED = re.compile(r"[Tt]he cameras are swapped: cam0 .*\bcam1\b\.?")


@dataclass(frozen=True)
class Words:
    """What cameras are called, in one language.

    Attributes:
        left, right: camera 0 and camera 1, as the cameras look at the class.
        of: "of {0}", for "there is no picture of the left camera".
        exchanged: that left and right are the wrong way round.
    """

    left: str
    right: str
    of: str
    exchanged: str


ENGLISH = Words(
    "the left camera",
    "the right camera",
    "of {0}",
    "The cameras are swapped: the one called left stands on the right, as the cameras look (or both pictures are "
    "mirrored). Exchange left and right.",
)


def for_people(text: str, words: Words = ENGLISH) -> str:
    """``text`` with the cameras called left and right."""

    def name(found: re.Match[str]) -> str:
        called = words.left if found["number"] == "0" else words.right
        if found["of"] is not None:
            return words.of.format(called)
        before = text[: found.start()].rstrip()
        begins = not before or before[-1] in ".!?"
        return called[0].upper() + called[1:] if begins else called

    text = _SWAPPED.sub(lambda _: words.exchanged, text)
    return _CAMERA.sub(name, text)
