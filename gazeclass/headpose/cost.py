"""What a network costs: weights and multiply-adds."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from gazeclass.headpose.attention import CSAM


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
