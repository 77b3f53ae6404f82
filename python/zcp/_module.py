"""An architecture of a search space as a module of PyTorch's own layers."""

from __future__ import annotations

import json
import os
import zipfile
from operator import attrgetter
from typing import Any, Optional, Union

import torch
from torch import nn

from . import _core

_POINTWISE = {"relu": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid}


def _with_values(layer: nn.Module, node: dict) -> nn.Module:
    for name in ("weight", "bias"):
        if node[name] is not None:
            setattr(layer, name, nn.Parameter(node[name]))
    return layer


def _convolution(node: dict) -> nn.Module:
    weight = node["weight"]
    transposed = node["op"] == "conv_transpose2d"
    common = dict(
        kernel_size=node["kernel"],
        stride=node["stride"],
        padding=node["padding"],
        bias=node["bias"] is not None,
        device="meta",
    )
    if transposed:
        kind, channels = nn.ConvTranspose2d, weight.shape[:2]
        common["output_padding"] = node["output_padding"]
    else:
        kind, channels = nn.Conv2d, (weight.shape[1] * node["groups"], weight.shape[0])
        common.update(dilation=node["dilation"], groups=node["groups"])
    return _with_values(kind(*channels, **common), node)


def _linear(node: dict) -> nn.Module:
    features = node["weight"].shape
    layer = nn.Linear(features[1], features[0], node["bias"] is not None, device="meta")
    return _with_values(layer, node)


def _norm(node: dict, vector: bool) -> nn.Module:
    kind = nn.BatchNorm1d if vector else nn.BatchNorm2d
    return _with_values(kind(node["shape"][0], node["epsilon"], affine=node["affine"]), node)


def _pool(node: dict) -> nn.Module:
    window = (node["kernel"], node["stride"], node["padding"])
    if node["op"] == "max_pool":
        return nn.MaxPool2d(*window)
    return nn.AvgPool2d(*window, count_include_pad=False)


class Network(nn.Module):
    """The network of an architecture, as ``zcp.module`` makes it.

    Attributes:
        space: the space's name.
        arch: the spec.
        params: how many parameters the benchmark counts. Those that ``parameters()``
            has are fewer where its network has layers that never run.
    """

    def __init__(self, described: dict) -> None:
        super().__init__()
        self.space: str = described["space"]
        self.arch: str = described["arch"]
        self.params: int = described["params"]

    def extra_repr(self) -> str:
        return f"{self.space}: {self.arch}"


class _LayerNetwork(Network):
    """Layers of ``torch.nn``, named by operation and number, in the order in which they
    run. ``steps`` has a tuple a node: (operation, name of the submodule or None, numbers
    of the nodes that it reads, what else it needs)."""

    def __init__(self, described: dict) -> None:
        super().__init__(described)
        self.steps: list = []
        self._output: int = described["output"]
        self._vectors: list = []  # whether a node gives [N, C], no map
        names: dict = {}  # of the layers with weights, which may come again
        for number, node in enumerate(described["nodes"]):
            self._vectors.append(self._gives_vector(node))
            op, layer = node["op"], node["layer"]
            name = names.get(layer) if layer >= 0 else None
            if name is None:
                made = self._layer_of(node)
                if made is not None:
                    name = f"{op}_{number}"
                    self.add_module(name, made)
                    if layer >= 0:
                        names[layer] = name
            self.steps.append((op, name, tuple(node["inputs"]), self._rest_of(node)))
        last = described["nodes"][self._output]
        # A linear layer at every pixel leaves its features on the last axis.
        self._permuted = last["op"] == "linear" and self._is_map(last)

    @staticmethod
    def _is_map(node: dict) -> bool:
        return node["shape"][1] > 1 or node["shape"][2] > 1

    def _gives_vector(self, node: dict) -> bool:
        if node["op"] in ("global_avg_pool", "linear"):
            return True
        return node["op"] in ("relu", "leaky_relu", "tanh", "sigmoid", "batch_norm") and (
            self._vectors[node["inputs"][0]]
        )

    def _layer_of(self, node: dict) -> Optional[nn.Module]:
        op = node["op"]
        if op in ("conv2d", "conv_transpose2d"):
            return _convolution(node)
        if op == "linear":
            return _linear(node)
        if op == "batch_norm":
            return _norm(node, self._vectors[node["inputs"][0]])
        if op in ("avg_pool", "max_pool"):
            return _pool(node)
        if op == "leaky_relu":
            return nn.LeakyReLU(node["slope"])
        return _POINTWISE[op]() if op in _POINTWISE else None

    @staticmethod
    def _rest_of(node: dict) -> Any:
        if node["op"] == "zero":
            return tuple(node["shape"])
        if node["op"] == "slice":
            return (node["offset"], node["offset"] + node["shape"][0])
        if node["op"] == "linear":
            return _LayerNetwork._is_map(node)
        return None

    def _as_map(self, values: list, number: int) -> torch.Tensor:
        value = values[number]
        return value[:, :, None, None] if self._vectors[number] else value

    def _run(self, step: tuple, values: list) -> torch.Tensor:
        op, name, inputs, rest = step
        x = values[inputs[0]]
        if op in ("conv2d", "conv_transpose2d"):
            return self.get_submodule(name)(self._as_map(values, inputs[0]))
        if op == "linear":
            return self.get_submodule(name)(x.permute(0, 2, 3, 1) if rest else x.flatten(1))
        if name is not None:
            return self.get_submodule(name)(x)
        if op == "global_avg_pool":
            return x.mean((2, 3))
        if op == "add":
            for other in inputs[1:]:
                x = x + values[other]
            return x
        if op == "concat":
            return torch.cat([values[one] for one in inputs], 1)
        if op == "multiply":
            return x * self._as_map(values, inputs[1])
        if op == "slice":
            return x[:, rest[0] : rest[1]]
        if op == "shift":
            return nn.functional.pad(x[:, :, 1:, 1:], (0, 1, 0, 1))
        raise RuntimeError(f"an operation that no module is made of: {op}")

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits [N, classes], or what the head gives, for x [N, C, H, W]."""
        values: list = []
        for step in self.steps:
            if step[0] == "input":
                values.append(x)
            elif step[0] == "zero":
                values.append(x.new_zeros((x.shape[0], *step[3])))
            else:
                values.append(self._run(step, values))
        out = values[self._output]
        return out.permute(0, 3, 1, 2) if self._permuted else out


# c10::ScalarType by number, those that programs name.
_DTYPES = {3: torch.int32, 4: torch.int64, 5: torch.float16, 6: torch.float32, 7: torch.float64,
           11: torch.bool, 15: torch.bfloat16}


# What a trace follows only by these names, so that it holds for any number of samples.
_FUNCTIONS = {
    "torch.ops.aten.sym_size.int": lambda x, dim: x.size(dim),
    "torch.ops.aten.expand.default": lambda x, size: x.expand(size),
}


class _ProgramNetwork(Network):
    """Calls of ATen's operators, one after the other: transformers. Parameters and
    constants have the names that a PyTorch module would give them
    ("blocks.0.qkv.bias")."""

    def __init__(self, described: dict) -> None:
        super().__init__(described)
        for name, value in described["parameters"].items():
            self._place(name, nn.Parameter(value))
        for name, value in described["constants"].items():
            self._place(name, value.float() if value.is_floating_point() else value)
        self._inputs = [tuple(one) for one in described["inputs"]]
        self._calls = described["calls"]
        self._output = described["output"]

    def _place(self, path: str, value: torch.Tensor) -> None:
        *folders, name = path.split(".")
        owner: nn.Module = self
        for folder in folders:
            if not hasattr(owner, folder):
                owner.add_module(folder, nn.Module())
            owner = getattr(owner, folder)
        if isinstance(value, nn.Parameter):
            owner.register_parameter(name, value)
        else:
            owner.register_buffer(name, value)

    def _value(self, argument: Any, values: dict) -> Any:
        if isinstance(argument, list):
            return [self._value(one, values) for one in argument]
        if not isinstance(argument, tuple):
            return argument
        return _DTYPES[argument[1]] if len(argument) == 2 else values[argument[0]]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """What the head gives for x: images [N, C, H, W], or words [N, T], whole numbers."""
        values = {name: attrgetter(path)(self) if path else x for name, path in self._inputs}
        for target, arguments, outputs in self._calls:
            given = {name: self._value(one, values) for name, one in arguments}
            # An operator's first argument is often called self, which Python's call has.
            first = [given.pop("self")] if "self" in given else []
            function = _FUNCTIONS.get(target) or attrgetter(target.partition(".")[2])(torch)
            made = function(*first, **given)
            for place, value in zip(outputs, [made] if len(outputs) == 1 else made):
                values[place[0]] = value
        return self._value(self._output, values)


def module(
    space: Union[str, os.PathLike],
    arch: str,
    *,
    image: tuple = (3, 32, 32),
    classes: int = 10,
    head: str = "classes",
    channels: Optional[int] = None,
    cells: Optional[int] = None,
    affine: bool = True,
    init: Optional[str] = None,
    seed: int = 0,
) -> Network:
    """The network of an architecture with fresh weights, to train or to take apart.

    It has every layer of the benchmark's own network, as layers of ``torch.nn`` (of
    transformers as parameters and calls of operators, without dropout), in float32 and
    train mode. Random states stay as they are.

    Args:
        space: a name of ``zcp.spaces()``, or a file that describes a space (``.json``).
        arch: the spec, or what the space reads as one.
        image: channels, height and width of the inputs; of texts (1, words, 1).
        classes: how many outputs.
        head: ``classes``, ``vector``, ``pixel_classes`` or ``pixels``: a class an image,
            numbers an image, a class a pixel, numbers a pixel; ``tokens``: features of
            every word.
        channels, cells: of the stem and in a stage; None: the benchmark's own.
        affine: whether BatchNorms inside the cells have scale and shift.
        init: how weights are drawn, as ``--init`` of ``zcp score``; None: PyTorch's way,
            of transformers their authors'.
        seed: of the weights.

    Raises:
        ValueError: the space, the spec, or a network that the space does not have.
    """
    try:
        shape = tuple(int(one) for one in image)
    except (TypeError, ValueError):
        shape = ()
    if len(shape) != 3 or min(shape) < 1:
        raise ValueError(f"image: found {image!r}, expected (channels, height, width)")
    if classes < 1:
        raise ValueError(f"classes: found {classes}, expected 1 or more")
    if seed < 0:
        raise ValueError(f"seed: found {seed}, expected 0 or more")
    described = _core.space_network(
        space=os.fspath(space),
        arch=arch,
        image=shape,
        classes=classes,
        head=head,
        channels=channels or 0,
        cells=cells or 0,
        affine=affine,
        init=init or "",
        seed=seed,
    )
    return _LayerNetwork(described) if "nodes" in described else _ProgramNetwork(described)


def _is_own(path: str) -> bool:
    """Whether a file is an exported program that ``write_exported`` wrote."""
    try:
        with zipfile.ZipFile(path) as archive:
            notes = ("extra/zcp.json", "extra_files/zcp.json")  # the latter in torch 2.6
            return any(name.endswith(notes) for name in archive.namelist())
    except (OSError, zipfile.BadZipFile):
        return False


def check_exported(path: str) -> None:
    """Raises ValueError where no exported program can be written to ``path``."""
    if not hasattr(getattr(torch, "export", None), "save"):
        raise ValueError(
            f"output: {path}: this torch ({torch.__version__}) has no torch.export; expected a "
            "name that ends in .pt"
        )
    folder = os.path.dirname(path) or "."
    if not os.path.isdir(folder) or not os.access(folder, os.W_OK):
        raise ValueError(f"output: {path}: {folder} is no folder that can be written to")
    if os.path.lexists(path) and not _is_own(path):
        raise ValueError(
            f"output: {path}: there is a file that zcp did not write; expected a new name"
        )


def write_exported(script: str, path: str) -> None:
    """Writes the network that ``zcp search --output`` wrote as TorchScript to ``script``
    as an exported program, for any number of images, in train mode."""
    notes = {"zcp.json": ""}
    torch.jit.load(script, _extra_files=notes)
    note = json.loads(notes["zcp.json"])
    made = {name: note[name] for name in ("image", "classes", "head", "channels", "cells")}
    network = module(
        note["space"],
        note["arch"],
        affine=note["affine"],
        init=None if note["init"] == "default" else note["init"],
        seed=note["seed"],
        **made,
    )
    example = torch.zeros((2, *note["image"]))
    batch = torch.export.Dim("batch", min=1)
    program = torch.export.export(
        network, (example,), dynamic_shapes=({0: batch},), strict=False
    )
    temporary = f"{path}.{os.getpid()}.tmp.pt2"
    try:
        torch.export.save(program, temporary, extra_files={"zcp.json": json.dumps(note)})
        os.replace(temporary, path)
    finally:
        if os.path.exists(temporary):
            os.unlink(temporary)
