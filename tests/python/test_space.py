"""zcp.Space: a space of one's own from a function."""

import math

import pytest
import torch

pandas = pytest.importorskip("pandas")

import zcp
from networks import Small, images


def build(spec):
    return Small(width=int(spec))


def space(**options):
    given = dict(
        sample=lambda drawn: str(drawn.choice([4, 6, 8, 10, 12])),
        enumerate=lambda: ["4", "6", "8"],
        mutate=lambda spec, drawn: str(max(4, int(spec) + drawn.choice([-2, 2]))),
        name="widths",
    )
    return zcp.Space(build, **{**given, **options})


def test_a_space_is_scored():
    frame = zcp.score_space(space(), all=True, batches=images(8), proxies="params,naswot,zen")
    assert list(frame.index) == ["4", "6", "8"] and frame.index.name == "arch"
    assert list(frame["params"]) == [
        sum(one.numel() for one in build(spec).parameters()) for spec in frame.index]
    row = zcp.score(space().module("6"), images(8), "naswot")
    assert frame.loc["6", "naswot"] == row["naswot"]


def test_scores_depend_on_the_spec_and_the_seed_alone():
    options = dict(batches=images(8), proxies="grad_norm,synflow")
    state = torch.random.get_rng_state()
    one = zcp.score_space(space(), sample=4, seed=2, workers=1, **options)
    assert torch.equal(torch.random.get_rng_state(), state)
    torch.manual_seed(99)
    pandas.testing.assert_frame_equal(
        one, zcp.score_space(space(), sample=4, seed=2, workers=3, **options))
    two = zcp.score_space(space(), archs=list(one.index), seed=5, **options)
    assert (one["grad_norm"] != two["grad_norm"]).all()


def test_a_store_keeps_scores(tmp_path):
    built = []

    def counting(spec):
        built.append(spec)
        return build(spec)

    options = dict(batches=images(8), proxies="params,epe_nas,snip", store=tmp_path / "own.sqlite")
    first = zcp.score_space(zcp.Space(counting), archs=["4", "6"], **options)
    assert sorted(built) == ["4", "6"]
    again = zcp.score_space(zcp.Space(counting), archs=["6", "4", "8"], **options)
    assert sorted(built) == ["4", "6", "8"]
    assert again.loc["6"].equals(first.loc["6"])
    other = zcp.score_space(zcp.Space(counting), archs=["4"], **{**options, "batches": images(8, 9)})
    assert sorted(built) == ["4", "4", "6", "8"]
    assert other.loc["4", "snip"] != first.loc["4", "snip"]


def test_what_has_no_score_has_a_reason():
    frame = zcp.score_space(space(), archs=["4"], batches=images(8)[0], proxies="params,snip")
    assert math.isnan(frame.loc["4", "snip"])
    assert frame.attrs["reasons"] == {("4", "snip"): "needs labels, which the data have not"}


def test_a_build_that_fails_ends_the_call():
    with pytest.raises(ZeroDivisionError):
        zcp.score_space(zcp.Space(lambda spec: 1 / 0), archs=["4"], batches=images(8))


def test_what_a_space_lacks_is_said():
    with pytest.raises(ValueError, match="no enumerate="):
        zcp.score_space(zcp.Space(build), all=True, batches=images(8))
    with pytest.raises(ValueError, match="expected one of archs="):
        zcp.score_space(space(), batches=images(8))
    with pytest.raises(ValueError, match="zico needs --minibatches 2"):
        zcp.score_space(space(), sample=2, batches=images(8), proxies="zico")


def test_a_search_finds_the_widest():
    found = zcp.search(
        space(), by="params", algorithm="evolution", evaluations=12, population=4,
        batches=images(4), seed=1)
    assert len(found) == 12 and list(found["step"]) == list(range(1, 13))
    best = found["params"].max()
    assert best > found["params"].iloc[:4].max()
