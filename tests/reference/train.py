"""Trains NATS-TSS cells on Fashion-MNIST the straightforward way and prints the seconds a network takes.

    nice /usr/bin/python3 tests/reference/train.py --specs FILE [--processes 1|2|...] [--train-images 5000] [--epochs 1]

SGD with Nesterov's momentum and a cosine schedule, the network, batch and images that `zcp train --channels 8 --cells 1
--task fashion-mnist --resolution 12 --batch-size 64 --transform normalise` uses. One network at a time with all cores, or
with --processes a network a process, each on its share of the cores: whichever is faster is what zcp is compared with.
"""

from __future__ import annotations

import argparse
import gzip
import math
import multiprocessing
import os
import time
from pathlib import Path

import numpy
import torch
import torch.nn.functional as F

import networks

DATA = Path("/usr/share/datasets/fashion-mnist")


def read(part: str, count: int, resolution: int) -> tuple[torch.Tensor, torch.Tensor]:
    with gzip.open(DATA / f"{part}-images-idx3-ubyte.gz") as file:
        images = numpy.frombuffer(file.read(), numpy.uint8, offset=16).reshape(-1, 1, 28, 28)
    with gzip.open(DATA / f"{part}-labels-idx1-ubyte.gz") as file:
        labels = numpy.frombuffer(file.read(), numpy.uint8, offset=8)
    x = F.interpolate(torch.from_numpy(images[:count] / numpy.float32(255)), size=resolution, mode="area")
    return (x - 0.286) / 0.353, torch.from_numpy(labels[:count].astype(numpy.int64))


def train(spec: str, options: argparse.Namespace, data: dict[str, tuple[torch.Tensor, torch.Tensor]]) -> float:
    """Returns the test accuracy in percent."""
    net = networks.NatsCell(spec, C=8, N=1, in_channels=1, live=True)
    x, y = data["train"]
    steps = options.epochs * math.ceil(len(x) / options.batch_size)
    optimiser = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9, weight_decay=5e-4, nesterov=True)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    net.train()
    for _ in range(options.epochs):
        for which in torch.randperm(len(x)).split(options.batch_size):
            optimiser.zero_grad(set_to_none=True)
            loss = F.cross_entropy(net(x[which]), y[which])
            loss.backward()
            optimiser.step()
            schedule.step()
    net.eval()
    x, y = data["test"]
    with torch.no_grad():
        hits = [(net(a).argmax(1) == b).sum() for a, b in zip(x.split(500), y.split(500))]
    return 100 * int(sum(hits)) / len(x)


def work(part: list[str], options: argparse.Namespace, threads: int) -> None:
    torch.set_num_threads(threads)
    data = {"train": read("train", options.train_images, options.resolution),
            "test": read("t10k", options.test_images, options.resolution)}
    for spec in part:
        print(f"{train(spec, options, data):6.2f}  {spec}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--specs", type=Path, required=True, help="a file with one cell a line")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--train-images", type=int, default=5000)
    parser.add_argument("--test-images", type=int, default=10000)
    parser.add_argument("--resolution", type=int, default=12)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--epochs", type=int, default=1)
    options = parser.parse_args()
    specs = options.specs.read_text().split()
    threads = max(1, (os.cpu_count() or 1) // options.processes)
    start = time.perf_counter()
    workers = [multiprocessing.Process(target=work, args=(specs[i::options.processes], options, threads))
               for i in range(options.processes)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
        if worker.exitcode != 0:
            raise SystemExit(1)
    print(f"{len(specs)} networks, {options.processes} processes, {threads} threads each, torch {torch.__version__}")
    print(f"{(time.perf_counter() - start) / len(specs):8.3f} s per network, reading included")


if __name__ == "__main__":
    main()
