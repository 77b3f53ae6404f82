"""The Python blocks of README and docs run as they are written.

The blocks of a page run one after the other in one namespace and one folder, in
which a page's own words are prepared: a loader, a space, accuracies. What needs
a package that is not here is skipped.
"""

import glob
import os
import re

import pytest

pandas = pytest.importorskip("pandas")

import torch
from torch import nn
import torch.nn.functional as F

import zcp
from networks import EXPORTS, images, small

PROJECT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
BLOCK = re.compile(r"^```python\n(.*?)^```", re.S | re.M)
SCORES = os.path.join(PROJECT, "benchmarks/scores")


def blocks_of(page):
    with open(os.path.join(PROJECT, page), encoding="utf-8") as file:
        return BLOCK.findall(file.read())


def pages():
    found = ["README.md"] + sorted(
        "docs/" + os.path.basename(path) for path in glob.glob(os.path.join(PROJECT, "docs/*.md"))
    )
    return [page for page in found if blocks_of(page)]


def loader():
    return [images(8, seed) for seed in range(2)]


def own_space():
    def build(spec):
        return nn.Sequential(
            nn.Conv2d(3, int(spec), 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(int(spec), 10)
        )

    return zcp.Space(
        build, sample=lambda random: str(random.randint(1, 500)), mutate=lambda spec, random: str(random.randint(1, 500)),
        encode=lambda spec: [float(spec), float(spec) ** 0.5], name="widths",
    )


def accuracies():
    """Some numbers for each cell of NATS-TSS, in the place of accuracies."""
    path = sorted(glob.glob(os.path.join(SCORES, "nats*gaussian*")))[0]
    table = pandas.read_csv(path, comment="#")
    return table[["arch", "synflow"]].rename(columns={"synflow": "cifar10_test"})


def names_for(page):
    """What the page speaks of and its reader has."""
    torch.manual_seed(0)
    names = {"__name__": "__main__", "torch": torch, "zcp": zcp, "F": F}
    if page == "docs/coming_from.md":
        names.update(net=small(), loader=loader())
    if page == "docs/python.md":
        names.update(truth=accuracies(), space=own_space(), loader=loader())
    if page == "docs/store.md":
        zcp.score_space("nats-tss", sample=3, channels=4, cells=1, task="gaussian", proxies="params,synflow",
                        store="scores.sqlite", quiet=True)
    return names


def has_torchvision():
    """Whether there is one that fits this torch."""
    try:
        import torchvision.models  # noqa: F401
    except (ImportError, RuntimeError):
        return False
    return True


def before_block(page, source, names):
    """Tables of the reader's own space."""
    if page == "docs/python.md" and "metric=\"accuracy\"" in source:
        specs = [str(width) for width in range(1, 200)]
        scores = pandas.DataFrame({"arch": specs, "params": [39.0 * int(one) + 10 for one in specs]})
        names.update(scores=scores, truth=scores.rename(columns={"params": "accuracy"}))


@pytest.mark.parametrize("page", pages())
def test_the_blocks_of_a_page_run(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = names_for(page)
    left_out = []
    for source in blocks_of(page):
        before_block(page, source, names)
        if "torch.export" in source and not EXPORTS:
            left_out.append("torch.export")
            continue
        if "tokenizer(" in source:
            left_out.append("a tokenizer of the reader's")
            continue
        if "torchvision" in source and not has_torchvision():
            left_out.append("torchvision")
            continue
        exec(compile(source, page, "exec"), names)
    if len(left_out) == len(blocks_of(page)):
        pytest.skip("needs " + ", ".join(left_out))


def test_pages_have_blocks():
    assert {"README.md", "docs/python.md", "docs/formats.md"} <= set(pages())
