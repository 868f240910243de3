"""Muon: as torch's on matrices, and for convolutions too."""

import torch

from damo_train.stages.muon import Muon, orthogonalise


def test_singular_values_become_nearly_one():
    torch.manual_seed(0)
    for shape in ((1, 24, 64), (3, 64, 24)):
        values = torch.linalg.svdvals(orthogonalise(torch.randn(shape)))
        assert values.min() > 0.6 and values.max() < 1.3


def test_a_matrix_is_moved_as_torch_moves_it(monkeypatch):
    monkeypatch.setattr("damo_train.stages.muon.feature_type", lambda: torch.float32)
    torch.manual_seed(0)
    ours, theirs = (torch.nn.Parameter(torch.ones(16, 40)) for _ in range(2))
    one = Muon([ours], lr=0.02, weight_decay=0.02)
    other = torch.optim.Muon([theirs], lr=0.02, weight_decay=0.02, adjust_lr_fn="match_rms_adamw")
    for _ in range(3):
        gradient = torch.randn(16, 40)
        ours.grad, theirs.grad = gradient.clone(), gradient.clone()
        one.step(), other.step()
    moved = (theirs - 1).norm()
    assert (ours - theirs).norm() < 0.02 * moved  # torch's is rounded to bfloat16


def test_a_grouped_convolution_is_a_stack_of_matrices():
    torch.manual_seed(0)
    conv = torch.nn.Conv2d(8, 8, 3, groups=2)
    before = conv.weight.detach().clone()
    optimiser = Muon([{"params": [conv.weight], "groups": 2}], lr=1.0)
    conv(torch.randn(2, 8, 6, 6)).square().mean().backward()
    optimiser.step()
    moved = (conv.weight.detach() - before).reshape(2, 4, -1) / (0.2 * 36**0.5)
    for values in torch.linalg.svdvals(moved):
        assert values.min() > 0.6 and values.max() < 1.3
