"""Writes the committed reference values, tests/golden/proxy_* and net_*. Rerunning rewrites the same bytes.

    nice /usr/bin/python3 tests/reference/make_golden.py [nats] [networks]
"""

from __future__ import annotations

import copy
import json
import math
import os
import sys
import tempfile
import zipfile
from pathlib import Path

import torch
from torch import Tensor, nn

import networks
import proxies

GOLDEN = Path(__file__).resolve().parent.parent / "golden"
BATCH, CHANNELS, SIZE, CLASSES = 8, 3, 16, 10
WIDTH, CELLS = 4, 1

CELLS_TO_SCORE = [  # spec, whether BatchNorm's gamma and beta are perturbed
    ("|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|nor_conv_3x3~0|nor_conv_3x3~1|nor_conv_3x3~2|", False),
    ("|skip_connect~0|+|none~0|nor_conv_3x3~1|+|avg_pool_3x3~0|nor_conv_3x3~1|nor_conv_3x3~2|", True),
    ("|nor_conv_3x3~0|+|nor_conv_1x1~0|none~1|+|skip_connect~0|none~1|nor_conv_3x3~2|", False),
    ("|nor_conv_1x1~0|+|nor_conv_1x1~0|avg_pool_3x3~1|+|nor_conv_3x3~0|avg_pool_3x3~1|avg_pool_3x3~2|", True),
    ("|skip_connect~0|+|skip_connect~0|skip_connect~1|+|skip_connect~0|skip_connect~1|skip_connect~2|", False),
    ("|nor_conv_3x3~0|+|none~0|none~1|+|none~0|none~1|nor_conv_1x1~2|", False),
    ("|none~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_1x1~1|avg_pool_3x3~2|", False),
]

NETWORKS = {"resnet": networks.ResNetTiny, "mobile": networks.MobileTiny, "vit": networks.VitTiny}

PLAIN_PROXIES = [
    "params", "macs", "l2_norm", "grad_norm", "grad_norm_total", "snip", "plain", "grasp", "fisher", "synflow",
    "synflow_bn", "logsynflow", "jacob_cov", "epe_nas", "naswot", "naswot_by_name", "nwot", "nwot_by_name",
    "linear_regions", "swap", "swap_regularized", "wrcor", "wrcor_unweighted", "rbflex", "expressivity",
    "progressivity", "meco", "meco_leaves", "meco_opt", "near", "stable_rank", "apd", "intrain", "dextr_svd", "dextr_svd_leaves",
    "zico", "zico_bc", "l_swag", "gradsign", "ntk_condition", "ntk_trace", "vkdnw", "vkdnw_fim", "dss"]

ONE_IMAGE_PROXIES = {"meco", "meco_leaves", "meco_opt", "dextr_svd", "dextr_svd_leaves"}


def make_noise() -> dict[str, Tensor]:
    """The random numbers that the proxies take, in the order of proxy_noise.bin."""
    generator = torch.Generator().manual_seed(20)
    directions = torch.randn(2, CHANNELS * SIZE * SIZE, generator=generator, dtype=torch.float64)
    circle = torch.linalg.qr(directions.T)[0].T.reshape(2, CHANNELS, SIZE, SIZE)
    return {"zen": torch.randn(BATCH, CHANNELS, SIZE, SIZE, generator=generator),
            "signs": torch.randint(0, 2, (BATCH * 16 * SIZE * SIZE,), generator=generator).float() * 2 - 1,
            "circle": circle.float()}


def all_scores(net: nn.Module, batches: proxies.Batches, noise: dict[str, Tensor]) -> dict[str, float | None]:
    one_image = [(x[:1], y[:1]) for x, y in batches[:1]]
    scores = {name: getattr(proxies, name)(net, one_image if name in ONE_IMAGE_PROXIES else batches)
              for name in PLAIN_PROXIES}
    scores["zen"] = proxies.zen(net, batches, noise=noise["zen"])
    scores["trainability"] = proxies.trainability(net, batches, signs=noise["signs"])
    scores["dextr"] = proxies.dextr(net, one_image, circle=noise["circle"], coordinates=list(range(CLASSES)))
    scores["knas"] = proxies.knas(net, [(x[i:i + 4], y[i:i + 4]) for x, y in batches for i in range(0, BATCH, 4)])
    return {name: float(value) if math.isfinite(value) else None for name, value in scores.items()}


def in_both_precisions(net: nn.Module, batches: proxies.Batches, noise: dict[str, Tensor],
                       name: str) -> dict[str, dict]:
    return {name: all_scores(net.float(), batches, noise),
            f"{name}_float64": all_scores(net.double(), [(x.double(), y) for x, y in batches], noise)}


def write_json(path: Path, value: dict) -> None:
    path.write_text(json.dumps(value, indent=1) + "\n")


def little_endian(tensors: list[Tensor]) -> bytes:
    return b"".join(t.detach().numpy().astype("<i8" if t.dtype == torch.int64 else "<f4").tobytes() for t in tensors)


def perturb_norms(net: nn.Module) -> None:
    for module in net.modules():
        if isinstance(module, (nn.BatchNorm2d, nn.LayerNorm)):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, 0.0, 0.1)


def write_nats(noise: dict[str, Tensor]) -> None:
    torch.manual_seed(10)
    x = torch.randn(2, BATCH, CHANNELS, SIZE, SIZE)
    y = torch.randint(0, CLASSES, (2, BATCH))
    batches = list(zip(x, y))
    (GOLDEN / "proxy_batch.bin").write_bytes(little_endian([x, y]))
    (GOLDEN / "proxy_noise.bin").write_bytes(little_endian(list(noise.values())))
    for k, (spec, perturbed) in enumerate(CELLS_TO_SCORE):
        torch.manual_seed(100 + k)
        net = networks.NatsCell(spec, C=WIDTH, N=CELLS, classes=CLASSES)
        if perturbed:
            perturb_norms(net)
        (GOLDEN / f"proxy_nats_{k}.bin").write_bytes(little_endian(list(net.parameters())))
        live = networks.NatsCell(spec, C=WIDTH, N=CELLS, classes=CLASSES, live=True)
        live.load_state_dict(net.state_dict(), strict=False)
        write_json(GOLDEN / f"proxy_nats_{k}.json", {
            "spec": spec, "channels": WIDTH, "cells_per_stage": CELLS, "classes": CLASSES,
            "input": [CHANNELS, SIZE, SIZE], "batch_size": BATCH, "minibatches": 2, "batch_norm_perturbed": perturbed,
            **in_both_precisions(net, batches, noise, "scores"),
            **in_both_precisions(live, batches, noise, "scores_live")})


def perturb_statistics(net: nn.Module) -> None:
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.running_mean, 0.0, 0.1)
            nn.init.uniform_(module.running_var, 0.5, 1.5)


def save(archive: str, path: Path) -> None:
    """Rewrites a file of torch.save or torch.jit.save without source locations: it holds no path of this machine."""
    with zipfile.ZipFile(archive) as source, zipfile.ZipFile(path, "w") as target:
        for name in source.namelist():
            if not name.endswith(".debug_pkl"):
                renamed = "/".join([path.stem, *name.split("/")[1:]])
                target.writestr(zipfile.ZipInfo(renamed, (1980, 1, 1, 0, 0, 0)), source.read(name))


def save_script(scripted: torch.jit.ScriptModule, state: dict[str, Tensor], path: Path) -> None:
    scripted.load_state_dict(state)  # tracing runs the network, which moves the running statistics
    with tempfile.NamedTemporaryFile(suffix=".pt") as file:
        torch.jit.save(scripted, file.name)
        save(file.name, path)


def write_networks(noise: dict[str, Tensor]) -> None:
    torch.manual_seed(11)
    x = torch.randn(2 * BATCH, CHANNELS, SIZE, SIZE)
    y = torch.randint(0, CLASSES, (2 * BATCH,))
    with tempfile.NamedTemporaryFile(suffix=".pt") as file:
        torch.save({"x": x, "y": y}, file.name)
        save(file.name, GOLDEN / "net_batch.pt")
    batches = [(x[:BATCH], y[:BATCH]), (x[BATCH:], y[BATCH:])]
    expected = {}
    for k, (name, build) in enumerate(NETWORKS.items()):
        torch.manual_seed(200 + k)
        net = build(classes=CLASSES).train()
        perturb_norms(net)
        perturb_statistics(net)
        state = {key: value.clone() for key, value in net.state_dict().items()}
        save_script(torch.jit.trace(net, x[:BATCH], check_trace=False), state, GOLDEN / f"net_{name}.pt")
        net.load_state_dict(state)
        if name == "resnet":
            save_script(torch.jit.script(copy.deepcopy(net)), state, GOLDEN / "net_resnet_scripted.pt")
        expected[f"net_{name}"] = {
            "classes": CLASSES, "input": [CHANNELS, SIZE, SIZE], "batch_size": BATCH, "minibatches": 2,
            **in_both_precisions(net, batches, noise, "scores")}
    expected["net_resnet_scripted"] = expected["net_resnet"]
    write_json(GOLDEN / "net_expected.json", expected)


def main() -> None:
    if os.environ.get("PYTHONHASHSEED") != "0":  # torch.jit.script writes constants in the order of a set
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, "PYTHONHASHSEED": "0"})
    torch.set_num_threads(1)
    wanted = set(sys.argv[1:]) or {"nats", "networks"}
    noise = make_noise()
    if "nats" in wanted:
        write_nats(noise)
    if "networks" in wanted:
        write_networks(noise)


if __name__ == "__main__":
    main()
