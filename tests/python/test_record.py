"""Recordings: the functions that a forward pass calls, on the module's parameters."""

import copy

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import zcp
from networks import images


class Normed(nn.Module):
    """Norms whose scales are found by their names, and a layer that is never read."""

    def __init__(self):
        super().__init__()
        self.calls = nn.Conv2d(3, 6, 3, padding=1)  # a name that a replay could have
        self.norm = nn.BatchNorm2d(6)
        self.scale = nn.ParameterList([nn.Parameter(torch.full((6,), 0.7))])
        self.vector = nn.LayerNorm(6)
        self.head = nn.Linear(6, 4)
        self.unread = nn.Linear(6, 6)

    def forward(self, x):
        y = torch.relu(self.norm(self.calls(x))).mean((2, 3))
        return self.head(self.vector(y) * self.scale[0])


def normed():
    with torch.random.fork_rng():
        torch.manual_seed(4)
        return Normed()


def test_a_recording_keeps_names_and_unread_parameters():
    module = normed()
    x, y = images(8, classes=4)
    names = "params,l2_norm,ntk_trace,ntk_condition,grad_norm,synflow"
    row = zcp.score(module, (x, y), names, precision="fp64", capture="record")
    assert row.capture == "record" and row.notes == []
    assert row["params"] == sum(one.numel() for one in module.parameters())
    layers = [module.calls, module.head, module.unread]
    assert row["l2_norm"] == pytest.approx(
        sum(one.weight.double().norm().item() for one in layers), rel=1e-9)
    twice = copy.deepcopy(module).double()
    weights = [one for name, one in twice.named_parameters() if "weight" in name]
    out = twice(x.double())
    squares = 0.0
    for sample in out:
        found = torch.autograd.grad(sample.sum(), weights, retain_graph=True, allow_unused=True)
        squares += sum(one.pow(2).sum().item() for one in found if one is not None)
    assert row["ntk_trace"] == pytest.approx((squares / len(out)) ** 0.5, rel=1e-9)
    traced = zcp.score(module, (x, y), names, precision="fp64", capture="trace")
    assert dict(row) == dict(traced)


@pytest.mark.parametrize("init", ["kaiming_normal", "xavier_normal"])
def test_a_recording_draws_the_weights_of_a_trace(init):
    module, data = normed(), images(8, classes=4)
    names = "naswot,grad_norm,l2_norm"
    rows = [zcp.score(module, data, names, init=init, capture=one) for one in ("trace", "record")]
    assert dict(rows[0]) == dict(rows[1])


class Writes(nn.Module):
    """Writes into places of a tensor, which returns nothing."""

    def __init__(self):
        super().__init__()
        self.first = nn.Linear(12, 8)
        self.head = nn.Linear(8, 4)

    def forward(self, x):
        features = self.first(x) * 1
        features[:, 0] = features[:, 1] * 2
        return self.head(torch.relu(features))


def test_what_is_written_into_places_is_recorded():
    with torch.random.fork_rng():
        torch.manual_seed(4)
        module, x, y = Writes(), torch.randn(8, 12), torch.arange(8) % 4
    row = zcp.score(module, (x, y), "grad_norm", precision="fp64", capture="record")
    assert row.notes == []
    twice = copy.deepcopy(module).double()
    F.cross_entropy(twice(x.double()), y).backward()
    expected = sum(one.weight.grad.norm().item() for one in (twice.first, twice.head))
    assert row["grad_norm"] == pytest.approx(expected, rel=1e-9)


class ReLUConvBN(nn.Module):
    def __init__(self):
        super().__init__()
        self.op = nn.Sequential(nn.ReLU(), nn.Conv2d(6, 6, 1), nn.BatchNorm2d(6))

    def forward(self, x):
        return self.op(x)


def test_a_recording_says_that_it_has_no_modules():
    module = nn.Sequential(nn.Conv2d(3, 6, 3), ReLUConvBN(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    assert zcp.score(module, images(8, classes=6), "naswot", capture="trace").notes == []
    with pytest.warns(UserWarning, match="count the ReLU in ReLUConvBN once"):
        zcp.score(module, images(8, classes=6), "naswot", capture="record")
