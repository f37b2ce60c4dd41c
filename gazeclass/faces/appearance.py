"""What a track knows of how its face looks: a weighted mean of embeddings, and when another one is worth its time."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from gazeclass.faces.embedding import frontality
from gazeclass.faces.types import Face

_FULL_SIZE_PX = 60.0  # from here on a larger face says nothing more
_ENOUGH_WEIGHT = 6.0  # evidence after which one look every few seconds will do
_FORGET_WEIGHT = 30.0  # the mean is over about so much evidence: light and hair change during a day
_SETTLED_EVERY_S = 3.0
_DOUBTFUL_SCORE, _DOUBTFUL_EVERY_S = 0.9, 0.3
_STRANGER_THAN = 0.5  # farther than strangers by this part of their distance: no view of one's own face is
_OWN_WEIGHT = 1.0  # evidence from which a track's own look is known well enough to miss it


class EmbeddingModel(Protocol):
    """What tracking asks of an embedder; :class:`gazeclass.faces.embedding.Embedder` is one."""

    def embed(self, image: np.ndarray, faces: Sequence[Face]) -> np.ndarray:
        """(n, d) unit vectors."""
        ...


def quality(face: Face) -> float:
    """How much a face tells about who it is, 0 to 1: from the front, large, surely a face."""
    size = min(face.size_px / _FULL_SIZE_PX, 1.0)
    return float(max(frontality(face.landmarks_px), 0.02) * size * np.clip(face.score, 0, 1))


class Appearance:
    """Weighted mean of a face's embeddings.

    While two tracks are close enough to be mixed up, new embeddings are kept apart (``provisional``), so that the old
    mean stays clean for telling which is which.
    """

    def __init__(self) -> None:
        self._sum: np.ndarray | None = None
        self.weight = 0.0
        self._recent: list[tuple[float, np.ndarray]] = []
        self._last_s = -np.inf
        self.strange_looks = 0

    @property
    def mean(self) -> np.ndarray | None:
        """(d,) unit vector; None before the first embedding."""
        return None if self._sum is None else self._sum / max(float(np.linalg.norm(self._sum)), 1e-12)

    def need(self, t_s: float, face: Face) -> float:
        """How much another embedding is wanted now; 0: not at all."""
        value = quality(face)
        waited_s = t_s - self._last_s
        if self._sum is None:
            return 10.0 + value
        if self._recent or self.weight < _ENOUGH_WEIGHT:
            # A second look at the same picture of a face is no second opinion.
            return value * min(waited_s / 0.3, 3.0) if waited_s >= 0.1 else 0.0
        if face.score < _DOUBTFUL_SCORE or self.strange_looks:
            return 0.5 if waited_s >= _DOUBTFUL_EVERY_S else 0.0
        return value * 0.2 if waited_s >= _SETTLED_EVERY_S and value > 0.2 else 0.0

    def add(self, t_s: float, face: Face, vector: np.ndarray, *, provisional: bool = False) -> None:
        """Take in one embedding."""
        self._last_s = t_s
        if provisional and self._sum is not None:
            self._recent.append((quality(face), vector))
        else:
            self._include(quality(face), vector)

    def is_strange(self, vector: np.ndarray, strangers: float) -> bool:
        """Whether a new embedding is less like this track's face than two strangers are like each other.

        Args:
            vector: (d,) unit vector.
            strangers: usual cosine between the faces of two tracks.
        """
        if self.mean is None or self.weight < _OWN_WEIGHT:
            return False
        return float(vector @ self.mean) < strangers - _STRANGER_THAN * (1 - strangers)

    def accept(self) -> None:
        """The face is this track's after all: the provisional embeddings count."""
        for weight, vector in self._recent:
            self._include(weight, vector)
        self._recent = []

    def exchange_past(self, other: "Appearance") -> None:
        """Swap what was known before the meeting; the provisional embeddings stay where they are."""
        self._sum, other._sum = other._sum, self._sum
        self.weight, other.weight = other.weight, self.weight

    @property
    def recent(self) -> np.ndarray | None:
        """(d,) unit mean of the provisional embeddings; None while there are too few."""
        if len(self._recent) < 2:
            return None
        total = np.sum([weight * vector for weight, vector in self._recent], axis=0)
        return total / max(float(np.linalg.norm(total)), 1e-12)

    def _include(self, weight: float, vector: np.ndarray) -> None:
        self._sum = weight * vector if self._sum is None else self._sum + weight * vector
        self.weight += weight
        if self.weight > _FORGET_WEIGHT:
            self._sum *= _FORGET_WEIGHT / self.weight
            self.weight = _FORGET_WEIGHT


def exchange_is_better(a: Appearance, b: Appearance) -> bool | None:
    """Whether two tracks that met have each other's faces now; None while there is too little to tell.

    One of the two may still be hidden: then the new looks of the other are compared with both old ones. It has to be
    clearly better: by half of what tells the two apart.
    """
    if a.mean is None or b.mean is None:
        return False
    gains = []
    for own, other in ((a, b), (b, a)):
        if own.recent is not None and own.mean is not None and other.mean is not None:
            gains.append(float(own.recent @ other.mean - own.recent @ own.mean))
    if not gains:
        return None
    return float(np.mean(gains)) > 0.5 * (1 - float(a.mean @ b.mean))
