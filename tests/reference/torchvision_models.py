"""Scores torchvision's classifiers with zcp and compares what can be compared.

    ZCP=build/release/zcp nice python tests/reference/torchvision_models.py FILE [NAME ...]

A classifier takes 5 to 25 minutes of a core; MINIBATCHES=2 (of 4) halves that.

Each classifier is saved four times: traced and scripted, in train and in eval
mode. Every proxy is scored on each file, without a crash or an internal error;
#params and MACs equal a count by hooks (count_hooks.py); the four files agree
within 1e-3; and those of PAIRS are within 1e-3 of the authors' definitions
(proxies.py) on the module itself. FILE keeps what was found, a JSON object a
line; a run that is started again leaves out what is there. The last lines list
every difference. Ends with status 1 for a crash, an internal error or a count
that differs. Other differences have to be explained.
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
from pathlib import Path

import torch
import torchvision
from torch import nn

import count_hooks
import proxies

PROGRAM = os.environ.get("ZCP", "build/release/zcp")
BATCH, MINIBATCHES, CLASSES = 8, int(os.environ.get("MINIBATCHES", "4")), 10
MEMORY = 4_000_000_000
MODELS = {  # name: pixels, the least that the network takes or 64
    "resnet18": 64, "squeezenet1_1": 64, "squeezenet1_0": 64, "mobilenet_v2": 64, "mobilenet_v3_small": 64,
    "shufflenet_v2_x0_5": 64, "shufflenet_v2_x1_0": 64, "mnasnet0_5": 64, "regnet_y_400mf": 64, "regnet_x_400mf": 64,
    "mobilenet_v3_large": 64, "efficientnet_b0": 64, "densenet121": 64, "googlenet": 64, "vit_b_16": 32,
    "convnext_tiny": 64, "swin_t": 64, "swin_v2_t": 64, "maxvit": 64, "resnet50": 64, "resnext50_32x4d": 64,
    "alexnet": 64, "inception_v3": 75, "efficientnet_v2_s": 64, "wide_resnet50_2": 64, "vgg11_bn": 32,
}
PAIRS = ["params", "macs", "l2_norm", "grad_norm", "grad_norm_total", "snip", "plain", "grasp", "fisher", "synflow",
         "logsynflow", "jacob_cov", "epe_nas", "nwot", "zico"]


def build(name: str) -> nn.Module:
    """The classifier, small where its makers allow, nothing random in it."""
    torch.manual_seed(0)
    more = {}
    if name in ("googlenet", "inception_v3"):
        more = {"aux_logits": False, "init_weights": False}
    if name == "vit_b_16":
        more = {"image_size": 32}
    if name == "maxvit":
        net = torchvision.models.maxvit.MaxVit(
            input_size=(64, 64), stem_channels=16, partition_size=2, block_channels=[16, 32, 64, 128],
            block_layers=[1, 1, 2, 1], head_dim=16, stochastic_depth_prob=0.2, num_classes=CLASSES)
    else:
        net = torchvision.models.get_model(name, num_classes=CLASSES, **more)
    return net


def without_chance(net: nn.Module) -> nn.Module:
    for module in net.modules():
        if isinstance(module, (nn.Dropout, torchvision.ops.StochasticDepth)):
            module.p = 0.0
    return net


def score(module: torch.jit.ScriptModule, folder: str) -> dict:
    module.save(f"{folder}/net.pt")
    done = subprocess.run(
        [PROGRAM, "score", "--model", f"{folder}/net.pt", "--task", "tensors", "--data", f"{folder}/batch.pt",
         "--batch-size", str(BATCH), "--minibatches", str(MINIBATCHES), "--proxies", "all",
         "--memory", str(MEMORY), "--workers", "1", "--quiet"],
        capture_output=True, text=True, timeout=1800)
    found = {"status": done.returncode, "words": done.stderr[-3000:], "scores": {}}
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    if rows:
        found["scores"] = {key: float(value) if value else None for key, value in rows[0].items() if key != "arch"}
    return found


def reference(net: nn.Module, batches: list) -> dict:
    net = without_chance(net)
    found = {}
    for name in PAIRS:
        try:
            found[name] = getattr(proxies, name)(net, batches)
        except RuntimeError as error:  # PyTorch has no second derivative of some activations
            print(f"{name}: {error}", file=sys.stderr)
            found[name] = math.nan
    return found


def examine(name: str) -> dict:
    pixels = MODELS[name]
    net = build(name)
    generator = torch.Generator().manual_seed(1)
    count = BATCH * MINIBATCHES
    x = torch.randn(count, 3, pixels, pixels, generator=generator)
    y = torch.arange(count) % 4
    batches = [(x[i:i + BATCH], y[i:i + BATCH]) for i in range(0, count, BATCH)]
    params, macs = count_hooks.count(net.eval(), pixels)
    entry = {"name": name, "counted": {"params": params, "macs": macs}, "files": {}}
    with tempfile.TemporaryDirectory() as folder:
        torch.save({"x": x, "y": y}, f"{folder}/batch.pt")
        for mode in ("train", "eval"):
            for how in ("traced", "scripted"):
                net = build(name).train(mode == "train")
                state = {key: value.clone() for key, value in net.state_dict().items()}
                try:
                    module = torch.jit.trace(net, x[:2], check_trace=False) if how == "traced" else torch.jit.script(net)
                    module.load_state_dict(state)  # tracing moves the running statistics
                    entry["files"][f"{how} {mode}"] = score(module, folder)
                except Exception as error:  # what PyTorch cannot write is said, too
                    entry["files"][f"{how} {mode}"] = {"status": None, "words": repr(error)[:500], "scores": {}}
    entry["reference"] = reference(build(name), batches)
    return entry


def near(found: float | None, expected: float | None, scale: float | None = None) -> bool:
    missing = [value is None or math.isnan(value) for value in (found, expected)]
    if any(missing):
        return all(missing)
    return found == expected or abs(found - expected) <= 1e-3 * abs(scale or expected)


def report(entries: list[dict]) -> int:
    faults, pairs, good = 0, 0, 0
    for entry in entries:
        name, expected = entry["name"], entry["reference"]
        first = entry["files"]["traced train"]["scores"]
        for how, found in entry["files"].items():
            words = found["words"]
            if found["status"] not in (0, 1) or not found["scores"] or "INTERNAL ASSERT" in words:
                faults += found["status"] is not None
                print(f"FAULT {name} {how}: status {found['status']}: {words[:300]}")
                continue
            for key, value in entry["counted"].items():
                if found["scores"][key] != value:
                    faults += 1
                    print(f"COUNT {name} {how} {key}: expected {value}, found {found['scores'][key]}")
            for key, value in found["scores"].items():
                if not near(value, first.get(key), first.get("snip") if key == "plain" else None):
                    print(f"files {name} {how} {key}: {value}, traced in train mode {first.get(key)}")
        for key in PAIRS:
            pairs += 1
            same = near(first.get(key), expected[key], expected["snip"] if key == "plain" else None)
            good += same
            if not same:
                print(f"pair  {name} {key}: expected {expected[key]}, found {first.get(key)}")
    print(f"{len(entries)} classifiers, {good} of {pairs} pairs within 1e-3, {faults} faults")
    return faults


def main() -> None:
    torch.set_num_threads(1)
    kept = Path(sys.argv[1])
    entries = [json.loads(line) for line in kept.read_text().splitlines()] if kept.exists() else []
    for name in sys.argv[2:] or MODELS:
        if name in {entry["name"] for entry in entries}:
            continue
        entries.append(examine(name))
        with kept.open("a") as out:
            out.write(json.dumps(entries[-1]) + "\n")
    sys.exit(report(entries) > 0)


if __name__ == "__main__":
    main()
