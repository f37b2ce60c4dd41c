"""What keeps the look of a picture (its light, its colours, its contrast) out of the answer."""

import torch
from torch import Tensor, nn


class Standardised(nn.Module):
    """Each channel of each picture to mean 0 and spread 1: exposure, fog and the lamp's colour do not come through."""

    def forward(self, x: Tensor) -> Tensor:
        """``(n, C, H, W)`` to the same shape."""
        rest = x - x.mean(dim=(2, 3), keepdim=True)
        # What is added keeps an almost even picture from becoming mere noise: a tenth of the usual half range.
        return rest * torch.rsqrt((rest * rest).mean(dim=(2, 3), keepdim=True) + 0.01)


class MixStyle(nn.Module):
    """In training, mean and spread of each channel are mixed with another picture's of the batch (Zhou et al. 2021).

    Renders share a look that photographs do not have; what a network learns with other faces' contrast and colour
    depends less on it. Nothing happens, and nothing is exported, outside training.

    Args:
        share: of batches that are mixed.
        beta: of the Beta distribution that says how far.
    """

    def __init__(self, share: float, beta: float = 0.3) -> None:
        super().__init__()
        self.share, self.beta = share, beta

    def forward(self, x: Tensor) -> Tensor:
        """``(n, C, H, W)`` to the same shape."""
        if not self.training or float(torch.rand(())) >= self.share:
            return x
        y = x.float()
        with torch.no_grad():
            mean = y.mean(dim=(2, 3), keepdim=True)
            spread = (y.var(dim=(2, 3), keepdim=True) + 1e-5).sqrt()
            other = torch.randperm(len(x), device=x.device)
            own = torch.distributions.Beta(self.beta, self.beta).sample((len(x), 1, 1, 1)).to(y)
            new_mean = own * mean + (1 - own) * mean[other]
            gain = own + (1 - own) * spread[other] / spread
        return ((y - mean) * gain + new_mean).to(x.dtype)
