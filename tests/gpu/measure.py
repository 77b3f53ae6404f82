"""Checks zcp on a CUDA device against the processor, and measures it; tests/gpu/run.sh says how."""

from __future__ import annotations

import argparse
import csv
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import scipy
import torch

ROOT = Path(__file__).resolve().parents[2]
DEVICE = ["--device", "cuda:0"]
NOISE = ["--task", "gaussian", "--classes", "10"]
CORES = os.cpu_count() or 1
# A ranking is the same, and so is a score to four digits. What rounding decides is compared by rank alone: sums of
# signs or of terms that cancel, smallest eigenvalues, ratios by the least deviation.
TOLERANCE = 1e-4
LEAST_TAU = 0.999
BY_RANK = {"plain", "grasp", "epe_nas", "jacob_cov", "ntk_condition", "vkdnw", "vkdnw_fim", "gradsign", "zico",
           "zico_bc", "l_swag", "wrcor", "dextr", "trainability", "knas", "fisher"}
# Whole networks of each space, small enough that the processor scores them in seconds.
SPACES = ["nats-sss", "nas-bench-101", "transnas-micro", "transnas-macro", "nas-bench-macro", "darts", "mobilenet-v2"]


class Zcp:
    def __init__(self, program: Path, folder: Path) -> None:
        self.program = program
        self.folder = folder
        self.startup = min(self.seconds(["--space", "nats-tss", "--sample", "1", "--proxies", "grad_norm", *NOISE,
                                         *DEVICE, "--workers", "1"]) for _ in range(2))

    def score(self, options: list[str]) -> dict[str, dict[str, str]]:
        """The rows of a table of scores, by architecture."""
        table = self.folder / "scores.csv"
        subprocess.run([str(self.program), "score", *options, "--quiet", "--csv", str(table)], check=False)
        with table.open() as rows:
            return {row["arch"]: row for row in csv.DictReader(rows)}

    def seconds(self, options: list[str]) -> float:
        start = time.perf_counter()
        subprocess.run([str(self.program), "score", *options, "--quiet", "--csv", "/dev/null"], check=True)
        return time.perf_counter() - start

    def rate(self, options: list[str], count: int) -> float:
        """Architectures a second, without the time that starting takes."""
        return count / max(self.seconds(options) - self.startup, 1e-9)


def table(head: list[str], rows: list[list[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows]) + "\n"


def compare(here: dict[str, dict[str, str]], there: dict[str, dict[str, str]]) -> tuple[list[list[str]], list[str]]:
    """A row a proxy, and what does not agree."""
    rows, faults = [], []
    names = [name for name in next(iter(here.values())) if name not in ("arch", "model")]
    for name in names:
        pairs = [(here[arch][name], there[arch][name]) for arch in here]
        if any((a == "") != (b == "") for a, b in pairs):
            faults.append(f"{name}: a score on one side alone")
        values = [(float(a), float(b)) for a, b in pairs if a and b]
        if not values:
            continue
        # Zero has no relative difference; equal infinities differ by nothing.
        worst = max(0.0 if a == b else abs(a - b) / max(abs(a), 1e-300) for a, b in values)
        tau = scipy.stats.kendalltau(*zip(*values)).statistic if len(values) > 9 else float("nan")
        rows.append([f"`{name}`", str(len(values)), f"{worst:.1e}", "" if tau != tau else f"{tau:.4f}"])
        if worst > TOLERANCE and (name not in BY_RANK or (tau == tau and tau < LEAST_TAU)):
            faults.append(f"{name}: differs by {worst:.1e}, tau {tau:.4f}")
    return rows, faults


HEAD = ["proxy", "n", "largest relative difference", "tau"]


def measure_agreement(zcp: Zcp, options: argparse.Namespace) -> tuple[str, list[str]]:
    nats = ["--space", "nats-tss", *NOISE]
    core = [*nats, "--sample", "200", "--proxies", "core"]
    rows, faults = compare(zcp.score(core), zcp.score([*core, *DEVICE]))
    every = [*nats, "--sample", "20", "--proxies", "all", "--batch-size", "16", "--minibatches", "4"]
    more, others = compare(zcp.score(every), zcp.score([*every, *DEVICE]))
    twice = zcp.score([*core, *DEVICE]) == zcp.score([*core, *DEVICE, "--workers", "3"])
    if not twice:
        faults.append("scores on the device depend on the number of workers, or change from run to run")
    text = ("## Agreement with the processor\n\nfp32 on both. 200 cells of NATS-TSS, batch 64:\n\n" + table(HEAD, rows)
            + f"\nTwo runs on the device, with {CORES} workers and with 3: "
            + ("equal to the bit.\n" if twice else "**not equal**.\n")
            + "\nEvery proxy on 20 cells, batch 16, four minibatches:\n\n" + table(HEAD, more))
    return text, faults + others


def measure_spaces(zcp: Zcp, options: argparse.Namespace) -> tuple[str, list[str]]:
    rows, faults = [], []
    for space in SPACES:
        asked = ["--space", space, "--sample", "3", "--proxies", "suite-zero,zico", "--batch-size", "8", *NOISE]
        found, wrong = compare(zcp.score(asked), zcp.score([*asked, *DEVICE]))
        worst = max(found, key=lambda row: float(row[2]) if row[0].strip("`") not in BY_RANK else 0.0)
        rows.append([f"`{space}`", worst[0], worst[2]])
        faults += [f"{space}: {fault}" for fault in wrong]
    head = ["space", "proxy that differs most", "largest relative difference"]
    return ("## Other spaces\n\nThree networks each, `suite-zero` and `zico`, batch 8; without the proxies that rounding "
            "decides.\n\n" + table(head, rows)), faults


def measure_models(zcp: Zcp, options: argparse.Namespace) -> tuple[str, list[str]]:
    """TorchScript files, with buffers, in both layouts."""
    sys.path.insert(0, str(ROOT / "tests/reference"))
    import networks  # noqa: PLC0415

    torch.manual_seed(0)
    cell = "|nor_conv_3x3~0|+|avg_pool_3x3~0|nor_conv_1x1~1|+|skip_connect~0|nor_conv_3x3~1|avg_pool_3x3~2|"
    network = networks.NatsCell(cell).train()
    x = torch.randn(8, 3, 32, 32)
    traced, scripted = zcp.folder / "traced.pt", zcp.folder / "scripted.pt"
    torch.jit.trace(network, x, check_trace=False).save(str(traced))
    block = torch.nn.Sequential(torch.nn.Conv2d(3, 16, 3, padding=1), torch.nn.BatchNorm2d(16), torch.nn.ReLU(),
                                torch.nn.AvgPool2d(3, 1, 1, count_include_pad=False), torch.nn.Conv2d(16, 32, 3, 2),
                                torch.nn.BatchNorm2d(32), torch.nn.ReLU(), torch.nn.MaxPool2d(3, 2),
                                torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten(), torch.nn.Linear(32, 10))
    torch.jit.script(block.to(memory_format=torch.channels_last)).save(str(scripted))
    asked = ["--model", str(traced), "--model", str(scripted), "--proxies", "suite-zero,zico", "--batch-size", "8",
             *NOISE]
    rows, faults = compare(zcp.score(asked), zcp.score([*asked, *DEVICE]))
    return "## TorchScript files\n\nTwo of them, batch 8.\n\n" + table(HEAD, rows), [f"models: {f}" for f in faults]


def measure_workers(zcp: Zcp, options: argparse.Namespace) -> tuple[str, list[str]]:
    rows = []
    for precision in ("fp32", "tf32", "bf16"):
        row = [precision]
        for workers in (1, 4, 8, 16):
            cells = options.cells if workers > 1 else options.cells // 5
            asked = ["--space", "nats-tss", "--sample", str(cells), "--proxies", "core", *NOISE, *DEVICE,
                     "--precision", precision, "--workers", str(workers)]
            row.append(f"{zcp.rate(asked, cells):.0f}")
        rows.append(row)
    return ("## Cells a second\n\nRandom cells of NATS-TSS, `core`, batch 64, by precision and workers.\n\n"
            + table(["precision", "1 worker", "4", "8", "16"], rows)), []


def measure_proxies(zcp: Zcp, options: argparse.Namespace) -> tuple[str, list[str]]:
    rows = []
    for name in ("core", "suite-zero", "grad_norm", "synflow", "naswot", "zico", "zen", "jacob_cov", "grasp", "fisher",
                 "epe_nas", "meco", "ntk_trace", "vkdnw"):
        cells = options.cells if name in ("core", "suite-zero") else options.cells // 4
        cells = cells // 5 if name in ("meco", "ntk_trace", "vkdnw", "suite-zero") else cells
        asked = ["--space", "nats-tss", "--sample", str(cells), "--proxies", name, *NOISE, *DEVICE]
        rows.append([f"`{name}`", str(cells), f"{zcp.rate(asked, cells):.0f}"])
    return ("## Each proxy\n\nThe same, fp32, as many workers as cores.\n\n"
            + table(["proxies", "cells", "cells a second"], rows)), []


def measure_reference(zcp: Zcp, options: argparse.Namespace) -> tuple[str, list[str]]:
    """Against the straightforward PyTorch program on the same GPU."""
    rows = []
    for group, cells in (("core", 40), ("suite-zero", 10)):
        program = [sys.executable, str(ROOT / "tests/reference/benchmark.py"), "--sample", str(cells), "--proxies", group,
                   "--device", "cuda:0"]
        answer = subprocess.run(program, check=True, capture_output=True, text=True).stdout
        slow = float(re.search(r"^ +all +([0-9.]+)", answer, re.MULTILINE)[1])
        asked = ["--space", "nats-tss", "--sample", str(cells * 10), "--proxies", group, *NOISE, *DEVICE]
        fast = 1 / zcp.rate(asked, cells * 10)
        rows.append([f"`{group}`", f"{slow * 1e3:.1f}", f"{fast * 1e3:.2f}", f"{slow / fast:.1f}"])
    return ("## Against the straightforward program\n\nMilliseconds an architecture on the same GPU: PyTorch "
            f"{torch.__version__}, one process, warm; zcp with {CORES} workers.\n\n"
            + table(["proxies", "PyTorch", "zcp", "ratio"], rows)), []


MEASURES = {"agreement": measure_agreement, "spaces": measure_spaces, "models": measure_models,
            "workers": measure_workers, "proxies": measure_proxies, "reference": measure_reference}


def machine() -> str:
    properties = torch.cuda.get_device_properties(0)
    driver = subprocess.run(["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"], check=False,
                            capture_output=True, text=True).stdout.split("\n")[0]
    return (f"{properties.name}, {properties.multi_processor_count} multiprocessors, driver {driver}; PyTorch "
            f"{torch.__version__}, cuDNN {torch.backends.cudnn.version()}; {CORES} processor cores.")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--zcp", type=Path, required=True)
    parser.add_argument("--only", default=",".join(MEASURES))
    parser.add_argument("--cells", type=int, default=1000)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    page = ROOT / "docs/gpu.md"
    faults: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        zcp = Zcp(options.zcp.resolve(), Path(folder))
        parts = [f"Measured on {time.strftime('%Y-%m-%d')}: {machine()}\n"]
        print(parts[0], flush=True)
        for name in options.only.split(","):
            text, wrong = MEASURES[name](zcp, options)
            print(text, flush=True)
            parts.append(text)
            faults += wrong
    if options.write:
        kept = page.read_text().split("<!-- measured -->")[0]
        page.write_text(kept + "<!-- measured -->\n\n" + "\n".join(parts))
    for fault in faults:
        print(f"tests/gpu: {fault}", file=sys.stderr)
    raise SystemExit(1 if faults else 0)


if __name__ == "__main__":
    main()
