"""zcp.score(): values of the program, reasons, whatever people hand over."""

import copy
import csv
import math
import os
import subprocess
import sys
import threading
import warnings

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import zcp
from zcp import _program
from networks import EXPORTS, Deciding, Small, images, small


def program_scores(folder, module, x, y, proxies, *options):
    """What the program prints of the same network in a file, on the same data."""
    model, data = os.path.join(folder, "net.pt"), os.path.join(folder, "data.pt")
    # In eval mode, so that tracing leaves the running statistics as they are.
    if EXPORTS:
        model += "2"
        axes = ({0: torch.export.Dim.DYNAMIC},)
        example = x.clone()  # torch.export marks it
        torch.export.save(torch.export.export(module.eval(), (example,), dynamic_shapes=axes), model)
    else:
        torch.jit.trace(module.eval(), x[:2], check_trace=False).save(model)
    torch.save({"x": x, "y": y}, data)
    done = subprocess.run(
        [_program.path(), "score", "--model", model, "--task", "tensors", "--data", data,
         "--proxies", proxies, *options],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=_program._environment(),
    )
    rows = list(csv.DictReader(done.stdout.splitlines()))
    assert len(rows) == 1, done.stderr
    return {name: float(value) if value else math.nan
            for name, value in rows[0].items() if name != "arch"}


def same(left, right):
    """The same proxies with the same scores, to the bit."""
    assert list(left) == list(right)
    return [name for name in left
            if not (left[name] == right[name] or
                    (math.isnan(left[name]) and math.isnan(right[name])))]


@pytest.mark.parametrize("precision", ["fp32", "fp64"])
def test_scores_are_the_programs_to_the_bit(tmp_path, precision):
    x, y = images(16)
    module = small(dropout=0.1)
    expected = program_scores(
        tmp_path, small(dropout=0.1), x, y, "all",
        "--batch-size", "8", "--minibatches", "2", "--seed", "5", "--precision", precision,
    )
    row = zcp.score(
        module, (x, y), "all", batch_size=8, minibatches=2, seed=5, precision=precision
    )
    assert same(row, expected) == []
    present = [name for name, value in row.items() if value == value]
    assert len(present) > 25
    assert set(row.reasons) == set(row) - set(present)
    assert row.capture == ("export" if EXPORTS else "trace")


def test_scores_do_not_depend_on_the_workers():
    module, data = small(), [images(8, 1), images(8, 2)]
    one = zcp.score(module, data, "core,snip,expressivity", workers=1)
    assert same(zcp.score(module, data, "core,snip,expressivity", workers=3), one) == []


def test_files_scripts_and_modules_have_the_same_scores(tmp_path):
    x, y = images(8)
    module = small()
    script = torch.jit.trace(module, x[:2])
    path = tmp_path / "net.pt"
    script.save(str(path))
    live = zcp.score(small(), (x, y), "params,naswot,synflow,snip")
    assert same(zcp.score(script, (x, y), "params,naswot,synflow,snip"), live) == []
    file = zcp.score(path, (x, y), "params,naswot,synflow,snip")
    assert same(file, live) == []
    assert file.capture == "file"


def test_a_list_a_loader_and_slices_are_the_same_minibatches():
    x, y = images(24)
    sliced = zcp.score(small(), (x, y), "zico", batch_size=8, minibatches=2)
    listed = zcp.score(small(), [(x[:8], y[:8]), (x[8:16], y[8:16])], "zico")
    data = torch.utils.data.TensorDataset(x, y)
    loader = torch.utils.data.DataLoader(data, batch_size=8)
    loaded = zcp.score(small(), loader, "zico")
    assert sliced["zico"] == listed["zico"] == loaded["zico"]
    three = zcp.score(small(), loader, "zico", minibatches=3)
    assert three["zico"] != loaded["zico"]


def test_grad_norm_of_an_own_loss_is_autograds():
    x, y = images(8)
    module = small().double()

    def smoothed(output, target):
        return F.cross_entropy(output, target, label_smoothing=0.3)

    row = zcp.score(module, (x, y), "grad_norm", loss=smoothed, precision="fp64")
    smoothed(module(x.double()), y).backward()
    weights = [one.weight for one in module.modules() if isinstance(one, (nn.Conv2d, nn.Linear))]
    expected = sum(one.grad.norm().item() for one in weights)
    assert row["grad_norm"] == pytest.approx(expected, rel=1e-10)


def test_cross_entropy_given_or_not_is_the_same():
    data = images(8)
    plain = zcp.score(small(), data, "grad_norm,gradsign,fisher")
    for loss in (F.cross_entropy, nn.CrossEntropyLoss(), lambda o, t: F.cross_entropy(o, t)):
        assert same(zcp.score(small(), data, "grad_norm,gradsign,fisher", loss=loss), plain) == []


def test_a_loss_takes_whatever_targets_there_are():
    x, _ = images(8)
    numbers = torch.rand(8, 10)
    row = zcp.score(
        small(), (x, {"numbers": numbers}), "grad_norm,gradsign,epe_nas",
        loss=lambda output, target: F.mse_loss(output, target["numbers"]),
    )
    assert row["grad_norm"] > 0 and row["gradsign"] > 0
    assert row.reasons == {"epe_nas": "needs a class for each input, which the task has not"}


def test_cross_entropy_takes_probabilities():
    torch.manual_seed(3)
    net, (x, y) = Small(), images(4)
    target = torch.softmax(torch.randn(len(y), 10), 1)
    row = zcp.score(net, [(x, target)], "grad_norm,snip", loss=torch.nn.functional.cross_entropy)
    other = zcp.score(
        net, [(x, target)], "grad_norm,snip",
        loss=lambda out, goal: -(goal * torch.log_softmax(out, 1)).sum(1).mean())
    assert dict(row) == pytest.approx(dict(other), rel=1e-6) and not row.reasons
    # Those of one class are that class's.
    hot = torch.nn.functional.one_hot(y, 10).float()
    row = zcp.score(net, [(x, hot)], "grad_norm", loss=torch.nn.CrossEntropyLoss())
    assert row["grad_norm"] == pytest.approx(zcp.score(net, [(x, y)], "grad_norm")["grad_norm"])
    assert zcp.score(net, x, "snip", loss=torch.nn.CrossEntropyLoss()).reasons == {
        "snip": "needs labels, which the data have not"}


def test_a_loss_that_raises_is_the_reason():
    def broken(output, target):
        raise KeyError("weights")

    row = zcp.score(small(), images(8), "params,grad_norm", loss=broken)
    assert row["params"] == sum(one.numel() for one in small().parameters())
    assert math.isnan(row["grad_norm"])
    assert row.reasons["grad_norm"] == "the loss function raised KeyError: 'weights'"


@pytest.mark.parametrize("loss, reason", [
    (lambda o, t: o.sum(1), "the loss function returned 8 numbers"),
    (lambda o, t: 1.0, "the loss function returned no tensor"),
    (lambda o, t: o.detach().sum(), "does not trace back to the output"),
])
def test_a_loss_is_one_number_of_the_output(loss, reason):
    row = zcp.score(small(), images(8), "grad_norm", loss=loss)
    assert reason in row.reasons["grad_norm"].replace("autograd ", "")


def test_without_labels_proxies_that_need_none_have_scores():
    x, _ = images(8)
    row = zcp.score(small(), x, "naswot,grad_norm")
    assert row["naswot"] == zcp.score(small(), images(8), "naswot")["naswot"]
    assert row.reasons == {"grad_norm": "needs labels, which the data have not"}


def test_labels_from_one_are_read_as_those_of_the_program(tmp_path):
    x, y = images(8)
    y[0], y[1] = 0, 9
    expected = program_scores(tmp_path, small(), x, y + 1, "grad_norm", "--batch-size", "8",
                              "--minibatches", "1")
    assert zcp.score(small(), (x, y + 1), "grad_norm")["grad_norm"] == expected["grad_norm"]
    assert expected["grad_norm"] == zcp.score(small(), (x, y), "grad_norm")["grad_norm"]


class Tokens(nn.Module):
    """Embeddings, a layer over them, a mean under a mask."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(100, 16)
        self.first = nn.Linear(16, 16)
        self.head = nn.Linear(16, 3)

    def forward(self, ids, mask):
        x = torch.relu(self.first(self.embedding(ids)))
        weight = mask.to(x.dtype).unsqueeze(2)
        return self.head((x * weight).sum(1) / weight.sum(1))


def test_tokens_and_several_inputs():
    torch.manual_seed(0)
    module = Tokens()
    ids = torch.randint(0, 100, (8, 7))
    mask = torch.arange(7)[None] < torch.randint(1, 8, (8, 1))
    y = torch.randint(0, 3, (8,))
    inputs = {"ids": ids, "mask": mask}
    row = zcp.score(module, (inputs, y), "params,grad_norm,expressivity,synflow",
                    precision="fp64")
    assert row["params"] == sum(one.numel() for one in module.parameters())
    module.double()
    F.cross_entropy(module(**inputs), y).backward()
    expected = sum(one.weight.grad.norm().item() for one in (module.first, module.head))
    assert row["grad_norm"] == pytest.approx(expected, rel=1e-10)
    reason = "draws its own inputs, which a network of whole numbers does not take"
    assert row.reasons == {"expressivity": reason, "synflow": reason}
    pair = zcp.score(Tokens(), ((ids, mask), y), "grad_norm")
    assert pair["grad_norm"] > 0


class Texts(nn.Module):
    """Embeddings, a layer over them, a mean."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(50, 16)
        self.first = nn.Linear(16, 16)
        self.head = nn.Linear(16, 3)

    def forward(self, words):
        return self.head(torch.relu(self.first(self.embedding(words))).mean(1))


def test_words_are_embedded_as_those_of_files_are(tmp_path):
    torch.manual_seed(0)
    module = Texts()
    words, y = torch.randint(0, 50, (8, 7)), torch.randint(0, 3, (8,))
    names = "params,l2_norm,grad_norm,synflow,jacob_cov,near"
    row = zcp.score(module, (words, y), names, precision="fp64")
    assert row.reasons == {}
    twice = copy.deepcopy(module).double()
    embedded = twice.embedding(words).detach().requires_grad_()
    out = twice.head(torch.relu(twice.first(embedded)).mean(1))
    (jacobian,) = torch.autograd.grad(out.sum(), embedded)
    values = torch.linalg.eigvalsh(torch.corrcoef(jacobian.flatten(1))).clamp_min(0) + 1e-5
    assert row["jacob_cov"] == pytest.approx(-(values.log() + 1 / values).sum().item(), rel=1e-6)
    expected = program_scores(
        tmp_path, copy.deepcopy(module), words, y, names,
        "--batch-size", "8", "--minibatches", "1", "--precision", "fp64")
    for model in (module, torch.jit.trace(module, words)):
        assert not same(dict(zcp.score(model, (words, y), names, precision="fp64")), expected)


def test_sequences_of_numbers():
    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Flatten(), nn.Linear(40, 4))
    x, y = torch.randn(8, 5, 6), torch.randint(0, 4, (8,))
    row = zcp.score(module, (x, y), "grad_norm,naswot,synflow", precision="fp64")
    module.double()
    F.cross_entropy(module(x.double()), y).backward()
    expected = sum(module[i].weight.grad.norm().item() for i in (0, 3))
    assert row["grad_norm"] == pytest.approx(expected, rel=1e-10)
    assert row.reasons == {}


class Heads(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = small()

    def forward(self, x):
        out = self.body(x)
        return {"aux": out * 2, "out": out}


def test_output_chooses_among_tensors():
    plain = zcp.score(small(), images(8), "grad_norm")
    assert zcp.score(Heads(), images(8), "grad_norm", output="out")["grad_norm"] == plain["grad_norm"]
    other = zcp.score(Heads(), images(8), "grad_norm", output="aux")["grad_norm"]
    assert other != plain["grad_norm"]
    with pytest.raises(ValueError, match="--output"):
        zcp.score(Heads(), images(8), "grad_norm")


class Result:
    def __init__(self, logits):
        self.logits = logits


class Wrapped(nn.Module):
    """Returns an object of its own, which no trace takes."""

    def __init__(self, **options):
        super().__init__()
        self.body = small(**options)

    def forward(self, x):
        return Result(self.body(x))


def test_a_module_that_does_not_trace_is_recorded():
    plain = zcp.score(small(), images(8), "params,grad_norm,naswot,synflow,snip")
    row = zcp.score(Wrapped(), images(8), "params,grad_norm,naswot,synflow,snip", output="logits")
    assert row.capture == "record"
    assert same(row, plain) == []


class Decoder(nn.Module):
    """As a language model it also returns what it keeps for the next word, an
    object, and reads the number of samples, which a recording keeps."""

    def __init__(self, kept):
        super().__init__()
        self.words = Tokens()
        self.kept = kept

    def forward(self, ids, mask):
        out = self.words(ids.reshape(ids.shape[0], -1), mask)
        return self.kept(out, {"layers": [object()]})


class Kept:
    """An output with a cache."""

    def __init__(self, logits, cache):
        self.logits = logits
        self.cache = cache


@pytest.mark.parametrize("kept", [Kept, lambda logits, cache: (logits, cache),
                                  lambda logits, cache: {"logits": logits, "cache": cache}])
def test_what_a_decoder_keeps_is_no_output(kept):
    torch.manual_seed(0)
    module = Decoder(kept)
    ids = torch.randint(0, 100, (8, 7))
    mask = torch.arange(7)[None] < torch.randint(1, 8, (8, 1))
    y = torch.randint(0, 3, (8,))
    names = "params,macs,grad_norm,naswot,fisher"
    row = zcp.score(module, ((ids, mask), y), names, precision="fp64")
    assert same(row, zcp.score(module.words, ((ids, mask), y), names, precision="fp64")) == []
    assert row.reasons == {}
    assert row.capture in ("export", "trace")


@pytest.mark.parametrize("way", ["trace", "record"])
def test_ways_of_capture_have_the_same_scores(way):
    plain = zcp.score(small(), images(8), "core,nwot,jacob_cov,fisher,zen")
    row = zcp.score(small(), images(8), "core,nwot,jacob_cov,fisher,zen", capture=way)
    assert row.capture == way
    assert same(row, plain) == []


class Writing(nn.Module):
    """Writes a number into places: a trace holds it as a tensor of float32."""

    def __init__(self):
        super().__init__()
        self.body = small()

    def forward(self, x):
        out = self.body(x)
        written = torch.zeros_like(out)
        written[torch.arange(1), torch.arange(1)] = 7.0
        return out + written


@pytest.mark.parametrize("precision", ["fp32", "fp64"])
def test_numbers_of_a_trace_are_of_the_precision(precision):
    x, y = images(8)
    row = zcp.score(Writing(), [(x, y)], "grad_norm,synflow", precision=precision, capture="trace")
    assert row.reasons == {}
    module = Writing().double()
    F.cross_entropy(module(x.double()), y).backward()
    layers = [one for one in module.modules() if isinstance(one, (nn.Conv2d, nn.Linear))]
    expected = sum(one.weight.grad.norm().item() for one in layers)
    assert row["grad_norm"] == pytest.approx(expected, rel=1e-4 if precision == "fp32" else 1e-10)


def test_what_a_trace_decides_by_values_is_said():
    x, y = images(8)
    with pytest.warns(UserWarning, match="computes something else on other samples"):
        row = zcp.score(Deciding(), (x.abs() * 2, y), "grad_norm")
    assert len(row.notes) == 1


class Silent(nn.Module):
    """Decides by values, or by the number of samples, which the tracer does not
    always say."""

    def __init__(self, way):
        super().__init__()
        self.body = small()
        self.way = way

    def forward(self, x):
        out = self.body(x)
        if self.way == "item":
            return out * (1 if x.mean().item() > 0 else 2)
        for i in range(x.shape[0]):
            out = out + i * x.mean()
        return out


@pytest.mark.parametrize("capture", ["trace", "record"])
@pytest.mark.parametrize("way", ["item", "range"])
def test_whatever_a_trace_decides_is_said(way, capture):
    x, y = images(8)
    with pytest.warns(UserWarning, match="computes something else on other samples"):
        row = zcp.score(Silent(way), (x, y), "grad_norm", capture=capture)
    assert len(row.notes) == 1


def test_digits_that_inputs_lose_are_said():
    x, y = images(8)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        expected = zcp.score(small(), (x.double(), y), "grad_norm", precision="fp64")
        zcp.score(small(), (x.double() / 3, y), "grad_norm")
    with pytest.warns(UserWarning, match="inputs of float64 are rounded to float32"):
        row = zcp.score(small(), (x.double() * (1 + 1e-12), y), "grad_norm", precision="fp64")
    assert row["grad_norm"] == expected["grad_norm"]
    assert len(row.notes) == 1


def test_a_reason_names_arguments_not_options():
    row = zcp.score(small(), images(8), "core")
    assert row.reasons["zico"].startswith("needs 2 minibatches or more: batches= as a list of pairs")


def test_errors_are_the_programs_words():
    data = images(8)
    cases = [
        (dict(proxies="zicco"), "did you mean zico"),
        (dict(proxies="zico"), "zico needs --minibatches 2 or more, found 1"),
        (dict(precision="fp8"), "--precision fp8: expected fp32"),
        (dict(device="cuda:0"), "--device cuda:0"),
        (dict(init="lecun"), "lecun"),
        (dict(seed=-1), "--seed"),
        (dict(capture="guess"), "expected auto, export, trace, record"),
        (dict(classes=3), "found label"),
        (dict(batch_size=8, minibatches=2), "needs 16 samples, found 8"),
    ]
    for options, words in cases:
        if "device" in options and torch.cuda.is_available():
            continue
        with pytest.raises(ValueError) as caught:
            zcp.score(small(), data, **{"proxies": "params", **options})
        assert words in str(caught.value), options
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("batches, words", [
    ([], "found none"),
    (3, "expected (x, y), a list of such pairs, or a DataLoader"),
    ((torch.zeros(4, 3, 8, 8), torch.zeros(4)), "expected int64 classes [4]"),
    ((torch.zeros(4, 3, 8, 8), torch.zeros(5, dtype=torch.long)), "expected int64 classes [4]"),
    ((torch.zeros(4, 3, 8, 8), torch.tensor([0, 1, -1, 2])), "hold -1"),
    ((torch.zeros(4, 3, 8, 8, dtype=torch.uint8), torch.zeros(4, dtype=torch.long)), "x.float() / 255"),
    ([images(8), images(8, size=10)], "minibatch 1 has inputs of"),
    ([images(8)[0][0]], "expected a pair"),
])
def test_data_that_cannot_be_scored_are_refused(batches, words):
    with pytest.raises(ValueError) as caught:
        zcp.score(small(), batches, "params")
    assert words in str(caught.value)


def test_data_that_are_not_finite_have_no_score():
    x, y = images(8)
    x[3, 0, 0, 0] = math.nan
    row = zcp.score(small(), (x, y), "params,grad_norm")
    assert row.reasons == {"grad_norm": "the images hold NaN (first in image 3, counted from 0)"}


def test_a_file_that_is_none_is_refused(tmp_path):
    path = tmp_path / "net.pt"
    with pytest.raises(ValueError, match="net.pt"):
        zcp.score(path, images(8), "params")
    path.write_bytes(b"nothing of the kind")
    with pytest.raises(ValueError, match="net.pt"):
        zcp.score(path, images(8), "params")


def test_scores_are_shown():
    row = zcp.score(small(), images(8), "params,epe_nas,zen,vkdnw")
    assert "params" in repr(row) and "<table>" in row._repr_html_()
    assert list(row.to_series().index) == list(row)


class Encoder(nn.Module):
    """Embeddings, ReLUs over them, no image anywhere."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(50, 16)
        self.first = nn.Linear(16, 16)
        self.head = nn.Linear(16, 4)

    def forward(self, ids):
        return self.head(torch.relu(self.first(self.embedding(ids))).mean(1))


def encoder():
    with torch.random.fork_rng():
        torch.manual_seed(5)
        return Encoder()


def test_tokens_have_codes():
    """NASWOT of a network of tokens: log |det K| of its ReLUs' codes, counted here."""
    ids = torch.randint(0, 50, (8, 5), generator=torch.Generator().manual_seed(1))
    row = zcp.score(encoder(), (ids, torch.arange(8) % 4), "naswot,jacob_cov,fisher")
    module = encoder()
    codes = (module.first(module.embedding(ids)) > 0).flatten(1).double()
    kernel = codes @ codes.T + (1 - codes) @ (1 - codes).T
    assert row["naswot"] == pytest.approx(torch.slogdet(kernel)[1].item(), rel=1e-9)
    assert row["fisher"] > 0
    assert row.reasons == {} and math.isfinite(row["jacob_cov"])


def test_arrays_are_tensors():
    numpy = pytest.importorskip("numpy")
    x, y = images(8)
    expected = zcp.score(small(), (x, y), "naswot,snip")
    array = x.numpy().astype(numpy.float64), y.numpy().astype(numpy.int32)
    assert same(zcp.score(small(), array, "naswot,snip"), expected) == []
    listed = zcp.score(small(), [array, array], "naswot,snip", seed=numpy.int64(0))
    assert listed["naswot"] == expected["naswot"]


def test_halves_are_taken_on_the_processor():
    x, y = images(8)
    rounded = small().half()
    expected = zcp.score(small().half().float(), (x, y), "naswot,grad_norm,params")
    assert same(zcp.score(rounded, (x, y), "naswot,grad_norm,params"), expected) == []
    assert all(one.dtype == torch.float16 for one in rounded.parameters())


def test_tied_weights_are_one():
    class Tied(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.second = nn.Linear(12, 12), nn.Linear(12, 12)
            self.second.weight = self.first.weight
            self.head = nn.Linear(12, 10)

        def forward(self, x):
            return self.head(torch.relu(self.second(torch.relu(self.first(x)))))

    torch.manual_seed(2)
    module = Tied()
    x, y = torch.randn(8, 12), torch.arange(8)
    row = zcp.score(module, (x, y), "params,grad_norm", precision="fp64")
    module.double()
    F.cross_entropy(module(x.double()), y).backward()
    assert row["params"] == sum(one.numel() for one in module.parameters())
    weights = (module.first.weight, module.head.weight)
    assert row["grad_norm"] == pytest.approx(
        sum(one.grad.norm().item() for one in weights), rel=1e-10)


def test_weights_that_hooks_compute_are_taken():
    body = nn.utils.weight_norm(nn.Linear(432, 8))
    module = nn.Sequential(nn.Flatten(), body, nn.ReLU(), nn.Linear(8, 10))
    module(images(8)[0])  # the weight is now no leaf, which deepcopy does not take
    assert zcp.score(module, images(8), "naswot")["naswot"] > 0


def test_what_wraps_a_module_changes_nothing():
    plain = zcp.score(small(), images(8), "naswot,grad_norm")
    assert same(zcp.score(nn.DataParallel(small()), images(8), "naswot,grad_norm"), plain) == []
    if hasattr(torch, "compile"):
        compiled = torch.compile(small())
        assert same(zcp.score(compiled, images(8), "naswot,grad_norm"), plain) == []


class Dicts(torch.utils.data.Dataset):
    def __len__(self):
        return 16

    def __getitem__(self, i):
        x, y = images(16)
        return {"image": x[i], "label": y[i]}


def test_loaders_of_dicts_are_told_how():
    loader = torch.utils.data.DataLoader(Dicts(), batch_size=8)
    with pytest.raises(ValueError) as caught:
        zcp.score(small(), loader, "zico")
    assert "((b['image'], b['label']) for b in loader)" in str(caught.value)
    row = zcp.score(small(), ((b["image"], b["label"]) for b in loader), "zico")
    x, y = images(16)
    assert row["zico"] == zcp.score(small(), [(x[:8], y[:8]), (x[8:], y[8:])], "zico")["zico"]


@pytest.mark.parametrize("model, batches, words", [
    (small().requires_grad_(False), images(8), "Small has no parameter that trains"),
    (nn.Flatten(), images(8), "Flatten has no parameter that trains"),
    (small(), (torch.zeros(4, 1, 8, 8), torch.arange(4)), "Small does not run on inputs of [4, 1, 8, 8]"),
    (Encoder(), ({"idz": torch.zeros(4, 5, dtype=torch.long)}, torch.arange(4)), "argument 'idz'"),
    (small(), torch.utils.data.DataLoader(torch.utils.data.TensorDataset(*images(8)), 8),
     "found 1 minibatches, expected 2; minibatches=1 takes what there is"),
])
def test_what_cannot_be_scored_is_said_in_one_line(model, batches, words):
    with pytest.raises(ValueError) as caught:
        zcp.score(model, batches, "zico" if "1 minibatches" in words else "params")
    assert words in str(caught.value) and "\n" not in str(caught.value)


def test_weights_without_values_are_refused():
    lazy = torch.nn.Sequential(torch.nn.LazyConv2d(4, 3), torch.nn.Flatten(), torch.nn.LazyLinear(10))
    with pytest.raises(ValueError, match=r"Sequential: '0\.weight' has no shape yet; run the module"):
        zcp.score(lazy, images(4), "core")
    lazy(images(4)[0])
    assert not zcp.score(lazy, images(4), "grad_norm").reasons
    with pytest.raises(ValueError, match="lies on the meta device"):
        zcp.score(Small().to("meta"), images(4), "core")
    broken = Small()
    next(broken.parameters()).data.view(-1)[0] = math.nan
    row = zcp.score(broken, images(4), "params,naswot,gradsign")
    assert math.isnan(row["naswot"]) and math.isnan(row["gradsign"]) and row["params"] > 0
    assert "holds NaN or an infinite value" in row.reasons["naswot"]


@pytest.mark.skipif(not hasattr(torch, "autocast"), reason="torch has no autocast")
def test_autocast_inside_of_a_module_changes_nothing():
    class Cast(Small):
        def forward(self, x):
            with torch.autocast("cpu", dtype=torch.bfloat16):
                return super().forward(x)

    torch.manual_seed(5)
    plain = Small()
    cast = Cast()
    cast.load_state_dict(plain.state_dict())
    names = "grad_norm,synflow,naswot,gradsign,fisher,snip"
    row = zcp.score(cast, images(4), names)
    assert not row.reasons
    assert dict(row) == pytest.approx(dict(zcp.score(plain, images(4), names)), rel=1e-6)


def test_aliases_name_their_proxy():
    row = zcp.score(small(), images(8), "flops,jacov")
    assert list(row) == ["macs", "jacob_cov"]
    assert row["flops"] == row["macs"]
    assert row["jacov"] == row["jacob_cov"]
    for none in ("zico", "core", "nope", 3):
        with pytest.raises(KeyError):
            row[none]


def test_names_are_text():
    with pytest.raises(ValueError, match="found the name 3"):
        zcp.score(small(), images(8), 3)
    assert list(zcp.score(small(), images(8), ["naswot", "params,naswot"])) == ["naswot", "params"]


class Several(nn.Module):
    """Of an image, words and an age."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, padding=1)
        self.norm = nn.BatchNorm2d(8)
        self.table = nn.Embedding(9, 8)
        self.age = nn.Linear(1, 8)
        self.head = nn.Linear(8, 10)

    def forward(self, image, words, age):
        seen = torch.relu(self.norm(self.stem(image))).mean((2, 3))
        read = torch.relu(self.table(words).mean(1))
        return self.head(seen + read + torch.relu(self.age(age)))


def several():
    with torch.random.fork_rng():
        torch.manual_seed(7)
        x, y = images(8)
        words = torch.randint(0, 9, (8, 5))
        return Several(), {"age": torch.rand(8, 1), "image": x, "words": words}, y


@pytest.mark.parametrize("init", ["default", "kaiming_normal"])
@pytest.mark.parametrize("by_name", [False, True])
def test_several_inputs_have_the_programs_scores(tmp_path, by_name, init):
    module, named, y = several()
    x = named if by_name else (named["image"], named["words"], named["age"])
    model, data = tmp_path / "net.pt", tmp_path / "data.pt"
    example = (named["image"], named["words"], named["age"])
    torch.jit.trace(module.eval(), example, check_trace=False).save(model)
    torch.save({"x": x, "y": y}, data)
    done = subprocess.run(
        [_program.path(), "score", "--model", str(model), "--task", "tensors", "--data", str(data),
         "--proxies", "all", "--batch-size", "4", "--minibatches", "2", "--init", init],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=_program._environment(),
    )
    (row,) = csv.DictReader(done.stdout.splitlines())
    expected = {name: float(value) if value else math.nan for name, value in row.items() if name != "arch"}
    options = dict(batch_size=4, minibatches=2, init=init, capture="trace")
    live = zcp.score(several()[0], (x, y), "all", **options)
    assert same(live, expected) == []
    assert sum(value == value for value in live.values()) > 20
    file = zcp.score(model, (x, y), "all", batch_size=4, minibatches=2, init=init)
    assert same(file, expected) == []
    assert file.reasons == live.reasons
    # A row for each sample of an input of any shape.
    script = torch.jit.trace(encoder(), named["words"], check_trace=False)
    one = zcp.score(script, (named["words"], y % 4), "grad_norm,naswot,zen")
    assert same(one, zcp.score(encoder(), (named["words"], y % 4), "grad_norm,naswot,zen")) == []


def test_inputs_that_a_file_does_not_take_are_refused(tmp_path):
    module, named, y = several()
    path = tmp_path / "net.pt"
    torch.jit.trace(
        module.eval(), (named["image"], named["words"], named["age"]), check_trace=False
    ).save(path)
    named["weight"] = named.pop("age")
    with pytest.raises(ValueError, match="found 'weight' in batches, expected the inputs of the network"):
        zcp.score(path, (named, y), "grad_norm")
