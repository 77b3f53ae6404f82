#!/usr/bin/env python3
"""Values of arch2vec's autoencoder for tests/nets/training/graph_autoencoder_tests.cpp, in PyTorch from the authors' definition
(AIoT-MLSys-Lab/arch2vec: models/model.py, pretraining_nasbench201.py): a small network with weights by a formula, trained on six
cells in one minibatch. Noise is switched off by log standard deviations of -30, dropout by its share.

    tests/reference/graph_autoencoder.py
"""

import math

import torch
import torch.nn.functional as F

WORDS = ["input", "avg_pool_3x3", "none", "nor_conv_1x1", "nor_conv_3x3", "skip_connect", "output"]
CELLS = [[4, 4, 5, 3, 2, 1], [5, 4, 4, 1, 3, 3], [3, 5, 2, 4, 1, 5], [1, 2, 3, 4, 5, 4], [5, 5, 5, 4, 3, 1], [2, 3, 4, 5, 1, 2]]
EDGES = [(0, 1), (0, 2), (0, 4), (1, 3), (1, 5), (2, 6), (3, 6), (4, 7), (5, 7), (6, 7)]
LAYERS, HIDDEN, LATENT, RATE, CLIP, EPOCHS = 2, 6, 3, 0.01, 0.5, 4


def value(parameter: int, count: int) -> torch.Tensor:
    return torch.tensor([0.4 * math.sin(0.7 * i + parameter + 1) for i in range(count)], dtype=torch.float32)


class Values:
    """Parameters in the order in which the test fills them."""

    def __init__(self):
        self.all = []

    def add(self, *shape: int, base: float = 0.0, constant: float | None = None) -> torch.Tensor:
        count = math.prod(shape)
        drawn = value(len(self.all), count) if constant is None else torch.full((count,), constant)
        parameter = (base + drawn.reshape(shape)).requires_grad_(True)
        self.all.append(parameter)
        return parameter


class Norm:
    def __init__(self, values: Values, width: int):
        self.scale = values.add(width, base=1.0)
        self.shift = values.add(width)
        self.mean, self.variance = torch.zeros(width), torch.ones(width)

    def __call__(self, x: torch.Tensor, training: bool) -> torch.Tensor:
        return F.batch_norm(x, self.mean, self.variance, self.scale, self.shift, training, 0.1, 1e-5)


def run(rate: float) -> None:
    print("learning rate", rate)
    values = Values()
    width = len(WORDS)
    layers = []
    for _ in range(LAYERS):
        first = (values.add(HIDDEN, width), values.add(HIDDEN))
        inner = Norm(values, HIDDEN)
        second = (values.add(HIDDEN, HIDDEN), values.add(HIDDEN))
        outer = Norm(values, HIDDEN)
        layers.append((first, inner, second, outer, values.add(1)))
        width = HIDDEN
    mean_head = (values.add(LATENT, width), values.add(LATENT))
    spread_head = (values.add(LATENT, width, constant=0.0), values.add(LATENT, constant=-30.0))
    words_head = (values.add(len(WORDS), LATENT), values.add(len(WORDS)))

    ops = torch.stack([F.one_hot(torch.tensor([0, *cell, 6]), len(WORDS)) for cell in CELLS]).float()
    adjacency = torch.zeros(8, 8)
    for source, target in EDGES:
        adjacency[source, target] = 1
    adjacency = adjacency.expand(len(CELLS), 8, 8)
    both = adjacency + adjacency.transpose(1, 2)

    def encode(training: bool):
        x = ops
        for first, inner, second, outer, epsilon in layers:
            rows = ((1 + epsilon) * x + torch.matmul(both, x)).reshape(len(CELLS) * 8, -1)
            rows = F.linear(F.relu(inner(F.linear(rows, *first), training)), *second)
            x = F.relu(outer(rows, training)).reshape(len(CELLS), 8, -1)
        return F.linear(x, *mean_head), F.linear(x, *spread_head)

    print("before", [round(v, 6) for v in encode(False)[0].mean(1).flatten().tolist()])
    optimiser = torch.optim.Adam(values.all, lr=rate)
    for _ in range(EPOCHS):
        mean, spread = encode(True)
        decoded = torch.sigmoid(F.linear(mean, *words_head))
        edges = torch.sigmoid(mean @ mean.transpose(1, 2)).triu(1)
        divergence = -0.5 / (len(CELLS) * 8) * torch.mean(
            torch.sum(1 + 2 * spread - mean.pow(2) - spread.exp().pow(2), 2)
        )
        loss = F.binary_cross_entropy(decoded, ops) + F.binary_cross_entropy(edges, adjacency) + divergence
        optimiser.zero_grad()
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(values.all, CLIP)
        optimiser.step()
        print("loss", round(loss.item(), 6), "norm of the gradient", round(norm.item(), 4))
    print("after", [round(v, 6) for v in encode(False)[0].mean(1).flatten().tolist()])
    mean = encode(False)[0]
    decoded = F.linear(mean, *words_head).argmax(2)
    pairs = torch.triu(torch.ones(8, 8), 1).bool()
    right = (torch.sigmoid(mean @ mean.transpose(1, 2)) > 0.5)[:, pairs] == adjacency[:, pairs].bool()
    print("nodes", decoded.eq(ops.argmax(2)).sum().item(), "of", decoded.numel(), "pairs", right.sum().item(), "of", right.numel())


if __name__ == "__main__":
    run(RATE)
    # Biases before a BatchNorm have gradients of rounding alone, which Adam makes steps of; running means then differ between
    # machines. At rest they do not.
    run(0.0)
