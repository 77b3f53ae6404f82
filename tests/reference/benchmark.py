"""Seconds per NATS-TSS architecture of the straightforward way: every proxy on a fresh copy of the network, own passes.

    nice /usr/bin/python3 tests/reference/benchmark.py [--specs FILE | --sample N] [--proxies core|suite-zero]

Networks of C=16 and N=5, CIFAR-10 shapes, batch 64, all cores. Inputs are noise: their values do not change the time.
"""

from __future__ import annotations

import argparse
import os
import random
import time
from collections import defaultdict
from pathlib import Path

import torch

import networks
import proxies

GROUPS = {
    "core": ["params", "grad_norm", "synflow", "naswot", "zico"],
    "suite-zero": ["epe_nas", "fisher", "macs", "grad_norm", "grasp", "jacob_cov", "l2_norm", "nwot", "params", "plain",
                   "snip", "synflow", "zen"],
}
OPERATIONS = ["none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3"]


def sample_specs(count: int, seed: int) -> list[str]:
    generator = random.Random(seed)
    ops = [[generator.choice(OPERATIONS) for _ in networks.EDGES] for _ in range(count)]
    return ["|{}~0|+|{}~0|{}~1|+|{}~0|{}~1|{}~2|".format(*chosen) for chosen in ops]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--specs", type=Path, help="a file with one cell a line")
    source.add_argument("--sample", type=int, default=5, help="this many random cells (default 5)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--proxies", choices=GROUPS, default="core")
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--threads", type=int, help="default: all cores")
    parser.add_argument("--device", default="cpu", help="cpu or cuda:0; a GPU is warmed up by one network first")
    parser.add_argument("--compile", action="store_true", help="each network that a proxy runs by torch.compile")
    options = parser.parse_args()
    if options.compile:
        as_it_is = proxies.fresh

        def compiled(net: torch.nn.Module) -> torch.nn.Module:
            copied = as_it_is(net)
            copied.compile()
            return copied

        proxies.fresh = compiled
    torch.set_num_threads(options.threads or os.cpu_count() or 1)
    torch.manual_seed(options.seed)

    specs = options.specs.read_text().split() if options.specs else sample_specs(options.sample, options.seed)
    size = options.batch_size
    device = torch.device(options.device)
    torch.backends.cudnn.allow_tf32 = False
    batches = [(torch.randn(size, 3, 32, 32, device=device), torch.randint(0, 10, (size,), device=device))
               for _ in range(2)]
    noise = torch.randn(size, 3, 32, 32, device=device)
    seconds: dict[str, float] = defaultdict(float)

    def now() -> float:
        if device.type == "cuda":
            torch.cuda.synchronize()
        return time.perf_counter()

    def score(spec: str) -> None:
        start = now()
        net = networks.NatsCell(spec).to(device)
        seconds["build"] += now() - start
        for name in GROUPS[options.proxies]:
            start = now()
            extra = {"noise": noise} if name == "zen" else {}
            getattr(proxies, name)(net, batches, **extra)
            seconds[name] += now() - start

    if device.type == "cuda":
        # The proxies end in NumPy, which reads the processor's memory.
        as_array = torch.Tensor.numpy
        torch.Tensor.numpy = lambda tensor: as_array(tensor.detach().cpu())
        score(specs[0])
        seconds.clear()
    for spec in specs:
        score(spec)

    print(f"{len(specs)} architectures, {options.proxies}, batch {size}, {torch.get_num_threads()} threads, "
          f"torch {torch.__version__}")
    for name, total in seconds.items():
        print(f"  {name:12} {total / len(specs):8.3f} s per architecture")
    print(f"  {'all':12} {sum(seconds.values()) / len(specs):8.3f} s per architecture")


if __name__ == "__main__":
    main()
