"""Compares this folder's proxies with the shared golden values, and prints the relative deviation of each.

    nice /usr/bin/python3 tests/reference/check_shared.py

The golden networks are TorchScript files; they are rebuilt here as ordinary modules (hooks need them) and take the
files' weights. The shared folder is $ZCP_SHARED, or ../shared beside the checkout.
"""

from __future__ import annotations

import json
import math
import os
from pathlib import Path

import torch
from torch import nn

import networks
import proxies

SHARED = Path(os.environ.get("ZCP_SHARED", Path(__file__).resolve().parents[3] / "shared"))
SPECS = {
    "nb201_0": "|avg_pool_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|nor_conv_1x1~0|skip_connect~1|skip_connect~2|",
    "nb201_11": "|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|skip_connect~0|nor_conv_3x3~1|skip_connect~2|",
    "nb201_dead": "|nor_conv_3x3~0|+|none~0|none~1|+|none~0|none~1|nor_conv_1x1~2|",
}

NAMED_HERE = {"nwot": "nwot_by_name"}  # NASLib finds the ReLUs by class name, and counts ReLUConvBN as one


def load(name: str) -> nn.Module:
    scripted = torch.jit.load(str(SHARED / "golden" / f"{name}.pt"))
    state = {key.removeprefix("n."): value for key, value in scripted.state_dict().items()}
    net = networks.NatsCell(SPECS[name]) if name in SPECS else networks.MobileNetV2()
    net.load_state_dict(state)
    return net


def tolerance(proxy: str, expected: dict[str, float]) -> float:
    if proxy == "plain":
        return 1e-4 * expected["snip"]
    return (1e-2 if proxy == "grasp" else 1e-3) * abs(expected[proxy])


def main() -> None:
    torch.set_num_threads(1)
    data = torch.load(SHARED / "golden" / "batch.pt")
    table = json.loads((SHARED / "golden" / "expected.json").read_text())
    for name, entry in table.items():
        size, expected = entry["batch_size"], entry["scores"]
        batches = [(data["x"][i:i + size], data["y"][i:i + size]) for i in range(0, len(data["x"]), size)]
        net = load(name)
        print(f"{name}\n  {'proxy':12} {'expected':>22} {'here':>22} {'relative':>9}")
        for proxy, wanted in expected.items():
            found = getattr(proxies, NAMED_HERE.get(proxy, proxy))(net, batches)
            agrees = (math.isnan(found) and math.isnan(wanted)) or abs(found - wanted) <= tolerance(proxy, expected)
            relative = abs(found - wanted) / abs(wanted) if wanted else abs(found - wanted)
            print(f"  {proxy:12} {wanted:22.15g} {found:22.15g} {relative:9.1e} {'' if agrees else 'DIFFERS'}")


if __name__ == "__main__":
    main()
