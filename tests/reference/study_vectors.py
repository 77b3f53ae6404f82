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


# Matrix and clusters ---------------------------------------------------------


def paired(x, y, drop):
    if drop:
        kept = ~(numpy.isnan(x) | numpy.isnan(y))
        return x[kept], y[kept]
    return [numpy.where(numpy.isnan(v), -numpy.inf, v) for v in (x, y)]


def tables(columns, drop):
    size = len(columns)
    tau, rho = numpy.ones((size, size)), numpy.ones((size, size))
    for a, b in itertools.combinations(range(size), 2):
        both = tau_and_rho(*paired(columns[a], columns[b], drop))
        tau[a, b] = tau[b, a] = both[0]
        rho[a, b] = rho[b, a] = both[1]
    return tau, rho


def clusters(tau, alike):
    """SciPy's linkage, and for each item the first item of its cluster."""
    apart = distance.squareform(1 - numpy.abs(tau), checks=False)
    merges = hierarchy.linkage(apart, method="average")
    labels = hierarchy.fcluster(merges, 1 - alike, criterion="distance")
    first = [int(numpy.flatnonzero(labels == label)[0]) for label in labels]
    return {"merges": merges.tolist(), "alike": alike, "first": first}


def matrices(rng):
    for drop in (False, True):
        common = rng.normal(size=(3, 70))
        columns = []
        for i in range(9):
            noise = rng.normal(size=70) * (0.2 + 0.2 * (i // 3))
            sign = -1 if i == 4 else 1
            values = numpy.round(sign * common[i % 3] + noise, 1 if i % 2 else 6)
            columns.append(rounded(with_missing(rng, values, 0.04 * (i % 3))))
        tau, rho = tables(columns, drop)
        yield {
            "drop": drop,
            "columns": [column(values) for values in columns],
            "tau": tau.tolist(),
            "rho": rho.tolist(),
            **clusters(tau, 0.6),
        }


def device_matrix(folder):
    """Latencies of the NATS-TSS cells on 27 devices and batch sizes."""
    crc, rows = read(folder / "nats_tss_latency.csv")
    names = [name for name in rows[0] if name != "index"]
    tau, rho = tables([of(rows, name) for name in names], False)
    return {"crc32": crc, "tau": tau[0].tolist(), "rho": rho[-1].tolist(),
            **clusters(tau, 0.7)}


# Stability -------------------------------------------------------------------


def intraclass(values):
    """Shrout and Fleiss (1979): ICC(1,1) and ICC(3,1); rows are targets."""
    n, k = values.shape
    mean = values.mean()
    total = ((values - mean) ** 2).sum()
    rows = k * ((values.mean(axis=1) - mean) ** 2).sum()
    judges = n * ((values.mean(axis=0) - mean) ** 2).sum()
    bms = rows / (n - 1)
    wms = (total - rows) / (n * (k - 1))
    ems = (total - rows - judges) / ((n - 1) * (k - 1))
    return [(bms - wms) / (bms + (k - 1) * wms),
            (bms - ems) / (bms + (k - 1) * ems)]


def chance_of_top(values, count):
    """Of each row to be among the `count` best, ties in random order."""
    edge = numpy.sort(values)[len(values) - count]
    above, at = values > edge, values == edge
    return above + at * (count - above.sum()) / at.sum()


def pair_of_runs(a, b):
    count = max(1, int(numpy.floor(0.1 * len(a) + 0.5)))
    change = numpy.abs(stats.rankdata(a) - stats.rankdata(b)).mean()
    kept = (chance_of_top(a, count) * chance_of_top(b, count)).sum() / count
    return numpy.array([*tau_and_rho(a, b), change, kept])


def stabilities(rng):
    for count, digits, missing, drop in (
        (2, 6, 0.0, False),
        (3, 0, 0.05, False),
        (4, 1, 0.05, True),
    ):
        truth = 2 * rng.normal(size=60)
        runs = []
        for i in range(count):
            values = truth + rng.normal(size=60) + i
            values = numpy.round(values, digits)
            runs.append(rounded(with_missing(rng, values, missing)))
        runs = numpy.array(runs)
        seen = runs[:, ~numpy.isnan(runs).any(axis=0)]
        ranked = seen if drop else numpy.where(numpy.isnan(runs), -numpy.inf, runs)
        pairs = [pair_of_runs(a, b) for a, b in itertools.combinations(ranked, 2)]
        mean, least = numpy.mean(pairs, axis=0), numpy.min(pairs, axis=0)
        yield {
            "drop": drop,
            "runs": [column(run) for run in runs],
            "n": ranked.shape[1],
            "missing": runs.shape[1] - seen.shape[1],
            "tau": [mean[0], least[0]],
            "rho": [mean[1], least[1]],
            "rank_change": mean[2],
            "kept": mean[3],
            "icc": intraclass(seen.T),
        }


def shrout_fleiss():
    """The ratings of their table 2, whose ICCs they print as .17 and .71."""
    ratings = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8],
               [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
    return {"ratings": ratings, "icc": intraclass(numpy.array(ratings, float))}


def main():
    rng = numpy.random.default_rng(20260102)
    document = {
        "scipy": __import__("scipy").__version__,
        "ceilings": list(ceilings(rng)),
        "bins": list(bins(rng)),
        "matrices": list(matrices(rng)),
        "stability": list(stabilities(rng)),
        "shrout_fleiss": shrout_fleiss(),
    }
    if len(sys.argv) > 1:
        folder = pathlib.Path(sys.argv[1])
        document["macro_ceilings"] = macro_ceilings(folder)
        document["devices"] = device_matrix(folder)
    elif GOLDEN.exists():
        kept = json.loads(GOLDEN.read_text())
        for name in ("macro_ceilings", "devices"):
            document[name] = kept[name]
    GOLDEN.write_text(json.dumps(document, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    numpy.seterr(all="ignore")
    main()
