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
    """Per angle KL(d ‖ d̂) + α · error, summed over the three (method §5).

    The paper's error is Σ (ψ − ψ̂)² over the angles ("euler"). Near yaw ±90° pitch and roll turn about the same axis,
    so only their sum or difference can be seen: there that error is mostly noise (half of it all, on rendered heads up
    to ±99°, came from the 15 % beyond 80°). "rotation" measures the turn between both rotations instead, to first order
    dy² + dp² + dr² − 2 sin(yaw) dp dr, and gives the KL of pitch and roll the weight cos²(yaw). See docs/decisions/007.

    Args:
        alpha: weight of the error; the paper's best is 2, 4 to 0.1 differ little there.
        sigma_deg: σ of the soft labels of yaw, pitch, roll.
        angle_weights: per angle; the paper's are equal.
        error: "euler" or "rotation".
        huber_deg: errors beyond this count linearly (pseudo-Huber), so that faces nobody can tell do not lead;
            None: squared, as in the paper.
    """

    def __init__(
        self,
        alpha: float = 2.0,
        sigma_deg: Sequence[float] = PAPER_SIGMA_DEG,
        angle_weights: Sequence[float] = (1.0, 1.0, 1.0),
        error: str = "euler",
        huber_deg: float | None = None,
    ) -> None:
        self.alpha, self.sigma_deg, self.angle_weights = alpha, tuple(sigma_deg), tuple(angle_weights)
        self.error, self.huber_deg = error, huber_deg

    def __call__(self, logits: Tensor, angles_deg: Tensor, classes_deg: Tensor) -> Tensor:
        """See :class:`PoseLoss`."""
        label = soft_labels(angles_deg, classes_deg, self.sigma_deg)
        log_q = functional.log_softmax(logits.float(), dim=-1)
        entropy = torch.special.xlogy(label, label).sum(-1)
        divergence = entropy - (label * log_q).sum(-1)
        difference = log_q.exp() @ classes_deg - angles_deg
        weight = torch.as_tensor(self.angle_weights, device=logits.device)
        error2 = (weight * difference.square()).sum(-1)
        if self.error == "rotation":
            yaw = torch.deg2rad(angles_deg[:, 0])
            error2 = error2 - 2 * torch.sin(yaw) * (weight * difference)[:, 1:].prod(-1)
            seen = torch.cos(yaw).square()[:, None]
            divergence = divergence * torch.cat([torch.ones_like(seen), seen, seen], dim=1)
        if self.huber_deg is not None:
            d2 = self.huber_deg**2
            error2 = 2 * d2 * (torch.sqrt(1 + error2 / d2) - 1)
        return ((weight * divergence).sum(-1) + self.alpha * error2).mean()


def landmark_loss(found: Tensor, true: Tensor) -> Tensor:
    """Mean distance, robust, between landmarks ``(n, 68, 2)`` in units of half the crop; in hundredths of them."""
    return functional.smooth_l1_loss(100 * found, 100 * true, beta=5.0)


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
