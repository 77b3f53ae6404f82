"""zcp.encode, and what takes its tables and encoders."""

import numpy
import pytest

pandas = pytest.importorskip("pandas")

import zcp

SMALL = dict(epochs=2, hidden=16, latent=4, draws=50, quiet=True)


@pytest.fixture(scope="module")
def encoder(tmp_path_factory):
    return tmp_path_factory.mktemp("encoder") / "nats.encoder"


@pytest.fixture(scope="module")
def frame(encoder):
    return zcp.encode("nats-tss", sample=60, save=encoder, **SMALL)


@pytest.fixture(scope="module")
def truth(frame):
    convolutions = [arch.count("nor_conv") for arch in frame.index]
    return pandas.DataFrame({"acc": convolutions}, index=frame.index).astype("float64")


def test_learned_points_with_their_facts(frame):
    assert frame.shape == (60, 4)
    assert list(frame.columns) == [f"latent_{i}" for i in range(4)]
    assert frame.index.name == "arch" and frame.index.is_unique
    assert (frame.dtypes == "float64").all()
    facts = frame.attrs["facts"]
    assert facts["space"] == "nats-tss" and facts["trained"] == 54 and facts["tested"] == 6
    assert len(facts["losses"]) == 2 and 0 <= facts["validity"] <= 1


def test_an_encoder_that_is_kept_gives_the_same_points(frame, encoder):
    again = zcp.encode("nats-tss", sample=60, encoder=encoder, quiet=True)
    pandas.testing.assert_frame_equal(again, frame, check_exact=True)
    assert again.attrs["facts"]["encoder"] == str(encoder)
    archs = list(frame.index[:3])
    few = zcp.encode("nats-tss", archs=archs, encoder=str(encoder), quiet=True)
    assert list(few.index) == archs
    assert numpy.allclose(few, frame[:3], rtol=1e-5, atol=1e-6)


def test_numbers_are_of_32_bits(frame):
    narrow = frame.astype("float32")
    texts = [[str(one) for one in row] for row in narrow.to_numpy()]
    assert [[float(one) for one in row] for row in texts] == frame.values.tolist()


def test_adjacency_of_two_cells_by_hand(tmp_path):
    cell = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|none~0|none~1|{}~2|"
    archs = [cell.format("skip_connect"), cell.format("nor_conv_1x1")]
    table = tmp_path / "adjacency.csv"
    found = zcp.encode("nats-tss", archs=archs, encoding="adjacency", csv=table, quiet=True)
    assert found.to_dict("list") == {"node 5 nor_conv_1x1": [0, 1], "node 5 skip_connect": [1, 0]}
    assert table.read_text().startswith("arch,node 5 nor_conv_1x1")


def test_a_truth_says_how_points_follow_it(frame, truth, encoder):
    facts = zcp.encode("nats-tss", archs=frame, encoder=encoder, truth=truth, metric="acc",
                       quiet=True).attrs["facts"]
    assert facts["metric"] == "acc"
    assert -1 <= facts["smoothness"]["difference_rho"] <= 1


def test_searches_among_points(frame, truth, encoder):
    options = dict(by="acc", truth=truth, algorithm="bayes", evaluations=30, quiet=True)
    found = zcp.search("nats-tss", encodings=frame, **options)
    assert len(found) == 30 and set(found.index) <= set(frame.index)
    named = frame.rename_axis(index="cell").reset_index()
    again = zcp.search("nats-tss", encodings=named, key_encodings="cell", **options)
    pandas.testing.assert_frame_equal(again, found)
    whole = zcp.search("nats-tss", by="params", encodings=encoder, algorithm="bayes",
                       evaluations=20, quiet=True)
    assert len(whole) == 20


@pytest.mark.parametrize("algorithm", ["bayes", "random", "reinforce", "exhaustive"])
def test_a_space_of_ones_own_is_searched_among_points_as_the_programs(frame, truth, algorithm):
    options = dict(by="acc", truth=truth, algorithm=algorithm, evaluations=30, seed=4,
                   encodings=frame, quiet=True)
    own = zcp.search(zcp.Space(lambda spec: 1 / 0, name="mine"), **options)
    found = zcp.search("nats-tss", **options)
    assert list(own.index) == list(found.index) and len(own) >= 30
    assert own["acc"].tolist() == found["acc"].tolist()


def test_a_space_of_ones_own_takes_no_encoder(frame, truth, encoder):
    mine = zcp.Space(lambda spec: 1 / 0, name="mine")
    with pytest.raises(ValueError, match="is an encoder of graphs, and space 'mine' makes modules"):
        zcp.search(mine, by="acc", truth=truth, encodings=encoder)
    with pytest.raises(ValueError, match="is an encoder of graphs"):
        zcp.predict(frame, truth, "acc", space=mine, encodings=str(encoder))


def test_a_predictor_that_is_kept_has_its_encoder(frame, truth, encoder, tmp_path):
    kept, said = tmp_path / "kept.json", tmp_path / "said.csv"
    some = truth.iloc[:40]
    zcp.predict(frame, some, "acc", encodings=encoder, features="points", model="gp", repeats=2,
                save=kept, csv=said, quiet=True)
    expected = pandas.read_csv(said, index_col="arch", float_precision="round_trip")["saved"]
    assert len(expected) == 20
    found = zcp.search("nats-tss", by=f"predict:{kept}", algorithm="exhaustive", proposals=1000,
                       quiet=True)
    assert found.loc[expected.index].iloc[:, 0].tolist() == expected.tolist()


def test_predictions_from_points(frame, truth, encoder):
    options = dict(metric="acc", features="points", labels=30, model="ridge", repeats=2,
                   quiet=True)
    by_table = zcp.predict(frame, truth, encodings=frame, **options)
    by_encoder = zcp.predict(frame, truth, encodings=encoder, **options)
    assert list(by_table["labels"]) == [30]
    pandas.testing.assert_frame_equal(by_encoder, by_table)


def test_errors_are_the_programs_words(encoder, frame, tmp_path):
    with pytest.raises(ValueError, match="trained on architectures of nats-tss"):
        zcp.encode("darts", sample=5, encoder=encoder)
    damaged = tmp_path / "damaged.encoder"
    damaged.write_text(encoder.read_text().replace('"trained":54', '"trained":55'))
    with pytest.raises(ValueError, match="damaged: its checksum"):
        zcp.encode("nats-tss", sample=5, encoder=damaged)
    with pytest.raises(ValueError, match="hash"):
        zcp.encode("nats-tss", sample=5, encoding="hash")
