"""The network of method §4: SDAM (MRAM then CSAM) after each stage of a residual backbone, three heads of logits."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from gazeclass.headpose.attention import SDAM
from gazeclass.headpose.backbone import BACKBONES, ResNetStages
from gazeclass.headpose.gimbal import shrink_unseen
from gazeclass.headpose.labels import CLASSES_DEG
from gazeclass.headpose.style import MixStyle, Standardised

#: Early stages carry the style of a picture, late ones what it shows.
_MIXED_STAGES = 2


class HeadPoseNet(nn.Module):
    """Backbone, an attention module after each stage, global average pooling, three linear heads of K logits.

    Args:
        backbone: a key of :data:`BACKBONES`, or any module with ``stem``, ``stages`` and ``channels``.
        attention: "sdam" or "none".
        classes_deg: the angle of each class, degrees.
        dropout: before the heads.
        standardise: whether pictures are standardised one by one first.
        mix_style: share of training batches whose styles are mixed after the first two stages.
        gimbal: how soon the answer lets go of what a profile does not show (:mod:`gazeclass.headpose.gimbal`); 0 never.
    """

    def __init__(
        self,
        backbone: str | ResNetStages = "resnet50",
        *,
        attention: str = "sdam",
        classes_deg: Sequence[float] = tuple(CLASSES_DEG),
        dropout: float = 0.0,
        standardise: bool = False,
        mix_style: float = 0.0,
        gimbal: float = 0.0,
    ) -> None:
        super().__init__()
        self.gimbal = gimbal
        if isinstance(backbone, str):
            if backbone not in BACKBONES:
                raise ValueError(f"backbone '{backbone}' is none of {', '.join(BACKBONES)}")
            block, counts, width, small = BACKBONES[backbone]
            backbone = ResNetStages(block, counts, width, small_stem=small)
        if attention not in ("sdam", "none"):
            raise ValueError(f"attention '{attention}' is neither 'sdam' nor 'none'")
        self.first = Standardised() if standardise else nn.Identity()
        self.backbone = backbone
        self.attention = nn.ModuleList(SDAM(c) if attention == "sdam" else nn.Identity() for c in backbone.channels)
        self.mix = nn.ModuleList(
            MixStyle(mix_style) if mix_style and index < _MIXED_STAGES else nn.Identity()
            for index in range(len(backbone.channels))
        )
        self.dropout = nn.Dropout(dropout)
        self.heads = nn.Linear(backbone.channels[-1], 3 * len(classes_deg))
        self.register_buffer("classes_deg", torch.tensor(list(classes_deg), dtype=torch.float32))
        for module in backbone.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        # Small logits to begin with: a flat distribution, whose expectation is 0.
        nn.init.normal_(self.heads.weight, std=0.01)
        nn.init.zeros_(self.heads.bias)

    def forward(self, x: Tensor) -> Tensor:
        """``(n, 3, S, S)`` normalised pictures to logits ``(n, 3, K)`` of yaw, pitch, roll."""
        return self.logits(self.features(x))

    def features(self, x: Tensor) -> Tensor:
        """``(n, 3, S, S)`` normalised pictures to pooled features ``(n, C)``."""
        x = self.backbone.stem(self.first(x))
        for stage, attend, mix in zip(self.backbone.stages, self.attention, self.mix, strict=True):
            x = mix(attend(stage(x)))
        return x.mean(dim=(2, 3))

    def logits(self, features: Tensor) -> Tensor:
        """``(n, C)`` to ``(n, 3, K)``."""
        return self.heads(self.dropout(features)).unflatten(1, (3, -1))


class WithLandmarks(nn.Module):
    """A network in training, which may have to tell the 68 landmarks from the same features.

    Rendered heads know their landmarks; telling them makes the features geometric sooner than three angles alone. The
    layer is left behind when training ends.
    """

    def __init__(self, net: HeadPoseNet, landmarks: int = 68) -> None:
        super().__init__()
        self.net = net
        self.points = nn.Linear(net.backbone.channels[-1], 2 * landmarks) if landmarks else None

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor | None]:
        """Logits ``(n, 3, K)`` and landmarks ``(n, 68, 2)`` in units of half the crop, from its middle; or None."""
        features = self.net.features(x)
        points = self.points(features).unflatten(1, (-1, 2)) if self.points is not None else None
        return self.net.logits(features), points


def expectation_deg(logits: Tensor, classes_deg: Tensor) -> Tensor:
    """Angles ``(n, 3)``: Σ ψ_i softmax(z)_i."""
    return torch.softmax(logits.float(), dim=-1) @ classes_deg


class WithSpread(nn.Module):
    """What is exported: pictures to ``angles_deg (n, 3)`` and ``spread_deg (n, 3)``, the distribution's own σ."""

    def __init__(self, net: HeadPoseNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """``(n, 3, S, S)`` to angles and spread, degrees."""
        p = torch.softmax(self.net(x), dim=-1)
        psi = self.net.classes_deg
        mean = p @ psi
        variance = (p * (psi - mean[..., None]) ** 2).sum(dim=-1)
        return shrink_unseen(mean, self.net.gimbal), torch.sqrt(variance + 1e-6)
