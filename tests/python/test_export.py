"""Exported programs: torch.export of 2.6 and newer."""

import pytest
import torch

import zcp
from networks import images, small

if not hasattr(getattr(getattr(torch, "export", None), "Dim", None), "DYNAMIC"):
    pytest.skip("torch.export is of torch 2.6 and newer", allow_module_level=True)

PROXIES = "core,snip,nwot,jacob_cov,zen,fisher"


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
