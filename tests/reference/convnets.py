"""Networks of the spaces nats-sss, nas-bench-101, nas-bench-macro, resnet and mobilenet-v2, in plain PyTorch.

Written from the benchmarks' definitions (D-X-Y/AutoDL-Projects, google-research/nasbench, xiusu/NAS-Bench-Macro,
He et al. 2016, idstcv/ZenNAS) and not from the C++ code.

    nice /usr/bin/python3 tests/reference/convnets.py            writes tests/golden/convnets.json
    nice /usr/bin/python3 tests/reference/convnets.py counts     prints #params of each network

Weights and inputs are numbers of a formula (see `numbers`), so that the golden file holds outputs alone. The layers of
a network are called in the order in which the benchmark's description names them; parameters are filled in that order.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import numpy
import torch
from torch import Tensor, nn

GOLDEN = Path(__file__).resolve().parent.parent / "golden"
BATCH, SIZE, CLASSES = 4, 16, 10


def numbers(count: int, stream: int) -> Tensor:
    """The `stream`-th sequence: fractional parts of multiples of a 32-bit constant, minus one half, as float32."""
    index = numpy.arange(count, dtype=numpy.uint64) + numpy.uint64(1000003 * stream)
    mixed = (index * numpy.uint64(2654435761)) % numpy.uint64(2**32)
    return torch.from_numpy((mixed.astype(numpy.float64) / 2**32 - 0.5).astype(numpy.float32))


class Recipe:
    """Runs a network while it is written down: each call makes a layer with the next of the numbers."""

    def __init__(self, x: Tensor, epsilon: float = 1e-5) -> None:
        self.x, self.epsilon, self.used = x, epsilon, 0
        self.made: list[tuple[int, int, torch.Size]] = []  # of each convolution: inputs of an output, kernel, output
        self.path: list[list[tuple[int, int, torch.Size]]] = []  # what runs one after another: see end_unit()

    def take(self, *shape: int) -> Tensor:
        count = int(numpy.prod(shape))
        self.used += count
        everything = numbers(self.used, 0)
        return everything[self.used - count:].reshape(shape).double()

    def conv(self, x: Tensor, out: int, kernel: int, stride: int = 1, groups: int = 1, bias: bool = False) -> Tensor:
        weight = self.take(out, x.shape[1] // groups, kernel, kernel)
        offset = self.take(out) if bias else None
        y = nn.functional.conv2d(x, weight, offset, stride, kernel // 2, groups=groups)
        self.made.append((x.shape[1] // groups, kernel, y.shape))
        return y

    def end_unit(self, begin: int) -> None:
        """The convolutions made since `begin` are the next unit of the main path: a branch, or one alone."""
        self.path.append(self.made[begin:])

    def norm(self, x: Tensor) -> Tensor:
        scale, shift = (self.take(x.shape[1]).float() + 1).double(), self.take(x.shape[1])
        return nn.functional.batch_norm(x, None, None, scale, shift, training=True, eps=self.epsilon)

    def linear(self, x: Tensor, out: int) -> Tensor:
        return nn.functional.linear(x, self.take(out, x.shape[1]), self.take(out))

    def head(self, x: Tensor) -> Tensor:
        return self.linear(x.mean((2, 3)), CLASSES)


# --- NATS-Bench size space ---------------------------------------------------------------------------------------------

def nats_sss(net: Recipe, spec: str) -> Tensor:
    def relu_conv_norm(x: Tensor, out: int, kernel: int, stride: int = 1) -> Tensor:
        return net.norm(net.conv(x.relu(), out, kernel, stride))

    def cell(x: Tensor, out: int) -> Tensor:
        """|3x3~0|+|3x3~0|3x3~1|+|skip~0|3x3~1|3x3~2|; what reads the input changes the channels."""
        one = relu_conv_norm(x, out, 3)
        two = relu_conv_norm(x, out, 3) + relu_conv_norm(one, out, 3)
        skip = x if x.shape[1] == out else net.norm(net.conv(x, out, 1))
        return skip + relu_conv_norm(one, out, 3) + relu_conv_norm(two, out, 3)

    def reduction(x: Tensor, out: int) -> Tensor:
        main = relu_conv_norm(relu_conv_norm(x, out, 3, 2), out, 3)
        return net.conv(nn.functional.avg_pool2d(x, 2), out, 1) + main

    widths = [int(width) for width in spec.split(":")]
    x = net.norm(net.conv(net.x, widths[0], 3))
    for layer, width in enumerate(widths):
        x = reduction(x, width) if layer in (1, 3) else cell(x, width)
    return net.head(net.norm(x).relu())


# --- NAS-Bench-101 -----------------------------------------------------------------------------------------------------

def vertex_channels(matrix: list[list[int]], out: int) -> list[int]:
    last = len(matrix) - 1
    parts = [v for v in range(1, last) if matrix[v][last]]
    channels = [0] * len(matrix)
    for position, v in enumerate(parts):
        channels[v] = out // len(parts) + (position < out % len(parts))
    for v in range(last - 1, 0, -1):
        if not matrix[v][last]:
            channels[v] = max(channels[to] for to in range(v + 1, last) if matrix[v][to])
    return channels


def nas_bench_101(net: Recipe, spec: str, stem: int = 10, cells: int = 2) -> Tensor:
    rows, names = spec.split("|")
    matrix = [[int(entry) for entry in row] for row in rows.split("-")]
    operations, last = names.split(","), len(matrix) - 1

    chain = all(sum(row) == 1 for row in matrix[:-1])

    def conv_norm_relu(x: Tensor, out: int, kernel: int) -> Tensor:
        y = net.norm(net.conv(x, out, kernel)).relu()
        if chain:
            net.end_unit(len(net.made) - 1)
        return y

    def cell(x: Tensor, out: int) -> Tensor:
        channels = vertex_channels(matrix, out)
        values = [x]
        for v in range(1, last):
            terms = [values[w][:, :channels[v]] for w in range(1, v) if matrix[w][v]]
            if matrix[0][v]:
                terms.append(conv_norm_relu(x, channels[v], 1))
            total = sum(terms[1:], terms[0])
            if operations[v] == "maxpool3x3":
                values.append(nn.functional.max_pool2d(total, 3, 1, 1))
            else:
                values.append(conv_norm_relu(total, channels[v], 3 if "3x3" in operations[v] else 1))
        parts = [values[v] for v in range(1, last) if matrix[v][last]]
        y = torch.cat(parts, 1) if parts else 0
        return y + conv_norm_relu(x, out, 1) if matrix[0][last] else y

    x = conv_norm_relu(net.x, stem, 3)
    for stack in range(3):
        if stack > 0:
            x = nn.functional.max_pool2d(x, 2)
        for _ in range(cells):
            x = cell(x, stem * 2 ** stack)
    return net.head(x)


# --- NAS-Bench-Macro ---------------------------------------------------------------------------------------------------

def nas_bench_macro(net: Recipe, spec: str, stem: int = 4) -> Tensor:
    def layer(x: Tensor, digit: str, out: int, stride: int) -> Tensor:
        same = stride == 1 and x.shape[1] == out
        begin = len(net.made)
        if digit == "0":
            if not same:
                x = net.norm(net.conv(x, out, 1, stride))
                net.end_unit(begin)
            return x
        ratio, kernel = (3, 3) if digit == "1" else (6, 5)
        hidden = ratio * x.shape[1]
        y = net.norm(net.conv(x, hidden, 1)).relu()
        y = net.norm(net.conv(y, hidden, kernel, stride, hidden)).relu()
        y = net.norm(net.conv(y, out, 1))
        net.end_unit(begin)
        return x + y if same else y

    digits = iter(spec)
    x = net.norm(net.conv(net.x, stem, 3)).relu()
    net.end_unit(0)
    for stage, layers in enumerate((2, 3, 3)):
        for i in range(layers):
            x = layer(x, next(digits), stem * 2 ** (stage + 1), 2 if i == 0 else 1)
    begin = len(net.made)
    x = net.norm(net.conv(x, 1280, 1)).relu()
    net.end_unit(begin)
    return net.head(x)


# --- Residual networks -------------------------------------------------------------------------------------------------

def resnet(net: Recipe, spec: str) -> Tensor:
    form, block, blocks, widths = spec.split("-")
    large, bottleneck = form == "imagenet", block == "bottleneck"

    def add_block(x: Tensor, width: int, stride: int) -> Tensor:
        out, begin = 4 * width if bottleneck else width, len(net.made)
        if bottleneck:
            y = net.norm(net.conv(x, width, 1)).relu()
            y = net.norm(net.conv(y, width, 3, stride)).relu()
            y = net.norm(net.conv(y, out, 1))
        else:
            y = net.norm(net.conv(x, width, 3, stride)).relu()
            y = net.norm(net.conv(y, out, 3))
        net.end_unit(begin)
        changes = stride > 1 or x.shape[1] != out
        return (y + (net.norm(net.conv(x, out, 1, stride)) if changes else x)).relu()

    sizes = [int(width) for width in widths.split(".")]
    x = net.norm(net.conv(net.x, sizes[0], 7 if large else 3, 2 if large else 1)).relu()
    net.end_unit(0)
    if large:
        x = nn.functional.max_pool2d(x, 3, 2, 1)
    for stage, (count, width) in enumerate(zip(blocks.split("."), sizes)):
        for i in range(int(count)):
            x = add_block(x, width, 2 if i == 0 and stage > 0 else 1)
    return net.head(x)


# --- ZenNAS's structure strings ----------------------------------------------------------------------------------------

def mobilenet_v2(net: Recipe, spec: str) -> Tensor:
    net.epsilon = 1e-3
    gated = spec.endswith("+SE")

    def norm_conv(x: Tensor, out: int, kernel: int, stride: int = 1, groups: int = 1) -> Tensor:
        return net.norm(net.conv(x, out, kernel, stride, groups))

    def gate(x: Tensor) -> Tensor:
        begin = len(net.made)
        y = norm_conv(x.mean((2, 3), keepdim=True), round(x.shape[1] / 4), 1).relu()
        x = x * norm_conv(y, x.shape[1], 1).sigmoid()
        del net.made[begin:]  # beside the path
        return x

    def half(x: Tensor, ratio: int, kernel: int, width: int, stride: int, project: bool) -> Tensor:
        hidden, begin = max(8, 8 * round(width * ratio / 8)), len(net.made)
        y = norm_conv(norm_conv(x, hidden, 1).relu(), hidden, kernel, stride, hidden).relu()
        y = norm_conv(gate(y) if gated else y, width, 1)
        net.end_unit(begin)
        if project or x.shape[1] != width:
            x = net.norm(nn.functional.conv2d(
                x, net.take(width, x.shape[1], 1, 1), net.take(width), stride))
        return (x + y).relu()

    x = net.x
    for name, arguments in re.findall(r"(\w+)\(([\d,]+)\)", spec):
        values = [int(value) for value in arguments.split(",")]
        out, stride = values[1], values[2]
        for i in range(values[-1]):
            step = stride if i == 0 else 1
            if name.startswith("SuperConv"):
                begin = len(net.made)
                x = norm_conv(x, out, int(name[10]), step).relu()
                net.end_unit(begin)
            else:
                ratio, kernel = int(name[12]), int(name[14])
                x = half(x, ratio, kernel, values[3], step, i == 0)
                x = half(x, ratio, kernel, out, 1, False)
    return net.head(x)


# --- Closed formulas ---------------------------------------------------------------------------------------------------

def stage_ends(net: Recipe) -> list[tuple[int, int, int, float]]:
    """For each run of units of one resolution: its channels, its pixels, layers and sum of log(c k^2) up to its end."""
    ends: list[tuple[int, int, int, float]] = []
    depth, total, last = 0, 0.0, None
    for unit in net.path:
        size = unit[-1][2]
        depth += len(unit)
        total += sum(numpy.log(inputs * kernel ** 2) for inputs, kernel, _ in unit)
        end = (size[1], size[2] * size[3], depth, total)
        if last == size[2:]:
            ends[-1] = end
        else:
            ends.append(end)
        last = size[2:]
    return ends


def deepmad(net: Recipe) -> float:
    """sum over stages of a log(C H W) sum of log sqrt(c k^2), a = 8 for the last (tinynas/scores/compute_deepmad.py)."""
    ends = stage_ends(net)
    terms = [numpy.log(channels * pixels) * total / 2 for channels, pixels, _, total in ends]
    return float(sum(terms[:-1]) + 8 * terms[-1])


def deepmad_effectiveness(net: Recipe) -> float:
    """-max over stages of depth / geometric mean of widths (tinynas/models/cnnnet.py, get_efficient_score)."""
    return -float(max(depth / numpy.exp(total / depth) for _, _, depth, total in stage_ends(net)))


def stentr(net: Recipe) -> float:
    """sum of log sqrt(c k^2 q) + log C of a clip of one frame (tinynas/models/blocks_cnn_3d/blocks_basic_3D.py)."""
    score = 0.0
    for unit in net.path:
        size = unit[-1][2]
        there = numpy.array([1.0, size[2], size[3]])
        for inputs, kernel, _ in unit:
            window = numpy.array([1.0, kernel, kernel])
            cosine = there @ window / numpy.linalg.norm(there) / numpy.linalg.norm(window)
            q = 1.0 if kernel == 1 else -numpy.log(1 - cosine)
            score += 0.5 * numpy.log(inputs * kernel ** 2 * q)
    return float(score + numpy.log(net.path[-1][-1][2][1]))


def formulas(net: Recipe) -> dict[str, float | None]:
    """None where the layers do not run one after another."""
    return {f.__name__: f(net) if net.path else None for f in (deepmad, deepmad_effectiveness, stentr)}


# --- What the golden file holds ----------------------------------------------------------------------------------------

NETWORKS = [  # space, builder, spec, channels and cells of the C++ skeleton, pixels
    ("nats-sss", nats_sss, "8:16:24:24:40", 0, 0, SIZE),
    ("nats-sss", nats_sss, "24:8:8:16:8", 0, 0, SIZE),
    ("nas-bench-101", nas_bench_101,
     "0111100-0000001-0000001-0000001-0000010-0000001-0000000|"
     "input,conv3x3-bn-relu,conv1x1-bn-relu,maxpool3x3,conv3x3-bn-relu,conv3x3-bn-relu,output", 10, 2, SIZE),
    ("nas-bench-101", nas_bench_101,
     "01111-00111-00001-00001-00000|input,maxpool3x3,conv3x3-bn-relu,conv1x1-bn-relu,output", 10, 2, SIZE),
    ("nas-bench-101", nas_bench_101,
     "01001-00111-00011-00001-00000|input,conv3x3-bn-relu,maxpool3x3,conv3x3-bn-relu,output", 10, 2, SIZE),
    ("nas-bench-101", nas_bench_101, "01-00|input,output", 10, 2, SIZE),
    ("nas-bench-macro", nas_bench_macro, "02012100", 4, 0, SIZE),
    ("nas-bench-macro", nas_bench_macro, "10221012", 4, 0, SIZE),
    ("resnet", resnet, "cifar-basic-1.2.1-8.12.16", 0, 0, SIZE),
    ("resnet", resnet, "cifar-bottleneck-2.1.1-4.4.8", 0, 0, SIZE),
    ("resnet", resnet, "imagenet-basic-1.1.1.1-4.8.8.16", 0, 0, 64),
    ("mobilenet-v2", mobilenet_v2,
     "SuperConvK3BNRELU(3,8,2,1)SuperResIDWE6K3(8,16,2,8,2)SuperResIDWE1K5(16,24,1,20,1)"
     "SuperConvK1BNRELU(24,32,1,1)", 0, 0, 32),
    ("mobilenet-v2", mobilenet_v2,
     "SuperConvK5BNRELU(3,8,1,2)SuperResIDWE2K7(8,16,2,16,1)SuperConvK1BNRELU(16,32,1,1)+SE", 0, 0, 32),
]


def main() -> None:
    torch.set_num_threads(1)
    entries = []
    for space, builder, spec, channels, cells, size in NETWORKS:
        x = numbers(BATCH * 3 * size * size, 1).reshape(BATCH, 3, size, size).double()
        net = Recipe(x)
        output = builder(net, spec)
        if sys.argv[1:] == ["counts"]:
            print(net.used, space, spec)
        entries.append({"space": space, "spec": spec, "channels": channels, "cells": cells, "batch": BATCH,
                        "size": size, "params": net.used, "scores": formulas(net), "output": output.flatten().tolist()})
    if sys.argv[1:] != ["counts"]:
        (GOLDEN / "convnets.json").write_text(json.dumps(entries, indent=1) + "\n")


if __name__ == "__main__":
    main()
