#!/usr/bin/env python3
"""Writes tests/golden/small_samples.json: p-values of few rows by SciPy's
permutation tests, and Pearson's r of awkward numbers in exact arithmetic.

    python3 tests/reference/small_samples.py

Made with SciPy 1.17.1, NumPy 2.
"""

import fractions
import json
import math
import pathlib

import numpy
from scipy import stats

GOLDEN = pathlib.Path(__file__).parent.parent / "golden" / "small_samples.json"


def balance(y):
    """Concordant less discordant pairs: with fixed ties, tau-b but a factor."""
    first, second = numpy.triu_indices(y.shape[-1], 1)

    def statistic(x, axis=-1):
        x = numpy.moveaxis(x, axis, -1)
        signs = numpy.sign(x[..., first] - x[..., second])
        return (signs * numpy.sign(y[first] - y[second])).sum(axis=-1)

    return statistic


def products(y):
    """Products of ranks: with fixed ties, rho but a factor and an offset."""
    ranks = 2 * stats.rankdata(y)

    def statistic(x, axis=-1):
        return (2 * numpy.moveaxis(x, axis, -1) * ranks).sum(axis=-1)

    return statistic


def p_value(x, statistic, draws):
    rng = numpy.random.default_rng(1)
    return float(stats.permutation_test(
        (x,), statistic, permutation_type="pairings", vectorized=True,
        n_resamples=draws, batch=20000, rng=rng).pvalue)


def permutations():
    rng = numpy.random.default_rng(20260201)
    for n, levels, exact in (
            (3, 9, True), (4, 3, True), (6, 3, True), (7, 4, True),
            (8, 99, True), (8, 3, True), (9, 4, True), (9, 99, True),
            (10, 5, True), (10, 99, True), (14, 99, False), (15, 4, False),
            (16, 99, False), (20, 5, False), (25, 12, False),
            (30, 10, False), (30, 999, False)):
        y = rng.integers(0, levels, n).astype(float)
        x = numpy.round(0.3 * y + rng.integers(0, levels, n))
        if levels > 50:  # no ties
            y = rng.permutation(n).astype(float)
            x = stats.rankdata(0.4 * y + rng.permutation(n), "ordinal")
        draws = numpy.inf if exact else 400000
        yield {
            "n": n, "exact": exact, "x": x.tolist(), "y": y.tolist(),
            "kendall": p_value(x, balance(y), draws),
            "spearman": p_value(stats.rankdata(x), products(y), draws),
        }


def exact_pearson(x, y):
    x = [fractions.Fraction(v) for v in x]
    y = [fractions.Fraction(v) for v in y]
    x = [v - sum(x) / len(x) for v in x]
    y = [v - sum(y) / len(y) for v in y]
    xy = sum(a * b for a, b in zip(x, y))
    square = xy * xy / (sum(a * a for a in x) * sum(b * b for b in y))
    root = fractions.Fraction(math.isqrt(square.numerator * 10**80 //
                                         square.denominator), 10**40)
    return float(root if xy > 0 else -root)


def pearson():
    rng = numpy.random.default_rng(7)
    y = rng.normal(size=40)
    x = y + rng.normal(size=40)
    cases = [(f"offset {o:g}", x + o, y) for o in
             (1e8, 1e10, 1e12, 1e13, 1e14, 1e15, -1e15)]
    cases += [(f"scale {s:g}", x * s, y) for s in
              (1e-300, 1e-200, 1e200, 1e300)]
    cases += [
        ("both", (x + 1e15) * 2.0**600, (y - 1e13) * 1e-250),
        ("an outlier", numpy.append(x, 1e30), numpy.append(y, 1.0)),
        ("the last bit", 1 + numpy.arange(12) % 3 * 2.0**-52,
         numpy.arange(12.0)),
        ("the ends", numpy.array([-1.7e308, 1.7e308, 1e308, 0, 5e-324]),
         numpy.arange(5.0)),
    ]
    for name, a, b in cases:
        yield {"name": name, "x": a.tolist(), "y": b.tolist(),
               "r": exact_pearson(a.tolist(), b.tolist())}


if __name__ == "__main__":
    GOLDEN.write_text(json.dumps(
        {"permutations": list(permutations()), "pearson": list(pearson())}) +
        "\n")
