"""Losses: the paper's (soft labels and expectation, method §5) and Hopenet's, the baseline it is compared with."""

from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional

from gazeclass.headpose.labels import PAPER_SIGMA_DEG
from gazeclass.headpose.network import expectation_deg


class PoseLoss(Protocol):
    """Logits and true angles to one number."""

    def __call__(self, logits: Tensor, angles_deg: Tensor, classes_deg: Tensor) -> Tensor:
        """``(n, 3, K)``, ``(n, 3)``, ``(K,)`` to a scalar."""
        ...


def soft_labels(angles_deg: Tensor, classes_deg: Tensor, sigma_deg: Sequence[float]) -> Tensor:
    """Gaussian labels ``(n, 3, K)`` for angles ``(n, 3)``, normalised over the classes."""
    sigma = torch.as_tensor(sigma_deg, dtype=torch.float32, device=angles_deg.device)[None, :, None]
    mean = angles_deg.clamp(float(classes_deg[0]), float(classes_deg[-1]))[..., None]
    return torch.softmax(-0.5 * ((classes_deg - mean) / sigma) ** 2, dim=-1)


class SoftLabelLoss:
    """Per angle KL(d ‖ d̂) + α · mean (ψ − ψ̂)², summed over the three (method §5).

    Args:
        alpha: weight of the squared error; the paper's best is 2.
        sigma_deg: σ of the soft labels of yaw, pitch, roll.
        angle_weights: per angle; the paper's are equal.
    """

    def __init__(
        self,
        alpha: float = 2.0,
        sigma_deg: Sequence[float] = PAPER_SIGMA_DEG,
        angle_weights: Sequence[float] = (1.0, 1.0, 1.0),
    ) -> None:
        self.alpha, self.sigma_deg, self.angle_weights = alpha, tuple(sigma_deg), tuple(angle_weights)

    def __call__(self, logits: Tensor, angles_deg: Tensor, classes_deg: Tensor) -> Tensor:
        """See :class:`PoseLoss`."""
        label = soft_labels(angles_deg, classes_deg, self.sigma_deg)
        log_q = functional.log_softmax(logits.float(), dim=-1)
        entropy = torch.special.xlogy(label, label).sum(-1)
        divergence = (entropy - (label * log_q).sum(-1)).mean(dim=0)
        error2 = (log_q.exp() @ classes_deg - angles_deg).square().mean(dim=0)
        weight = torch.as_tensor(self.angle_weights, device=logits.device)
        return (weight * (divergence + self.alpha * error2)).sum()


class HopenetLoss:
    """Hopenet (Ruiz et al. 2018): cross entropy on hard classes of 3° + α · squared error of the expectation.

    Its classes are 66 bins from −99° to 99° (:data:`HOPENET_CLASSES_DEG`, the bins' middles).
    """

    def __init__(self, alpha: float = 2.0) -> None:
        self.alpha = alpha

    def __call__(self, logits: Tensor, angles_deg: Tensor, classes_deg: Tensor) -> Tensor:
        """See :class:`PoseLoss`."""
        step = float(classes_deg[1] - classes_deg[0])
        hard = ((angles_deg - float(classes_deg[0])) / step).round().long().clamp(0, len(classes_deg) - 1)
        entropy = functional.cross_entropy(logits.float().flatten(0, 1), hard.flatten())
        error2 = (expectation_deg(logits, classes_deg) - angles_deg).square().mean(dim=0)
        return 3 * entropy + self.alpha * error2.sum()


#: Middles of Hopenet's 66 bins of 3°.
HOPENET_CLASSES_DEG: tuple[float, ...] = tuple(x + 1.5 for x in range(-99, 99, 3))
