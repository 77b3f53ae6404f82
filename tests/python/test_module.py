"""zcp.module: an architecture of a space as a module of torch's own layers."""

import copy
import json
import pickle

import pytest
import torch

import zcp

ARCH = "|nor_conv_3x3~0|+|avg_pool_3x3~0|skip_connect~1|+|none~0|nor_conv_1x1~1|nor_conv_3x3~2|"

# Spaces whose networks are graphs, with what searches score on.
SPACES = [
    ("nats-tss", {"task": "gaussian"}),
    ("nats-sss", {"task": "gaussian", "classes": 100}),
    ("nas-bench-101", {"task": "gaussian", "channels": 16}),
    ("darts", {"task": "gaussian", "channels": 8}),
    ("transnas-micro", {"task": "gaussian", "resolution": 64, "classes": 47}),
    ("transnas-macro", {"task": "gaussian", "resolution": 64, "classes": 47}),
    ("nas-bench-macro", {"task": "gaussian"}),
    ("mobilenet-v2", {"task": "gaussian", "resolution": 64, "classes": 7}),
    ("resnet", {"task": "gaussian", "resolution": 64}),
]


def example(space):
    return zcp.spaces().loc[space, "example"]


def found(tmp_path, space, **options):
    """The network that a search of one step writes, and what it notes of it."""
    name = tmp_path / "winner.pt"
    zcp.search(space, "params", algorithm="random", evaluations=1, output=name, quiet=True, **options)
    notes = {"zcp.json": ""}
    script = torch.jit.load(str(name), _extra_files=notes)
    return script, json.loads(notes["zcp.json"])


def of_note(note):
    names = ("image", "classes", "head", "channels", "cells", "affine", "seed")
    return zcp.module(note["space"], note["arch"], **{name: note[name] for name in names})


def test_layers_are_torchs_own_and_nothing_else_changes():
    state = torch.random.get_rng_state()
    network = zcp.module("nats-tss", ARCH)
    assert torch.equal(torch.random.get_rng_state(), state)
    assert network.training and network.arch == ARCH and network.space == "nats-tss"
    kinds = {type(one) for one in network.children()}
    assert {torch.nn.Conv2d, torch.nn.BatchNorm2d, torch.nn.ReLU, torch.nn.Linear} <= kinds
    out = network(torch.randn(4, 3, 32, 32))
    assert out.shape == (4, 10)
    out.sum().backward()
    assert all(one.grad is not None for one in network.parameters() if one.requires_grad)


def test_parameters_are_counted_as_the_benchmark_does():
    # NATS-Bench's own count of the cell of six 3x3 convolutions: 1.531546 M.
    heaviest = "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|nor_conv_3x3~0|nor_conv_3x3~1|nor_conv_3x3~2|"
    network = zcp.module("nats-tss", heaviest)
    assert sum(one.numel() for one in network.parameters()) == 1531546 == network.params


def test_seeds_and_initialisers_decide_the_weights():
    one, same, other = (zcp.module("nats-tss", ARCH, seed=seed) for seed in (3, 3, 4))
    for left, right in zip(one.state_dict().values(), same.state_dict().values()):
        assert torch.equal(left, right)
    weights = [next(network.parameters()) for network in (one, other)]
    assert not torch.equal(*weights)
    drawn = next(zcp.module("nats-tss", ARCH, init="normal").parameters())
    assert abs(drawn.std().item() - 1) < 0.2
    assert zcp.module("nats-tss", ARCH, channels=4, cells=1).params < 20000


def test_it_can_be_copied_pickled_and_traced():
    network = zcp.module("nats-tss", ARCH, channels=4, cells=1).eval()
    x = torch.randn(2, 3, 32, 32)
    expected = network(x)
    for other in (copy.deepcopy(network), pickle.loads(pickle.dumps(network))):
        assert torch.equal(other(x), expected)
    assert torch.equal(torch.jit.trace(network, x)(x), expected)


def test_its_scores_are_those_of_the_space():
    arch = "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_1x1~1|+|skip_connect~0|nor_conv_3x3~1|avg_pool_3x3~2|"
    network = zcp.module("nats-tss", arch, channels=4, cells=1)
    x = torch.randn(8, 3, 32, 32)
    live = zcp.score(network, (x, torch.arange(8) % 10), proxies="params,synflow,l2_norm")
    frame = zcp.score_space("nats-tss", archs=[arch], channels=4, cells=1, task="gaussian",
                            proxies="params,synflow,l2_norm", init="pytorch", quiet=True)
    for name in ("params", "synflow", "l2_norm"):
        assert live[name] == pytest.approx(frame.loc[arch, name], rel=1e-6)


@pytest.mark.parametrize("space, options", SPACES)
def test_it_computes_what_the_program_writes(tmp_path, space, options):
    script, note = found(tmp_path, space, **options)
    network = of_note(note)
    written = {name: one for name, one in script.named_parameters()}
    assert sorted(one.numel() for one in network.parameters()) == sorted(
        one.numel() for one in written.values())
    x = torch.randn(4, *note["image"])
    for mode in (True, False):
        expected, got = script.train(mode)(x), network.train(mode)(x)
        assert got.shape == expected.shape == (4, note["classes"])
        assert torch.allclose(got, expected, rtol=1e-4, atol=1e-5 * expected.abs().max().item())


def test_maps_come_out_where_a_task_asks_for_them():
    network = zcp.module("transnas-micro", example("transnas-micro"), image=(3, 64, 64), classes=17, head="pixel_classes")
    assert network(torch.randn(2, 3, 64, 64)).shape == (2, 17, 64, 64)


def test_a_search_writes_its_winner_as_an_exported_program(tmp_path):
    name = tmp_path / "winner.pt2"
    options = dict(algorithm="random", evaluations=1, task="gaussian", channels=4, quiet=True)
    if not hasattr(getattr(torch, "export", None), "save"):
        with pytest.raises(ValueError, match="has no torch.export"):
            zcp.search("nats-tss", "params", output=name, **options)
        return
    zcp.search("nats-tss", "params", output=name, **options)
    script, note = found(tmp_path, "nats-tss", **{
        key: options[key] for key in ("task", "channels")})
    network = torch.export.load(name).module()
    x = torch.randn(3, 3, 32, 32)
    assert torch.allclose(network(x), script.train()(x), rtol=1e-4, atol=1e-5)
    live = zcp.score(of_note(note), (x, torch.arange(3)), proxies="params,synflow")
    exported = zcp.score(name, (x, torch.arange(3)), proxies="params,synflow")
    assert exported == pytest.approx(live, rel=1e-6)
    zcp.search("nats-tss", "params", output=name, **options)  # its own file may be replaced
    name.write_text("a user's")
    with pytest.raises(ValueError, match="zcp did not write"):
        zcp.search("nats-tss", "params", output=name, **options)
    assert name.read_text() == "a user's"
    with pytest.raises(ValueError, match="no folder that can be written"):
        zcp.search("nats-tss", "params", output=tmp_path / "no" / "w.pt2", **options)


@pytest.mark.parametrize("given, message", [
    ({"space": "nowhere"}, "unknown space"),
    ({"arch": "|conv~0|"}, "conv~0"),
    ({"image": (3, 32)}, "image: found"),
    ({"classes": 0}, "classes: found 0"),
    ({"head": "boxes"}, "head: found boxes"),
    ({"init": "ones"}, "ones"),
    ({"seed": -1}, "seed: found -1"),
])
def test_what_is_refused(given, message):
    with pytest.raises(ValueError, match=message):
        zcp.module(**{"space": "nats-tss", "arch": ARCH, **given})


# The published models' parameters: PiT-Ti of the authors' code, DeiT-Ti.
DEIT_TINY = "e192-" + "-".join(["3x4"] * 12)


@pytest.mark.parametrize("space, arch, count", [
    ("pit", "b32-r4-d2.6.4-h2.4.8", 4847272),
    ("autoformer", DEIT_TINY, 5717416),
])
def test_vision_transformers_have_the_published_parameters(space, arch, count):
    network = zcp.module(space, arch, image=(3, 224, 224), classes=1000)
    assert sum(one.numel() for one in network.parameters()) == count == network.params
    out = network(torch.randn(2, 3, 224, 224))
    assert out.shape == (2, 1000)
    out.sum().backward()
    assert all(one.grad is not None for one in network.parameters())


def test_a_transformers_scores_are_those_of_the_space():
    arch = example("pit")
    names = "params,l2_norm,dss,synflow,synflow_bn"
    network = zcp.module("pit", arch, image=(3, 224, 224), classes=1000)
    x = torch.randn(2, 3, 224, 224)
    live = zcp.score(network, (x, torch.arange(2)), proxies=names)
    frame = zcp.score_space("pit", archs=[arch], task="gaussian-224", classes=1000, batch_size=2,
                            proxies=names, quiet=True)
    for name in names.split(","):
        assert live[name] == pytest.approx(frame.loc[arch, name], rel=1e-5), name


def test_texts_go_in_as_words():
    network = zcp.module("flexibert", example("flexibert"), image=(1, 16, 1), classes=3)
    words = torch.randint(0, 1000, (2, 16))
    assert network(words).shape == (2, 3)
    again = pickle.loads(pickle.dumps(network))
    assert torch.equal(again(words), network(words))
