#!/usr/bin/python3
"""Writes tests/golden/study_vectors.json: what NumPy, SciPy and counting by
hand say of the statistics of studies.

    /usr/bin/python3 tests/reference/study_vectors.py [SHARED_DATA_FOLDER]

Needs Debian's python3-scipy (made with SciPy 1.10.1, NumPy 1.24.2). Where the
folder of reference data is given, the figures of its real tables are made
again too; without it the file's own are kept.
"""

import csv
import itertools
import json
import pathlib
import sys
import zlib

import numpy
from scipy import stats
from scipy.cluster import hierarchy
from scipy.spatial import distance

GOLDEN = pathlib.Path(__file__).parent.parent / "golden" / "study_vectors.json"


def number(value):
    """A JSON number; a statistic that does not exist is null."""
    return None if numpy.isnan(value) else float(value)


def column(values):
    return [number(value) for value in values]


def rounded(values):
    """Values short enough for a small file, the same ones SciPy sees."""
    return numpy.array([float(f"{value:.6g}") for value in values])


def with_missing(rng, values, share):
    values = values.copy()
    values[rng.random(len(values)) < share] = numpy.nan
    return values


def read(path):
    text = path.read_bytes()
    rows = list(csv.DictReader(text.decode().splitlines()))
    return zlib.crc32(text), rows


def of(rows, name):
    return numpy.array([float(row[name]) for row in rows])


# Noise ceiling ---------------------------------------------------------------


def tau_and_rho(x, y):
    return numpy.array([stats.kendalltau(x, y)[0], stats.spearmanr(x, y)[0]])


def top_of(values, share):
    """The rows of the greatest values, with all that tie with the last."""
    count = max(1, int(numpy.floor(share * len(values) + 0.5)))
    return values >= numpy.sort(values)[len(values) - count]


def ceiling(runs):
    """Mean over pairs of runs, over the rows that every run has."""
    runs = runs[:, ~numpy.isnan(runs).any(axis=0)]
    pairs = itertools.combinations(runs, 2)
    mean = numpy.mean([tau_and_rho(a, b) for a, b in pairs], axis=0)
    return {"n": runs.shape[1], "tau": mean[0], "rho": mean[1]}


def run_as_proxy(runs, share):
    runs = runs[:, ~numpy.isnan(runs).any(axis=0)]
    found = []
    for i in range(len(runs)):
        others = numpy.zeros(runs.shape[1])
        for j in range(len(runs)):
            if j != i:
                others += runs[j] / (len(runs) - 1)
        kept = top_of(others, share)
        found.append(tau_and_rho(runs[i][kept], others[kept]))
    mean = numpy.mean(found, axis=0)
    return {"run_tau": mean[0], "run_rho": mean[1]}


def ceilings(rng):
    for size, count, digits, missing in ((60, 3, 1, 0.1), (40, 2, 6, 0)):
        truth = rng.normal(size=size)
        runs = numpy.array(
            [
                with_missing(
                    rng,
                    numpy.round(truth + 0.4 * rng.normal(size=size), digits),
                    missing,
                )
                for _ in range(count)
            ]
        )
        yield {
            "runs": [column(run) for run in runs],
            **ceiling(runs),
            "all": run_as_proxy(runs, 1),
            "top": run_as_proxy(runs, 0.3),
        }


def macro_ceilings(folder):
    crc, rows = read(folder / "nas_bench_macro.csv")
    runs = numpy.array([of(rows, f"accuracy_seed{i}") for i in range(3)])
    mean = of(rows, "accuracy_mean")
    figures = {"crc32": crc}
    for share in (1, 0.1, 0.05):
        figures[str(share)] = {
            **ceiling(runs[:, top_of(mean, share)]),
            **run_as_proxy(runs, share),
        }
    return figures


# Bins ------------------------------------------------------------------------


def bins(rng):
    """Right-closed quantile bins, as pandas.qcut has them."""
    for size, count, digits in ((50, 4, 6), (90, 5, 0), (30, 7, 6), (8, 3, 0)):
        values = with_missing(
            rng, numpy.round(3 * rng.normal(size=size), digits), 0.1
        )
        values = rounded(values)
        edges = numpy.nanquantile(values, numpy.arange(1, count) / count)
        bin_of = numpy.searchsorted(edges, values, side="left").astype(float)
        bin_of[numpy.isnan(values)] = numpy.nan
        yield {
            "values": column(values),
            "count": count,
            "bins": column(bin_of),
        }


def main():
    rng = numpy.random.default_rng(20260102)
    document = {
        "scipy": __import__("scipy").__version__,
        "ceilings": list(ceilings(rng)),
        "bins": list(bins(rng)),
    }
    if len(sys.argv) > 1:
        folder = pathlib.Path(sys.argv[1])
        document["macro_ceilings"] = macro_ceilings(folder)
    elif GOLDEN.exists():
        kept = json.loads(GOLDEN.read_text())
        for name in ("macro_ceilings",):
            document[name] = kept[name]
    GOLDEN.write_text(json.dumps(document, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    numpy.seterr(all="ignore")
    main()
