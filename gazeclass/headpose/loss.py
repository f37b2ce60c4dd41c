"""Losses: the paper's (soft labels and expectation, method §5) and Hopenet's, the baseline it is compared with."""

from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional

from gazeclass.headpose.labels import PAPER_SIGMA_DEG
from gazeclass.headpose.network import expectation_deg
from gazeclass.headpose.recipe import LossPart


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


def rotations(angles_deg: Tensor) -> Tensor:
    """Rotations ``(n, 3, 3)`` of yaw, pitch, roll ``(n, 3)``: diag(1, −1, −1) · Rx(−pitch) · Ry(−yaw) · Rz(−roll)."""
    b, a, c = torch.deg2rad(-angles_deg).unbind(-1)
    ca, sa, cb, sb, cc, sc = a.cos(), a.sin(), b.cos(), b.sin(), c.cos(), c.sin()
    rows = [
        torch.stack([cb * cc, -cb * sc, sb], -1),
        -torch.stack([ca * sc + sa * sb * cc, ca * cc - sa * sb * sc, -sa * cb], -1),
        -torch.stack([sa * sc - ca * sb * cc, sa * cc + ca * sb * sc, ca * cb], -1),
    ]
    return torch.stack(rows, -2)


def agreement_loss(found_deg: Tensor, true_deg: Tensor, mirrored: Tensor, huber_deg: float = 12.0) -> Tensor:
    """How differently two pictures of one head are answered; pictures 2k and 2k + 1 show the same head.

    The error of each answer is taken in the head's own axes, where neither the picture's turn in its plane nor the ray
    that it was cut along shows: R_trueᵀ · R_found, as a rotation vector to first order. Of a mirrored picture it is the
    mirror image, (δx, −δy, −δz). Squared degrees between the two, pseudo-Huber beyond ``huber_deg``.

    Args:
        found_deg: ``(n, 3)`` expected yaw, pitch, roll; n even.
        true_deg: ``(n, 3)``.
        mirrored: ``(n,)`` bool.
        huber_deg: see above.
    """
    Q = rotations(true_deg).transpose(1, 2) @ rotations(found_deg)
    error = torch.rad2deg(
        0.5 * torch.stack([Q[:, 2, 1] - Q[:, 1, 2], Q[:, 0, 2] - Q[:, 2, 0], Q[:, 1, 0] - Q[:, 0, 1]], -1)
    )
    sign = torch.where(mirrored[:, None], error.new_tensor([1.0, -1.0, -1.0]), error.new_tensor([1.0, 1.0, 1.0]))
    error = error * sign
    apart2 = (error[0::2] - error[1::2]).square().sum(-1)
    return (2 * huber_deg**2 * (torch.sqrt(1 + apart2 / huber_deg**2) - 1)).mean()


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


def build_loss(part: LossPart) -> PoseLoss:
    """The loss that a recipe names."""
    if part.kind == "hopenet":
        return HopenetLoss(part.alpha)
    return SoftLabelLoss(part.alpha, part.sigma_deg, error=part.error, huber_deg=part.huber_deg)


#: Middles of Hopenet's 66 bins of 3°.
HOPENET_CLASSES_DEG: tuple[float, ...] = tuple(x + 1.5 for x in range(-99, 99, 3))
