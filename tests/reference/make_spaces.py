"""Writes tests/golden/space_networks.json: outputs and scores, in float64, of small networks of the spaces.

    nice /usr/bin/python3 tests/reference/make_spaces.py

Weights and data are not stored: number i of a purpose is hash(i + purpose << 24) / 2^32, which the C++ test computes
too. Parameters are numbered through in declared order; a weight is uniform in +-sqrt(3 / inputs of one output), a bias
and BatchNorm's beta in +-0.1, its gamma in 0.5 .. 1.5; inputs and target numbers are uniform with variance 1.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Callable

import numpy
import torch
from torch import Tensor, nn
import torch.nn.functional as F

import proxies
import spaces

GOLDEN = Path(__file__).resolve().parent.parent / "golden"
BATCH = 6
PROXIES = ["params", "l2_norm", "grad_norm", "grad_norm_total", "snip", "plain", "grasp", "fisher", "synflow",
           "synflow_bn", "jacob_cov", "zico", "gradsign", "ntk_trace", "linear_regions"]
WEIGHTS, INPUTS, TARGETS, SCALE, OFFSET = range(5)

DARTS = ("normal:sep_conv_5x5~0,none~1|dil_conv_5x5~0,avg_pool_3x3~2|max_pool_3x3~1,sep_conv_3x3~3|"
         "skip_connect~2,dil_conv_3x3~4;reduce:skip_connect~0,sep_conv_5x5~1|max_pool_3x3~0,dil_conv_3x3~1|"
         "none~0,avg_pool_3x3~1|skip_connect~3,dil_conv_5x5~0")
MICRO = "64-41414-1_20_313"
MACRO = "64-1234-basic"
DARCY = "|avg_pool_3x3~0|+|nor_conv_1x1~0|nor_conv_3x3~1|+|skip_connect~0|none~1|avg_pool_3x3~2|"


def uniform(count: int, purpose: int, first: int = 0) -> numpy.ndarray:
    """In [0, 1), float64: MurmurHash3's finaliser of the number."""
    z = (numpy.arange(first, first + count, dtype=numpy.uint64) + (purpose << 24)) * 0x9E3779B9 & 0xFFFFFFFF
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        z = (z ^ z >> shift) * factor & 0xFFFFFFFF
    return (z ^ z >> 16) / 2.0 ** 32


def numbers(shape: tuple[int, ...], purpose: int) -> Tensor:
    values = (2 * uniform(math.prod(shape), purpose) - 1) * math.sqrt(3)
    return torch.tensor(values.astype(numpy.float32)).double().reshape(shape)


def set_weights(net: nn.Module) -> nn.Module:
    first = 0
    for module in net.modules():
        for name, parameter in module.named_parameters(recurse=False):
            u = uniform(parameter.numel(), WEIGHTS, first)
            first += parameter.numel()
            if name == "bias":
                values = (2 * u - 1) * 0.1
            elif isinstance(module, nn.BatchNorm2d):
                values = 0.5 + u
            else:
                outputs = module.out_features if isinstance(module, nn.Linear) else module.out_channels
                values = (2 * u - 1) * math.sqrt(3 / (parameter.numel() // outputs))
            parameter.data = torch.tensor(values.astype(numpy.float32)).reshape(parameter.shape)
    return net.double().train()


def cases() -> list[dict]:
    def case(space: str, spec: str, net: nn.Module, shape: tuple[int, int, int], outputs: int, head: str,
             skeleton: tuple[int, int], criterion: str = "cross_entropy", scaled: bool = False) -> dict:
        return {"net": net, "space": space, "spec": spec, "input": shape, "outputs": outputs, "head": head,
                "skeleton": skeleton, "loss": criterion, "scaled": scaled}

    def transnas(spec: str, shape: tuple[int, int, int], outputs: int, head: str, base: int, cells: int,
                 criterion: str = "cross_entropy") -> dict:
        net = spaces.TransnasNet(spec, head, outputs, base, cells)
        space = "transnas-macro" if spec.endswith("basic") else "transnas-micro"
        return case(space, spec, net, shape, outputs, "classes" if head == "jigsaw" else head, (base, cells), criterion)

    return [
        case("darts", DARTS, spaces.DartsNet(DARTS, 4, 5, 10), (3, 16, 16), 10, "classes", (4, 1)),
        transnas(MICRO, (3, 64, 64), 9, "vector", 4, 1, "squared_error"),
        transnas(MICRO, (27, 64, 64), 20, "jigsaw", 4, 2),
        transnas(MICRO, (3, 64, 64), 5, "pixel_classes", 2, 1),
        transnas(MICRO, (3, 64, 64), 3, "pixels", 4, 1, "absolute_error"),
        transnas(MACRO, (3, 64, 64), 10, "classes", 4, 2),
        transnas(MACRO, (3, 32, 32), 3, "pixels", 4, 1, "absolute_error"),
        case("nas-bench-360", DARCY, spaces.DarcyNet(DARCY, 4, 1), (3, 13, 13), 1, "pixels", (4, 1), "relative_l2", True),
    ]


def targets(case: dict) -> Tensor:
    """Of two minibatches."""
    places = case["input"][1:] if case["head"] in ("pixel_classes", "pixels") else ()
    if case["loss"] == "cross_entropy":
        shape = (2 * BATCH, *places)
        return torch.tensor(numpy.floor(uniform(math.prod(shape), TARGETS) * case["outputs"])).long().reshape(shape)
    return numbers((2 * BATCH, case["outputs"], *places), TARGETS)


def loss_of(case: dict) -> Callable[[Tensor, Tensor], Tensor]:
    if case["loss"] == "cross_entropy":
        return F.cross_entropy
    if case["loss"] != "relative_l2":
        return {"squared_error": F.mse_loss, "absolute_error": F.l1_loss}[case["loss"]]
    shape = (case["outputs"], *case["input"][1:])
    scale, offset = (torch.tensor(values.astype(numpy.float32)).double().reshape(shape)
                     for values in (0.5 + uniform(math.prod(shape), SCALE), uniform(math.prod(shape), OFFSET) - 0.5))

    def relative_l2(output: Tensor, target: Tensor) -> Tensor:
        difference = (output * scale + offset - target).flatten(1)
        return (difference.norm(dim=1) / target.flatten(1).norm(dim=1)).mean()

    return relative_l2


def rounding_noise(net: nn.Module, x: Tensor, y: Tensor, loss: Callable[[Tensor, Tensor], Tensor]) -> list[str]:
    """Proxies whose gradients are 0 in theory: a mean over positions (and samples) of BatchNorm's output is constant."""
    found = []
    x = x.clone().requires_grad_()
    output = proxies.fresh(net)(x)
    all_samples, one = (torch.autograd.grad(part.sum(), x, retain_graph=True)[0].norm() for part in (output, output[0]))
    if all_samples < 1e-10 * one:
        found.append("jacob_cov")
    gradients = proxies.layer_gradients(proxies.fresh(net), x[:1], y[:1], loss)
    largest = max(g.abs().max() for g in gradients)
    if any(0 < g.norm() < 1e-10 * largest for g in gradients):
        found.append("gradsign")
    return found


def main() -> None:
    torch.set_num_threads(1)
    results = []
    for case in cases():
        net = set_weights(case.pop("net"))
        x, y = numbers((2 * BATCH, *case["input"]), INPUTS), targets(case)
        batches = [(x[:BATCH], y[:BATCH]), (x[BATCH:], y[BATCH:])]
        loss = loss_of(case)
        with torch.no_grad():
            output = proxies.fresh(net)(x[:BATCH])
        scores = {name: getattr(proxies, name)(net, batches, loss=loss) for name in PROXIES}
        flat = output.flatten()
        results.append({**case, "batch": BATCH, "output_shape": list(output.shape),
                        "rounding_noise": rounding_noise(net, *batches[0], loss),
                        "every": len(flat) // 60 + 1, "output": flat[::len(flat) // 60 + 1].tolist(),
                        "scores": {name: value if math.isfinite(value) else None for name, value in scores.items()}})
        print(case["space"], case["head"], results[-1]["rounding_noise"], results[-1]["scores"])
    (GOLDEN / "space_networks.json").write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
