"""Compares the scores of programs that were built with different versions of LibTorch.

    tests/versions.py PROGRAM PROGRAM... [--cells 20]

Each PROGRAM is a zcp; the first is what the others are compared with. 20 cells of NATS-TSS on noise, every proxy, in
float64 and in float32: the table says the largest relative difference of each proxy to the first program's scores.
docs/protocol.md holds the bounds; the exit status is 1 where a proxy in float64 goes beyond that of all.
"""

from __future__ import annotations

import argparse
import csv
import subprocess
import sys
import tempfile
from pathlib import Path

from markdown import table

BOUND = 1e-7  # float64, relative
PROTOCOL = ["--space", "nats-tss", "--task", "gaussian", "--classes", "10", "--proxies", "all", "--batch-size", "8",
            "--minibatches", "4", "--quiet"]

Scores = dict[str, dict[str, str]]


def score(program: Path, cells: int, precision: str, folder: Path) -> Scores:
    table = folder / "scores.csv"
    subprocess.run([str(program), "score", *PROTOCOL, "--sample", str(cells), "--precision", precision, "--csv",
                    str(table)], check=True)
    with table.open() as rows:
        return {row["arch"]: row for row in csv.DictReader(rows)}


def libtorch(program: Path, folder: Path) -> str:
    """The version that the program notes with its runs."""
    import sqlite3  # noqa: PLC0415

    store = folder / "version.sqlite"
    store.unlink(missing_ok=True)
    subprocess.run([str(program), "score", "--space", "nats-tss", "--sample", "1", "--task", "gaussian", "--proxies",
                    "grad_norm", "--batch-size", "2", "--quiet", "--csv", "/dev/null", "--store", str(store)], check=True)
    return sqlite3.connect(store).execute("SELECT libtorch FROM run").fetchone()[0]


def difference(first: Scores, other: Scores, name: str) -> float:
    """The largest; 1 where a score is there on one side alone."""
    worst = 0.0
    for arch, row in first.items():
        a, b = row[name], other[arch][name]
        if (a == "") != (b == ""):
            return 1.0
        if a and float(a) != float(b):
            worst = max(worst, abs(float(a) - float(b)) / max(abs(float(a)), 1e-300))
    return worst


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=Path, nargs="+")
    parser.add_argument("--cells", type=int, default=20)
    options = parser.parse_args()
    if len(options.program) < 2:
        parser.error("expected two programs or more")
    programs = [program.resolve() for program in options.program]
    beyond = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        versions = [libtorch(program, folder) for program in programs]
        columns: list[dict[str, float]] = []
        for precision in ("fp64", "fp32"):
            first, *others = (score(program, options.cells, precision, folder) for program in programs)
            proxies = [column for column in next(iter(first.values())) if column != "arch"]
            columns += [{proxy: difference(first, other, proxy) for proxy in proxies} for other in others]
    heads = [f"{version}, {precision}" for precision in ("fp64", "fp32") for version in versions[1:]]
    print(f"{options.cells} cells, largest relative difference to LibTorch {versions[0]}\n")
    print(table(["proxy", *heads], [[f"`{proxy}`", *(f"{column[proxy]:.0e}" for column in columns)]
                                    for proxy in columns[0]]), end="")
    for proxy in columns[0]:
        beyond += [proxy for column in columns[:len(versions) - 1] if column[proxy] > BOUND]
    for proxy in beyond:
        print(f"versions: {proxy} differs by more than {BOUND:.0e} in float64", file=sys.stderr)
    raise SystemExit(1 if beyond else 0)


if __name__ == "__main__":
    main()
