"""How numbers are said: with their doubt, a unit, and no digit that means nothing."""

import math

#: Endings of figure names and the unit they stand for.
_UNITS = {
    "_fraction": "",
    "_px": "px",
    "_deg": "°",
    "_mm": "mm",
    "_cm": "cm",
    "_ms": "ms",
    "_m": "m",
    "_s": "s",
}

UNKNOWN = "–"


def percent(share: float, doubt: float = float("nan")) -> str:
    """A share as "62 % ± 5", without the doubt where there is none."""
    if not math.isfinite(share):
        return UNKNOWN
    text = f"{100 * share:.0f} %"
    return f"{text} ± {max(1, math.ceil(100 * doubt - 1e-9)):d}" if math.isfinite(doubt) and doubt > 5e-5 else text


def clock(seconds: float) -> str:
    """Seconds as mm:ss, or h:mm:ss from an hour on."""
    if not math.isfinite(seconds):
        return UNKNOWN
    sign, whole = ("-" if seconds <= -0.5 else ""), int(abs(seconds) + 0.5)
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    return f"{sign}{hours}:{minutes:02d}:{left:02d}" if hours else f"{sign}{minutes:02d}:{left:02d}"


def figure(name: str, value: object) -> tuple[str, str]:
    """A stored figure such as ``baseline_m = 4.411`` as words: ("baseline", "4.411 m")."""
    unit = ""
    for ending, known in _UNITS.items():
        if name.endswith(ending):
            name, unit = name.removesuffix(ending), known
            break
    label = name.replace("_", " ")
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return label, UNKNOWN
    if isinstance(value, bool):
        return label, "yes" if value else "no"
    said = f"{value:.4g}" if isinstance(value, float) else str(value)
    return label, said + unit if unit == "°" else f"{said} {unit}".rstrip()


def count(number: int, one: str, many: str | None = None) -> str:
    """ "1 visit", "3 visits"."""
    return f"{number} {one if number == 1 else many or one + 's'}"
