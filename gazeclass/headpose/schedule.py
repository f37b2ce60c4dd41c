"""How long a training runs, and how fast it learns meanwhile."""

import math
from dataclasses import dataclass

from gazeclass.headpose.recipe import Recipe


@dataclass(frozen=True)
class Budget:
    """When to stop: after so many samples, or so many minutes, whichever the recipe or the user sets."""

    samples: int
    minutes: float | None = None

    def share(self, samples: int, seconds: float) -> float:
        """How much of the budget is spent, 0 to 1."""
        if self.minutes is not None:
            return min(1.0, seconds / (60 * self.minutes))
        return min(1.0, samples / self.samples)


def learning_rate(recipe: Recipe, samples: int, share: float) -> float:
    """Linear warm-up, then the recipe's schedule over the share of the budget spent."""
    o = recipe.optimiser
    warm = min(1.0, (samples + o.batch) / max(o.warmup_samples, 1))
    if o.schedule == "cosine":
        return o.lr * warm * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * share)))
    if o.schedule == "trapezoid":
        return o.lr * warm * min(1.0, 0.01 + 0.99 * (1 - share) / o.decay_share)
    return o.lr * warm * 0.5 ** math.floor(share * (o.halvings + 1))
