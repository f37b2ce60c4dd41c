"""Where a training runs: its device, and the processes that torchrun starts to train together."""

import os
from typing import TypeVar

import torch
from torch import distributed

from gazeclass.errors import InputError

T = TypeVar("T")


class Team:
    """The processes of one training; alone, this one.

    Whatever decides how training goes on (validation, the clock) is process 0's: every process has its own batches,
    statistics and clock, and one that stops alone lets the others wait for ever.

    Args:
        device: "cpu", "cuda", …; under torchrun "cuda" is the GPU of this process's own number.

    Attributes:
        rank: of this process; 0 validates and writes.
        world: how many there are.
        device: of this process.

    Raises:
        InputError: there is no such device here.
    """

    def __init__(self, device: str) -> None:
        self.rank, self.world = int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))
        if self.world > 1 and device == "cuda":
            device = f"cuda:{os.environ.get('LOCAL_RANK', '0')}"
        self.device = _usable(device)
        if self.device.type == "cuda":
            torch.cuda.set_device(self.device)
        if self.world > 1 and not distributed.is_initialized():
            distributed.init_process_group("nccl" if self.device.type == "cuda" else "gloo")

    def agreed(self, value: T) -> T:
        """What process 0 gives, in every process."""
        box = [value]
        if self.world > 1:
            distributed.broadcast_object_list(box)
        return box[0]

    def leave(self) -> None:
        """The training is over."""
        if self.world > 1:
            distributed.destroy_process_group()


def _usable(name: str) -> torch.device:
    try:
        device = torch.device(name)
        torch.zeros(1, device=device).cpu()
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        reason = str(error).split("\n")[0][:120]
        raise InputError(f"the device '{name}' cannot be used ({reason})", todo="Give --device cpu.") from error
    return device


def bfloat16_is_fast(device: torch.device) -> bool:
    """On GPUs, and on processors with instructions for it (1.6 times faster here, AVX-512 BF16)."""
    if device.type != "cpu":
        return device.type == "cuda"
    # Builds without oneDNN (macOS) have no such question to ask.
    return torch.backends.mkldnn.is_available() and bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
