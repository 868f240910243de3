"""Muon for matrices and convolutions: the momentum of a weight is made orthogonal before it is applied.

torch.optim.Muon takes matrices alone, and always multiplies them in bfloat16, which a CPU without AMX emulates: a step of stage 1
took 3.8 s of processor there, 2.35 of them in the optimiser, 0.75 in float32. Here it is whichever the processor does fast
(network/precision.py): the directions need no more digits than that. A convolution counts as the matrix from its
inputs' patch to its outputs, a grouped one as a stack of such matrices. Source: Keller Jordan et al., https://kellerjordan.github.io/posts/muon/; step length as
torch's `match_rms_adamw` (arXiv 2502.16982).
"""

import torch
from torch import Tensor

from ..network.precision import feature_type

QUINTIC = (3.4445, -4.7750, 2.0315)
ROUNDS = 5


def orthogonalise(stack: Tensor) -> Tensor:
    """[G, M, N] -> each matrix with its singular values near one, by Newton-Schulz."""
    tall = stack.shape[1] > stack.shape[2]
    x = (stack.transpose(1, 2) if tall else stack).to(feature_type())
    x = x / (x.flatten(1).norm(dim=1).view(-1, 1, 1) + 1e-7)
    a, b, c = QUINTIC
    for _ in range(ROUNDS):
        square = x @ x.transpose(1, 2)
        x = a * x + (b * square + c * square @ square) @ x
    return (x.transpose(1, 2) if tall else x).to(stack.dtype)


class Muon(torch.optim.Optimizer):
    """Parameter groups may carry `groups`: how many matrices each of their weights is a stack of."""

    def __init__(self, parameters, lr: float = 1e-3, momentum: float = 0.95, weight_decay: float = 0.0):
        super().__init__(parameters, dict(lr=lr, momentum=momentum, weight_decay=weight_decay))

    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is None:
                    continue
                state = self.state[weight]
                if not state:
                    state["momentum_buffer"] = torch.zeros_like(weight)
                momentum = state["momentum_buffer"].lerp_(weight.grad, 1 - group["momentum"])
                ahead = weight.grad.lerp(momentum, group["momentum"])  # Nesterov
                stack = ahead.reshape(group.get("groups", 1), weight.shape[0] // group.get("groups", 1), -1)
                length = 0.2 * max(stack.shape[1:]) ** 0.5
                weight.mul_(1 - group["lr"] * group["weight_decay"])
                weight.add_(orthogonalise(stack).reshape(weight.shape), alpha=-group["lr"] * length)
