"""What a profile does not show: near yaw ±90° pitch and roll turn about the same axis, and their sum is free.

There only p − r (yaw 90°) or p + r (yaw −90°) can be seen. The turn between two rotations is to first order
dy² + (1 − |sin y|) du² + (1 + |sin y|) dv², with u = (p ± r)/√2 unseen and v = (p ∓ r)/√2 seen at ±90°: what a picture
tells of u has 1/(1 − |sin y|) times the variance that it has of a frontal head. A network whose loss is that turn
(docs/decisions/007) is not told to answer anything there, and answers noise. The best answer in squared error is the
mean of what is possible, which for a Gaussian prior is u times a factor that falls from 1 to 0.
"""

import torch
from torch import Tensor


def shrink_unseen(angles_deg: Tensor, ratio: float) -> Tensor:
    """Draw the unseen combination of pitch and roll towards 0 as far as it cannot be seen; the rotation hardly turns.

    Args:
        angles_deg: ``(n, 3)`` yaw, pitch, roll.
        ratio: k, the variance of what a frontal picture tells over that of heads; 0 changes nothing. The factor is
            s (1 + k) / (s + k), s = 1 − |sin y|, which is 1 for a frontal head.

    Returns:
        ``(n, 3)``; the seen combination and yaw are as they were.
    """
    if not ratio:
        return angles_deg
    yaw, pitch, roll = angles_deg.unbind(-1)
    sine = torch.sin(torch.deg2rad(yaw))
    seen = 1 - sine.abs()
    side = torch.where(sine >= 0, 1.0, -1.0)
    change = (pitch + side * roll) / 2 * (seen * (1 + ratio) / (seen + ratio) - 1)
    return torch.stack([yaw, pitch + change, roll + side * change], -1)
