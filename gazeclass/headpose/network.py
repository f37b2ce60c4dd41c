"""The network of method §4: SDAM (MRAM then CSAM) after each stage of a residual backbone, three heads of logits."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import torch
from torch import Tensor, nn
from torch.nn import functional

from gazeclass.headpose.labels import CLASSES_DEG


class MRAM(nn.Module):
    """Spatial attention with three receptive fields, stacked: each convolution sees the one before.

    A3 = GN(conv3(F)), A5 = GN(conv5(A3)), A7 = GN(conv7(A5)); F' = sigmoid(A3 + A5 + A7) ⊗ F. The convolutions are
    depthwise: at C = 2048 a full 7×7 alone would hold 205 M weights.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        groups = next(g for g in (32, 16, 8, 4, 2, 1) if channels % g == 0)
        self.convs = nn.ModuleList(
            nn.Conv2d(channels, channels, k, padding=k // 2, groups=channels, bias=False) for k in (3, 5, 7)
        )
        self.norms = nn.ModuleList(nn.GroupNorm(groups, channels) for _ in range(3))

    def forward(self, x: Tensor) -> Tensor:
        """``(n, C, H, W)`` to the same shape."""
        if x.device.type == "cpu" and torch.is_autocast_enabled("cpu"):
            # On CPUs depthwise convolutions are twice as fast in float32 channels_last as in bfloat16.
            with torch.autocast("cpu", enabled=False):
                gate = self._gate(x.float().contiguous(memory_format=torch.channels_last))
            return x * gate.to(x.dtype)
        return x * self._gate(x)

    def _gate(self, x: Tensor) -> Tensor:
        stacked = []
        for conv, norm in zip(self.convs, self.norms, strict=True):
            x = norm(conv(x))
            stacked.append(x)
        return torch.sigmoid(stacked[0] + stacked[1] + stacked[2])


class CSAM(nn.Module):
    """Channel self-attention: M = sigmoid(mean over HW of softmax(QKᵀ/√HW) V), F'' = M ⊗ F'.

    Q, K, V are 1×1 depthwise convolutions, one weight and one bias a channel. The mean over HW commutes with the
    product, so only ``softmax(QKᵀ/√HW) · mean(V)`` is computed.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.query, self.key, self.value = (nn.Conv2d(channels, channels, 1, groups=channels) for _ in range(3))

    def forward(self, x: Tensor) -> Tensor:
        """``(n, C, H, W)`` to the same shape."""
        q, k = self.query(x).flatten(2), self.key(x).flatten(2)
        # mean(V) = w · mean(x) + b: the depthwise convolution commutes with the mean too.
        v = self.value(x.mean(dim=(2, 3), keepdim=True)).flatten(1)
        # Q is smaller than QKᵀ, so the division is done on it.
        attention = torch.softmax((q / sqrt(x.shape[2] * x.shape[3])) @ k.transpose(1, 2), dim=-1)
        gate = torch.sigmoid((attention @ v[:, :, None])[:, :, 0])
        return x * gate[:, :, None, None]


class SDAM(nn.Sequential):
    """Stacked dual attention: MRAM, then CSAM. Same shape out as in, so it fits after any stage of any backbone."""

    def __init__(self, channels: int) -> None:
        super().__init__(MRAM(channels), CSAM(channels))


class BasicBlock(nn.Module):
    """Two 3×3 convolutions and a shortcut (He et al. 2016)."""

    expansion = 1

    def __init__(self, inside: int, width: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inside, width, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        nn.init.zeros_(self.bn2.weight)
        self.shortcut = _shortcut(inside, width, stride)

    def forward(self, x: Tensor) -> Tensor:
        """``(n, C, H, W)`` to ``(n, C', H/stride, W/stride)``."""
        y = functional.relu(self.bn1(self.conv1(x)))
        return functional.relu(self.bn2(self.conv2(y)) + self.shortcut(x))


class Bottleneck(nn.Module):
    """1×1, 3×3, 1×1 and a shortcut; the stride sits on the 3×3, as in every current ResNet-50."""

    expansion = 4

    def __init__(self, inside: int, width: int, stride: int) -> None:
        super().__init__()
        outside = width * self.expansion
        self.conv1 = nn.Conv2d(inside, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, outside, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(outside)
        nn.init.zeros_(self.bn3.weight)
        self.shortcut = _shortcut(inside, outside, stride)

    def forward(self, x: Tensor) -> Tensor:
        """``(n, C, H, W)`` to ``(n, C', H/stride, W/stride)``."""
        y = functional.relu(self.bn1(self.conv1(x)))
        y = functional.relu(self.bn2(self.conv2(y)))
        return functional.relu(self.bn3(self.conv3(y)) + self.shortcut(x))


def _shortcut(inside: int, outside: int, stride: int) -> nn.Module:
    if inside == outside and stride == 1:
        return nn.Identity()
    return nn.Sequential(nn.Conv2d(inside, outside, 1, stride, bias=False), nn.BatchNorm2d(outside))


class ResNetStages(nn.Module):
    """Stem and four stages of a residual network; :class:`HeadPoseNet` puts attention between them.

    Attributes:
        channels: output channels of the four stages.
    """

    def __init__(
        self, block: type[BasicBlock] | type[Bottleneck], counts: Sequence[int], width: int, *, small_stem: bool
    ) -> None:
        super().__init__()
        if small_stem:
            # For inputs of 64–96 px: 3×3 at stride 2 and no pooling leaves the first stage half the input's size.
            self.stem: nn.Module = nn.Sequential(
                nn.Conv2d(3, width, 3, 2, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU()
            )
        else:
            self.stem = nn.Sequential(
                nn.Conv2d(3, width, 7, 2, 3, bias=False),
                nn.BatchNorm2d(width),
                nn.ReLU(),
                nn.MaxPool2d(3, 2, 1),
            )
        inside, stages = width, []
        for index, count in enumerate(counts):
            w = width * 2**index
            blocks = [block(inside, w, 1 if index == 0 else 2)]
            inside = w * block.expansion
            blocks += [block(inside, w, 1) for _ in range(count - 1)]
            stages.append(nn.Sequential(*blocks))
        self.stages = nn.ModuleList(stages)
        self.channels = [width * 2**i * block.expansion for i in range(len(counts))]


#: Backbones by the name recipes use: block, blocks a stage, width, small stem.
BACKBONES: dict[str, tuple[type[BasicBlock] | type[Bottleneck], tuple[int, ...], int, bool]] = {
    "resnet50": (Bottleneck, (3, 4, 6, 3), 64, False),
    "resnet18": (BasicBlock, (2, 2, 2, 2), 64, False),
    "resnet18-half": (BasicBlock, (2, 2, 2, 2), 32, True),
    # One block less where the map is largest and attention costs most: 1.5 times faster.
    "resnet16-half": (BasicBlock, (1, 2, 2, 2), 32, True),
    "resnet10-tiny": (BasicBlock, (1, 1, 1, 1), 8, True),
}


class HeadPoseNet(nn.Module):
    """Backbone, an attention module after each stage, global average pooling, three linear heads of K logits.

    Args:
        backbone: a key of :data:`BACKBONES`, or any module with ``stem``, ``stages`` and ``channels``.
        attention: "sdam" or "none".
        classes_deg: the angle of each class, degrees.
        dropout: before the heads.
    """

    def __init__(
        self,
        backbone: str | ResNetStages = "resnet50",
        *,
        attention: str = "sdam",
        classes_deg: Sequence[float] = tuple(CLASSES_DEG),
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        if isinstance(backbone, str):
            if backbone not in BACKBONES:
                raise ValueError(f"backbone '{backbone}' is none of {', '.join(BACKBONES)}")
            block, counts, width, small = BACKBONES[backbone]
            backbone = ResNetStages(block, counts, width, small_stem=small)
        if attention not in ("sdam", "none"):
            raise ValueError(f"attention '{attention}' is neither 'sdam' nor 'none'")
        self.backbone = backbone
        self.attention = nn.ModuleList(SDAM(c) if attention == "sdam" else nn.Identity() for c in backbone.channels)
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
        x = self.backbone.stem(x)
        for stage, attend in zip(self.backbone.stages, self.attention, strict=True):
            x = attend(stage(x))
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
        return mean, torch.sqrt(variance + 1e-6)


@dataclass(frozen=True)
class Cost:
    """Size of a network: weights, and multiply-adds of one picture."""

    parameters: int
    multiply_adds: int


def cost_of(net: nn.Module, input_px: int) -> Cost:
    """Count parameters and the multiply-adds of convolutions, linear layers and CSAM's products for one picture."""
    total = 0

    def count(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        nonlocal total
        if isinstance(module, nn.Conv2d):
            total += output[0].numel() * module.weight[0].numel()
        elif isinstance(module, nn.Linear):
            total += module.weight.numel()
        elif isinstance(module, CSAM):
            _, c, h, w = inputs[0].shape
            total += c * c * h * w + c * c

    hooks = [module.register_forward_hook(count) for module in net.modules()]
    training = net.training
    net.eval()
    with torch.no_grad():
        net(torch.zeros(1, 3, input_px, input_px, device=next(net.parameters()).device))
    net.train(training)
    for hook in hooks:
        hook.remove()
    return Cost(sum(p.numel() for p in net.parameters()), total)
