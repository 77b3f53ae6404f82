"""Networks and data that the tests share."""

import torch
from torch import nn

#: Whether this torch exports programs, which is then how a module is taken.
EXPORTS = hasattr(getattr(getattr(torch, "export", None), "Dim", None), "DYNAMIC")


class Residual(nn.Module):
    """Two convolutions with BatchNorm beside a skip."""

    def __init__(self, width):
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.first_norm = nn.BatchNorm2d(width)
        self.second = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.second_norm = nn.BatchNorm2d(width)

    def forward(self, x):
        y = torch.relu(self.first_norm(self.first(x)))
        return torch.relu(self.second_norm(self.second(y)) + x)


class Small(nn.Module):
    """A residual network for images of 3 channels."""

    def __init__(self, width=8, classes=10, dropout=0.0):
        super().__init__()
        self.stem = nn.Conv2d(3, width, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(width)
        self.blocks = nn.Sequential(Residual(width), Residual(width))
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(width, classes)

    def forward(self, x):
        x = self.blocks(torch.relu(self.norm(self.stem(x))))
        return self.head(self.dropout(x.mean((2, 3))))


def small(seed=0, **options):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return Small(**options)


class Deciding(nn.Module):
    """Takes another way for samples of another sum."""

    def __init__(self):
        super().__init__()
        self.body = small()

    def forward(self, x):
        out = self.body(x)
        return out if bool(x.sum() > 0) else out * 2


def images(count=16, seed=1, size=12, classes=10):
    """x [count, 3, size, size] and labels [count]."""
    drawn = torch.Generator().manual_seed(seed)
    x = torch.randn(count, 3, size, size, generator=drawn)
    return x, torch.randint(0, classes, (count,), generator=drawn)
