"""Writes tests/golden/net_hang.pt and net_writes.pt: a TorchScript network whose
forward never ends, and one whose forward writes the file written.bin. They are
what tests/survival.sh shows `--timeout` and `--sandbox` with."""

import pathlib

import torch
from torch import nn

GOLDEN = pathlib.Path(__file__).parent.parent / "golden"


class Hang(nn.Module):
    def __init__(self):
        super().__init__()
        self.c = nn.Conv2d(3, 4, 3, padding=1)
        self.b = nn.BatchNorm2d(4)
        self.l = nn.Linear(4, 10)

    def forward(self, x):
        y = torch.relu(self.b(self.c(x))).mean([2, 3])
        while bool(y.sum() > -1e30):
            y = y + 1e-9
        return self.l(y)


class Writes(nn.Module):
    def __init__(self):
        super().__init__()
        self.l = nn.Linear(3, 10)

    def forward(self, x):
        torch.save(x, "written.bin")
        return torch.relu(self.l(x.mean([2, 3])))


for network, name in ((Hang, "net_hang.pt"), (Writes, "net_writes.pt")):
    torch.manual_seed(0)
    torch.jit.save(torch.jit.script(network().eval()), str(GOLDEN / name))
