"""zcp.Space: a space of one's own from a function."""

import math
import sqlite3

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


@pytest.fixture
def scored(monkeypatch):
    """Every network that the engine scores, as they come."""
    networks = []
    prepare = zcp._score.prepare

    def counting(module, *arguments, **options):
        networks.append(module)
        return prepare(module, *arguments, **options)

    monkeypatch.setattr(zcp._score, "prepare", counting)
    return networks


def params(module):
    return sum(one.numel() for one in module.parameters())


def test_a_store_keeps_scores(tmp_path, scored):
    options = dict(batches=images(8), proxies="params,epe_nas,snip", store=tmp_path / "own.sqlite")
    first = zcp.score_space(zcp.Space(build), archs=["4", "6"], **options)
    assert len(scored) == 2
    again = zcp.score_space(zcp.Space(build), archs=["6", "4", "8"], **options)
    assert len(scored) == 3
    assert again.loc["6"].equals(first.loc["6"])
    other = zcp.score_space(zcp.Space(build), archs=["4"], **{**options, "batches": images(8, 9)})
    assert len(scored) == 4
    assert other.loc["4", "snip"] != first.loc["4", "snip"]


class Scaled(torch.nn.Module):
    """What differs is no parameter: a number, a constant tensor, or a function."""

    def __init__(self, width, factor=1.0, constant=1.0, function=torch.relu):
        super().__init__()
        self.network = Small(width)
        self.factor = factor
        self.constant = constant * torch.linspace(-1, 1, 144).reshape(12, 12)
        self.function = function

    def forward(self, x):
        return self.network(self.function(x * self.constant) * self.factor)


def wide(width, kernel):
    return torch.nn.Sequential(
        torch.nn.Conv2d(3, width, kernel), torch.nn.ReLU(), torch.nn.AdaptiveAvgPool2d(1),
        torch.nn.Flatten(), torch.nn.Linear(width, 10))


BUILDS = {
    "kernels of 1": lambda spec: wide(int(spec), 1),
    "kernels of 3": lambda spec: wide(int(spec), 3),
    "scaled": lambda spec: Scaled(int(spec)),
    "scaled by 3": lambda spec: Scaled(int(spec), factor=3.0),
    "another constant": lambda spec: Scaled(int(spec), constant=2.0),
    "another function": lambda spec: Scaled(int(spec), function=torch.tanh),
    "other weights": lambda spec: (torch.randn(1), Scaled(int(spec)))[1],
    "not all trained": lambda spec: frozen(Scaled(int(spec))),
}


def frozen(module):
    module.network.stem.requires_grad_(False)
    return module


def test_a_store_tells_networks_apart_whatever_the_space_is_called(tmp_path, scored):
    store = tmp_path / "own.sqlite"
    options = dict(archs=["4"], batches=images(8), proxies="params,grad_norm")
    for build_one in BUILDS.values():
        kept = zcp.score_space(zcp.Space(build_one), store=store, **options)
        alone = zcp.score_space(zcp.Space(build_one), **options)
        pandas.testing.assert_frame_equal(kept, alone)
    assert zcp.score_space(zcp.Space(BUILDS["kernels of 3"]), store=store, **options)[
        "params"].tolist() == [3 * 4 * 9 + 4 + 4 * 10 + 10]
    assert len(scored) == 2 * len(BUILDS)
    for build_one in BUILDS.values():
        zcp.score_space(zcp.Space(build_one), store=store, **options)
    assert len(scored) == 2 * len(BUILDS)


def test_a_store_tells_scripts_and_files_apart(tmp_path, scored):
    options = dict(archs=["a"], batches=images(8), proxies="params", store=tmp_path / "own.sqlite")

    def saved(spec):
        script.save(str(tmp_path / "one.pt"))
        return str(tmp_path / "one.pt")

    for width in (4, 6):
        script = torch.jit.script(Small(width))
        for build_one in (lambda spec: script, saved):
            frame = zcp.score_space(zcp.Space(build_one), **options)
            assert frame["params"].tolist() == [params(script)]
            zcp.score_space(zcp.Space(build_one), **options)
    assert len(scored) == 4


def test_a_store_keeps_nothing_of_what_it_cannot_tell_apart(tmp_path, monkeypatch):
    monkeypatch.setattr(zcp._space._fingerprint, "of_module", lambda module, data: None)
    options = dict(archs=["4"], batches=images(8), proxies="params", store=tmp_path / "own.sqlite")
    for width in (4, 6):
        with pytest.warns(UserWarning, match="store: 1 networks do not trace"):
            frame = zcp.score_space(zcp.Space(lambda spec, width=width: Small(width)), **options)
        assert frame["params"].tolist() == [params(build(width))]


def test_a_store_of_something_else_is_left_as_it_is(tmp_path):
    options = dict(archs=["4"], batches=images(8), proxies="params")
    other = tmp_path / "other.sqlite"
    connection = sqlite3.connect(other)
    connection.execute("CREATE TABLE score (arch TEXT)")
    connection.commit()
    connection.close()
    before = other.read_bytes()
    with pytest.raises(ValueError, match="with the tables score, expected a new file"):
        zcp.score_space(space(), store=other, **options)
    assert other.read_bytes() == before
    text = tmp_path / "text.csv"
    text.write_text("arch,params\n" * 99)
    with pytest.raises(ValueError, match="text.csv: file is not a database"):
        zcp.score_space(space(), store=text, **options)
    with pytest.raises(ValueError, match="unable to open"):
        zcp.score_space(space(), store=tmp_path / "none" / "own.sqlite", **options)
    zcp.score_space(space(), store=tmp_path / "own.sqlite", **options)


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
    assert len(found) == 12 and found["step"].iloc[0] == 1 and found["step"].is_monotonic_increasing
    best = found["params"].max()
    assert best > found["params"].iloc[:4].max()
    assert found.attrs["best"] == found["params"].idxmax()
    assert found["on_front"].sum() == 1 and found["on_front"].idxmax() == found.attrs["best"]


# A space of 3 x 5 x 7 pairs of numbers whose truth is known by hand.
SIDES = (3, 5, 7)


def spec_of(numbers):
    return "-".join(map(str, numbers))


def numbers_of(spec):
    return [int(one) for one in spec.split("-")]


def every_spec():
    return [spec_of((a, b, c)) for a in range(3) for b in range(5) for c in range(7)]


def mutated(spec, drawn):
    numbers = numbers_of(spec)
    place = drawn.randrange(3)
    numbers[place] = drawn.choice([n for n in range(SIDES[place]) if n != numbers[place]])
    return spec_of(numbers)


def edits(spec):
    numbers = numbers_of(spec)
    for place, side in enumerate(SIDES):
        for n in range(side):
            if n != numbers[place]:
                yield spec_of([*numbers[:place], n, *numbers[place + 1:]])


def truth():
    rows = {}
    for spec in every_spec():
        a, b, c = numbers_of(spec)
        rows[spec] = (-(a - 1) ** 2 - (b - 3) ** 2 - (c - 2) ** 2, a + b + c, 10 * a + b)
    frame = pandas.DataFrame.from_dict(rows, orient="index", columns=["accuracy", "cost", "memory"])
    return frame.rename_axis("arch")


def grid(**options):
    given = dict(
        sample=lambda drawn: spec_of([drawn.randrange(side) for side in SIDES]),
        mutate=mutated, neighbours=edits, enumerate=every_spec, encode=numbers_of, name="grid")
    return zcp.Space(lambda spec: 1 / 0, **{**given, **options})


@pytest.mark.parametrize("algorithm", ["random", "evolution", "local", "nsga2", "bayes", "exhaustive"])
def test_every_algorithm_finds_the_optimum_of_a_table(algorithm):
    evaluations = {"random": 105, "exhaustive": 105, "evolution": 80, "nsga2": 100}.get(algorithm, 60)
    found = zcp.search(
        grid(), by="accuracy", algorithm=algorithm, truth=truth(), evaluations=evaluations, seed=3)
    assert found.attrs["best"] == "1-3-2"
    assert len(found) == evaluations and found.index.is_unique
    assert all(found["accuracy"] == truth().loc[found.index, "accuracy"])
    if algorithm == "exhaustive":
        assert list(found.index) == every_spec()


def test_a_search_repeats_itself():
    options = dict(by="accuracy", algorithm="bayes", truth=truth(), evaluations=30)
    one = zcp.search(grid(), seed=5, **options)
    pandas.testing.assert_frame_equal(one, zcp.search(grid(), seed=5, **options))
    assert list(zcp.search(grid(), seed=6, **options).index) != list(one.index)


def test_a_search_stays_within_its_budget():
    found = zcp.search(
        grid(), by=["accuracy"], algorithm="local", truth=truth(), costs=truth()[["memory"]],
        max={"cost": 4, "memory": 9}, min={"cost": 2}, evaluations=10, seed=0)
    # a = 0 by the memory; the nearest to (1, 3, 2) with a sum of 4 at most.
    assert (found["cost"] <= 4).all() and (found["cost"] >= 2).all() and (found["memory"] <= 9).all()
    assert len(found) == 10 and found["accuracy"].max() == -2 and found.attrs["best"] in ("0-2-2", "0-3-1")


def test_fronts_and_composites():
    found = zcp.search(
        grid(), by="accuracy,-cost", algorithm="exhaustive", truth=truth(), evaluations=105)
    table = truth()
    front = {spec for spec in table.index if not any(
        (other["accuracy"] >= table.loc[spec, "accuracy"]) and (other["cost"] <= table.loc[spec, "cost"])
        and (other["accuracy"] > table.loc[spec, "accuracy"] or other["cost"] < table.loc[spec, "cost"])
        for _, other in table.iterrows())}
    assert set(found.index[found["on_front"] == 1]) == front
    assert list(found.columns[:2]) == ["accuracy", "cost"]
    summed = zcp.search(
        grid(), by="s=rank_sum(accuracy,-cost)", algorithm="exhaustive", truth=table, evaluations=105)
    ranks = table["accuracy"].rank() + (-table["cost"]).rank()
    assert summed["s"].to_dict() == pytest.approx(ranks.to_dict())


def test_a_search_by_proxies_under_a_budget(tmp_path, scored):
    own = space()
    options = dict(
        by="naswot", algorithm="random", evaluations=3, batches=images(8), max={"params": 3000},
        store=tmp_path / "own.sqlite")
    found = zcp.search(own, **options)
    counts = {spec: sum(one.numel() for one in build(spec).parameters()) for spec in found.index}
    assert found["params"].to_dict() == counts and max(counts.values()) <= 3000
    assert found.loc[found.attrs["best"], "naswot"] == found["naswot"].max()
    before = len(scored)
    pandas.testing.assert_frame_equal(zcp.search(own, **options), found)
    assert len(scored) == before  # the store has them


def test_what_a_search_refuses():
    with pytest.raises(ValueError, match="no mutate=, which evolution needs"):
        zcp.search(grid(mutate=None), by="accuracy", truth=truth(), evaluations=40)
    with pytest.raises(ValueError, match="are not numbered"):
        zcp.search(grid(enumerate=None), by="accuracy", truth=truth(), algorithm="exhaustive")
    with pytest.raises(ValueError, match="no product of choices"):
        zcp.search(grid(), by="accuracy", truth=truth(), algorithm="progressive")
    with pytest.raises(ValueError, match="no such algorithm"):
        zcp.search(grid(), by="accuracy", truth=truth(), algorithm="evolutoin")
    with pytest.raises(ValueError, match="takes one objective, found 2"):
        zcp.search(grid(), by="accuracy,-cost", truth=truth(), algorithm="evolution")
    with pytest.raises(ValueError, match="accuracy comes twice"):
        zcp.search(grid(), by="accuracy,-accuracy", truth=truth())
    with pytest.raises(ValueError, match="'nothing'"):
        zcp.search(grid(), by="nothing", truth=truth())
    with pytest.raises(ValueError, match="two rows that differ"):
        zcp.search(grid(), by="accuracy", truth=pandas.concat([truth(), truth() + 1]))
    twice = zcp.search(grid(), by="accuracy", truth=pandas.concat([truth(), truth()]), evaluations=9)
    pandas.testing.assert_frame_equal(
        twice, zcp.search(grid(), by="accuracy", truth=truth(), evaluations=9))
    with pytest.raises(ValueError, match="a group of proxies"):
        zcp.search(grid(), by="core", truth=truth())
    with pytest.warns(UserWarning, match="random found no more architectures within the budget"):
        few = zcp.search(
            grid(), by="accuracy", truth=truth(), max={"cost": 1}, algorithm="random", evaluations=9)
    assert sorted(few.index) == ["0-0-0", "0-0-1", "0-1-0", "1-0-0"]
    with pytest.raises(ZeroDivisionError):
        zcp.search(grid(), by="params", batches=images(4), evaluations=2)


def test_points_of_a_space_of_ones_own(tmp_path):
    points = zcp.encode(grid(), all=True, csv=tmp_path / "points.csv")
    assert list(points.index) == every_spec() and points.index.name == "arch"
    assert list(points.columns) == ["point_0", "point_1", "point_2"]
    assert points.values.tolist() == [list(map(float, numbers_of(spec))) for spec in every_spec()]
    read = pandas.read_csv(tmp_path / "points.csv", index_col="arch")
    assert read.values.tolist() == points.values.tolist()
    few = zcp.encode(grid(), archs=["1-3-2", "0-0-0", "1-3-2"])
    assert few.to_dict("index") == {
        "1-3-2": {"point_0": 1, "point_1": 3, "point_2": 2},
        "0-0-0": {"point_0": 0, "point_1": 0, "point_2": 0}}
    pandas.testing.assert_frame_equal(
        zcp.encode(grid(), sample=9, seed=3), points.loc[grid().specs(9, seed=3)])


@pytest.mark.parametrize(
    "algorithm", ["random", "evolution", "local", "nsga2", "bayes", "reinforce", "exhaustive"])
def test_every_algorithm_searches_among_points(algorithm):
    points = zcp.encode(grid(), all=True).iloc[::2]  # 1-3-2 is the 59th of all
    best = truth().loc[points.index, "accuracy"].max()
    nothing = zcp.Space(lambda spec: 1 / 0, name="no functions")
    options = dict(by="accuracy", truth=truth(), algorithm=algorithm, seed=1, evaluations=53)
    found = zcp.search(nothing, encodings=points, **options)
    assert set(found.index) <= set(points.index)
    assert found["accuracy"].max() == best == truth().loc[found.attrs["best"], "accuracy"]
    named = points.rename_axis(index="cell").reset_index()
    again = zcp.search(nothing, encodings=named, key_encodings="cell", **options)
    pandas.testing.assert_frame_equal(again, found)


def test_reinforcement_among_a_spaces_own_points():
    found = zcp.search(
        grid(), by="accuracy", truth=truth(), algorithm="reinforce", evaluations=60, seed=1)
    assert found.attrs["best"] == "1-3-2" and len(found) == 60 and found.index.is_unique


def test_points_that_are_refused(tmp_path):
    points = zcp.encode(grid(), all=True)

    def refusal(encodings, **options):
        with pytest.raises(ValueError) as caught:
            zcp.search(grid(), by="accuracy", truth=truth(), encodings=encodings, **options)
        return str(caught.value)

    holed = points.copy()
    holed.loc["1-3-2", "point_1"] = math.nan
    assert refusal(holed).startswith("encodings: point_1 of 1-3-2: found none, expected a finite")
    assert "two rows that differ" in refusal(pandas.concat([points, points + 1]))
    assert "two or more" in refusal(points.iloc[:1])
    assert "the same numbers" in refusal(points * 0)
    assert "expected columns of numbers" in refusal(points[[]].assign(index=1))
    assert "not among the encodings" in refusal(points.iloc[:9], start="2-4-6", algorithm="local")
    assert "no column 'cell'" in refusal(points, key_encodings="cell")
    assert "expected a DataFrame or a CSV" in refusal(3)
    with pytest.raises(ValueError, match="key_encodings: goes with encodings"):
        zcp.search(grid(), by="accuracy", truth=truth(), key_encodings="cell")
    with pytest.warns(UserWarning, match="word: no number of the points"):
        zcp.search(grid(), by="accuracy", truth=truth(), algorithm="random", evaluations=9,
                   encodings=points.assign(word="x"))
    for name, value in [("encoding", "path"), ("save", "x"), ("epochs", 3), ("truth", truth())]:
        with pytest.raises(ValueError, match=f"{name}: space 'grid' makes modules"):
            zcp.encode(grid(), all=True, **{name: value})
    with pytest.raises(ValueError, match="has no encode="):
        zcp.encode(grid(encode=None), all=True)
    ragged = grid(encode=lambda spec: numbers_of(spec)[:int(spec[0]) + 1])
    with pytest.raises(ValueError, match="encode= gives 2 numbers of '1-0-0', expected 1"):
        zcp.encode(ragged, all=True)
    with pytest.raises(ValueError, match="encode= gives"):
        zcp.search(ragged, by="accuracy", truth=truth(), algorithm="bayes", evaluations=40)
    with pytest.raises(ValueError, match="expected finite numbers"):
        zcp.encode(grid(encode=lambda spec: [math.nan]), all=True)


def test_predictions_from_a_space_of_ones_own():
    table = truth()
    scores, accuracy = table[["cost", "memory"]], table[["accuracy"]]
    options = dict(metric="accuracy", labels=40, model="gp", repeats=2, baseline="cost", quiet=True)
    points = zcp.encode(grid(), all=True)
    alone = zcp.predict(scores, accuracy, space=grid(), features="points", **options)
    by_table = zcp.predict(scores, accuracy, encodings=points, features="points", **options)
    pandas.testing.assert_frame_equal(alone, by_table)
    assert alone["kendall_tau"][0] > 0.8  # a square of the points
    both = zcp.predict(scores, accuracy, space=grid(), **options)
    pandas.testing.assert_frame_equal(
        both, zcp.predict(scores, accuracy, encodings=points, **options))
    with_table = zcp.predict(
        scores, accuracy, space=grid(encode=None), encodings=points, **options)
    pandas.testing.assert_frame_equal(with_table, both)
    proxies = zcp.predict(scores, accuracy, space=grid(encode=None), features="proxies", **options)
    pandas.testing.assert_frame_equal(proxies, zcp.predict(scores, accuracy, **options))
    for name, words in [("features", "graph"), ("save", "x.json")]:
        with pytest.raises(ValueError, match=name):
            zcp.predict(scores, accuracy, space=grid(), **{**options, name: words})
    with pytest.raises(ValueError, match="has no encode="):
        zcp.predict(scores, accuracy, space=grid(encode=None), **options)
