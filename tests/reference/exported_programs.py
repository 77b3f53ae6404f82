"""Scores networks as exported programs (.pt2) and as TorchScript and compares.

    ZCP=build/release/zcp nice python tests/reference/exported_programs.py FILE [NAME ...]

Each network is exported in train mode with a free batch, exported once more
with the batch baked in, decomposed (run_decompositions), and traced; where this
Python has the package zcp, the live module is scored as well. PROXIES are scored
on all of them in float64; the first two and the live module have to agree with
the trace within 1e-5. Decompositions dissolve layers into arithmetic (an LSTM into
products, hard swish into sums and bounds), so that theirs are only listed. FILE keeps what was found, a JSON object a line; a run that is
started again leaves out what is there. The last lines are a table: for each
network and file the largest relative difference and the proxy that has it.
Ends with status 1 where one of those that have to agree is larger or has a score that the
trace has not, or the other way round; a baked batch may cost the proxies that
look at fewer samples. Needs torch 2.9 or newer and torchvision; see torchvision_models
for the classifiers.
"""

from __future__ import annotations

import csv
import io
import json
import math
import os
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import torch
import torchvision
from torch import nn

import torchvision_models

try:
    import zcp
except ImportError:
    zcp = None

PROGRAM = os.environ.get("ZCP", "build/release/zcp")
PROXIES = os.environ.get("PROXIES", "suite-zero,naswot,zico,macs")
BATCH, CLASSES = 4, 10
TOLERANCE = 1e-5


class Recurrent(nn.Module):
    """Rows of an image as a sequence."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(96, 32, num_layers=2, batch_first=True, dropout=0.1)
        self.head = nn.Linear(32, CLASSES)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        rows, _ = self.lstm(x.transpose(1, 2).flatten(2))
        return self.head(rows[:, -1])


class Encoder(nn.Module):
    """A small BERT on embeddings: image rows with positions."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Linear(96, 48)
        self.positions = nn.Parameter(torch.randn(1, 32, 48) * 0.02)
        layer = nn.TransformerEncoderLayer(48, 4, 96, activation="gelu", batch_first=True)
        self.layers = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.head = nn.Linear(48, CLASSES)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        tokens = self.embed(x.transpose(1, 2).flatten(2)) + self.positions
        return self.head(self.layers(tokens).mean(1))


class Detector(nn.Module):
    """A detector's backbone: ResNet-18 with a feature pyramid."""

    def __init__(self) -> None:
        super().__init__()
        net = torchvision.models.resnet18(weights=None)
        self.body = torchvision.models._utils.IntermediateLayerGetter(
            net, {"layer1": "0", "layer2": "1", "layer3": "2", "layer4": "3"})
        self.fpn = torchvision.ops.FeaturePyramidNetwork([64, 128, 256, 512], 32)
        self.head = nn.Linear(32, CLASSES)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        levels = self.fpn(self.body(x))
        return self.head(sum(level.mean((2, 3)) for level in levels.values()))


class Segmenter(nn.Module):
    """A segmentation network whose logits are averaged over the image."""

    def __init__(self) -> None:
        super().__init__()
        self.net = torchvision.models.segmentation.lraspp_mobilenet_v3_large(
            weights=None, weights_backbone=None, num_classes=CLASSES)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.net(x)["out"].mean((2, 3))


MORE = {"lstm": (Recurrent, 32), "bert": (Encoder, 32), "fpn": (Detector, 64), "lraspp": (Segmenter, 64)}


def build(name: str) -> nn.Module:
    torch.manual_seed(0)
    net = MORE[name][0]() if name in MORE else torchvision_models.build(name)
    return torchvision_models.without_chance(net).double()


def files(name: str, folder: str, pixels: int) -> dict[str, str]:
    """What can be written of the network; the reason for what cannot."""
    example = torch.randn(BATCH, 3, pixels, pixels, dtype=torch.float64)
    free = ({0: torch.export.Dim.DYNAMIC},)
    written = {}

    def write(how: str, make) -> None:
        path = f"{folder}/{how}.{'pt' if how == 'traced' else 'pt2'}"
        try:
            state = build(name).state_dict()
            made = make(build(name).train())
            if how == "traced":
                made.load_state_dict(state)  # tracing moves the running statistics
                made.save(path)
            else:
                torch.export.save(made, path)
            written[how] = path
        except Exception as error:  # what PyTorch cannot write is said, too
            written[how] = "! " + repr(error)[:300]

    write("traced", lambda net: torch.jit.trace(net, example, check_trace=False))
    write("free", lambda net: torch.export.export(net, (example,), dynamic_shapes=free))
    write("baked", lambda net: torch.export.export(net.eval(), (example,)))
    write("decomposed", lambda net: torch.export.export(net, (example,), dynamic_shapes=free).run_decompositions())
    return written


def score(path: str, folder: str) -> dict:
    done = subprocess.run(
        [PROGRAM, "score", "--model", path, "--task", "tensors", "--data", f"{folder}/batch.pt",
         "--batch-size", str(BATCH), "--proxies", PROXIES, "--precision", "fp64", "--workers", "1", "--quiet"],
        capture_output=True, text=True, timeout=1800)
    found = {"status": done.returncode, "words": done.stderr[-3000:], "scores": {}}
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    if rows:
        found["scores"] = {key: float(value) if value else None for key, value in rows[0].items() if key != "arch"}
    return found


def score_live(name: str, x: torch.Tensor, y: torch.Tensor) -> dict:
    """The module itself, as zcp.score() takes it."""
    try:
        row = zcp.score(build(name).train(), (x, y), PROXIES, batch_size=BATCH, precision="fp64", workers=1)
    except ValueError as error:
        return {"status": 2, "words": str(error), "scores": {}}
    scores = {key: None if math.isnan(value) else value for key, value in row.items()}
    return {"status": 0, "words": f"{row.capture} {row.passed_over} {row.reasons}", "scores": scores}


def examine(name: str) -> dict:
    pixels = MORE[name][1] if name in MORE else torchvision_models.MODELS[name]
    entry = {"name": name, "files": {}}
    with tempfile.TemporaryDirectory() as folder:
        count = 2 * BATCH
        x = torch.randn(count, 3, pixels, pixels, generator=torch.Generator().manual_seed(1))
        y = torch.arange(count) % 4
        torch.save({"x": x, "y": y}, f"{folder}/batch.pt")
        if zcp is not None:
            entry["files"]["live"] = score_live(name, x, y)
        for how, path in files(name, folder, pixels).items():
            if path.startswith("!"):
                entry["files"][how] = {"status": None, "words": path, "scores": {}}
            else:
                entry["files"][how] = score(path, folder)
    return entry


def differences(found: dict, expected: dict) -> tuple[float, str, list[str]]:
    """The largest relative difference, its proxy, and the proxies that one file alone has."""
    largest, worst, alone = 0.0, "", []
    for key, value in expected.items():
        own = found.get(key)
        if (own is None) != (value is None):
            alone.append(key)
        elif value is not None and own != value:
            # The sum of signed terms that nearly cancel is compared with that of their sizes.
            scale = expected["snip"] if key == "plain" and expected.get("snip") else value
            ratio = abs(own - value) / abs(scale) if scale else math.inf
            if not ratio <= largest:
                largest, worst = ratio, key
    return largest, worst, alone


def report(entries: list[dict]) -> int:
    faults = 0
    print(f"{'network':<20}{'file':<12}{'scores':>7}{'largest':>10}  proxy")
    for entry in entries:
        traced = entry["files"]["traced"]
        for how, found in entry["files"].items():
            if how == "traced":
                continue
            if not found["scores"] or not traced["scores"]:
                faults += found["status"] is not None
                words = (found if not found["scores"] else traced)["words"]
                print(f"{entry['name']:<20}{how:<12}  none: {words[-300:]!r}")
                continue
            largest, worst, alone = differences(found["scores"], traced["scores"])
            count = sum(value is not None for value in found["scores"].values())
            missing = alone if how in ("free", "live") else [key for key in alone if found["scores"].get(key) is not None]
            faults += how != "decomposed" and (largest > TOLERANCE or bool(missing))
            print(f"{entry['name']:<20}{how:<12}{count:>7}{largest:>10.1e}  {worst} "
                  f"{'only one file has ' + ', '.join(alone) if alone else ''}".rstrip())
    print(f"{len(entries)} networks, {faults} files differ")
    return 1 if faults else 0


def main() -> int:
    warnings.filterwarnings("ignore")
    torch.set_num_threads(1)
    kept = Path(sys.argv[1])
    names = sys.argv[2:] or [*torchvision_models.MODELS, *MORE]
    entries = [json.loads(line) for line in kept.read_text().splitlines()] if kept.exists() else []
    for name in names:
        if any(entry["name"] == name for entry in entries):
            continue
        entries.append(examine(name))
        with kept.open("a") as out:
            out.write(json.dumps(entries[-1]) + "\n")
        print(name, "done", file=sys.stderr)
    return report([entry for entry in entries if entry["name"] in names])


if __name__ == "__main__":
    sys.exit(main())
