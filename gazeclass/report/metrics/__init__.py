"""What a lesson adds up to. Every figure of the report, the CSV set and the review is defined in this package.

**Time.** A moment is a time at which a frame pair was observed. It stands for the time until the next moment, but for
no more than 1.5 usual periods (so a pause of the recording is nobody's time): ``w_m = min(t_{m+1} - t_m, 1.5 T)``, the
last one for ``T``. An observation at moment m has weight w_m. The lesson's length is ``Σ w_m``. Times are counted in
whole microseconds, so that a sum is the same to the last digit in whatever order and by whatever tool it is made.

**States.** An observation is *measured* when its status is ok, one_camera or away. It is then in one of these states:
a zone (the most probable one), *elsewhere* (the ray meets the board's plane, most probably in no zone), *away* (turned
from the board's side). Low confidence is *doubtful*; no observation or not_seen is *not seen*. The last two are never
counted as facing elsewhere: **every share has the measured (seen and confident) time as its denominator.**

| figure | defined in |
|---|---|
| weights, states | :mod:`.states` |
| dwell, share of the time measured and its doubt, coverage of the measurement | :mod:`.shares` |
| stays, visits, revisits, first entry, longest and mean visit, transitions | :mod:`.stays` |
| share of the class facing the board per minute, its band | :mod:`.timeline` |
| synchrony of the class, the part of the board that was used | :mod:`.together` |
| expected hit rate of a zone, "unreliable" | :mod:`.reliability` |
"""

from gazeclass.report.metrics.reliability import LEAST_HIT_RATE, HitRates, hit_rates
from gazeclass.report.metrics.shares import Share, Totals
from gazeclass.report.metrics.states import AWAY, DOUBTFUL, ELSEWHERE, NOT_SEEN, STATE_NAMES, LessonTimes
from gazeclass.report.metrics.stays import BRIDGE_S, LEAST_STAY_S, Stay, Stays, ZoneVisits
from gazeclass.report.metrics.timeline import Timeline, class_timeline, round_bin_s, stretches_below
from gazeclass.report.metrics.together import Synchrony, area_of_half, synchrony

__all__ = [
    "AWAY", "BRIDGE_S", "DOUBTFUL", "ELSEWHERE", "LEAST_HIT_RATE", "LEAST_STAY_S", "NOT_SEEN", "STATE_NAMES",
    "HitRates", "LessonTimes", "Share", "Stay", "Stays", "Synchrony", "Timeline", "Totals", "ZoneVisits",
    "area_of_half", "class_timeline", "hit_rates", "round_bin_s", "stretches_below", "synchrony",
]  # fmt: skip
