"""zero-cost-nas's call, answered by zcp."""

from __future__ import annotations

from typing import Any, Callable, Iterable, Optional

import torch

from . import _score

#: What zero-cost-nas's ``find_measures`` computes where no names are given.
MEASURES = (
    "grad_norm", "snip", "grasp", "fisher", "jacob_cov", "plain", "synflow_bn", "synflow",
)


def _random(loader: Iterable, count: int) -> tuple:
    """The first ``count`` minibatches as one."""
    inputs, targets = [], []
    iterator = iter(loader)
    for _ in range(count):
        try:
            x, y = next(iterator)
        except StopIteration:
            raise ValueError(
                f"dataload_info: the loader gives {len(inputs)} minibatches, expected {count}"
            ) from None
        inputs.append(x)
        targets.append(y)
    return torch.cat(inputs), torch.cat(targets)


def _grasp(loader: Iterable, count: int, classes: int) -> tuple:
    """``count`` samples of each class, class by class."""
    found: list = [[] for _ in range(classes)]
    for x, y in loader:
        for i in range(x.shape[0]):
            label = int(y[i])
            if not 0 <= label < classes:
                raise ValueError(f"dataload_info: found label {label}, expected 0 to {classes - 1}")
            if len(found[label]) < count:
                found[label].append((x[i : i + 1], y[i : i + 1]))
        if all(len(one) == count for one in found):
            pairs = [pair for one in found for pair in one]
            return torch.cat([x for x, _ in pairs]), torch.cat([y for _, y in pairs]).view(-1)
    short = next(i for i, one in enumerate(found) if len(one) < count)
    raise ValueError(
        f"dataload_info: the loader has {len(found[short])} samples of class {short}, "
        f"expected {count}"
    )


def find_measures(
    net_orig: torch.nn.Module,
    dataloader: Iterable,
    dataload_info: tuple,
    device: Any,
    loss_fn: Callable = torch.nn.functional.cross_entropy,
    measure_names: Optional[Iterable[str]] = None,
    measures_arr: Optional[dict] = None,
) -> dict:
    """The proxies of a network, by the arguments of zero-cost-nas
    (``foresight.pruners.predictive.find_measures``).

    Args:
        net_orig: the network. Unlike there, it is neither moved nor set to train
            mode; BatchNorm takes the statistics of the batch whatever its mode.
        dataloader: gives pairs of inputs ``[N, C, H, W]`` and labels ``[N]``.
        dataload_info: ``("random", minibatches, classes)``: these minibatches are
            put together as one; or ``("grasp", samples_a_class, classes)``.
        device: where it is computed, such as "cpu" or "cuda:0".
        loss_fn: of output and labels; one number, the mean over the samples.
        measure_names: zero-cost-nas's names or any of ``zcp.proxies()``; without,
            the eight that zero-cost-nas computes.
        measures_arr: arrays that zero-cost-nas computed before, whose sums are
            returned.

    Returns:
        A dict from the name to a float, nan where there is no value (``zcp.score``
        says why).
    """
    if measures_arr is not None:
        return {
            name: value if name == "jacob_cov" else float(sum(part.sum() for part in value))
            for name, value in measures_arr.items()
        }
    mode, count, classes = dataload_info
    if mode == "random":
        data = _random(dataloader, count)
    elif mode == "grasp":
        data = _grasp(dataloader, count, classes)
    else:
        raise ValueError(f"dataload_info: found {mode!r}, expected 'random' or 'grasp'")
    names = list(MEASURES if measure_names is None else measure_names)
    found = _score.score(
        net_orig, data, proxies=names, loss=loss_fn, device=device, classes=classes
    )
    return {name: found[_own_name(name)] for name in names}


def _own_name(name: str) -> str:
    """An alias resolved."""
    from . import _core

    return _core.select([name])[0]
