"""One colour for each zone, the same in report and review; a zone's name always stands beside it."""

#: Okabe and Ito's set, which keeps apart for every kind of colour vision, then three more for a 3 × 3 grid.
_ZONES = ("#e69f00", "#56b4e9", "#009e73", "#d55e00", "#0072b2", "#cc79a7", "#b8a500", "#7b5ea7", "#8c8c8c")


def zone_colour(zone: int) -> str:
    """Colour of a zone by its index; from the tenth on they begin again."""
    return _ZONES[zone % len(_ZONES)]
