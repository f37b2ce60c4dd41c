"""What each student does now, as a mark on the plan that does not flicker."""

from collections import deque

import numpy as np

from gazeclass.desktop.widgets.room_plan import Mark, SeatState
from gazeclass.geometry.frames import Board
from gazeclass.lesson.observation import Observation, ObservationStatus

#: A mark changes when most of the last seconds say so.
OVER_S = 2.0
#: Colours of the zones' rings, told apart by colour-blind people too (Okabe and Ito 2008); the tooltip names the zone.
RINGS = ("#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7", "#7a5195", "#b2df8a")


class SteadyMarks:
    """Marks of all students over the last seconds.

    Args:
        board: to tell the board from the wall beside it.
    """

    def __init__(self, board: Board) -> None:
        self._board = board
        self._recent: dict[str, deque[tuple[float, str]]] = {}
        self._now: dict[str, str] = {}

    def add(self, t_s: float, observations: tuple[Observation, ...]) -> None:
        """Take in one moment."""
        for o in observations:
            recent = self._recent.setdefault(o.student, deque())
            recent.append((t_s, self._said(o)))
            while recent[0][0] < t_s - OVER_S:
                recent.popleft()
            words = [word for _, word in recent]
            best = max(set(words), key=lambda word: (words.count(word), word))
            if 2 * words.count(best) > len(words) or o.student not in self._now:
                self._now[o.student] = best

    def of(self, student: str) -> str:
        """ "board", "zone:<name>", "beside", "away", "doubtful" or "unseen"."""
        return self._now.get(student, "unseen")

    def _said(self, o: Observation) -> str:
        if o.status == ObservationStatus.NOT_SEEN:
            return "unseen"
        if o.status == ObservationStatus.AWAY:
            return "away"
        if o.status == ObservationStatus.LOW_CONFIDENCE or not np.isfinite(o.board_xy_m).all():
            return "doubtful"
        if o.zone and o.zone_probability > 0.5:
            return f"zone:{o.zone}"
        return "board" if o.zone or self._board.contains(o.board_xy_m) else "beside"


def seat_state(said: str, student: str, zones: tuple[str, ...], words: dict[str, str]) -> SeatState:
    """A mark as the plan draws it.

    Args:
        said: from :meth:`SteadyMarks.of`.
        student: pseudonym, for the tooltip.
        zones: names, for the rings' colours.
        words: what each mark means, in the user's language; "zone" has a place for the zone's name.
    """
    if said.startswith("zone:"):
        zone = said.removeprefix("zone:")
        colour = RINGS[zones.index(zone) % len(RINGS)] if zone in zones else ""
        return SeatState(Mark.ZONE, colour, "", f"{student}: {words['zone'].format(zone)}")
    mark = {"board": Mark.BOARD, "away": Mark.AWAY, "beside": Mark.AWAY}.get(said, Mark.UNSEEN)
    return SeatState(mark, "", "", f"{student}: {words[said]}", unreliable=said == "doubtful")
