#!/usr/bin/python3
"""Writes tests/golden/rank_vectors.json: columns and what SciPy says of them.

    /usr/bin/python3 tests/reference/rank_vectors.py [SHARED_DATA_FOLDER]

Needs Debian's python3-scipy (made with SciPy 1.10.1, NumPy 1.24.2). Where the
folder of reference data is given, the figures of the NATS-TSS table are made
again too; without it the file's own are kept.
"""

import csv
import json
import pathlib
import sys
import zlib

import numpy
from scipy import stats

GOLDEN = pathlib.Path(__file__).parent.parent / "golden" / "rank_vectors.json"


def number(value):
    """A JSON number; a statistic that does not exist is null."""
    return None if numpy.isnan(value) else float(value)


def ranked_last(x, y):
    return numpy.where(numpy.isnan(x), -numpy.inf, x), y


def dropped(x, y):
    kept = ~numpy.isnan(x)
    return x[kept], y[kept]


def statistics(x, y, policy):
    x_ranked, y_ranked = policy(x, y)
    x_seen, y_seen = dropped(x, y)
    tau = stats.kendalltau(x_ranked, y_ranked)
    rho = stats.spearmanr(x_ranked, y_ranked)
    r = stats.pearsonr(x_seen, y_seen)
    weighted = stats.weightedtau(x_ranked, y_ranked)
    return {
        "kendall": [number(tau[0]), number(tau[1])],
        "spearman": [number(rho[0]), number(rho[1])],
        "pearson": [number(r[0]), number(r[1])],
        "weighted_tau": number(weighted[0]),
    }


def vectors():
    rng = numpy.random.default_rng(20260101)

    def related(n, strength):
        y = rng.normal(size=n)
        return strength * y + rng.normal(size=n), y

    for n in (2, 3, 4, 7, 33, 34, 60):
        yield f"continuous {n}", *related(n, 0.8)
    yield "unrelated 33", *related(33, 0.0)
    yield "opposed 20", *related(20, -3.0)
    for n in (5, 40, 180):
        order = numpy.arange(n, dtype=float)
        yield f"sorted {n}", order, order**3
        yield f"reversed {n}", -order, order
        swapped = order.copy()
        swapped[[1, 2]] = swapped[[2, 1]]
        yield f"one exchange {n}", swapped, order
    for levels in (2, 3, 10):
        x, y = related(80, 1.0)
        yield f"ties in x, {levels} levels", numpy.floor(x * levels / 3), y
        yield f"ties in both, {levels} levels", numpy.floor(
            x * levels / 3
        ), numpy.floor(y * levels / 3)
    x, y = related(50, 1.0)
    yield "constant x", numpy.ones(50), y
    yield "constant y", x, numpy.ones(50)
    x, y = related(60, 0.5)
    yield "large numbers", numpy.exp(200 * x), y
    for share in (0.1, 0.6):
        x, y = related(90, 1.0)
        x[rng.random(90) < share] = numpy.nan
        yield f"missing {share}", x, y
        yield f"missing and tied {share}", numpy.round(x), numpy.round(y)


def rounded(values):
    """Values short enough for a small file, the same ones SciPy sees."""
    return numpy.array([float(f"{value:.6g}") for value in values])


def vector_entries():
    for name, x, y in vectors():
        x, y = rounded(x), rounded(y)
        yield {
            "name": name,
            "x": [number(value) for value in x],
            "y": [number(value) for value in y],
            "last": statistics(x, y, ranked_last),
            "drop": statistics(x, y, dropped),
        }


def nats_tss(folder):
    path = folder / "nats_tss_accuracy.csv"
    text = path.read_bytes()
    rows = list(csv.DictReader(text.decode().splitlines()))
    params = numpy.array([float(row["params_cifar10"]) for row in rows])
    metrics = ("cifar10_test", "cifar100_test", "imagenet16_120_test")
    figures = {}
    for metric in metrics:
        truth = numpy.array([float(row[metric]) for row in rows])
        figures[metric] = {
            "kendall_tau": stats.kendalltau(params, truth)[0],
            "spearman_rho": stats.spearmanr(params, truth)[0],
            "pearson_r": stats.pearsonr(params, truth)[0],
            "weighted_tau": stats.weightedtau(params, truth)[0],
            "top": {
                str(share): stats.kendalltau(*top(params, truth, share))[0]
                for share in (0.5, 0.2, 0.1, 0.05)
            },
        }
    return {"crc32": zlib.crc32(text), "metrics": figures}


def top(x, y, share):
    """The share of rows with the greatest y, with all that tie with the last."""
    count = int(numpy.floor(share * len(y) + 0.5))
    kept = y >= numpy.sort(y)[len(y) - count]
    return x[kept], y[kept]


def main():
    document = {"scipy": __import__("scipy").__version__}
    document["vectors"] = list(vector_entries())
    if len(sys.argv) > 1:
        document["nats_tss"] = nats_tss(pathlib.Path(sys.argv[1]))
    elif GOLDEN.exists():
        document["nats_tss"] = json.loads(GOLDEN.read_text())["nats_tss"]
    GOLDEN.write_text(json.dumps(document, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    numpy.seterr(all="ignore")
    main()
