"""Checks zcp on a CUDA device against the processor, and measures it; tests/gpu/run.sh says how."""

from __future__ import annotations

import argparse
import csv
import gzip
import os
import re
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import scipy
import torch

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
from markdown import table  # noqa: E402

DEVICE = ["--device", "cuda:0"]
NOISE = ["--task", "gaussian", "--classes", "10"]
CORES = os.cpu_count() or 1
# In float64 both sides compute the same to nine digits; float32 rounds, on the processor as on the device, so that each
# is measured by its distance from float64.
TOLERANCE = 1e-6
LEAST_TAU = 0.999
# How much further from float64 than the processor's the device's float32 scores may be, beyond four digits.
FACTOR = 3.0
FOUR_DIGITS = 1e-4
# Starting takes one to two seconds, and not always the same.
SHORTEST = 1.0
# Decided by rounding also in float64: sums of signs, ratios by the smallest eigenvalue.
ROUNDED = {"epe_nas", "ntk_condition"}
# So is what of a Jacobian is left where a BatchNorm stands in front of a global pool: docs/spaces.md.
ROUNDED_IN = {"transnas-micro": {"jacob_cov"}, "transnas-macro": {"jacob_cov"}}
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
        """Architectures a second, without the time that starting takes; not a number for a run so short that this time
        decides."""
        seconds = self.seconds(options) - self.startup
        return count / seconds if seconds > SHORTEST else float("nan")


Scores = dict[str, dict[str, str]]


def pairs_of(here: Scores, there: Scores, name: str) -> list[tuple[float, float]]:
    both = [(here[arch][name], there[arch][name]) for arch in here]
    return [(float(a), float(b)) for a, b in both if a and b]


def distance(here: Scores, there: Scores, name: str) -> float:
    """The largest relative difference; equal infinities and zeros differ by nothing."""
    pairs = pairs_of(here, there, name)
    return max((0.0 if a == b else abs(a - b) / max(abs(a), 1e-300) for a, b in pairs), default=0.0)


def tau(here: Scores, there: Scores, name: str) -> float:
    pairs = pairs_of(here, there, name)
    return scipy.stats.kendalltau(*zip(*pairs)).statistic if len(pairs) > 9 else float("nan")


def compare(zcp: Zcp, asked: list[str], rounded: set[str] = ROUNDED) -> tuple[list[list[str]], list[str]]:
    """Scores of both sides in both precisions: a row a proxy, and what does not agree."""
    twice = ["--precision", "fp64"]
    exact, exact_there = zcp.score([*asked, *twice]), zcp.score([*asked, *twice, *DEVICE])
    here, there = zcp.score(asked), zcp.score([*asked, *DEVICE])
    rows, faults = [], []
    for name in [name for name in next(iter(exact.values())) if name not in ("arch", "model")]:
        if any((exact[arch][name] == "") != (there[arch][name] == "") for arch in exact):
            faults.append(f"{name}: a score on one side alone")
        if not pairs_of(exact, there, name):
            continue
        in_double = distance(exact, exact_there, name)
        own, device = distance(exact, here, name), distance(exact, there, name)
        rank = tau(here, there, name)
        rows.append([f"`{name}`", str(len(pairs_of(exact, there, name))), f"{in_double:.0e}", f"{own:.0e}",
                     f"{device:.0e}", "" if rank != rank else f"{rank:.4f}"])
        if in_double > TOLERANCE and name not in rounded:
            faults.append(f"{name}: differs by {in_double:.1e} in float64")
        if device > max(FOUR_DIGITS, FACTOR * own) and name not in rounded:
            faults.append(f"{name}: {device:.1e} from float64, the processor's {own:.1e}")
    return rows, faults


HEAD = ["proxy", "n", "fp64: device against processor", "fp32 of the processor against fp64",
        "fp32 of the device against fp64", "tau of both in fp32"]


def measure_agreement(zcp: Zcp, options: argparse.Namespace) -> tuple[str, list[str]]:
    nats = ["--space", "nats-tss", *NOISE]
    core = [*nats, "--sample", "200", "--proxies", "core"]
    here, there = zcp.score(core), zcp.score([*core, *DEVICE])
    names = ["grad_norm", "synflow", "naswot", "zico"]
    ranks = [[f"`{name}`", f"{distance(here, there, name):.0e}", f"{tau(here, there, name):.4f}"] for name in names]
    twice = there == zcp.score([*core, *DEVICE, "--workers", "3"])
    faults = [] if twice else ["scores on the device depend on the number of workers, or change from run to run"]
    every = [*nats, "--sample", "20", "--proxies", "all", "--batch-size", "16", "--minibatches", "4"]
    rows, others = compare(zcp, every)
    text = ("## Agreement with the processor\n\n200 cells of NATS-TSS, batch 64, two minibatches, fp32 on both:\n\n"
            + table(["proxy", "largest relative difference", "tau"], ranks)
            + f"\nTwo runs on the device, with {CORES} workers and with 3: "
            + ("equal to the bit.\n" if twice else "**not equal**.\n")
            + "\nEvery proxy on 20 cells, batch 16, four minibatches. The columns have the largest relative differences; "
            + "tau is Kendall's tau of the two rankings.\n\n"
            + table(HEAD, rows))
    return text, faults + others


def measure_spaces(zcp: Zcp, options: argparse.Namespace) -> tuple[str, list[str]]:
    rows, faults = [], []
    for space in SPACES:
        asked = ["--space", space, "--sample", "3", "--proxies", "suite-zero,zico", "--batch-size", "8", *NOISE]
        rounded = ROUNDED | ROUNDED_IN.get(space, set())
        found, wrong = compare(zcp, asked, rounded)
        worst = max((row for row in found if row[0].strip("`") not in rounded), key=lambda row: float(row[2]))
        rows.append([f"`{space}`", worst[0], worst[2]])
        faults += [f"{space}: {fault}" for fault in wrong]
    head = ["space", "proxy that differs most", "largest relative difference in fp64"]
    return ("## Other spaces\n\nThree networks of each space, scored by `suite-zero` and `zico` with batches of 8.\n\n"
            + table(head, rows)), faults


def measure_models(zcp: Zcp, options: argparse.Namespace) -> tuple[str, list[str]]:
    """TorchScript files, with buffers, one of them in channels-last layout."""
    sys.path.insert(0, str(ROOT / "tests/reference"))
    import networks  # noqa: PLC0415

    torch.manual_seed(0)
    cell = "|nor_conv_3x3~0|+|avg_pool_3x3~0|nor_conv_1x1~1|+|skip_connect~0|nor_conv_3x3~1|avg_pool_3x3~2|"
    network = networks.NatsCell(cell).train()
    traced, scripted = zcp.folder / "traced.pt", zcp.folder / "scripted.pt"
    torch.jit.trace(network, torch.randn(8, 3, 32, 32), check_trace=False).save(str(traced))
    nn = torch.nn
    block = nn.Sequential(nn.Conv2d(3, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(),
                          nn.AvgPool2d(3, 1, 1, count_include_pad=False), nn.Conv2d(16, 32, 3, 2), nn.BatchNorm2d(32),
                          nn.ReLU(), nn.MaxPool2d(3, 2), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, 10))
    torch.jit.script(block.to(memory_format=torch.channels_last)).save(str(scripted))
    rows, faults = compare(zcp, ["--model", str(traced), "--model", str(scripted), "--proxies", "suite-zero,zico",
                                 "--batch-size", "8", *NOISE])
    return ("## TorchScript files\n\nTwo files, with batches of 8. The columns are those of the table above.\n\n"
            + table(HEAD, rows), [f"models: {f}" for f in faults])


def write_examples(folder: Path) -> None:
    """Images of ten patterns in noise, in the files of Fashion-MNIST."""
    draw = torch.Generator().manual_seed(0)
    patterns = torch.randn(10, 28, 28, generator=draw)
    for name, count in (("train", 4000), ("t10k", 1000)):
        labels = torch.randint(0, 10, (count,), generator=draw)
        noise = torch.randn(count, 28, 28, generator=draw)
        pixels = (128 + 30 * patterns[labels] + 80 * noise).clamp(0, 255).to(torch.uint8)
        with gzip.open(folder / f"{name}-images-idx3-ubyte.gz", "wb") as file:
            file.write(struct.pack(">IIII", 2051, count, 28, 28) + pixels.numpy().tobytes())
        with gzip.open(folder / f"{name}-labels-idx1-ubyte.gz", "wb") as file:
            file.write(struct.pack(">II", 2049, count) + labels.to(torch.uint8).numpy().tobytes())


def measure_training(zcp: Zcp, options: argparse.Namespace) -> tuple[str, list[str]]:
    """A few steps, before rounding has grown, compared; and the time of longer trainings."""
    data = zcp.folder / "examples"
    data.mkdir()
    write_examples(data)
    asked = ["--space", "nats-tss", "--sample", "4", "--channels", "8", "--task", "fashion-mnist", "--data", str(data),
             "--transform", "normalise", "--quiet"]
    short = [*asked, "--cells", "1", "--epochs", "1", "--batch-size", "1000"]
    long = [*asked, "--cells", "2", "--epochs", "3"]

    def train(which: list[str], *more: str) -> tuple[list[dict[str, str]], float]:
        name = str(zcp.folder / f"training{time.monotonic_ns()}.csv")
        start = time.perf_counter()
        subprocess.run([str(zcp.program), "train", *which, *more, "--csv", name], check=True)
        seconds = time.perf_counter() - start
        with open(name) as lines:
            rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
        return [{key: value for key, value in row.items() if "seconds" not in key} for row in rows], seconds

    here, there = train(short)[0], train(short, *DEVICE)[0]
    one = train(short, *DEVICE, "--workers", "1")[0]
    losses = [(float(a[key]), float(b[key])) for a, b in zip(here, there) for key in a if key.endswith("loss")]
    worst = max(abs(a - b) / abs(a) for a, b in losses)
    faults = [] if worst < FOUR_DIGITS else [f"training: losses differ by {worst:.1e}"]
    if one != there:
        faults.append("training: accuracies depend on the number of workers")
    slow, fast = train(long, "--workers", "4")[1], train(long, *DEVICE, "--workers", "4")[1]
    return ("## Training\n\nFour cells of NATS-TSS, 4,000 images.\n\n"
            + table(["what", "figure"],
                    [["largest relative difference of a loss after four steps, device against processor", f"{worst:.0e}"],
                     ["the device with one worker and with many", "equal to the bit" if one == there else "**not equal**"],
                     ["seconds for three epochs, four workers, processor", f"{slow:.1f}"],
                     ["the same on the device", f"{fast:.1f}"]])), faults


def measure_workers(zcp: Zcp, options: argparse.Namespace) -> tuple[str, list[str]]:
    rows = []
    for precision in ("fp32", "tf32", "bf16"):
        row = [precision]
        for workers in (1, 4, 8, 16):
            cells = options.cells * workers // 16  # each run takes about as long
            asked = ["--space", "nats-tss", "--sample", str(cells), "--proxies", "core", *NOISE, *DEVICE,
                     "--precision", precision, "--workers", str(workers)]
            row.append(f"{zcp.rate(asked, cells):.0f}")
        rows.append(row)
    return ("## Cells a second\n\nRandom cells of NATS-TSS, scored by `core` with batches of 64, by precision and number of workers.\n\n"
            + table(["precision", "1 worker", "4", "8", "16"], rows)), []


def measure_proxies(zcp: Zcp, options: argparse.Namespace) -> tuple[str, list[str]]:
    rows = []
    for name in ("core", "suite-zero", "grad_norm", "synflow", "naswot", "zico", "zen", "jacob_cov", "grasp", "fisher",
                 "epe_nas", "meco", "ntk_trace", "vkdnw"):
        slow = name in ("grasp", "meco", "vkdnw", "suite-zero")
        cells = options.cells // (20 if name == "ntk_trace" else 5 if slow else 1)
        asked = ["--space", "nats-tss", "--sample", str(cells), "--proxies", name, *NOISE, *DEVICE]
        rows.append([f"`{name}`", str(cells), f"{zcp.rate(asked, cells):.0f}"])
    return ("## Each proxy\n\nRandom cells of NATS-TSS with batches of 64 in fp32, with as many workers as cores.\n\n"
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
    return ("## Against the straightforward program\n\nMilliseconds for each architecture on the same GPU: PyTorch "
            f"{torch.__version__}, one process, warm; zcp with {CORES} workers.\n\n"
            + table(["proxies", "PyTorch", "zcp", "ratio"], rows)), []


MEASURES = {"agreement": measure_agreement, "spaces": measure_spaces, "models": measure_models,
            "training": measure_training, "workers": measure_workers, "proxies": measure_proxies, "reference": measure_reference}


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
