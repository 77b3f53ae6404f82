"""What autograd does otherwise than the calls of a forward pass say: kept, or said."""

import copy
import warnings

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.checkpoint import checkpoint

import zcp
from networks import EXPORTS, images, small

WAYS = ["auto", "trace", "record", *(["export"] if EXPORTS else [])]
RECORDED = ["auto", "record"]  # torch.jit.trace refuses what is written in Python


class Body(nn.Module):
    """Two layers, a head, and what stands between them."""

    def __init__(self):
        super().__init__()
        self.first = nn.Linear(12, 10)
        self.second = nn.Linear(10, 8)
        self.head = nn.Linear(8, 4)

    def between(self, features):
        return features

    def features(self, x):
        return torch.relu(self.first(x))

    def forward(self, x):
        return self.head(torch.relu(self.second(self.between(self.features(x)))))


class Frozen(Body):
    """Features without gradients."""

    def features(self, x):
        with torch.no_grad():
            return torch.relu(self.first(x))


class Decorated(Body):
    """Features without gradients, beside something of the inputs."""

    @torch.no_grad()
    def frozen(self, x):
        return torch.relu(self.first(x))

    def features(self, x):
        return self.frozen(x) + x.mean(1, keepdim=True)


class Gated(Body):
    """A gate without gradients of features that have some."""

    def between(self, features):
        with torch.no_grad():
            gate = torch.sigmoid(features * 2)
        return features * gate


class Beside(Body):
    """A part that does not train, so that gradients by the inputs alone lack it."""

    def __init__(self):
        super().__init__()
        self.frozen = nn.Linear(12, 10).requires_grad_(False)

    def features(self, x):
        with torch.no_grad():
            more = torch.tanh(self.frozen(x) * 3)
        return torch.relu(self.first(x)) + more


class Reversal(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x.clone()

    @staticmethod
    def backward(ctx, gradient):
        return -3 * gradient


class Sign(torch.autograd.Function):
    """A straight-through estimator."""

    @staticmethod
    def forward(ctx, x):
        return torch.sign(x)

    @staticmethod
    def backward(ctx, gradient):
        return gradient


class Swish(torch.autograd.Function):
    """x sigmoid(x) by its derivative, as those write it who save memory."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * torch.sigmoid(x)

    @staticmethod
    def backward(ctx, gradient):
        (x,) = ctx.saved_tensors
        s = torch.sigmoid(x)
        return gradient * (s + x * s * (1 - s))


class Applied(Body):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def between(self, features):
        return self.function.apply(features - 0.3)


class Tripled(Body):
    """A hook on a tensor of the forward pass."""

    def between(self, features):
        features = features * 1
        if features.requires_grad:
            features.register_hook(lambda gradient: gradient * 3)
        return features


def made(kind, *arguments):
    with torch.random.fork_rng():
        torch.manual_seed(4)
        return kind(*arguments)


def batch():
    drawn = torch.Generator().manual_seed(2)
    return torch.randn(8, 12, generator=drawn), torch.arange(8) % 4


def expected_of(module):
    """grad_norm and snip by plain PyTorch, in float64."""
    twice = copy.deepcopy(module).double()
    x, y = batch()
    F.cross_entropy(twice(x.double()), y).backward()
    weights = [one.weight for one in twice.modules() if isinstance(one, nn.Linear)]
    read = [one for one in weights if one.grad is not None]
    return {
        "grad_norm": sum(one.grad.norm().item() for one in read),
        "snip": sum((one * one.grad).abs().sum().item() for one in read),
    }


def scored(module, capture):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        row = zcp.score(module, batch(), "grad_norm,snip", precision="fp64", capture=capture)
    said = [str(one.message) for one in caught if one.category is UserWarning
            and "gradient" in str(one.message)]
    assert said == row.notes
    return row


@pytest.mark.parametrize("capture", WAYS)
@pytest.mark.parametrize("kind", [Body, Frozen, Decorated, Gated])
def test_blocks_without_gradients_are_kept(kind, capture):
    module = made(kind)
    row = scored(module, capture)
    assert row.notes == []
    assert dict(row) == pytest.approx(expected_of(module), rel=1e-9)


@pytest.mark.parametrize("capture", WAYS)
@pytest.mark.parametrize("kind", [Beside, Gated])
def test_gradients_by_the_inputs_are_kept(kind, capture):
    """jacob_cov reads those, by plain PyTorch here."""
    module = made(kind)
    row = zcp.score(module, batch(), "jacob_cov", precision="fp64", capture=capture)
    twice = copy.deepcopy(module).double()
    x = batch()[0].double().requires_grad_()
    (jacobian,) = torch.autograd.grad(twice(x).sum(), x)
    values = torch.linalg.eigvalsh(torch.corrcoef(jacobian)).clamp_min(0) + 1e-5
    assert row.notes == []
    assert row["jacob_cov"] == pytest.approx(-(values.log() + 1 / values).sum().item(), rel=1e-6)


@pytest.mark.parametrize("capture", WAYS)
def test_a_module_without_gradients_is_said(capture):
    class Without(Body):
        @torch.no_grad()
        def forward(self, x):
            return super().forward(x)

    row = scored(made(Without), capture)
    assert len(row.notes) == 1 and "returns what has no gradients" in row.notes[0]


@pytest.mark.parametrize("capture", ["trace", "record"])
def test_what_is_written_without_gradients_is_said(capture):
    class Writes(Body):
        def between(self, features):
            features = features * 1
            with torch.no_grad():
                features *= 2
            return features

    row = scored(made(Writes), capture)
    assert len(row.notes) == 1 and "writing in no_grad blocks" in row.notes[0]


@pytest.mark.parametrize("capture", RECORDED)
@pytest.mark.parametrize("function", [Reversal, Sign])
def test_backward_passes_of_ones_own_are_said(function, capture):
    module = made(Applied, function)
    row = scored(module, capture)
    (note,) = row.notes
    assert "Applied has another gradient by 'first.weight' than its" in note
    assert "autograd functions of its own" in note
    assert row["grad_norm"] != pytest.approx(expected_of(module)["grad_norm"], rel=1e-2)


@pytest.mark.parametrize("capture", RECORDED)
def test_an_autograd_function_that_is_the_derivative_has_no_note(capture):
    module = made(Applied, Swish)
    row = scored(module, capture)
    assert row.notes == []
    assert dict(row) == pytest.approx(expected_of(module), rel=1e-9)


@pytest.mark.parametrize("capture", ["trace", "record"])
def test_modules_that_read_arrays_are_compared(capture):
    """They do not take inputs with gradients, and are compared without."""
    class Read(Body):
        def features(self, x):
            return super().features(x) * (2 if float(x.numpy().sum()) > 0 else 1)

    class Applying(Applied):
        def features(self, x):
            return super().features(x) * (1 + 0 * float(x.numpy()[0, 0]))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        row = zcp.score(made(Read), (batch()[0].abs(), batch()[1]), "snip", capture=capture)
        assert "computes something else on other samples" in row.notes[0]
        row = zcp.score(made(Applying, Sign), batch(), "snip", capture="record")
        assert "has another gradient by 'first.weight'" in row.notes[0]


def test_checkpoints_have_no_note():
    class Checkpointed(Body):
        def between(self, features):
            return checkpoint(lambda one: torch.tanh(one) * one, features, use_reentrant=False)

    module = made(Checkpointed)
    row = scored(module, "auto")
    assert row.notes == []
    assert dict(row) == pytest.approx(expected_of(module), rel=1e-9)


def test_reentrant_checkpoints_have_no_note():
    """torch.autograd.grad refuses them, a whole backward pass does not."""
    class Checkpointed(Body):
        def between(self, features):
            return checkpoint(lambda one: torch.tanh(one) * one, features, use_reentrant=True)

    module = made(Checkpointed)
    row = scored(module, "auto")
    assert row.notes == []
    assert dict(row) == pytest.approx(expected_of(module), rel=1e-9)


@pytest.mark.parametrize("capture", ["auto", "record"])
def test_hooks_on_tensors_are_said(capture):
    module = made(Tripled)
    row = scored(module, capture)
    assert len(row.notes) == 1 and "hooks on gradients" in row.notes[0]


@pytest.mark.parametrize("capture", WAYS)
def test_hooks_on_parameters_are_said(capture):
    module = made(Body)
    plain = scored(module, capture)
    module.second.weight.register_hook(lambda gradient: None)  # it looks on
    assert scored(module, capture).notes == []
    module.second.weight.register_hook(lambda gradient: gradient * 5)
    row = scored(module, capture)
    assert len(row.notes) == 1
    assert "has a hook that changes the gradient by 'second.weight'" in row.notes[0]
    assert dict(row) == dict(plain)


def test_a_module_whose_gradients_are_compared_stays_as_it_is():
    module = small(dropout=0.3)
    sum(one.sum() for one in module.parameters()).backward()
    before = {name: one.clone() for name, one in module.state_dict().items()}
    grads = [one.grad.clone() for one in module.parameters()]
    state = torch.random.get_rng_state()
    for capture in WAYS:
        assert zcp.score(module, images(8), "grad_norm", capture=capture).notes == []
    assert torch.equal(torch.random.get_rng_state(), state)
    assert all(torch.equal(one, before[name]) for name, one in module.state_dict().items())
    assert all(torch.equal(a.grad, b) for a, b in zip(module.parameters(), grads))
    assert all(one.training for one in module.modules())


@pytest.mark.parametrize("capture", ["auto", "record"])
def test_sparse_gradients_are_compared(capture):
    module = nn.Sequential(nn.Embedding(20, 6, sparse=True), nn.Flatten(), nn.Linear(30, 4))
    words = torch.randint(0, 20, (8, 5), generator=torch.Generator().manual_seed(3))
    row = zcp.score(module, (words, torch.arange(8) % 4), "grad_norm", capture=capture)
    assert row.notes == [] and row.reasons == {}
    F.cross_entropy(module(words), torch.arange(8) % 4).backward()
    assert row["grad_norm"] == pytest.approx(module[2].weight.grad.norm().item(), rel=1e-5)
