"""Which followed faces look alike, in one camera: what is no face at all, and whose face is whose after two met."""

from collections.abc import Sequence

import numpy as np

from gazeclass.faces.appearance import exchange_is_better
from gazeclass.faces.follower import Follower

_FEWEST = 4  # faces, before anything is said about how alike they usually are
_WEIGHT_TO_JUDGE, _WEIGHT_TO_PASS = 0.3, 2.0


def usual_cosine(followers: Sequence[Follower]) -> float | None:
    """Usual cosine between two people's faces in this camera; None while there are too few."""
    known = [f.appearance.mean for f in followers if f.confirmed and f.appearance.weight > 0.5]
    means = np.array([mean for mean in known if mean is not None])
    if len(means) < _FEWEST:
        return None
    return float(np.median((means @ means.T)[np.triu_indices(len(means), 1)]))


def is_unlike_all(follower: Follower, followers: Sequence[Follower], usual: float) -> bool:
    """Whether a track looks like none of the others: two faces have more in common than a face and a hand.

    It is judged while young: whoever has passed is somebody, and may look unlike the rest.

    Args:
        follower: the track.
        followers: all of its camera.
        usual: cosine between two people's faces, of :func:`usual_cosine`.
    """
    looks = follower.appearance
    if looks.mean is None or looks.weight < _WEIGHT_TO_JUDGE or follower.accepted:
        return False
    follower.accepted = looks.weight > _WEIGHT_TO_PASS
    others = [f.appearance.mean for f in followers if f is not follower and f.confirmed]
    common = np.array([mean for mean in others if mean is not None]) @ looks.mean
    return bool(len(common) >= _FEWEST and common.mean() < usual - 0.5 * (1 - usual))


def settle_meeting(follower: Follower, followers: Sequence[Follower]) -> None:
    """After two faces met: compare each one's new looks with both old ones, and undo an exchange.

    Args:
        follower: one of the two.
        followers: all of its camera; the other one may have ended.
    """
    rival = follower.contested_with
    if rival is None:
        return
    if rival not in followers:
        follower.contested_with = None
        follower.appearance.accept()
        return
    verdict = exchange_is_better(follower.appearance, rival.appearance)
    if verdict is None:
        return
    if verdict:
        follower.track_id, rival.track_id = rival.track_id, follower.track_id
        follower.since_s, rival.since_s = rival.since_s, follower.since_s
        follower.appearance.exchange_past(rival.appearance)
    follower.contested_with = rival.contested_with = None
    follower.appearance.accept()
    rival.appearance.accept()
