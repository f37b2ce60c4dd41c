"""A camera that is plugged in, as lesson and wizard offer it for choice."""

from dataclasses import dataclass


@dataclass(frozen=True)
class PluggedIn:
    """A camera of this computer.

    Attributes:
        name: what to show.
        address: what to open, as :mod:`gazeclass.capture.spec` reads it.
    """

    name: str
    address: str
