"""Small networks, written plainly, on which the reference values of the proxies are computed."""

from __future__ import annotations

import torch
from torch import Tensor, nn
import torch.nn.functional as F

# The six edges (target, source) of a NATS-TSS cell, in the order in which AutoDL numbers its layers.
EDGES = [(1, 0), (2, 0), (2, 1), (3, 0), (3, 1), (3, 2)]


def parse_cell(spec: str) -> dict[tuple[int, int], str]:
    """`|op~0|+|op~0|op~1|+|op~0|op~1|op~2|` -> {(target, source): op}."""
    operations = {}
    for target, node in enumerate(spec.split("+"), start=1):
        for edge in node.strip("|").split("|"):
            operation, source = edge.split("~")
            operations[target, int(source)] = operation
    if sorted(operations) != sorted(EDGES):
        raise ValueError(f"not a NATS-TSS cell: {spec}")
    return operations


def live_edges(spec: str) -> set[tuple[int, int]]:
    """The edges that lie on a path from node 0 to node 3 without a `none`."""
    edges = {edge for edge, operation in parse_cell(spec).items() if operation != "none"}
    reached = {0}
    for target, source in sorted(edges):
        if source in reached:
            reached.add(target)
    used = {3}
    for target, source in sorted(edges, reverse=True):
        if target in used:
            used.add(source)
    return {(target, source) for target, source in edges if source in reached and target in used}


# --- NATS-TSS ---------------------------------------------------------------------------------------------------------

class Zero(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.mul(0.0)


class ReLUConvBN(nn.Module):
    def __init__(self, channels_in: int, channels_out: int, kernel: int, stride: int):
        super().__init__()
        self.op = nn.Sequential(
            nn.ReLU(inplace=False),
            nn.Conv2d(channels_in, channels_out, kernel, stride, kernel // 2, bias=False),
            nn.BatchNorm2d(channels_out))

    def forward(self, x: Tensor) -> Tensor:
        return self.op(x)


class Pooling(nn.Module):
    def __init__(self):
        super().__init__()
        self.op = nn.AvgPool2d(3, stride=1, padding=1, count_include_pad=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.op(x)


def make_operation(name: str, channels: int) -> nn.Module:
    if name == "none":
        return Zero()
    if name == "skip_connect":
        return nn.Identity()
    if name == "avg_pool_3x3":
        return Pooling()
    if name == "nor_conv_1x1":
        return ReLUConvBN(channels, channels, 1, 1)
    if name == "nor_conv_3x3":
        return ReLUConvBN(channels, channels, 3, 1)
    raise ValueError(f"unknown operation {name}")


class InferCell(nn.Module):
    """A cell with every operation of every edge; `live` leaves out the edges that cannot matter."""

    def __init__(self, spec: str, channels: int, live: bool):
        super().__init__()
        operations = parse_cell(spec)
        kept = live_edges(spec) if live else set(EDGES)
        self.edges = [edge for edge in EDGES if edge in kept]
        self.layers = nn.ModuleDict(
            {str(EDGES.index(edge)): make_operation(operations[edge], channels) for edge in self.edges})

    def forward(self, x: Tensor) -> Tensor:
        nodes = [x]
        for node in (1, 2, 3):
            terms = [self.layers[str(EDGES.index(edge))](nodes[edge[1]]) for edge in self.edges if edge[0] == node]
            nodes.append(sum(terms[1:], terms[0]) if terms else torch.zeros_like(x))
        return nodes[3]


class BasicBlock(nn.Module):
    """AutoDL's ResNetBasicblock with stride 2: halves the map, widens the channels."""

    def __init__(self, channels_in: int, channels_out: int):
        super().__init__()
        self.conv_a = ReLUConvBN(channels_in, channels_out, 3, 2)
        self.conv_b = ReLUConvBN(channels_out, channels_out, 3, 1)
        self.downsample = nn.Sequential(
            nn.AvgPool2d(2, stride=2, padding=0),
            nn.Conv2d(channels_in, channels_out, 1, bias=False))

    def forward(self, x: Tensor) -> Tensor:
        return self.downsample(x) + self.conv_b(self.conv_a(x))


class NatsCell(nn.Module):
    """The NAS-Bench-201 network of a cell as AutoDL builds it (TinyNetwork), returning the logits.

    The names of the parameters are AutoDL's. `live=True` builds the same network without the edges that do not lie on a
    path from the cell's input to its output; the parameters that stay keep their names.
    """

    def __init__(self, spec: str, C: int = 16, N: int = 5, classes: int = 10, in_channels: int = 3, live: bool = False):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(in_channels, C, 3, padding=1, bias=False), nn.BatchNorm2d(C))
        cells: list[nn.Module] = []
        for stage, channels in enumerate((C, 2 * C, 4 * C)):
            if stage > 0:
                cells.append(BasicBlock(channels // 2, channels))
            cells += [InferCell(spec, channels, live) for _ in range(N)]
        self.cells = nn.ModuleList(cells)
        self.lastact = nn.Sequential(nn.BatchNorm2d(4 * C), nn.ReLU(inplace=True))
        self.global_pooling = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Linear(4 * C, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        for cell in self.cells:
            x = cell(x)
        x = self.global_pooling(self.lastact(x))
        return self.classifier(x.flatten(1))

    def feature_blocks(self) -> list[nn.Module]:
        """The modules whose outputs AZ-NAS takes as features."""
        return [self.stem, *self.cells]

    def weighted_relus(self) -> list[tuple[nn.Module, float]]:
        """WRCor's weight of each ReLU: 2^i in cell i, 2^(number of cells) for the last one."""
        groups = [*self.cells, self.lastact]
        return [(module, 2.0 ** i) for i, group in enumerate(groups)
                for module in group.modules() if isinstance(module, nn.ReLU)]


# --- Networks to trace ------------------------------------------------------------------------------------------------

class ResidualBlock(nn.Module):
    """A basic block whose one in-place ReLU module runs twice."""

    def __init__(self, channels_in: int, channels_out: int, stride: int):
        super().__init__()
        self.conv1 = nn.Conv2d(channels_in, channels_out, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels_out)
        self.conv2 = nn.Conv2d(channels_out, channels_out, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels_out)
        self.relu = nn.ReLU(inplace=True)
        self.shortcut = nn.Identity() if stride == 1 else nn.Sequential(
            nn.Conv2d(channels_in, channels_out, 1, stride, bias=False), nn.BatchNorm2d(channels_out))

    def forward(self, x: Tensor) -> Tensor:
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        y += self.shortcut(x)
        return self.relu(y)


class ResNetTiny(nn.Module):
    def __init__(self, classes: int = 10):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(8)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(2)
        self.layer1 = ResidualBlock(8, 8, 1)
        self.layer2 = ResidualBlock(8, 16, 2)
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(16, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer2(self.layer1(x))
        return self.fc(torch.flatten(self.avgpool(x), 1))


class SqueezeExcitation(nn.Module):
    def __init__(self, channels: int, hidden: int):
        super().__init__()
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.reduce = nn.Conv2d(channels, hidden, 1)
        self.act = nn.SiLU()
        self.expand = nn.Conv2d(hidden, channels, 1)
        self.gate = nn.Sigmoid()

    def forward(self, x: Tensor) -> Tensor:
        return x * self.gate(self.expand(self.act(self.reduce(self.pool(x)))))


def channel_shuffle(x: Tensor, groups: int) -> Tensor:
    n, c, h, w = x.shape
    return x.view(n, groups, c // groups, h, w).transpose(1, 2).reshape(n, c, h, w)


class InvertedResidual(nn.Module):
    """Grouped expansion, channel shuffle, depthwise convolution, squeeze and excitation, projection, residual."""

    def __init__(self, channels: int, hidden: int):
        super().__init__()
        self.expand = nn.Sequential(
            nn.Conv2d(channels, hidden, 1, groups=2, bias=False), nn.BatchNorm2d(hidden), nn.ReLU6(inplace=True))
        self.depthwise = nn.Sequential(
            nn.Conv2d(hidden, hidden, 3, 1, 1, groups=hidden, bias=False), nn.BatchNorm2d(hidden), nn.SiLU(inplace=True))
        self.excite = SqueezeExcitation(hidden, 4)
        self.project = nn.Sequential(nn.Conv2d(hidden, channels, 1, bias=False), nn.BatchNorm2d(channels))

    def forward(self, x: Tensor) -> Tensor:
        y = channel_shuffle(self.expand(x), 2)
        return x + self.project(self.excite(self.depthwise(y)))


class Downsample(nn.Module):
    """A strided depthwise branch and a pooled branch, concatenated."""

    def __init__(self, channels: int):
        super().__init__()
        self.branch = nn.Sequential(
            nn.Conv2d(channels, channels, 3, 2, 1, groups=channels, bias=False), nn.BatchNorm2d(channels),
            nn.Conv2d(channels, channels, 1, bias=False), nn.BatchNorm2d(channels), nn.ReLU6(inplace=True))
        self.pool = nn.AvgPool2d(2)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.branch(x), self.pool(x)], 1)


class MobileTiny(nn.Module):
    def __init__(self, classes: int = 10):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, 1, 1, bias=False), nn.BatchNorm2d(8), nn.ReLU6(inplace=True))
        self.block1 = InvertedResidual(8, 16)
        self.down = Downsample(8)
        self.block2 = InvertedResidual(16, 16)
        self.act = nn.ReLU6()
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Sequential(nn.Dropout(0.2), nn.Linear(16, classes))

    def forward(self, x: Tensor) -> Tensor:
        x = self.act(self.block2(self.down(self.block1(self.stem(x)))))
        return self.classifier(self.pool(x).flatten(1))


class Attention(nn.Module):
    def __init__(self, width: int, heads: int):
        super().__init__()
        self.heads = heads
        self.scale = (width // heads) ** -0.5
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        b, t, d = x.shape
        q, k, v = self.qkv(x).reshape(b, t, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4).unbind(0)
        weights = (torch.matmul(q, k.transpose(-2, -1)) * self.scale).softmax(dim=-1)
        return self.proj(torch.matmul(weights, v).transpose(1, 2).reshape(b, t, d))


class TransformerBlock(nn.Module):
    def __init__(self, width: int, heads: int, hidden: int):
        super().__init__()
        self.norm1 = nn.LayerNorm(width)
        self.attn = Attention(width, heads)
        self.norm2 = nn.LayerNorm(width)
        self.fc1 = nn.Linear(width, hidden)
        self.act = nn.GELU()
        self.fc2 = nn.Linear(hidden, width)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attn(self.norm1(x))
        return x + self.fc2(self.act(self.fc1(self.norm2(x))))


class VitTiny(nn.Module):
    def __init__(self, classes: int = 10, width: int = 16, heads: int = 2, depth: int = 2):
        super().__init__()
        self.patch_embed = nn.Conv2d(3, width, 4, 4)
        self.cls_token = nn.Parameter(0.02 * torch.randn(1, 1, width))
        self.pos_embed = nn.Parameter(0.02 * torch.randn(1, 17, width))
        self.blocks = nn.Sequential(*[TransformerBlock(width, heads, 2 * width) for _ in range(depth)])
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.patch_embed(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.cls_token.expand(x.shape[0], -1, -1), x], dim=1) + self.pos_embed
        return self.head(self.norm(self.blocks(x))[:, 0])


# --- The network of the shared golden values that is not a NATS-TSS cell ----------------------------------------------

def conv_bn_relu6(channels_in: int, channels_out: int, kernel: int, stride: int, groups: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels_in, channels_out, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(channels_out), nn.ReLU6(inplace=True))


class MobileNetBlock(nn.Module):
    def __init__(self, channels_in: int, channels_out: int, stride: int, ratio: int):
        super().__init__()
        hidden = channels_in * ratio
        layers: list[nn.Module] = [] if ratio == 1 else [conv_bn_relu6(channels_in, hidden, 1, 1)]
        layers += [conv_bn_relu6(hidden, hidden, 3, stride, hidden),
                   nn.Conv2d(hidden, channels_out, 1, bias=False), nn.BatchNorm2d(channels_out)]
        self.conv = nn.Sequential(*layers)
        self.residual = stride == 1 and channels_in == channels_out

    def forward(self, x: Tensor) -> Tensor:
        return x + self.conv(x) if self.residual else self.conv(x)


class MobileNetV2(nn.Module):
    """torchvision's mobilenet_v2, width 0.35, with torchvision's parameter names."""

    def __init__(self, classes: int = 10):
        super().__init__()
        features: list[nn.Module] = [conv_bn_relu6(3, 16, 3, 2)]
        channels = 16
        settings = [(1, 8, 1, 1), (6, 8, 2, 2), (6, 16, 3, 2), (6, 24, 4, 2), (6, 32, 3, 1), (6, 56, 3, 2), (6, 112, 1, 1)]
        for ratio, width, repeats, stride in settings:
            for i in range(repeats):
                features.append(MobileNetBlock(channels, width, stride if i == 0 else 1, ratio))
                channels = width
        features.append(conv_bn_relu6(channels, 1280, 1, 1))
        self.features = nn.Sequential(*features)
        self.classifier = nn.Sequential(nn.Dropout(0.0), nn.Linear(1280, classes))

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(F.adaptive_avg_pool2d(self.features(x), 1).flatten(1))
