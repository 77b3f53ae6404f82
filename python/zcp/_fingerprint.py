"""Which network a module is: a hash of what the engine would see of it.

Two modules with the same fingerprint have the same scores on the same data: the
same operations in the same order, weights, buffers and constants, and the same
tree of submodules, of which blocks are known.
"""

from __future__ import annotations

import hashlib
import os
import re
import warnings
from typing import Any, Optional

import torch

from . import _batches, _capture, _record

#: A number that torch gives to classes as it meets them; it says nothing.
_MANGLED = re.compile(r"___torch_mangle_\d+\.?")


class _Hash:
    def __init__(self) -> None:
        self._hash = hashlib.blake2b(digest_size=16)

    def text(self, value: str) -> None:
        encoded = value.encode("utf-8", "surrogatepass")
        self._hash.update(b"%d:" % len(encoded) + encoded)

    def tensor(self, value: torch.Tensor) -> None:
        plain = value.detach()
        self.text(repr((plain.dtype, tuple(plain.shape))))
        if plain.layout is not torch.strided or plain.is_quantized:
            plain = plain.to_dense() if not plain.is_quantized else plain.int_repr()
        flat = plain.cpu().contiguous().reshape(-1)
        # NumPy has no bfloat16: the bytes are taken, whatever they say.
        self._hash.update(flat.view(torch.uint8).numpy().tobytes())

    def digest(self) -> str:
        return self._hash.hexdigest()


def of_tensors(tensors: Any) -> str:
    """A hash of tensors in order; None stands for one that is not there."""
    hashed = _Hash()
    for one in tensors:
        if one is None:
            hashed.text("none")
        else:
            hashed.tensor(one)
    return hashed.digest()


def of_module(module: Any, data: _batches.Batches) -> Optional[str]:
    """The fingerprint of a network on these data, that of its bytes where it is the
    path of a file; None where nothing tells it from others, because it does not
    trace. A module is run once, on the first minibatch, on a copy."""
    if isinstance(module, (str, os.PathLike)) and os.path.isfile(module):
        with open(module, "rb") as file:
            return hashlib.blake2b(file.read(), digest_size=16).hexdigest()
    if not isinstance(module, torch.nn.Module):
        return None
    if type(module).__name__ == "OptimizedModule":  # what torch.compile returns
        module = module._orig_mod
    hashed = _Hash()
    try:
        _add_structure(hashed, module)
        _add_program(hashed, _trace(module, data))
    except Exception:  # modules raise what they like; scoring them says what
        return None
    return hashed.digest()


def _add_structure(hashed: _Hash, module: torch.nn.Module) -> None:
    """The tree of submodules with their settings, and every weight and buffer."""
    for name, one in module.named_modules():
        own = f"{type(one).__module__}.{type(one).__qualname__}"
        hashed.text(f"{name} {own} {one.training} {one.extra_repr()}")
    for name, one in (*module.named_parameters(), *module.named_buffers()):
        hashed.text(f"{name} {one.requires_grad}")
        hashed.tensor(one)


def _trace(module: torch.nn.Module, data: _batches.Batches) -> Any:
    """What the module computes, as a trace has it; of what does not trace the
    functions of torch that it calls."""
    if isinstance(module, torch.jit.ScriptModule):
        return module
    if data.layout is not None:
        module = _batches.Unpack(module, data.layout)
    with _capture._as_it_is(_capture.device_of(module)), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        example = _capture.example_of(data.x[0], module)
        copied = _capture.sharing_copy(module)
        try:
            return torch.jit.trace(copied, example, check_trace=False, strict=False)
        except Exception:  # whatever the tracer does not take
            recorded = _record.record(_capture.sharing_copy(module), example)
            return torch.jit.trace(recorded, example, check_trace=False, strict=False)


def _add_program(hashed: _Hash, script: Any) -> None:
    """The operations with their arguments, and the values of constant tensors,
    which the text of a graph leaves out."""
    graph = script.inlined_graph
    hashed.text(_MANGLED.sub("", graph.str(False)))
    for node in graph.findAllNodes("prim::Constant"):
        if node.hasAttribute("value") and node.kindOf("value") == "t":
            hashed.tensor(node.t("value"))
