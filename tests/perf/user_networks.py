"""Networks as users bring them, and the straightforward PyTorch program on one of them.

    /usr/bin/python3 tests/perf/user_networks.py save NAME FILE
    /usr/bin/python3 tests/perf/user_networks.py score NAME core|suite-zero|zero-cost-nas --batch-size 16

`save` writes the traced network. `score` computes every proxy on a fresh copy of the network, as tests/reference/benchmark.py does on cells,
and prints the wall time and the user and system time of that alone. `zero-cost-nas` are the measures of that repository by its own code, for which
--checkout names a folder that holds it. Networks are torchvision's, of 1,000 classes for images of 224 x 224, which
Debian does not have as a package; inputs are noise.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "reference"))
import benchmark  # noqa: E402
import networks  # noqa: E402
import proxies  # noqa: E402

CLASSES, PIXELS = 1000, 224


class Residual(nn.Module):
    """torchvision's BasicBlock, and with `bottleneck` its Bottleneck (version 1.5: the 3x3 has the stride)."""

    def __init__(self, channels_in: int, width: int, stride: int, bottleneck: bool):
        super().__init__()
        out = 4 * width if bottleneck else width
        kernels = [(channels_in, width, 1, 1), (width, width, 3, stride), (width, out, 1, 1)] if bottleneck else [
            (channels_in, width, 3, stride), (width, width, 3, 1)]
        self.convs = nn.ModuleList(nn.Conv2d(a, b, k, s, k // 2, bias=False) for a, b, k, s in kernels)
        self.norms = nn.ModuleList(nn.BatchNorm2d(b) for _, b, _, _ in kernels)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = None
        if stride != 1 or channels_in != out:
            self.downsample = nn.Sequential(nn.Conv2d(channels_in, out, 1, stride, bias=False), nn.BatchNorm2d(out))

    def forward(self, x: Tensor) -> Tensor:
        y = x
        for i, (conv, norm) in enumerate(zip(self.convs, self.norms)):
            y = norm(conv(y))
            if i + 1 < len(self.convs):
                y = self.relu(y)
        y += x if self.downsample is None else self.downsample(x)
        return self.relu(y)


class ResNet(nn.Module):
    def __init__(self, depths: list[int], bottleneck: bool):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(inplace=True),
                                  nn.MaxPool2d(3, 2, 1))
        blocks: list[nn.Module] = []
        channels = 64
        for stage, depth in enumerate(depths):
            for i in range(depth):
                width = 64 << stage
                blocks.append(Residual(channels, width, 2 if stage > 0 and i == 0 else 1, bottleneck))
                channels = 4 * width if bottleneck else width
        self.blocks = nn.Sequential(*blocks)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(channels, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(torch.flatten(self.pool(self.blocks(self.stem(x))), 1))


class MobileNetV2(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        features: list[nn.Module] = [networks.conv_bn_relu6(3, 32, 3, 2)]
        channels = 32
        for ratio, width, repeats, stride in [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1),
                                              (6, 160, 3, 2), (6, 320, 1, 1)]:
            for i in range(repeats):
                features.append(networks.MobileNetBlock(channels, width, stride if i == 0 else 1, ratio))
                channels = width
        features.append(networks.conv_bn_relu6(channels, 1280, 1, 1))
        self.features = nn.Sequential(*features)
        self.fc = nn.Linear(1280, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(torch.flatten(nn.functional.adaptive_avg_pool2d(self.features(x), 1), 1))


class Block(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.before, self.between = nn.LayerNorm(width, eps=1e-6), nn.LayerNorm(width, eps=1e-6)
        self.qkv, self.project = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.wider, self.narrower = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def attend(self, x: Tensor) -> Tensor:
        n, tokens, width = x.shape
        q, k, v = self.qkv(x).reshape(n, tokens, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4).unbind()
        weights = (q @ k.transpose(-2, -1) * (width // self.heads) ** -0.5).softmax(-1)
        return self.project((weights @ v).transpose(1, 2).reshape(n, tokens, width))

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attend(self.before(x))
        return x + self.narrower(nn.functional.gelu(self.wider(self.between(x))))


class VisionTransformer(nn.Module):
    """ViT-S/16, as DeiT has it: 22,050,664 parameters."""

    def __init__(self, width: int = 384, heads: int = 6, depth: int = 12, patch: int = 16):
        super().__init__()
        self.patches = nn.Conv2d(3, width, patch, patch)
        self.token = nn.Parameter(torch.randn(1, 1, width) * 0.02)
        self.places = nn.Parameter(torch.randn(1, 1 + (PIXELS // patch) ** 2, width) * 0.02)
        self.blocks = nn.Sequential(*(Block(width, heads) for _ in range(depth)))
        self.norm = nn.LayerNorm(width, eps=1e-6)
        self.head = nn.Linear(width, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        x = self.patches(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.token.expand(x.shape[0], -1, -1), x], 1) + self.places
        return self.head(self.norm(self.blocks(x))[:, 0])


NETWORKS = {
    "resnet18": lambda: ResNet([2, 2, 2, 2], False),
    "resnet50": lambda: ResNet([3, 4, 6, 3], True),
    "mobilenet_v2": MobileNetV2,
    "vit_s": VisionTransformer,
}
# What has no score: without a ReLU there is no code of activations, and zen wants a global average pool at the end.
WITHOUT = {"vit_s": {"naswot", "nwot", "epe_nas", "zen"}}


def save(name: str, file: str) -> None:
    net = NETWORKS[name]().eval()
    torch.jit.trace(net, torch.randn(2, 3, PIXELS, PIXELS)).save(file)


def measured(work: Callable[[], None]) -> None:
    wall, before = time.perf_counter(), os.times()
    work()
    after = os.times()
    print(f"wall {time.perf_counter() - wall:.3f} user {after.user - before.user:.3f} system {after.system - before.system:.3f}")


def score(name: str, group: str, size: int) -> None:
    net = NETWORKS[name]()
    batches = [(torch.randn(size, 3, PIXELS, PIXELS), torch.randint(0, CLASSES, (size,))) for _ in range(2)]
    noise = torch.randn(size, 3, PIXELS, PIXELS)

    def work() -> None:
        for proxy in benchmark.GROUPS[group]:
            if proxy in WITHOUT.get(name, set()):
                continue
            extra = {"noise": noise} if proxy == "zen" else {}
            getattr(proxies, proxy)(net, batches, **extra)

    measured(work)


def score_by_authors(name: str, size: int, checkout: Path) -> None:
    sys.path.insert(0, str(checkout))
    from foresight.pruners import predictive

    net = NETWORKS[name]()
    batch = [(torch.randn(size, 3, PIXELS, PIXELS), torch.randint(0, CLASSES, (size,)))]
    measured(lambda: predictive.find_measures(net, batch, ("random", 1, CLASSES), torch.device("cpu")))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["save", "score"])
    parser.add_argument("name", choices=NETWORKS)
    parser.add_argument("target", help="the file, or the group of proxies")
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--checkout", type=Path, help="zero-cost-nas")
    options = parser.parse_args()
    torch.manual_seed(0)
    torch.set_num_threads(os.cpu_count() or 1)
    if options.what == "save":
        save(options.name, options.target)
    elif options.target == "zero-cost-nas":
        score_by_authors(options.name, options.batch_size, options.checkout)
    else:
        score(options.name, options.target, options.batch_size)


if __name__ == "__main__":
    main()
