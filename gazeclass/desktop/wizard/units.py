"""Lengths as the person with the tape writes them: metres, centimetres or inches. Inside, everything is metres."""

from dataclasses import dataclass

from gazeclass.errors import InputError


@dataclass(frozen=True)
class Unit:
    """A unit of length.

    Attributes:
        key: as remembered in the settings.
        symbol: as shown after a number.
        metres: one unit in metres.
        decimals: so that the last digit is about a millimetre.
    """

    key: str
    symbol: str
    metres: float
    decimals: int

    def text(self, length_m: float) -> str:
        """``"3.343 m"``."""
        return f"{length_m / self.metres:.{self.decimals}f} {self.symbol}"


METRE = Unit("m", "m", 1.0, 3)
CENTIMETRE = Unit("cm", "cm", 0.01, 1)
INCH = Unit("inch", "in", 0.0254, 1)
UNITS: tuple[Unit, ...] = (METRE, CENTIMETRE, INCH)

_WORDS = {"m": METRE, "cm": CENTIMETRE, "in": INCH, "inch": INCH, '"': INCH, "″": INCH}


def unit_of(key: str) -> Unit:
    """The unit called ``key``; metres for a name nobody knows."""
    return next((unit for unit in UNITS if unit.key == key), METRE)


def parse_length(text: str, unit: Unit) -> float:
    """Metres of what was typed: a number in ``unit``, or one with a unit of its own ("334.3 cm"); a comma will do.

    Raises:
        InputError: no positive number.
    """
    cleaned = text.strip().lower().replace(",", ".")
    for word in sorted([*_WORDS, "mm"], key=len, reverse=True):
        if cleaned.endswith(word):
            factor = 0.001 if word == "mm" else _WORDS[word].metres
            number = cleaned[: -len(word)]
            break
    else:
        factor, number = unit.metres, cleaned
    try:
        value = float(number) * factor
    except ValueError:
        value = float("nan")
    if not 0 < value < float("inf"):
        raise InputError(f"'{text.strip()}' is not a length", todo=f"Write a number, for example {unit.text(3.343)}.")
    return value
