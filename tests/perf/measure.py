"""Measures build/release/zcp; tests/perf/run.sh says how.

Every figure comes from a process that is started here. Time is the wall time of the process less that of one that only
counts parameters (loading LibTorch, reading specs), so that it is the time of the scoring.
"""

from __future__ import annotations

import argparse
import csv
import functools
import json
import os
import platform
import re
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import textwrap
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
from markdown import table  # noqa: E402

ZCP = Path(os.environ.get("ZCP", ROOT / "build/release/zcp"))
REFERENCE = ROOT / "tests/reference/benchmark.py"
HEAVIEST = "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|nor_conv_3x3~0|nor_conv_3x3~1|nor_conv_3x3~2|"
ALMOST_HEAVIEST = HEAVIEST.replace("nor_conv_3x3~2", "nor_conv_1x1~2")
NATS = ["--space", "nats-tss"]
NOISE = ["--task", "gaussian"]
CORES = os.cpu_count() or 1
FLAGS = [flag for flag in ("avx2", "avx512f", "avx512_bf16", "amx_bf16")
         if re.search(rf"\b{flag}\b", Path("/proc/cpuinfo").read_text())]
# Without instructions of its own bfloat16 takes a minute where float32 takes seconds.
PRECISIONS = ["fp32", "bf16"] if any(flag.endswith("bf16") for flag in FLAGS) else ["fp32"]


def prose(text: str) -> str:
    """A paragraph, or a list of them, in lines of the width that the pages have."""
    return "".join(textwrap.fill(line, 120, subsequent_indent="  " if line.startswith("- ") else "") + "\n"
                   for line in text.splitlines())


@dataclass
class Run:
    seconds: float
    processor: float  # user and system
    user: float
    megabytes: float
    output: str


def run(command: list[str], environment: dict[str, str] | None = None) -> Run:
    """Runs a program; its wall time, its processor time and its largest resident set."""
    start = time.perf_counter()
    with tempfile.TemporaryFile("w+") as out:
        child = subprocess.Popen(command, stdout=out, env={**os.environ, **(environment or {})}, cwd=ROOT)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - start
        out.seek(0)
        text = out.read()
    if child.returncode != 0:
        raise SystemExit(f"{' '.join(command)}: exit status {child.returncode}")
    return Run(seconds, usage.ru_utime + usage.ru_stime, usage.ru_utime, usage.ru_maxrss / 1024, text)


@dataclass
class Newer:
    """A program that was built with the PyTorch of another Python."""

    program: Path
    python: Path


def kernels_of_blas(configuration: str) -> str:
    """The processor that OpenBLAS takes kernels of, from what it says of itself; empty where that does not tell."""
    found = re.search(r"NO_AFFINITY (\w+) MAX_THREADS", configuration)
    return found[1] if found else ""


class Bench:
    """What all measurements share."""

    def __init__(self, cells: int, folder: Path, repetitions: int, torch_file: Path | None,
                 newer: Newer | None = None, zero_cost_nas: Path | None = None) -> None:
        self.folder = folder
        self.newer = newer
        self.zero_cost_nas = zero_cost_nas
        self.cells = cells
        self.repetitions = repetitions
        self.torch_file = torch_file
        self.specs = folder / "cells.txt"
        table = self.score(["--sample", str(cells), "--proxies", "params"]).output
        self.specs.write_text("\n".join(row["arch"] for row in csv.DictReader(table.splitlines())) + "\n")
        self.startup = self.startup_of(ZCP)

    def score(self, more: list[str], environment: dict[str, str] | None = None, program: Path = ZCP) -> Run:
        return run([str(program), "score", *NATS, *NOISE, "--quiet", *more], environment)

    def startup_of(self, program: Path) -> float:
        """Seconds of a process that only counts parameters."""
        one = ["--arch", HEAVIEST, "--proxies", "params"]
        return min(self.score(one, None, program).seconds for _ in range(3))

    def facts_of(self, program: Path) -> tuple[str, ...]:
        """Version, processor, LibTorch and BLAS, as a store notes them."""
        store = Path(tempfile.mkdtemp(dir=self.folder)) / "facts.sqlite"
        self.score(["--arch", HEAVIEST, "--proxies", "params", "--store", str(store), "--csv", "/dev/null"], None, program)
        return sqlite3.connect(store).execute("SELECT version, cpu, libtorch, blas FROM run").fetchone()

    def same_kernels(self) -> dict[str, str]:
        """The environment in which PyTorch takes the kernels of OpenBLAS that zcp chooses."""
        kernels = kernels_of_blas(self.facts_of(ZCP)[3])
        return {"OPENBLAS_CORETYPE": kernels} if kernels else {}

    def on_cells(self, more: list[str]) -> float:
        """Seconds a cell of the sample."""
        seconds = self.score(["--archs", str(self.specs), *more, "--csv", "/dev/null"]).seconds
        return (seconds - self.startup) / self.cells


def seconds_in(text: str) -> float:
    """Seconds a cell, as the straightforward program prints them."""
    return float(re.search(r"^ +all +([0-9.]+)", text, re.MULTILINE)[1])


def loop_seconds(python: str, bench: Bench, group: str) -> float:
    """Seconds a cell of the straightforward program on the PyTorch of this Python."""
    command = [python, str(REFERENCE), "--specs", str(bench.specs), "--proxies", group]
    return seconds_in(run(command, bench.same_kernels()).output)


@functools.lru_cache
def reference_seconds(bench: Bench, group: str) -> float:
    return loop_seconds("/usr/bin/python3", bench, group)


def measure_reference(bench: Bench) -> str:
    rows = []
    ratios = []
    for group in ("core", "suite-zero"):
        first = bench.on_cells(["--proxies", group])
        slow = reference_seconds(bench, group)
        fast = min(first, bench.on_cells(["--proxies", group]))
        ratios.append(f"{slow / fast:.1f}")
        rows.append([f"`{group}`", f"{slow:.2f}", f"{fast:.3f}", ratios[-1]])
    return ("## Against the straightforward program\n\n"
            + prose("The straightforward program, `tests/reference/benchmark.py`, is what one would write in PyTorch: each proxy in turn, "
                    "with a copy of the network and passes of its own. It computes with the same LibTorch and BLAS. Against it `zcp` is "
                    f"{ratios[0]} times as fast with `core`, and {ratios[1]} times with `suite-zero`.")
            + "\n" + prose(f"Seconds for each of {bench.cells} random cells; all {CORES} cores for both programs:")
            + "\n" + table(["proxies", "PyTorch", "zcp", "times faster"], rows))


PYTHON = "/usr/bin/python3"
NETWORKS_TITLE = "## Networks of users"
USER_NETWORKS = ROOT / "tests/perf/user_networks.py"


class UserNetwork:
    """A traced network of 1,000 classes for images of 224 x 224."""

    def __init__(self, bench: Bench, name: str, size: int) -> None:
        self.name, self.size = name, size
        self.file = bench.folder / f"{name}.pt"
        if not self.file.exists():
            run([PYTHON, str(USER_NETWORKS), "save", name, str(self.file)])

    def score(self, names: str, more: list[str] | None = None) -> Run:
        return run([str(ZCP), "score", "--model", str(self.file), "--task", "gaussian", "--resolution", "224",
                    "--batch-size", str(self.size), "--proxies", names, "--csv", "/dev/null", "--quiet", *(more or [])])

    def reference(self, bench: Bench, group: str) -> tuple[float, ...]:
        """PyTorch's wall, user and system time and MiB, with the kernels of OpenBLAS that zcp chooses."""
        command = [PYTHON, "-W", "ignore", str(USER_NETWORKS), "score", self.name, group, "--batch-size", str(self.size)]
        if bench.zero_cost_nas is not None:
            command += ["--checkout", str(bench.zero_cost_nas)]
        done = run(command, bench.same_kernels())
        found = re.search(r"wall ([0-9.]+) user ([0-9.]+) system ([0-9.]+)", done.output)
        return *(float(text) for text in found.groups()), done.megabytes

    def kept_reference(self, bench: Bench, group: str, turn: int) -> tuple[float, ...]:
        """Figures of PyTorch, with the same kernels of OpenBLAS, that the file has are not measured again."""
        if bench.torch_file is None:
            return self.reference(bench, group)
        kept = json.loads(bench.torch_file.read_text()) if bench.torch_file.exists() else {}
        runs = kept.setdefault(f"{self.name}/{group}/{self.size}/{bench.same_kernels()}", [])
        while len(runs) <= turn:
            runs.append(self.reference(bench, group))
            bench.torch_file.write_text(json.dumps(kept))
        return tuple(runs[turn])


# The measures of zero-cost-nas, under the names that they have here.
ZERO_COST_NAS = "fisher,grad_norm,grasp,jacob_cov,l2_norm,plain,snip,synflow,synflow_bn"


def measure_networks(bench: Bench) -> str:
    """In turns, so that a noisy minute falls on both."""
    repetitions = bench.repetitions
    quiet = os.getloadavg()[0] < CORES / 2
    groups = {"core": "core", "suite-zero": "suite-zero"}
    if bench.zero_cost_nas is not None:
        groups["zero-cost-nas"] = ZERO_COST_NAS
    rows = []
    for name in ("resnet18", "resnet50", "mobilenet_v2", "vit_s"):
        network = UserNetwork(bench, name, 16)
        idle = network.score("params")
        for group, names in groups.items():
            slow, fast = [], []
            for turn in range(repetitions):
                slow.append(network.kept_reference(bench, group, turn))
                done = network.score(names)
                fast.append((done.seconds - idle.seconds, done.user - idle.user, done.processor - done.user, done.megabytes))
            wall, user, system, memory = ([statistics.median(x[i] for x in runs) for runs in (slow, fast)] for i in range(4))
            walls = [f"{wall[0]:.1f}", f"{wall[1]:.1f}", f"{wall[0] / wall[1]:.1f}"] if quiet else []
            rows.append([name, f"`{group}`" if group in ("core", "suite-zero") else group, f"{user[0]:.1f}", f"{user[1]:.1f}",
                         f"{user[0] / user[1]:.1f}", f"{system[0]:.1f}", f"{system[1]:.1f}", *walls, f"{memory[0]:.0f}", f"{memory[1]:.0f}"])
            print(rows[-1], flush=True)
    counted = "one run of each" if repetitions == 1 else f"medians of {repetitions} runs in turns"
    other = "" if quiet else " Other programs used the machine as well, so that wall times say nothing."
    return (f"{NETWORKS_TITLE}\n\n"
            f"One TorchScript file, images of 224 x 224, batch 16, 1,000 classes; all {CORES} cores for both, {counted}. "
            "User time is that of computing on all cores together, of zcp less that of a process that only counts parameters; system time is mostly "
            "that of getting memory. PyTorch is the loop of `tests/perf/user_networks.py` on the same LibTorch and the same kernels of OpenBLAS; "
            f"zero-cost-nas is that repository's own code with its nine measures.{other}\n\n"
            + table(["network", "proxies", "PyTorch, user s", "zcp, user s", "times less", "PyTorch, system s", "zcp, system s",
                     *(["PyTorch, s", "zcp, s", "times faster"] if quiet else []), "PyTorch, MiB", "zcp, MiB"], rows))


# Why a proxy may cost more than four forward and backward passes.
REASONS = {
    "knas": "four minibatches, by its definition",
    "l_swag": "the gradients of all four minibatches, as of `zico`, and the signs of all activations",
    "ntk_condition": "BatchNorm couples the samples, so that the gradient of each sample's logits needs a backward pass over the whole batch",
    "ntk_trace": "the same passes as `ntk_condition`; both together take one set of them",
    "vkdnw": "the Jacobian of 1,000 logits at 62 parameter tensors takes a derivative of the derivative for each tensor, on average through half "
             "of the layers",
    "vkdnw_fim": "the same Jacobian as `vkdnw`; both together take one",
}


def reasons(costs: dict[str, float]) -> str:
    most = 4
    dear = [name for name, cost in costs.items() if cost > most]
    if not dear:
        return f"\nNone costs more than {most} passes.\n"
    return (f"\nMore than {most} passes:\n\n"
            + "".join(prose(f"- `{name}`: {REASONS.get(name, 'not looked into yet')}.") for name in dear))


def measure_costs(bench: Bench) -> str:
    """Each proxy in a process of its own."""
    network = UserNetwork(bench, "resnet18", 8)
    names = run([str(ZCP), "proxies"]).output.splitlines()[1:]
    names = [line.split()[0] for line in names[:next(i for i, line in enumerate(names) if not line.strip())]]
    common = ["--minibatches", "4", "--workers", "1"]
    idle = network.score("params", common).user
    used: dict[str, Run] = {name: network.score(name, common) for name in names}
    unit = used["grad_norm"].user - idle
    costs = {name: max(0.0, done.user - idle) / unit for name, done in used.items()}
    costs = dict(sorted(costs.items(), key=lambda entry: -entry[1]))
    rows = [[f"`{name}`", f"{cost:.2f}", f"{used[name].megabytes:.0f}"] for name, cost in costs.items()]
    everything = network.score("all", common)
    both = network.score("all", ["--minibatches", "4"])
    return ("## What a proxy costs\n\n"
            + prose("What does each proxy cost on a network of one's own? ResNet-18 of 1,000 classes at 224 x 224, batch 8, 4 minibatches, one worker, each "
                    "proxy in a process of its own: user time over that of `grad_norm`, which is one forward and one backward pass "
                    f"({unit:.2f} s), and the largest resident set. All {len(names)} together take {everything.user - idle:.1f} s of user time and "
                    f"{everything.megabytes:.0f} MiB by one worker ({everything.seconds:.1f} s by the clock), and {both.megabytes:.0f} MiB by "
                    f"{CORES} ({both.seconds:.1f} s).")
            + "\n" + table(["proxy", "forward and backward passes", "MiB"], rows) + reasons(costs))


def kernel_seconds(log: str) -> dict[str, float]:
    """Seconds inside oneDNN by kind of primitive."""
    total: dict[str, float] = {}
    for line in log.splitlines():
        fields = line.split(",")
        if len(fields) > 4 and fields[0].endswith("verbose") and fields[1] == "exec":
            total[fields[3]] = total.get(fields[3], 0.0) + float(fields[-1]) / 1e3
    return total


@dataclass
class Spent:
    """Seconds of a run: the whole, inside convolutions and matrix products, and in changes of layout."""
    whole: float
    inside: float
    reorders: float

    def __sub__(self, other: Spent) -> Spent:
        return Spent(self.whole - other.whole, self.inside - other.inside, self.reorders - other.reorders)

    def row(self) -> list[str]:
        return [f"{self.whole:.2f}", f"{self.inside:.2f}", f"{100 * self.inside / self.whole:.0f} %",
                f"{100 * self.reorders / self.whole:.1f} %"]


def median_spent(runs: list[Spent]) -> Spent:
    return Spent(*(statistics.median(getattr(r, field) for r in runs) for field in ("whole", "inside", "reorders")))


def measure_kernels(bench: Bench) -> str:
    def spent(cells: list[str], precision: str) -> Spent:
        archs = [option for cell in cells for option in ("--arch", cell)]
        done = bench.score([*archs, "--proxies", "core", "--workers", "1", "--csv", "/dev/null", "--precision",
                            precision], {"DNNL_VERBOSE": "1"})
        seconds = kernel_seconds(done.output)
        inside = sum(seconds.get(kind, 0.0) for kind in ("convolution", "inner_product", "matmul"))
        return Spent(done.seconds - bench.startup, inside, seconds.get("reorder", 0.0))

    repetitions = 9
    rows = []
    for precision in PRECISIONS:
        alone, later = [], []
        for _ in range(repetitions):
            alone.append(spent([HEAVIEST], precision))
            later.append(spent([ALMOST_HEAVIEST, HEAVIEST], precision) - spent([ALMOST_HEAVIEST], precision))
        rows.append([precision, "the first of a process", *median_spent(alone).row()])
        rows.append([precision, "after another one", *median_spent(later).row()])
    return ("## Inside the kernels\n\n"
            + prose("How much of the time is spent in convolutions and matrix products, and so could not be saved by `zcp`? The table is of "
                    "the heaviest cell, with six 3x3 convolutions, and of `core` by one worker: seconds, medians of "
                    f"{repetitions} runs.")
            + "\n" + prose(
                "- *Convolutions and products* are those of oneDNN, the library that LibTorch computes them with; `DNNL_VERBOSE=1` makes it "
                "tell their times. SynFlow's are not among them, since it runs in float64, which oneDNN does not do.\n"
                "- *Reorders* are changes of the layout of tensors in memory.\n"
                "- The first cell of a process also has to get its memory from the system. To leave that out, the second row is the time of "
                "two cells, of which the first has a 1x1 convolution among its six, less the time of that first cell alone.")
            + "\n" + table(["precision", "the cell is", "scoring", "convolutions and products", "share", "reorders"], rows))


def measure_growth(bench: Bench) -> str:
    rows = []

    def add(what: str, options: list[str]) -> None:
        seconds = bench.on_cells(options)
        rows.append([what, f"{seconds:.3f}", f"{1 / seconds:.2f}"])

    for size in (16, 32, 64, 128):
        add(f"`core`, batch {size}", ["--proxies", "core", "--batch-size", str(size)])
    for count in (4, 8):
        add(f"`core`, {count} minibatches", ["--proxies", "core", "--minibatches", str(count)])
    for name in ("grad_norm", "synflow", "naswot", "zico", "suite-zero"):
        add(f"`{name}`", ["--proxies", name])
    for cells in (1, 3):
        add(f"`core`, the cell {cells} time{'s' if cells > 1 else ''} a stage", ["--proxies", "core", "--cells", str(cells)])
    for channels in (8, 32):
        add(f"`core`, {channels} channels", ["--proxies", "core", "--channels", str(channels)])
    return ("## What the cost grows with\n\n"
            + prose(f"{bench.cells} random cells. Where a row does not say otherwise, a network repeats its cell 5 times a stage and has 16 "
                    f"channels, the batch is 64, there are 2 minibatches, and all {CORES} cores work.")
            + "\n" + table(["what", "seconds a cell", "cells a second"], rows))


# Enough that the memory which a process gets from the system at its start does not count.
WORKERS_CELLS = 60


def measure_workers(bench: Bench) -> str:
    def seconds(workers: int) -> float:
        done = bench.score(["--sample", str(WORKERS_CELLS), "--proxies", "core", "--csv", "/dev/null", "--workers",
                            str(workers)])
        return (done.seconds - bench.startup) / WORKERS_CELLS

    # In turns, so that a noisy minute falls on both.
    turns = [(seconds(1), seconds(2)) for _ in range(3)]
    rows = [[f"{one:.3f}", f"{two:.3f}", f"{one / two:.2f}"] for one, two in turns]
    median = statistics.median(one / two for one, two in turns)
    return ("## Workers\n\n"
            + prose(f"Two workers score {median:.2f} times as many cells as one in the same time (the median of three pairs of runs). Seconds for "
                    f"each of {WORKERS_CELLS} random cells, `core`, the runs of a row one after the other:")
            + "\n" + table(["one worker", "two workers", "times the throughput"], rows))


def measure_memory(bench: Bench) -> str:
    rows = []
    common = ["--proxies", "core", "--workers", "1", "--csv", "/dev/null"]
    for precision in PRECISIONS:
        used = bench.score(["--arch", HEAVIEST, *common, "--precision", precision]).megabytes
        rows.append([f"heaviest cell, {precision}", f"{used:.0f}"])
    # The heaviest first in both, so that the second only has more of them.
    heavy = ["--arch", HEAVIEST]
    for count in (5, 20):
        head = bench.specs.read_text().split()[:count]
        more = [option for spec in head for option in ("--arch", spec)]
        used = bench.score([*heavy, *more, *common]).megabytes
        rows.append([f"heaviest cell and {count} others, fp32", f"{used:.0f}"])
    for group in ("suite-zero",):
        used = bench.score(["--arch", HEAVIEST, "--proxies", group, "--workers", "1", "--csv", "/dev/null"]).megabytes
        rows.append([f"heaviest cell, `{group}`, fp32", f"{used:.0f}"])
    return ("## Memory\n\n"
            + prose("The most memory that the process held at a time (its largest resident set), with one worker and `core` where nothing else "
                    "is said. The heaviest cell is the one with six 3x3 convolutions.")
            + "\n" + table(["what", "MiB"], rows))


def measure_space(bench: Bench) -> str:
    # A shard is a hundredth of the functions, drawn by their hash: a hundred times its time is the whole's.
    shards, cells = 100, 15625
    part = ["--all", "--shard", f"0/{shards}", "--csv", "/dev/null"]
    idle = bench.score([*part, "--proxies", "params"]).seconds
    seconds = bench.score([*part, "--proxies", "core"]).seconds - idle
    each = seconds * shards / cells
    slow = reference_seconds(bench, "core")
    rows = [["NATS-TSS, `core`, a hundredth of its functions", f"{cells} specs", f"{seconds:.1f}",
             f"{each:.3f} s a spec, {slow / each:.1f} times as fast"]]
    start = time.perf_counter()
    run([str(ZCP), "score", *NATS, "--all", "--proxies", "params,macs", "--csv", "/dev/null", "--quiet"])
    rows.append(["NATS-TSS, `params,macs`", "15625 specs", f"{time.perf_counter() - start:.1f}", "whole process"])
    if "nas-bench-101" in run([str(ZCP), "spaces"]).output:
        start = time.perf_counter()
        run([str(ZCP), "score", "--space", "nas-bench-101", "--all", "--proxies", "params,macs", "--csv", "/dev/null",
             "--quiet"])
        rows.append(["NAS-Bench-101, `params,macs`", "423624 specs", f"{time.perf_counter() - start:.1f}",
                     "whole process, enumeration included"])
    return ("## Whole spaces\n\n"
            + prose("The first row is of a hundredth of the functions of NATS-TSS, drawn by their hash (cells that compute the same function are "
                    "scored once), less the time of a process that only counts their parameters. A hundred times that is the whole space. The "
                    "other rows are whole processes. The last column compares with the straightforward program in the same run.")
            + "\n" + table(["what", "size", "seconds", "that is"], rows))


CORE = "grad_norm,synflow,naswot,zico"
OTHERS = ("l2_norm,grad_norm_total,snip,plain,fisher,synflow_bn,logsynflow,jacob_cov,nwot,zen,expressivity,progressivity,"
          "trainability,meco,near,stable_rank,apd")


def rank_agreement(bench: Bench, count: int, names: str, batch: int) -> list[list[str]]:
    """tau-b of bf16 scores with fp32 scores, proxy by proxy."""
    files = {}
    for precision in ("fp32", "bf16"):
        files[precision] = bench.folder / f"{precision}.csv"
        bench.score(["--sample", str(count), "--seed", "1", "--proxies", names, "--precision", precision,
                     "--batch-size", str(batch), "--csv", str(files[precision])])
    rows = []
    for name in names.split(","):
        text = run([str(ZCP), "correlate", "--scores", str(files["bf16"]), "--truth", str(files["fp32"]), "--metric",
                    name, "--proxies", name, "--bootstrap", "0", "--baseline", name, "--json"]).output
        tau = float(re.search(r'"kendall_tau": ([0-9.e-]+)', text)[1])
        rows.append([f"`{name}`", str(batch), f"{tau:.3f}", "" if tau >= 0.95 else "refused"])
    return rows


def served(names: str) -> str:
    """Without those that the program refuses in bf16, by exit status 2."""
    def refused(name: str) -> bool:
        command = [str(ZCP), "score", *NATS, *NOISE, "--arch", HEAVIEST, "--batch-size", "2", "--proxies", name,
                   "--precision", "bf16", "--csv", "/dev/null", "--quiet"]
        return subprocess.run(command, stderr=subprocess.DEVNULL, check=False).returncode == 2

    return ",".join(name for name in names.split(",") if not refused(name))


def measure_bf16(bench: Bench) -> str:
    if "bf16" not in PRECISIONS:
        return "## bfloat16\n\nThis processor has no instructions for it.\n"
    fast = {p: bench.on_cells(["--proxies", "core", "--precision", p]) for p in ("fp32", "bf16")}
    slow = reference_seconds(bench, "core")
    speed = [[p, f"{s:.3f}", f"{slow / s:.1f}"] for p, s in fast.items()]
    count = 200
    return ("## bfloat16\n\n"
            + prose("`--precision bf16` computes with numbers of 16 bits (bfloat16), on processors that have instructions for them. It is faster "
                    "than `fp32`, numbers of 32 bits, and less exact. The last column compares with the straightforward program in the same run.")
            + "\n" + table(["precision", "seconds a cell, `core`", "times as fast"], speed)
            + "\n" + prose(f"Are the rankings the same? The table has Kendall's tau between the scores in bf16 and in fp32 of {count} cells: 1 is the "
                          "same order. `zcp` refuses a proxy in bf16 where tau is below .95, or where nobody has measured it.")
            + "\n" + table(["proxy", "batch", "tau", ""],
                    rank_agreement(bench, count, CORE, 64) + rank_agreement(bench, count, served(OTHERS), 16)))


def measure_micro(bench: Bench) -> str:
    program = ZCP.parent / "tests/perf/zcp_kernel_benchmarks"
    if not program.exists():
        return "## Kernels alone\n\nnot built: `apt-get install libbenchmark-dev`\n"
    text = run([str(program), "--benchmark_format=json"], bench.same_kernels()).output
    measured = {row["name"]: row for row in json.loads(text)["benchmarks"]}
    peak = {counter: measured.pop(name)[counter] for name, counter in (("peak", "flops"), ("copy", "bytes"))}
    rows = []
    for name, row in measured.items():
        time_taken = row.get("error_message") or f"{row['cpu_time']:.1f} {row['time_unit']}"
        rate, share = "", ""
        for counter, unit in (("flops", "GFLOP/s"), ("bytes", "GB/s")):
            if counter in row:
                rate = f"{row[counter] / 1e9:.1f} {unit}"
                share = f"{100 * row[counter] / peak[counter]:.0f} %"
        rows.append([f"`{name}`", time_taken, rate, share])
    return ("## Kernels alone\n\n"
            + prose("Single loops of `zcp`, without a network around them (`tests/perf/kernels.cpp`), on one core.")
            + "\n" + prose(
                "- `pack_codes` packs which ReLUs are on for 64 samples into bits, and `count_agreement` counts where two samples agree: the "
                "heart of `naswot`. The number behind the slash says with which instructions: 0 those of every processor, 1 AVX2, 2 AVX-512. "
                "`agreement_by_products` is the same count by products of matrices.\n"
                "- `own:0` is LibTorch's operator, `own:1` that of `zcp`: BatchNorm forward, average pool and depthwise convolution forward and "
                "backward.\n"
                "- `convolution` is one of 3 x 3 from as many channels to as many, on 64 maps of so many pixels a side, forward and backward; they are those of the cells. "
                "oneDNN computes them.\n"
                "- `products` multiplies two square matrices, by OpenBLAS: in float32, and in float64, which `synflow` takes.\n"
                "- `kendall_tau_b/N` is Kendall's tau of N pairs, `build_graph` the graph of a cell and its hash.")
            + "\n" + prose(
                "How much of what the machine can do is that? The last two columns have the arithmetic of a kernel (GFLOP/s, billions of operations a second), "
                "or, where it computes little, the memory that it has to read and write at least (GB/s, billions of bytes a second), and its share of "
                f"the most that was measured here: {peak['flops'] / 1e9:.0f} GFLOP/s of multiplications and additions that stay in registers, "
                f"{peak['bytes'] / 1e9:.1f} GB/s of copying 256 MiB. Above 100 % is what finds its numbers in the caches, which are faster than memory, and 50 % the most in float64.")
            + "\n" + table(["kernel", "processor time", "rate", "share"], rows))


TRAINING = ["--train-images", "5000", "--batch-size", "64", "--epochs", "4"]


def measure_training(bench: Bench) -> str:
    specs = bench.folder / "training.txt"
    count = min(8, bench.cells)
    specs.write_text("\n".join(bench.specs.read_text().split()[:count]) + "\n")
    rows = []
    command = [str(ZCP), "train", *NATS, "--archs", str(specs), "--channels", "8", "--cells", "1", "--task",
               "fashion-mnist", "--resolution", "12", "--transform", "normalise", *TRAINING, "--quiet"]
    own = run([*command, "--csv", str(bench.folder / "trained.csv")]).seconds / count
    rows.append(["zcp, a network a core", f"{own:.2f}", "1.0"])
    for processes in (1, CORES):
        text = run(["/usr/bin/python3", str(ROOT / "tests/reference/train.py"), "--specs", str(specs), "--processes",
                    str(processes), *TRAINING]).output
        seconds = float(re.search(r"([0-9.]+) s per network", text)[1])
        name = "all cores a network" if processes == 1 else "a network a core"
        rows.append([f"PyTorch, {name}", f"{seconds:.2f}", f"{seconds / own:.1f}"])
    return ("## Training\n\n"
            + prose(f"`zcp train` on {count} cells of NATS-TSS, in networks of 8 channels that have the cell once a stage: Fashion-MNIST at 12 x 12, "
                    "5,000 images, 4 epochs. The PyTorch program is `tests/reference/train.py`. Seconds are those of the whole process, reading the "
                    "data included, divided by the number of networks.")
            + "\n" + table(["what", "seconds a network", "times zcp's"], rows))


def compiled_loop(bench: Bench, specs: Path) -> str:
    """Seconds of the straightforward program for a cell by torch.compile, as text: it is stopped after some minutes."""
    longest = 180
    command = [str(bench.newer.python), str(REFERENCE), "--specs", str(specs), "--compile"]
    try:
        found = subprocess.run(command, capture_output=True, text=True, timeout=longest, check=True, cwd=ROOT)
    except subprocess.TimeoutExpired:
        return f"over {longest}"
    return f"{seconds_in(found.stdout):.1f}"


def measure_versions(bench: Bench) -> str:
    """Programs of two versions in turns, and the straightforward program on the newer version."""
    if bench.newer is None:
        raise SystemExit("tests/perf/run.sh --only versions: expected --newer PROGRAM and --newer-python PYTHON")
    programs = [ZCP, bench.newer.program]
    old, new = [bench.facts_of(program)[2] for program in programs]
    asked = ["--archs", str(bench.specs), "--csv", "/dev/null"]
    one_worker = [*asked, "--proxies", "core", "--workers", "1"]
    turns = [[bench.score(one_worker, None, program).processor for program in programs]
             for _ in range(bench.repetitions + 1)]
    before, after = [statistics.median(times) for times in zip(*turns)]
    some = bench.folder / "some.txt"
    some.write_text(bench.specs.read_text().split()[0] + "\n")
    startup = bench.startup_of(bench.newer.program)
    rows = []
    for group in ("core", "suite-zero"):
        zcp, eager = [], []
        for _ in range(bench.repetitions):
            seconds = bench.score([*asked, "--proxies", group], None, bench.newer.program).seconds
            zcp.append((seconds - startup) / bench.cells)
            eager.append(loop_seconds(str(bench.newer.python), bench, group))
        own, loop = statistics.median(zcp), statistics.median(eager)
        compiled = compiled_loop(bench, some) if group == "core" else ""
        rows.append([f"`{group}`", f"{loop:.2f}", compiled, f"{own:.3f}", f"{loop / own:.1f}"])
    return ("## Versions of LibTorch\n\n"
            + prose(f"Is a newer LibTorch faster? Programs built with LibTorch {old} and {new} scored the same {bench.cells} cells by `core` with one "
                    f"worker, {bench.repetitions + 1} times in turn. They took {before:.2f} s and {after:.2f} s of processor time (medians of whole "
                    f"processes), a ratio of {after / before:.3f}.")
            + "\n" + prose(f"The straightforward program on PyTorch {new}, and `zcp` built with it; seconds a cell, medians of "
                           f"{bench.repetitions} runs in turn, all {CORES} cores. `torch.compile` was tried on one cell. It compiles each network that a "
                           "proxy runs, which takes longer than scoring it, so that the ratio is to the other column.")
            + "\n" + table(["proxies", "PyTorch, eager", "PyTorch, compiled", "zcp", "times faster"], rows))


MEASUREMENTS = {
    "reference": measure_reference,
    "networks": measure_networks,
    "costs": measure_costs,
    "kernels": measure_kernels,
    "growth": measure_growth,
    "workers": measure_workers,
    "memory": measure_memory,
    "space": measure_space,
    "bf16": measure_bf16,
    "training": measure_training,
    "micro": measure_micro,
    "versions": measure_versions,
}
# Needs a second program.
BY_DEFAULT = [name for name in MEASUREMENTS if name != "versions"]


def machine(bench: Bench) -> str:
    version, cpu, libtorch, blas = bench.facts_of(ZCP)
    kernels = kernels_of_blas(blas)
    return prose(f"Measured on {time.strftime('%Y-%m-%d')}: zcp {version}, {cpu} with {CORES} cores ({', '.join(FLAGS)}), "
                 f"{platform.freedesktop_os_release()['PRETTY_NAME']}, LibTorch {libtorch}, {blas.split(' NO_')[0]}"
                 + (f" with kernels of {kernels}." if kernels else "."))


def sections(text: str) -> tuple[str, dict[str, str]]:
    """What stands before the first section of a page, and its sections by their titles, in order."""
    introduction, *parts = re.split(r"^(?=## )", text, flags=re.MULTILINE)
    return introduction, {part.splitlines()[0]: part.rstrip() + "\n" for part in parts}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="put what is measured into docs/performance.md")
    parser.add_argument("--only", default=",".join(BY_DEFAULT), help="comma-separated")
    parser.add_argument("--cells", type=int, default=20, help="cells of the sample")
    parser.add_argument("--repetitions", type=int, default=3, help="runs of a network of a user")
    parser.add_argument("--torch", type=Path, help="a file that keeps PyTorch's figures for those networks, for later runs on this machine")
    parser.add_argument("--newer", type=Path, help="for versions: a program built with another LibTorch")
    parser.add_argument("--newer-python", type=Path, help="for versions: the Python that has this LibTorch's PyTorch")
    parser.add_argument("--zero-cost-nas", type=Path, help="for networks: a checkout of that repository")
    options = parser.parse_args()
    newer = Newer(options.newer.resolve(), options.newer_python) if options.newer and options.newer_python else None
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    page = ROOT / "docs/performance.md"
    introduction, parts = sections(page.read_text())
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(options.cells, Path(folder), options.repetitions, options.torch, newer, options.zero_cost_nas)
        where = machine(bench)
        print(where, flush=True)
        for name in options.only.split(","):
            part = MEASUREMENTS[name](bench)
            print(part, flush=True)
            if name == "bf16" and "bf16" not in PRECISIONS:
                continue  # what another machine measured stays
            title, rest = part.split("\n", 1)
            parts[title] = f"{title}\n\n{where}{rest}"
    if options.write:
        page.write_text(introduction + "\n".join(part.rstrip() + "\n" for part in parts.values()))


if __name__ == "__main__":
    main()
