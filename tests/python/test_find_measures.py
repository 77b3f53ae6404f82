"""zcp.find_measures() beside zero-cost-nas's own code.

The measures below are those of SamsungLabs/zero-cost-nas (foresight/pruners/
measures), written after its files; where $ZCP_ZERO_COST_NAS names a checkout,
its own code is asked as well.
"""

import copy
import os
import sys

import numpy
import pytest
import torch
import torch.nn.functional as F
from torch import nn

import zcp
from networks import images, small


class Plain(nn.Module):
    """Convolutions with BatchNorm, as nn.Modules, which its hooks need."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU())
        self.body = nn.Sequential(nn.Conv2d(8, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU())
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.head = nn.Linear(8, 10)

    def forward(self, x):
        return self.head(self.pool(self.body(self.stem(x))).flatten(1))


def plain():
    with torch.random.fork_rng():
        torch.manual_seed(3)
        return Plain()


def loader(batch_size=8, count=24):
    data = torch.utils.data.TensorDataset(*images(count))
    return torch.utils.data.DataLoader(data, batch_size=batch_size)


def layers(net):
    return [one for one in net.modules() if isinstance(one, (nn.Conv2d, nn.Linear))]


def reference(net, x, y, name):
    """zero-cost-nas's value, in the precision of the network."""
    net = copy.deepcopy(net).train()
    if name in ("synflow", "synflow_bn"):
        return synflow(net, x, without_norms=name == "synflow")
    loss = F.cross_entropy(net(x), y)
    weights = [one.weight for one in layers(net)]
    if name == "grasp":
        first = torch.autograd.grad(loss, weights, create_graph=True)
        frozen = [one.detach() for one in first]
        again = torch.autograd.grad(
            sum((one * other).sum() for one, other in zip(frozen, first)), weights)
        return sum((-one * other).sum().item() for one, other in zip(weights, again))
    if name == "jacob_cov":
        return jacob_cov(net, x)
    gradients = torch.autograd.grad(loss, weights)
    terms = {
        "grad_norm": lambda w, g: g.norm(),
        "snip": lambda w, g: (w * g).abs().sum(),
        "plain": lambda w, g: (w * g).sum(),
        "l2_norm": lambda w, g: w.norm(),
    }
    return sum(terms[name](w, g).item() for w, g in zip(weights, gradients))


def synflow(net, x, without_norms):
    net = net.double()
    if without_norms:
        for one in net.modules():
            if isinstance(one, nn.BatchNorm2d):
                one.forward = lambda x: x
    with torch.no_grad():
        for one in net.state_dict().values():
            one.abs_()
    net(torch.ones(1, *x.shape[1:], dtype=torch.float64)).sum().backward()
    return sum((one.weight * one.weight.grad).abs().sum().item() for one in layers(net))


def jacob_cov(net, x):
    x = x.clone().requires_grad_(True)
    net(x).backward(torch.ones(x.shape[0], 10, dtype=x.dtype))
    correlations = numpy.corrcoef(x.grad.reshape(x.shape[0], -1).numpy())
    values, _ = numpy.linalg.eig(correlations)
    return float(-numpy.sum(numpy.log(values + 1e-5) + 1.0 / (values + 1e-5)))


NAMES = ["grad_norm", "snip", "grasp", "plain", "l2_norm", "synflow", "synflow_bn", "jacob_cov"]


@pytest.mark.parametrize("name", NAMES)
def test_measures_are_zero_cost_nass(name):
    expected = reference(plain(), *next(iter(loader())), name)
    found = zcp.find_measures(
        plain(), loader(), ("random", 1, 10), "cpu", measure_names=[name])
    assert list(found) == [name]
    tolerance = 1e-2 if name in ("grasp", "jacob_cov") else 1e-4
    assert found[name] == pytest.approx(expected, rel=tolerance)


def test_several_minibatches_are_one():
    x, y = images(24)
    expected = reference(plain(), x[:16], y[:16], "snip")
    found = zcp.find_measures(plain(), loader(), ("random", 2, 10), "cpu", measure_names=["snip"])
    assert found["snip"] == pytest.approx(expected, rel=1e-4)


def test_samples_by_class():
    x, _ = images(40)
    y = torch.arange(40) % 4
    data = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x, y), batch_size=7)
    chosen = torch.cat([torch.arange(label, 40, 4)[:3] for label in range(4)])
    expected = reference(plain(), x[chosen], y[chosen], "grad_norm")
    found = zcp.find_measures(plain(), data, ("grasp", 3, 4), "cpu", measure_names=["grad_norm"])
    assert found["grad_norm"] == pytest.approx(expected, rel=1e-4)


def test_without_names_there_are_the_eight():
    found = zcp.find_measures(plain(), loader(), ("random", 1, 10), "cpu")
    assert sorted(found) == sorted(
        ["grad_norm", "snip", "grasp", "fisher", "jacob_cov", "plain", "synflow_bn", "synflow"])
    assert all(value == value for value in found.values())


def test_what_is_no_mode_is_refused():
    with pytest.raises(ValueError, match="expected 'random' or 'grasp'"):
        zcp.find_measures(plain(), loader(), ("both", 1, 10), "cpu")
    with pytest.raises(ValueError, match="gives 3 minibatches, expected 4"):
        zcp.find_measures(plain(), loader(), ("random", 4, 10), "cpu")


def test_its_own_code_says_the_same():
    checkout = os.environ.get("ZCP_ZERO_COST_NAS")
    if not checkout:
        pytest.skip("ZCP_ZERO_COST_NAS names no checkout of zero-cost-nas")
    sys.path.insert(0, checkout)
    from foresight.pruners import predictive

    info, names = ("random", 1, 10), NAMES[:4] + ["fisher", "synflow", "synflow_bn", "jacob_cov"]
    theirs = predictive.find_measures(plain(), loader(), info, "cpu", measure_names=names)
    ours = zcp.find_measures(plain(), loader(), info, "cpu", measure_names=names)
    for name in names:
        assert ours[name] == pytest.approx(theirs[name], rel=1e-2), name
