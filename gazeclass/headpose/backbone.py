"""Residual backbones (He et al. 2016): the paper's ResNet-50, and narrow ones for small pictures."""

from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn import functional


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
