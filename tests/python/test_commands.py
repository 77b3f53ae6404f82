"""The program's commands from Python: DataFrames in and out."""

import os
import signal
import subprocess
import sys

import pytest

pandas = pytest.importorskip("pandas")

import zcp
from zcp import _program

TABLE = os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "../../benchmarks/tables/fashion_mnist_tss.csv"
)
TRUTH, METRIC = pandas.read_csv(TABLE, comment="#"), "fashion_mnist_test"


@pytest.fixture(scope="module")
def frame():
    return zcp.score_space(
        "nats-tss", archs=list(TRUTH["arch"][:40]), proxies="params,macs,synflow",
        task="gaussian", channels=4, cells=1, quiet=True,
    )


def printed(*words):
    return subprocess.run(
        [_program.path(), *words], stdout=subprocess.PIPE, text=True, check=True,
        env=_program._environment(),
    ).stdout


def test_lists_are_frames():
    proxies, spaces = zcp.proxies(), zcp.spaces()
    assert proxies.loc["zico", "reference"].startswith("SLDGroup/ZiCo")
    assert spaces.loc["nats-tss", "size"] == 15625


def test_specs_keep_their_zeros():
    archs = ["00101211", "20121210"]
    scored = zcp.score_space(
        "nas-bench-macro", archs=archs, proxies="params", task="gaussian", quiet=True)
    assert list(scored.index) == archs


def test_a_space_is_scored_as_by_the_program(frame, tmp_path):
    assert list(frame.columns) == ["params", "macs", "synflow"]
    assert frame.index.name == "arch" and list(frame.index) == list(TRUTH["arch"][:40])
    archs = tmp_path / "archs.txt"
    archs.write_text("".join(f"{one}\n" for one in frame.index))
    text = printed("score", "--space", "nats-tss", "--archs", str(archs), "--proxies",
                   "params,macs,synflow", "--task", "gaussian", "--channels", "4", "--cells", "1",
                   "--quiet")
    expected = [line.rsplit(",", 3)[1:] for line in text.splitlines()[1:]]
    assert [[float(one) for one in row] for row in expected] == frame.values.tolist()


def test_a_sample_and_a_store(tmp_path):
    store = tmp_path / "s.sqlite"
    options = dict(sample=5, seed=3, task="gaussian", proxies=["params", "macs"], quiet=True)
    first = zcp.score_space("nats-tss", store=store, **options)
    assert store.exists() and len(first) == 5
    pandas.testing.assert_frame_equal(first, zcp.score_space("nats-tss", store=store, **options))
    ranked = zcp.rank(store, by="params", top=2)
    assert list(ranked["rank"]) == [1, 2] or ranked["ties"].max() > 1


def test_frames_are_taken_as_archs():
    series = TRUTH["arch"][:3]
    for archs in (series, TRUTH[:3], TRUTH[:3].set_index("arch"), list(series)):
        got = zcp.score_space("nats-tss", archs=archs, proxies="params", task="gaussian", quiet=True)
        assert list(got.index) == list(series)


def test_correlations_are_the_programs(frame, tmp_path):
    study = zcp.correlate(frame, TRUTH, metric=METRIC, quiet=True)
    scores = tmp_path / "scores.csv"
    frame.to_csv(scores, float_format="%.17g")
    import json

    expected = json.loads(printed(
        "correlate", "--scores", str(scores), "--truth", TABLE, "--metric", METRIC, "--json",
        "--quiet"))
    assert list(study["proxy"]) == [one["proxy"] for one in expected]
    for name in ("kendall_tau", "kendall_tau_low", "tau_minus_baseline_high", "n"):
        assert list(study[name]) == [one[name] for one in expected]
    page = study._repr_html_()
    assert "<svg" in page and f"{METRIC}, all: n = 40" in page
    assert "<svg" not in zcp.correlate(frame, TRUTH, metric=METRIC, figure=False)._repr_html_()


def test_a_figure_is_kept(frame, tmp_path):
    path = tmp_path / "tau.svg"
    zcp.correlate(frame, TRUTH, metric=METRIC, figure=str(path), quiet=True)
    assert "<svg" in path.read_text()


def test_a_series_of_accuracies(frame):
    truth = TRUTH.set_index("arch")[METRIC]
    study = zcp.correlate(frame, truth, metric=METRIC, quiet=True, figure=False)
    assert study["n"].iloc[0] == 40


def test_tables_of_several_indices_and_dicts(frame):
    truth = frame[["params"]].rename(columns={"params": "accuracy"})
    expected = zcp.correlate(frame, truth, metric="accuracy")
    nested = frame.set_index(frame.columns[0], append=True)
    found = zcp.correlate(nested, truth.reset_index().to_dict("list"), metric="accuracy")
    one, two = (table.set_index("proxy")["kendall_tau"] for table in (expected, found))
    assert two.loc[one.index].equals(one)
    with pytest.raises(ValueError, match=r"indexed by \['x', 'y'\], expected 'arch' among them"):
        zcp.correlate(
            frame.set_index([frame.columns[0], frame.columns[1]]).rename_axis(["x", "y"]),
            truth, metric="accuracy")


def test_ranks(frame):
    ranked = zcp.rank(frame, by="synflow")
    assert ranked.index[0] == frame["synflow"].idxmax()
    assert list(ranked.columns) == ["rank", "score", "ties"]


def test_a_report(frame, tmp_path):
    page = tmp_path / "report.html"
    made = zcp.report(frame, TRUTH, metric=METRIC, html=page, quiet=True)
    assert made.path == str(page) and page.read_text() == made.html
    assert zcp.report(frame, TRUTH, metric=METRIC, quiet=True).path is None
    several = zcp.report([frame, frame], TRUTH, metric=METRIC, quiet=True)
    assert '"others":[' in several.html and '"others":[' not in made.html


def test_errors_are_the_programs_words(frame):
    with pytest.raises(ValueError, match="did you mean nats-tss"):
        zcp.score_space("nats-ts", sample=1, task="gaussian")
    with pytest.raises(ValueError, match="accuracy"):
        zcp.correlate(frame, TRUTH, metric="accuracy")
    with pytest.raises(ValueError, match="wurst"):
        zcp.rank(frame, by="params", wurst=3)


def test_a_command_that_the_program_lacks_says_so():
    if "pareto" in printed("--help"):
        pytest.skip("the program has it")
    with pytest.raises(ValueError, match="unknown command pareto"):
        zcp.pareto("scores.csv", cost="params", by="synflow")


def test_options_become_words(frame):
    with _program.Files() as files:
        words = _program.arguments_of(
            dict(batch_size=4, quiet=True, store=None, max={"params": 1e6}, top=[0.5, 0.1],
                 arch=["a", "b"], scores=frame), files)
        assert words[:3] == ["--batch-size", "4", "--quiet"]
        assert words[3:9] == ["--max", "params=1000000", "--top", "0.5,0.1", "--arch", "a"]
        with open(words[-1]) as file:
            assert file.readline() == "arch,params,macs,synflow\n"
    assert not os.path.exists(words[-1])


INTERRUPTED = """
import os, signal, sys, threading, zcp
threading.Timer(2, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
try:
    zcp.score_space("nats-tss", all=True, task="gaussian", proxies="core", quiet=True)
except KeyboardInterrupt:
    print("interrupted")
"""


def test_an_interrupt_ends_the_program():
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED], stdout=subprocess.PIPE, text=True, timeout=120,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})
    assert done.stdout == "interrupted\n"


def test_the_command_line_comes_along():
    done = subprocess.run(
        [sys.executable, "-m", "zcp", "rank", "--help"], stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})
    assert done.stdout.startswith("zcp rank: ") and done.returncode == 0
