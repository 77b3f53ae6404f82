"""Tables as files: every form that the program takes, and what is never replaced."""

import json
import math
import random
import struct
import subprocess

import pytest

pandas = pytest.importorskip("pandas")

import zcp
from zcp import _program


@pytest.fixture
def written(tmp_path):
    def write(text, name="table.csv"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


@pytest.mark.parametrize("text", [
    "arch,ms,note\n0011,0.5,a\n0012,None,b\n",
    "# ms: seconds; task noise, batch 1\n#\n# another line\narch,ms,note\n0011,0.5,a\n0012,NA,b\n",
    "sep=;\narch;ms;note\n0011;0.5;a\n0012;;b\n",
    "\ufeffarch;ms;note\r\n0011;0,5;a\r\n0012;nan;b\r\n",
    "arch\tms\tnote\n 0011\t0.5\ta\n0012\tnull\tb\n",
    "arch;ms;note\n0011;0,5;a\n0012;none;b\n".encode("utf-16"),
    'arch,ms,note\n"0011",0.5,"a"\n"0012",,b\n',
])
def test_a_table_in_every_form_of_the_program(written, text):
    frame = _program.read_table(written(text))
    assert list(frame.index) == ["0011", "0012"] and frame.index.name == "arch"
    assert frame["ms"].iloc[0] == 0.5 and math.isnan(frame["ms"].iloc[1])
    assert list(frame["note"]) == ["a", "b"]


def test_commas_that_may_set_thousands_apart_are_no_decimal_ones(written):
    frame = _program.read_table(written("arch;params\na;587,386\nb;1,073\n"))
    assert list(frame["params"]) == ["587,386", "1,073"]
    frame = _program.read_table(written("arch;params;ms\na;587,386;1.5\nb;1,07;2.5\n"))
    assert list(frame["params"]) == ["587,386", "1,07"] and list(frame["ms"]) == [1.5, 2.5]


def test_files_that_are_no_tables(written):
    for text in ("", "# nothing but a comment\n"):
        with pytest.raises(ValueError, match="table.csv: the file is empty"):
            _program.read_table(written(text))
    with pytest.raises(ValueError, match="table.csv: Error tokenizing data.*line 3"):
        _program.read_table(written("arch,ms\na,1\nb,2,3\n"))


def search(costs, **options):
    space = zcp.Space(lambda spec: 1 / 0, enumerate=lambda: ["a", "b", "c"], name="letters")
    scores = pandas.DataFrame({"score": [1.0, 2.0, 3.0]}, index=["a", "b", "c"])
    return zcp.search(
        space, by="score", scores=scores, costs=costs, algorithm="random", evaluations=3,
        quiet=True, **options)


def test_a_search_under_the_costs_of_zcp_latency(written):
    text = "# ms: seconds; task noise\nidx,arch,ms\n0,a,1\n1,b,2\n2,b,2\n3,c,None\n"
    with pytest.warns(UserWarning, match="found no more"):
        found = search(written(text), max={"ms": 2})
    assert found["ms"].to_dict() == {"a": 1, "b": 2}
    with pytest.raises(ValueError, match="costs: 'b' has two rows that differ"):
        search(written(text.replace("2,b,2", "2,b,3")), max={"ms": 2})


def test_numbers_are_no_names_of_architectures():
    costs = pandas.DataFrame({"ms": [1.0, 2.0]}, index=[101211.0, 2.0])
    with pytest.raises(ValueError, match="costs: architectures are named by numbers such as 101211"):
        search(costs, max={"ms": 2})


@pytest.mark.parametrize("by", ["step", "score,-step", "on_front=log_rank(score,step)"])
def test_names_of_the_searchs_own_columns(by):
    with pytest.raises(ValueError, match="the search's own table has a column of that name"):
        zcp.search(
            zcp.Space(lambda spec: 1 / 0, enumerate=lambda: ["a"]), by=by, algorithm="random",
            scores=pandas.DataFrame({"score": [1.0], "step": [2.0]}, index=["a"]))


POINTS = zcp.Space(lambda spec: 1 / 0, enumerate=lambda: ["a", "b"], encode=lambda spec: [1.5, 2.0])


def test_points_replace_no_file_but_a_table(written, tmp_path):
    for kept in (b"PK\3\4weights", b"SQLite format 3\0", b"my own notes\n"):
        path = written(kept, "important.pt")
        with pytest.raises(ValueError, match="important.pt is there and is no table that zcp has"):
            zcp.encode(POINTS, all=True, csv=path)
        assert path.read_bytes() == kept
    with pytest.raises(ValueError, match="is no folder that can be written to"):
        zcp.encode(POINTS, all=True, csv=tmp_path / "none" / "points.csv")
    path = written(b"", "points.csv")
    for _ in range(2):
        zcp.encode(POINTS, all=True, csv=path)
        assert path.read_text() == "arch,point_0,point_1\na,1.5,2\nb,1.5,2\n"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["important.pt", "points.csv"]


def write_images(folder, stem, count):
    pixels = random.Random(count)
    images = struct.pack(">IIII", 2051, count, 28, 28) + bytes(
        pixels.randrange(256) for _ in range(784 * count))
    (folder / f"{stem}-images-idx3-ubyte").write_bytes(images)
    labels = struct.pack(">II", 2049, count) + bytes(i % 10 for i in range(count))
    (folder / f"{stem}-labels-idx1-ubyte").write_bytes(labels)


def test_trainings_and_latencies_are_frames(tmp_path):
    write_images(tmp_path, "train", 40)
    write_images(tmp_path, "t10k", 20)
    small = dict(sample=2, channels=2, cells=1, quiet=True)
    frame = zcp.train(
        "nats-tss", task="fashion-mnist", data=tmp_path, resolution=8, batch_size=20, epochs=1,
        csv=tmp_path / "t.csv", **small)
    assert frame.index.name == "arch" and len(frame) == 2
    assert (tmp_path / "t.csv").read_text().startswith("# zcp train")
    assert frame["fashion_mnist_test"].between(0, 100).all()
    assert (frame["train_seconds"] > 0).all()
    seconds = zcp.latency("nats-tss", name="here", **small)
    assert list(seconds.index) == list(frame.index)
    assert list(seconds.columns) == ["here"] and (seconds["here"] > 0).all()


def repeatable_options(command):
    """Those that the program's own help calls so."""
    done = subprocess.run(
        [_program.path(), command, "--help-json"], stdout=subprocess.PIPE, text=True, check=True,
        env=_program._environment())
    return {one["name"].replace("-", "_") for one in json.loads(done.stdout)["options"]
            if "repeatable" in one["text"]}


def test_lists_of_repeatable_options_are_given_one_by_one():
    found = set()
    for command in ("score", "search", "correlate", "report", "rank", "export", "predict", "train"):
        found |= repeatable_options(command)
    assert {"fix", "forbid", "prefer", "max", "min", "arch"} <= found
    assert found <= _program._REPEATED
    kept = zcp.search(
        "nats-tss", by="params", fix=["1=none", "2=none"], forbid=["nor_conv_3x3", "skip_connect"],
        task="gaussian", algorithm="random", evaluations=5, quiet=True)
    assert len(kept) == 5
    for arch in kept.index:
        assert arch.startswith("|none~0|+|none~0|")
        assert "nor_conv_3x3" not in arch and "skip_connect" not in arch


def test_a_plan_is_a_dict():
    asked = dict(space="nats-tss", task="gaussian", proxies="naswot", channels=2, cells=1, quiet=True)
    specs = list(zcp.score_space("nats-tss", sample=3, task="gaussian", proxies="params", quiet=True).index)
    plan = zcp.plan(archs=specs, **asked)
    assert plan["architectures"] == 3 and plan["hours"] > 0 and plan["memory_bytes"] > 0
    assert zcp.plan(archs=specs, format="csv", **asked).startswith("name,plan\narchitectures,")


def test_a_report_is_called_as_its_arguments():
    index = pandas.Index([f"a{i}" for i in range(30)], name="arch")
    scores = pandas.DataFrame({"naswot": range(30), "params": range(30)}, index=index)
    page = zcp.report(scores, scores[["naswot"]].rename(columns={"naswot": "acc"}), "acc", quiet=True)
    assert "<title>scores.csv against truth.csv</title>" in page.html
