"""Writes tests/golden/exported/: small networks as torch.export.save writes them, and what PyTorch computes of them.

    python tests/reference/make_exported.py          # torch 2.9 or newer

The layouts of torch 2.6 and 2.8 are written with today's serializer, entry by
entry as torch/export/__init__.py and torch/export/pt2_archive/_package.py of
those versions do. expected.json has for each file the logits of x_i = sin(i) in
float64, with BatchNorm in train mode (batch statistics) and in eval mode; and
AZ-NAS's three proxies by their definitions, on outputs that hooks keep.

    python tests/reference/make_exported.py resnet18 FOLDER

writes residual.pt2 and expected.json of torchvision's ResNet-18 there instead,
for the same test.
"""

from __future__ import annotations

import copy
import json
import sys
import warnings
import zipfile
from pathlib import Path

import torch
from torch import nn
from torch._export.serde.serialize import serialize

FOLDER = Path(__file__).parents[1] / "golden" / "exported"
BATCH, PIXELS, CLASSES = 4, 8, 5


class Block(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(channels)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding="same", groups=2)
        self.drop = nn.Dropout(0.1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.drop(self.conv2(self.relu(self.norm(self.conv1(x)))))
        y += x
        return torch.relu_(y)


class Residual(nn.Module):
    """Two outputs in a dict; a frozen parameter, a buffer and a constant."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 4, 3, stride=2, padding=1)
        self.blocks = nn.Sequential(Block(4), Block(4))
        self.head = nn.Linear(4, CLASSES)
        self.frozen = nn.Parameter(torch.full((4,), 0.5), requires_grad=False)
        self.register_buffer("scale", torch.full((1,), 2.0))

    def forward(self, x: torch.Tensor) -> dict:
        x = self.blocks(self.stem(x)).mean((2, 3)) * self.scale + self.frozen
        x = x.view(x.size(0), -1)
        return {"logits": self.head(x), "features": [x, x + torch.tensor(3.0)]}


class Sequence(nn.Module):
    """Layers of sequences, tied weights, and a part without gradients."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv1d(24, 8, 3, padding=1)
        self.norm = nn.LayerNorm(8)
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)
        self.lstm = nn.LSTM(8, 6, batch_first=True)
        self.up = nn.ConvTranspose1d(6, 8, 2, stride=2)
        self.first = nn.Linear(8, 8)
        self.second = nn.Linear(8, 8)
        self.second.weight = self.first.weight
        self.head = nn.Linear(8, CLASSES)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.conv(x.transpose(2, 3).flatten(1, 2)).transpose(1, 2)
        with torch.no_grad():
            shift = x.mean()
        y = self.norm(x)
        x = x + self.attention(y, y, y, need_weights=False)[0] - shift
        x, _ = self.lstm(x)
        x = self.up(x.transpose(1, 2)).mean(2) * (x.shape[0] // 4)
        return self.head(nn.functional.silu(self.second(torch.tanh(self.first(x)))))


def export(net: nn.Module, free: bool, pixels: int = PIXELS) -> torch.export.ExportedProgram:
    example = torch.zeros(BATCH, 3, pixels, pixels, dtype=torch.float64)
    shapes = ({0: torch.export.Dim.DYNAMIC},) if free else None
    program = torch.export.export(net, (example,), dynamic_shapes=shapes)
    for node in program.graph.nodes:
        node.meta.pop("stack_trace", None)  # paths of this machine
    return program


def save_flat(program: torch.export.ExportedProgram, path: Path) -> None:
    """As torch 2.6 and 2.7 do."""
    made = serialize(program)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in (
                ("serialized_exported_program.json", made.exported_program),
                ("serialized_state_dict.pt", made.state_dict),
                ("serialized_constants.pt", made.constants),
                ("serialized_example_inputs.pt", made.example_inputs),
                ("version", "8.2")):
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content)


def save_saved(program: torch.export.ExportedProgram, path: Path) -> None:
    """As torch 2.8 does."""
    made = serialize(program)
    writer = torch._C.PyTorchFileWriter(str(path))
    writer.set_min_version(6)
    for name, content in (
            ("models/model.json", made.exported_program),
            ("data/weights/model.pt", made.state_dict),
            ("data/constants/model.pt", made.constants),
            ("data/sample_inputs/model.pt", made.example_inputs),
            ("archive_format", b"pt2"),
            ("archive_version", b"0")):
        writer.write_record(name, content, len(content))
    writer.write_end_of_file()


def logits(net: nn.Module, batch_statistics: bool) -> list:
    net = copy.deepcopy(net).eval()
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.train(batch_statistics)
    count = BATCH * 3 * PIXELS * PIXELS
    x = torch.sin(torch.arange(count, dtype=torch.float64)).view(BATCH, 3, PIXELS, PIXELS)
    with torch.no_grad():
        y = net(x)
    return (y["logits"] if isinstance(y, dict) else y).flatten().tolist()


def sine(count: int) -> torch.Tensor:
    """Inputs that the test makes, too, rounded as it rounds them."""
    return torch.sin(torch.arange(count, dtype=torch.float64)).float().double()


def entropy(block: torch.Tensor) -> float:
    rows = block.detach().permute(0, 2, 3, 1).flatten(0, 2)
    rows = rows - rows.mean(0, keepdim=True)
    values = torch.linalg.eigvalsh(rows.T @ rows / len(rows)).clamp(min=0)
    p = values / values.sum()
    return float(-(p * (p + 1e-8).log()).sum())


def singular_term(before: torch.Tensor, after: torch.Tensor) -> float:
    signs = torch.where(torch.cos(torch.arange(after.numel())) < 0, -1.0, 1.0).double().view(after.shape)
    gradient, = torch.autograd.grad(after, before, signs, retain_graph=True)
    if gradient.shape[2] != signs.shape[2]:
        gradient = nn.functional.pixel_unshuffle(gradient, gradient.shape[2] // signs.shape[2])
    rows = signs.permute(0, 2, 3, 1).flatten(0, 2)
    product = gradient.permute(0, 2, 3, 1).flatten(0, 2).T @ rows / len(rows)
    largest = float(torch.linalg.svdvals(product)[0])
    return 2 - largest - 1 / (largest + 1e-6)


def az_nas(net: nn.Module, paths: list[str], pixels: int) -> dict:
    """cvlab-yonsei/AZ-NAS: compute_az_nas_score.py, in float64."""
    net = copy.deepcopy(net).eval()
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.train()
    kept = []
    for path in paths:
        net.get_submodule(path).register_forward_hook(lambda _module, _x, y: kept.append(y))
    net(sine(BATCH * 3 * pixels * pixels).view(BATCH, 3, pixels, pixels))
    entropies = [entropy(block) for block in kept]
    terms = [singular_term(before, after) for before, after in zip(kept, kept[1:])]
    return {
        "blocks": paths,
        "expressivity": sum(entropies),
        "progressivity": min(b - a for a, b in zip(entropies, entropies[1:])),
        "trainability": sum(terms) / len(terms),
    }


def build(kind) -> nn.Module:
    torch.manual_seed(0)
    net = kind().double()
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.uniform_(-1, 1)
            module.running_var.uniform_(0.5, 2)
    return net


def resnet18(folder: Path) -> None:
    net = build(lambda: torchvision.models.resnet18(weights=None))
    torch.export.save(export(net.train(), True, 32), str(folder / "residual.pt2"))
    paths = ["maxpool", *(f"layer{stage}.{block}" for stage in range(1, 5) for block in range(2))]
    expected = {"az_nas": {"pixels": 32, "params": sum(p.numel() for p in net.parameters()), **az_nas(net, paths, 32)}}
    (folder / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")


def save_marked(path: Path) -> None:
    """A batch whose samples have the attributes that torch.compile and torch.export leave on what they have seen."""
    x = torch.arange(24.0).view(2, 3, 2, 2) / 8
    torch._dynamo.mark_dynamic(x, 0)
    torch.save({"x": x, "y": torch.tensor([1, 0])}, path)


def main() -> None:
    warnings.filterwarnings("ignore")
    FOLDER.mkdir(exist_ok=True)
    residual, sequence = build(Residual), build(Sequence)
    free = export(residual.train(), True)
    torch.export.save(free, str(FOLDER / "residual.pt2"))
    torch.export.save(free.run_decompositions(), str(FOLDER / "residual_decomposed.pt2"))
    save_flat(free, FOLDER / "residual_flat.pt2")
    save_saved(free, FOLDER / "residual_saved.pt2")
    torch.export.save(export(residual.eval(), False), str(FOLDER / "residual_baked.pt2"))
    sequences = export(sequence.eval(), True)
    torch.export.save(sequences, str(FOLDER / "sequence.pt2"))
    torch.export.save(export(sequence.train(), False), str(FOLDER / "sequence_baked.pt2"))
    save_marked(FOLDER / "marked_batch.pt")
    expected = {}
    for path in sorted(FOLDER.glob("*.pt2")):
        net = residual if path.name.startswith("residual") else sequence
        expected[path.name] = {
            "params": sum(p.numel() for p in net.parameters() if p.requires_grad),
            "train": logits(net, True),
            "eval": logits(net, False),
        }
    expected["az_nas"] = {"pixels": PIXELS, "params": expected["residual.pt2"]["params"],
                          **az_nas(residual, ["stem", "blocks.0", "blocks.1"], PIXELS)}
    (FOLDER / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")


if __name__ == "__main__":
    if sys.argv[1:2] == ["resnet18"]:
        import torchvision

        resnet18(Path(sys.argv[2]))
    else:
        main()
