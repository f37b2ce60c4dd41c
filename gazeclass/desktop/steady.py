"""Keep a program with a window alive under PySide6 6.12.0 on Python 3.11.

The wheel of PySide6 6.12.0 counts on None, True and False being immortal, as they are from Python 3.12 on (PEP 683):
each call of a Qt method that returns one of them takes a reference that was never given. On Python 3.11 the interpreter
ends with "Fatal Python error: none_dealloc" after some thousand such calls; a window that redraws ten times a second
comes to that within a minute. PySide6 6.11.3 does not do it.

So on Python before 3.12 the three are given so many references that they cannot run out in a lifetime. This changes
nothing else: nobody ever frees them.
"""

import ctypes
import sys

_PLENTY = 1 << 40


def keep_singletons() -> None:
    """Make None, True and False as good as immortal where Python does not do so itself."""
    if sys.version_info >= (3, 12) or sys.implementation.name != "cpython":
        return
    for value in (None, True, False):
        if sys.getrefcount(value) < _PLENTY:
            # The first word of every object is its reference count (CPython before 3.12).
            ctypes.c_ssize_t.from_address(id(value)).value += _PLENTY
