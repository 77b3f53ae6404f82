"""Exported programs: torch.export of 2.6 and newer."""

import pytest
import torch

import zcp
from networks import EXPORTS, Deciding, images, small

if not EXPORTS:
    pytest.skip("torch.export is of torch 2.6 and newer", allow_module_level=True)

PROXIES = "core,snip,nwot,jacob_cov,zen,fisher,vkdnw"  # the last runs BatchNorm in eval mode


def exported(module, x):
    return torch.export.export(
        module, (x[:2],), dynamic_shapes=({0: torch.export.Dim.DYNAMIC},), strict=False)


def test_an_export_has_the_scores_of_a_trace():
    data = [images(8, 1), images(8, 2)]
    traced = zcp.score(small(), data, PROXIES, precision="fp64", capture="trace")
    row = zcp.score(small(), data, PROXIES, precision="fp64", capture="export")
    assert row.capture == "export" and row.reasons == traced.reasons
    for name, value in row.items():
        assert value == pytest.approx(traced[name], rel=1e-5, nan_ok=True), name


@pytest.mark.parametrize("cell", ["RNNCell", "GRUCell", "LSTMCell"])
def test_recurrent_cells_have_the_scores_of_a_trace(cell):
    class Cell(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.cell = getattr(torch.nn, cell)(12, 5)
            self.head = torch.nn.Linear(5, 3)

        def forward(self, x):
            h = self.cell(x.flatten(1))
            return self.head(h[0] if isinstance(h, tuple) else h)

    torch.manual_seed(0)
    module = Cell()
    x = images(8)[0][:, :, :2, :2]
    data = (x, torch.arange(8) % 3)
    names = "params,macs,l2_norm,grad_norm,snip,plain"
    traced = zcp.score(module, data, names, precision="fp64", capture="trace")
    row = zcp.score(module, data, names, precision="fp64", capture="export")
    assert row.capture == "export" and row.reasons == traced.reasons == {}
    # Each weight is multiplied once a sample, and each bias is added once.
    assert row["macs"] == sum(p.numel() for p in module.parameters())
    assert dict(row) == pytest.approx(dict(traced), rel=1e-9)


def test_programs_files_and_modules_are_the_same(tmp_path):
    x, y = images(8)
    live = zcp.score(small(), (x, y), "grad_norm,naswot,synflow", capture="export")
    program = exported(small(), x)
    assert dict(zcp.score(program, (x, y), "grad_norm,naswot,synflow")) == dict(live)
    path = tmp_path / "net.pt2"
    torch.export.save(program, path)
    assert dict(zcp.score(path, (x, y), "grad_norm,naswot,synflow")) == dict(live)


def test_blocks_are_named():
    names = "expressivity,progressivity,trainability"
    row = zcp.score(small(), images(8), names, blocks="blocks.0,blocks.1")
    assert row.capture == "export" and row.reasons == {}
    assert set(zcp.score(small(), images(8), names, capture="trace").reasons) == set(row)
    with pytest.raises(ValueError, match="blocks"):
        zcp.score(small(), images(8), names, blocks=["blocks.7"])


def test_a_module_stays_as_it_is():
    module = small(dropout=0.2)
    before = {name: one.clone() for name, one in module.state_dict().items()}
    zcp.score(module, images(8), "core", capture="export")
    assert all(torch.equal(one, before[name]) for name, one in module.state_dict().items())
    assert all(one.training for one in module.modules())


def test_auto_exports_first():
    row = zcp.score(small(), images(8), "grad_norm,expressivity")
    assert row.capture == "export" and row.passed_over == {} and row.notes == []
    assert row.reasons == {}  # its blocks are found without their names


class Branching(torch.nn.Module):
    """Computes something else where ``asks`` says so of the number of samples."""

    def __init__(self, asks):
        super().__init__()
        self.body = small()
        self.asks = asks

    def forward(self, x):
        out = self.body(x)
        return out * 2 if self.asks(x.shape[0]) else out


def fixed(count):
    """Whether it is that number, which an export takes for a constant."""
    return len(range(int(count))) == 8


@pytest.mark.parametrize("asks", [
    fixed, lambda count: count < 4, lambda count: count == 1, lambda count: count % 2 == 0,
], ids=["fixed", "least", "one", "even"])
def test_what_asks_for_the_number_of_samples_is_told(asks):
    """Neither an export nor a trace is what such a module computes: it is said."""
    with pytest.warns(UserWarning, match="computes something else on other samples"):
        row = zcp.score(Branching(asks), images(8), "grad_norm,naswot")
    assert len(row.notes) == 1 and len(row.passed_over) == 1
    assert row["grad_norm"] > 0


class Counting(torch.nn.Module):
    """A size that Python reads, which an export takes for a constant and a trace
    does not."""

    def __init__(self):
        super().__init__()
        self.body = small()

    def forward(self, x):
        count = x.shape[0] if torch.jit.is_tracing() else len(range(x.shape[0]))
        return self.body(x) / count * count


def test_an_export_of_one_batch_size_is_passed_over():
    row = zcp.score(Counting(), images(8), "grad_norm,naswot,gradsign")
    assert row.capture == "trace" and row.notes == []
    assert list(row.passed_over) == ["export"]
    plain = zcp.score(small(), images(8), "grad_norm,naswot,gradsign", capture="trace")
    for name, value in row.items():
        assert value == pytest.approx(plain[name], rel=1e-4), name
    with pytest.raises(ValueError, match="could not be captured"):
        zcp.score(Counting(), images(8), "params", capture="export")


class Switching(torch.nn.Module):
    """Switches autocast off, which is an operator of exported programs that the
    engine does not have."""

    def __init__(self):
        super().__init__()
        self.body = small()

    def forward(self, x):
        with torch.autocast("cpu", enabled=False):
            return self.body(x) * 1


def test_what_the_engine_refuses_of_an_export_is_traced():
    row = zcp.score(Switching(), images(8), "grad_norm,snip")
    assert row.capture == "trace"
    assert "higher_order.wrap_with_autocast" in row.passed_over["export"]
    plain = zcp.score(small(), images(8), "grad_norm,snip", capture="trace")
    assert dict(row) == dict(plain)
    with pytest.raises(ValueError, match="wrap_with_autocast"):
        zcp.score(Switching(), images(8), "grad_norm", capture="export")


def test_a_refused_export_says_nothing_on_standard_error(capfd):
    with pytest.warns(UserWarning):
        zcp.score(Deciding(), images(8), "params")
    assert capfd.readouterr().err == ""
