"""Networks of the spaces darts, transnas-micro, transnas-macro and nas-bench-360, in plain PyTorch.

Written from the benchmarks' definitions (quark0/darts, yawen-d/TransNASBench, rtu715/NAS-Bench-360) and not from the
C++ code. `python3 tests/reference/spaces.py counts` prints #params and multiply-accumulates of the networks that the
C++ tests name; make_golden.py takes the networks from here.
"""

from __future__ import annotations

import math
import re
import sys

import torch
from torch import Tensor, nn


def relu_conv_bn(c_in: int, c_out: int, kernel: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.ReLU(), nn.Conv2d(c_in, c_out, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(c_out))


class Zero(nn.Module):
    def __init__(self, c_out: int, stride: int) -> None:
        super().__init__()
        self.c_out, self.stride = c_out, stride

    def forward(self, x: Tensor) -> Tensor:
        x = x[:, :, ::self.stride, ::self.stride]
        return x.new_zeros(x.shape[0], self.c_out, *x.shape[2:])


class FactorizedReduce(nn.Module):
    """Two strided 1x1 convolutions, the second one pixel further, of half the channels each."""

    def __init__(self, c_in: int, c_out: int, stride: int) -> None:
        super().__init__()
        self.a = nn.Conv2d(c_in, c_out // 2, 1, stride, bias=False)
        self.b = nn.Conv2d(c_in, c_out // 2, 1, stride, bias=False)
        self.bn = nn.BatchNorm2d(c_out)

    def forward(self, x: Tensor) -> Tensor:
        x = x.relu()
        further = nn.functional.pad(x, (0, 1, 0, 1))[:, :, 1:, 1:]
        return self.bn(torch.cat([self.a(x), self.b(further)], 1))


# --- DARTS ---------------------------------------------------------------------------------------------------------

def separable(c: int, kernel: int, stride: int, dilation: int = 1) -> list[nn.Module]:
    padding = dilation * (kernel - 1) // 2
    return [nn.ReLU(), nn.Conv2d(c, c, kernel, stride, padding, dilation, groups=c, bias=False),
            nn.Conv2d(c, c, 1, bias=False), nn.BatchNorm2d(c)]


def darts_op(name: str, c: int, stride: int) -> nn.Module:
    kernel = int(name[-1]) if name[-1].isdigit() else 0
    if name == "none":
        return Zero(c, stride)
    if name == "max_pool_3x3":
        return nn.MaxPool2d(3, stride, 1)
    if name == "avg_pool_3x3":
        return nn.AvgPool2d(3, stride, 1, count_include_pad=False)
    if name == "skip_connect":
        return nn.Identity() if stride == 1 else FactorizedReduce(c, c, 2)
    if name.startswith("sep_conv"):
        return nn.Sequential(*separable(c, kernel, stride), *separable(c, kernel, 1))
    assert name.startswith("dil_conv"), name
    return nn.Sequential(*separable(c, kernel, stride, 2))


class DartsCell(nn.Module):
    def __init__(self, edges: list[tuple[str, int]], c_pp: int, c_p: int, c: int, reduction: bool,
                 after_reduction: bool) -> None:
        super().__init__()
        self.pre0 = FactorizedReduce(c_pp, c, 2) if after_reduction else relu_conv_bn(c_pp, c, 1)
        self.pre1 = relu_conv_bn(c_p, c, 1)
        self.sources = [source for _, source in edges]
        self.ops = nn.ModuleList(
            darts_op(name, c, 2 if reduction and source < 2 else 1) for name, source in edges)

    def forward(self, s0: Tensor, s1: Tensor) -> Tensor:
        states = [self.pre0(s0), self.pre1(s1)]
        for i in range(0, 8, 2):
            states.append(sum(self.ops[k](states[self.sources[k]]) for k in (i, i + 1)))
        return torch.cat(states[2:], 1)


class DartsNet(nn.Module):
    """`spec`: normal:op~src,op~src|...;reduce:..."""

    def __init__(self, spec: str, channels: int, cells: int, classes: int, c_in: int = 3) -> None:
        super().__init__()
        normal, reduce = ([(name, int(source)) for name, source in re.findall(r"(\w+)~(\d)", part)]
                          for part in spec.split(";"))
        c = 3 * channels
        self.stem = nn.Sequential(nn.Conv2d(c_in, c, 3, 1, 1, bias=False), nn.BatchNorm2d(c))
        c_pp, c_p, c, after = c, c, channels, False
        self.cells = nn.ModuleList()
        for i in range(cells):
            reduction = i in (cells // 3, 2 * cells // 3)
            c *= 2 if reduction else 1
            self.cells.append(DartsCell(reduce if reduction else normal, c_pp, c_p, c, reduction, after))
            c_pp, c_p, after = c_p, 4 * c, reduction
        self.classifier = nn.Linear(c_p, classes)

    def forward(self, x: Tensor) -> Tensor:
        s0 = s1 = self.stem(x)
        for cell in self.cells:
            s0, s1 = s1, cell(s0, s1)
        return self.classifier(s1.mean((2, 3)))


# --- TransNAS-Bench-101 --------------------------------------------------------------------------------------------

def transnas_op(digit: str, c_in: int, c_out: int, stride: int) -> nn.Module:
    if digit == "0":
        return Zero(c_out, stride)
    if digit == "1":
        return nn.Identity() if stride == 1 and c_in == c_out else FactorizedReduce(c_in, c_out, stride)
    return relu_conv_bn(c_in, c_out, 1 if digit == "2" else 3, stride)


class MicroCell(nn.Module):
    def __init__(self, code: str, c_in: int, c_out: int, stride: int) -> None:
        super().__init__()
        self.nodes = nn.ModuleList(
            nn.ModuleList(transnas_op(digit, c_out if source else c_in, c_out, 1 if source else stride)
                          for source, digit in enumerate(node))
            for node in code.split("_"))

    def forward(self, x: Tensor) -> Tensor:
        states = [x]
        for node in self.nodes:
            states.append(sum(op(state) for op, state in zip(node, states)))
        return states[-1]


class BasicBlock(nn.Module):
    def __init__(self, c_in: int, c_out: int, stride: int) -> None:
        super().__init__()
        self.a = relu_conv_bn(c_in, c_out, 3, stride)
        self.b = relu_conv_bn(c_out, c_out, 3)
        self.short = nn.Identity()
        if stride != 1 or c_in != c_out:  # BatchNorm2d(c_out, affine, track_running_stats): epsilon 1, momentum 1
            self.short = nn.Sequential(nn.Conv2d(c_in, c_out, 1, stride, bias=False), nn.BatchNorm2d(c_out, eps=1.))

    def forward(self, x: Tensor) -> Tensor:
        return self.short(x) + self.b(self.a(x))


class TransnasEncoder(nn.Sequential):
    def __init__(self, spec: str, base: int = 64, cells: int = 2) -> None:
        _, modules, cell = spec.split("-")
        layers = [nn.Conv2d(3, base // 2, 3, 2, 1, bias=False), nn.BatchNorm2d(base // 2),
                  relu_conv_bn(base // 2, base, 3, 2)]
        self.halvings, c = 2, base
        for module in modules:
            c_out, stride = c * (2 if module in "24" else 1), 2 if module in "34" else 1
            self.halvings += stride - 1
            for _ in range(cells):
                layers.append(BasicBlock(c, c_out, stride) if cell == "basic" else MicroCell(cell, c, c_out, stride))
                c, stride = c_out, 1
        super().__init__(*layers)
        self.channels = c


def conv_layer(c_in: int, c_out: int) -> list[nn.Module]:
    return [nn.Conv2d(c_in, c_out, 3, 1, 1), nn.BatchNorm2d(c_out), nn.LeakyReLU(.2)]


def deconv_layer(c_in: int, c_out: int) -> list[nn.Module]:
    return [nn.ConvTranspose2d(c_in, c_out, 3, 2, 1, output_padding=1), nn.BatchNorm2d(c_out), nn.LeakyReLU(.2)]


def segmentation_decoder(c: int, doublings: int, classes: int, base: int) -> nn.Sequential:
    layers = conv_layer(c, 16 * base)
    c = 16 * base
    for i in range(5):
        layers += (conv_layer if i < 6 - doublings else deconv_layer)(c, c // 2)
        c //= 2
    layers += deconv_layer(c, c)
    return nn.Sequential(*layers, nn.Conv2d(c, classes, 3, 1, 1))


def generative_decoder(c: int, doublings: int, numbers: int, base: int) -> nn.Sequential:
    w = [max(1, n * base // 64) for n in (1024, 1024, 512, 512, 256, 128, 64, 64, 32, 32, 16, 32, 16)]
    doubles = {2: 6, 4: 5, 6: 4, 8: 3, 10: 0, 12: 0}  # layer -> least number of doublings at which it is a deconvolution
    layers = []
    for i, c_out in enumerate(w):
        layers += (deconv_layer if i in doubles and doublings >= doubles[i] else conv_layer)(c, c_out)
        c = c_out
    return nn.Sequential(*layers, nn.Conv2d(c, numbers, 3, 1, 1), nn.Tanh())


class TransnasNet(nn.Module):
    """`head`: classes, vector, jigsaw, pixel_classes or pixels."""

    def __init__(self, spec: str, head: str, outputs: int, base: int = 64, cells: int = 2) -> None:
        super().__init__()
        self.encoder, self.head = TransnasEncoder(spec, base, cells), head
        c, doublings = self.encoder.channels, self.encoder.halvings
        if head == "pixel_classes":
            self.decoder: nn.Module = segmentation_decoder(c, doublings, outputs, base)
        elif head == "pixels":
            self.decoder = generative_decoder(c, doublings, outputs, base)
        else:
            self.decoder = nn.Linear(c * (9 if head == "jigsaw" else 1), outputs)

    def forward(self, x: Tensor) -> Tensor:
        if self.head in ("pixel_classes", "pixels"):
            return self.decoder(self.encoder(x))
        tiles = x.split(3, 1) if self.head == "jigsaw" else [x]
        return self.decoder(torch.cat([self.encoder(tile) for tile in tiles], 1).mean((2, 3)))


# --- NAS-Bench-360, Darcy flow -------------------------------------------------------------------------------------

def darcy_op(name: str, c_in: int, c_out: int) -> nn.Module:
    if name == "none":
        return Zero(c_out, 1)
    if name.startswith("nor_conv"):
        return relu_conv_bn(c_in, c_out, int(name[-1]))
    if name == "skip_connect":
        if c_in == c_out:
            return nn.Identity()
        return nn.Sequential(nn.Conv2d(c_in, c_out, 1, bias=False), nn.BatchNorm2d(c_out))
    pool = nn.AvgPool2d(3, 1, 1, count_include_pad=False)
    return pool if c_in == c_out else nn.Sequential(relu_conv_bn(c_in, c_out, 1), pool)


class DarcyCell(nn.Module):
    def __init__(self, spec: str, c_in: int, c_out: int) -> None:
        super().__init__()
        self.nodes = nn.ModuleList(
            nn.ModuleList(darcy_op(name, c_in if source == "0" else c_out, c_out)
                          for name, source in re.findall(r"(\w+)~(\d)", node))
            for node in spec.split("+"))

    def forward(self, x: Tensor) -> Tensor:
        states = [x]
        for node in self.nodes:
            states.append(sum(op(state) for op, state in zip(node, states)))
        return states[-1]


class DarcyNet(nn.Module):
    def __init__(self, spec: str, channels: int = 16, cells: int = 5, c_in: int = 3) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(c_in, channels, 3, 1, 1, bias=False), nn.BatchNorm2d(channels))
        widths = [channels] * cells + [2 * channels] * (cells + 1) + [4 * channels] * (cells + 1)
        self.cells = nn.Sequential(*(DarcyCell(spec, a, b) for a, b in zip([channels] + widths, widths)))
        self.last = nn.Sequential(nn.BatchNorm2d(4 * channels), nn.ReLU())
        self.classifier = nn.Linear(4 * channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """[N, 1, H, W]"""
        return self.classifier(self.last(self.cells(self.stem(x))).permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


# --- counts --------------------------------------------------------------------------------------------------------

def count(net: nn.Module, shape: tuple[int, int, int]) -> tuple[int, int]:
    """#params, and multiply-accumulates of one sample with one addition a bias and output."""
    macs = 0

    def add(module: nn.Module, inputs: tuple[Tensor], output: Tensor) -> None:
        nonlocal macs
        # A weight is used once at each output position, a transposed one at each input position.
        at = inputs[0] if isinstance(module, nn.ConvTranspose2d) else output
        features = at.shape[-1] if isinstance(module, nn.Linear) else at.shape[1]
        macs += module.weight.numel() * (at.numel() // features)
        if module.bias is not None:
            macs += output.numel()

    for module in net.modules():
        if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)):
            module.register_forward_hook(add)
    with torch.no_grad():
        net.eval()(torch.zeros(1, *shape))
    return sum(p.numel() for p in net.parameters()), macs


DARTS_V2 = ("normal:sep_conv_3x3~0,sep_conv_3x3~1|sep_conv_3x3~0,sep_conv_3x3~1|sep_conv_3x3~1,skip_connect~0|"
            "skip_connect~0,dil_conv_3x3~2;reduce:max_pool_3x3~0,max_pool_3x3~1|skip_connect~2,max_pool_3x3~1|"
            "max_pool_3x3~0,skip_connect~2|skip_connect~2,max_pool_3x3~1")
DARCY = "|nor_conv_3x3~0|+|nor_conv_1x1~0|avg_pool_3x3~1|+|skip_connect~0|nor_conv_3x3~1|none~2|"
DARCY_POOLS = "|avg_pool_3x3~0|+|avg_pool_3x3~0|skip_connect~1|+|none~0|nor_conv_1x1~1|avg_pool_3x3~2|"


def print_counts() -> None:
    image = (3, 256, 256)
    for channels, cells in ((36, 20), (32, 8)):
        print("darts", channels, cells, *count(DartsNet(DARTS_V2, channels, cells, 10), (3, 32, 32)))
    heads = {"classes": (75, image), "vector": (9, image), "jigsaw": (1000, (27, 64, 64)),
             "pixel_classes": (17, image), "pixels": (3, image)}
    for spec in ("64-41414-1_02_333", "64-41414-3_21_103", "64-1234-basic", "64-4131-basic", "64-313431-basic"):
        for head, (outputs, shape) in heads.items():
            print("transnas", spec, head, *count(TransnasNet(spec, head, outputs), shape))
    for spec in (DARCY, DARCY_POOLS):
        print("darcy", spec, *count(DarcyNet(spec), (3, 85, 85)))


if __name__ == "__main__":
    assert sys.argv[1:] == ["counts"], __doc__
    print_counts()
