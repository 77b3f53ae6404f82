"""Whether a program computes what its module does: outputs on other samples, and the
gradients of a fixed sum of the outputs.

A program is made of what a forward pass calls. What autograd does otherwise than
these calls say (blocks without gradients, backward passes of one's own, hooks on
gradients) is not in it, or not in every kind of it, and shows in gradients alone.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import Any, Callable, Iterable, Iterator, Optional

import torch

from . import _record

#: What gradients that are of no one parameter are by.
INPUTS = "its inputs"
PARAMETERS = "its parameters"

#: Where the module's outputs have no gradients at all.
NOWHERE = ""


@dataclass
class Difference:
    """Where a program and its module are not the same."""

    of_outputs: bool
    where: str = NOWHERE  #: of gradients: the parameter, INPUTS, PARAMETERS or NOWHERE

    @property
    def weight(self) -> int:
        """How much depends on it: outputs, gradients by parameters, those by inputs."""
        if self.of_outputs:
            return 2
        return 0 if self.where == INPUTS else 1


@dataclass
class Source:
    """A module, and how its copies are made."""

    module: torch.nn.Module
    sharing: Callable[[], torch.nn.Module]  #: with the parameters of the module
    apart: Callable[[], torch.nn.Module]  #: with parameters of its own

    def parameters(self) -> list:
        """(name, parameter) of those that train."""
        return [(n, p) for n, p in self.module.named_parameters() if p.requires_grad]


def _outputs(value: Any) -> list:
    """The tensors of an output, in order."""
    if isinstance(value, torch.Tensor):
        return [value]
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (tuple, list)):
        return [tensor for one in value for tensor in _outputs(one)]
    return []


def difference(
    program: Callable,
    source: Source,
    others: Iterable[torch.Tensor],
    enough: Optional[int] = None,
) -> Optional[Difference]:
    """Where the program differs from the module on other samples, on so many of those
    that the module takes, or on all; None where it is the same. Gradients are compared
    on the first of them; other outputs are the difference where both are."""
    compared = 0
    gradients: Optional[Difference] = None
    for other in others:
        if compared == enough:
            break
        seed = int(torch.randint(2**31, (1,)))  # of dropout, on every device
        theirs = _first_pass(source, other, seed, _KINDS if compared == 0 else _KINDS[-1:])
        if theirs is None:  # no input of its own: noise is no token
            continue
        compared += 1
        try:
            with _as_written():
                ours = _pass(program, other, seed, theirs.kind)
        except Exception:  # it takes the number of the first samples alone
            return Difference(of_outputs=True)
        if not _same_outputs(ours.outputs, theirs.outputs):
            return Difference(of_outputs=True)
        if theirs.kind != "outputs":
            where = _other_gradient(program, ours, source, theirs, other, seed)
            if where is not None:
                gradients = Difference(of_outputs=False, where=where)
    return gradients


@contextlib.contextmanager
def _as_written() -> Iterator[None]:
    """A script runs node by node: to compile it takes longer than it saves in so few
    passes."""
    plain = getattr(torch.jit, "optimized_execution", None)
    with contextlib.nullcontext() if plain is None else plain(False):
        yield


#: What a pass is for, from the most. A module that makes an array of its input does not
#: take one that has gradients.
_KINDS = ("gradients by inputs", "gradients", "outputs")


@dataclass
class _Pass:
    """A forward pass; ``leaf`` is what gradients by the inputs are of."""

    kind: str
    outputs: list
    leaf: Optional[torch.Tensor]


def _first_pass(source: Source, x: torch.Tensor, seed: int, kinds: tuple) -> Optional[_Pass]:
    """The module's pass of the first kind that it takes; None: it does not take x."""
    for kind in kinds:
        try:
            return _pass(source.sharing(), x, seed, kind)
        except Exception:  # modules raise what they like
            continue
    return None


def _pass(network: Callable, x: torch.Tensor, seed: int, kind: str) -> _Pass:
    """What the network gives for x, which stays as it is where the network writes into
    its inputs."""
    x = x.detach().clone()
    leaf = None
    if kind == "gradients by inputs" and x.is_floating_point():
        leaf = x.requires_grad_()
        x = leaf.clone()
    with torch.set_grad_enabled(kind != "outputs"):
        torch.manual_seed(seed)
        return _Pass(kind, _outputs(_record.plain(network(x))), leaf)


def _same_outputs(ours: list, theirs: list) -> bool:
    return len(ours) == len(theirs) and all(
        a.shape == b.shape and torch.allclose(a, b, rtol=1e-4, atol=1e-5, equal_nan=True)
        for a, b in zip(ours, theirs)
    )


def _weighted_sum(outputs: list) -> Optional[torch.Tensor]:
    """A number that every output enters with a weight of its own: the plain sum of a
    softmax has no gradient. None where no output has one."""
    total = None
    for one in outputs:
        if not one.is_floating_point() or not one.requires_grad:
            continue
        places = torch.arange(one.numel(), dtype=torch.float64, device=one.device)
        part = (one * torch.cos(places).reshape(one.shape).to(one.dtype)).sum()
        total = part if total is None else total + part
    return total


def _gradients(run: _Pass, parameters: list) -> list:
    """By the parameters and, at the end, by the inputs; None where there is none."""
    total = _weighted_sum(run.outputs)
    if total is None:
        return [None] * (len(parameters) + 1)
    inputs = [*parameters, *([] if run.leaf is None else [run.leaf])]
    found = [_dense(one) for one in torch.autograd.grad(total, inputs, allow_unused=True)]
    return found if run.leaf is not None else [*found, None]


def _dense(gradient: Optional[torch.Tensor]) -> Optional[torch.Tensor]:
    """Those of embeddings may be sparse."""
    return gradient.to_dense() if gradient is not None and gradient.is_sparse else gradient


def _gradients_apart(source: Source, x: torch.Tensor, seed: int, kind: str) -> list:
    """Those of a copy with parameters of its own, by a whole backward pass: reentrant
    checkpoints refuse torch.autograd.grad."""
    copied = source.apart()
    run = _pass(copied, x, seed, kind)
    total = _weighted_sum(run.outputs)
    if total is not None:
        total.backward()
    grads = [_dense(one.grad) for one in copied.parameters() if one.requires_grad]
    return [*grads, None if run.leaf is None else run.leaf.grad]


def _other_gradient(
    program: Callable, ours: _Pass, source: Source, theirs: _Pass, x: torch.Tensor, seed: int
) -> Optional[str]:
    """Which gradient differs; None: none does."""
    names = [name for name, _ in source.parameters()]
    own = [parameter for _, parameter in source.parameters()]
    try:
        expected = _gradients(theirs, own)
    except Exception:  # its backward pass raises what it likes
        try:
            expected = _gradients_apart(source, x, seed, theirs.kind)
        except Exception:
            expected = None
    if expected is not None and all(one is None for one in expected):
        return NOWHERE
    held = dict(program.named_parameters())
    try:
        # A tied parameter may have another of its names there, and is the module's own.
        found = _gradients(ours, [held.get(name, one) for name, one in zip(names, own)])
    except Exception:
        found = None
    if expected is None or found is None:
        return None if expected is found else PARAMETERS
    where = _unlike(names, found[:-1], expected[:-1])
    return where or _unlike([INPUTS], found[-1:], expected[-1:])


def _unlike(names: list, found: list, expected: list) -> Optional[str]:
    """The first name whose gradient is another one. Those that are nothing but rounding
    beside the largest, as of a bias before BatchNorm, are equal."""
    expected = [other if other is not None or mine is None else torch.zeros_like(mine)
                for mine, other in zip(found, expected)]
    largest: Optional[float] = None
    for name, mine, other in zip(names, found, expected):
        if other is None:
            continue  # neither has one
        mine = torch.zeros_like(other) if mine is None else mine
        if torch.equal(mine, other):
            continue
        if largest is None:
            largest = max(_largest(one) for one in expected if one is not None)
        relative = max(1e-4, 10 * torch.finfo(other.dtype).eps)
        if not torch.allclose(
            mine, other, rtol=relative, atol=relative / 10 * largest, equal_nan=True
        ):
            return name
    return None


def _largest(gradient: torch.Tensor) -> float:
    """The largest of its finite numbers, without their signs."""
    if gradient.numel() == 0:
        return 0.0
    finite = torch.where(torch.isfinite(gradient), gradient, torch.zeros_like(gradient))
    return float(finite.abs().max())


def changing_hooks(module: torch.nn.Module) -> list:
    """Names of the parameters whose hooks change a gradient: no program has them, and
    torch.autograd.grad did not call them before torch 2."""
    found = []
    for name, parameter in module.named_parameters():
        hooks = list((getattr(parameter, "_backward_hooks", None) or {}).values())
        if parameter.requires_grad and hooks and _change(hooks, torch.randn_like(parameter)):
            found.append(name)
    return found


def _change(hooks: list, gradient: torch.Tensor) -> bool:
    """Whether they make something else of a gradient."""
    made = gradient.detach().clone()
    with torch.no_grad():
        for hook in hooks:
            try:
                given = hook(made)
            except Exception:  # it raises in a backward pass, too
                return True
            made = made if given is None else given
    return not torch.equal(made, gradient)
