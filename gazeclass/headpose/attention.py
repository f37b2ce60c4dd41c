"""SDAM of method §4: MRAM, then CSAM; the shape stays, so they fit after any stage of any backbone."""

from math import sqrt

import torch
from torch import Tensor, nn


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
