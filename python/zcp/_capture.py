"""What the engine runs of a live module: a program with its weights.

``export`` is torch.export (torch 2.6 and newer), ``trace`` torch.jit.trace and
``record`` a recorder of the functions that a forward pass calls, for modules
whose inputs or outputs a trace does not take. Each runs the module once, on two
samples, on a copy that shares its parameters: the module itself, its modes, its
buffers and the random numbers of the process stay as they are.
"""

from __future__ import annotations

import contextlib
import copy
import io
import os
import threading
import warnings
from dataclasses import dataclass, field
from typing import Any, Iterator, Optional

import torch

from . import _record

#: Held while something draws from the process's random numbers, which are put
#: back afterwards (two threads would put back each other's), and while the engine
#: reads and runs a program: LibTorch 1.13 crashed when one thread traced while
#: another one did that. So calls from several threads take turns.
RANDOM_STATE = threading.RLock()


def _renew_lock() -> None:
    """A child process has none of the threads that may hold the lock."""
    global RANDOM_STATE
    RANDOM_STATE = threading.RLock()


os.register_at_fork(after_in_child=_renew_lock)

WAYS = ("auto", "export", "trace", "record")


@dataclass
class Captured:
    """A program for the engine."""

    name: str
    model: Optional[bytes]  #: None: the file of that name
    way: str  #: "file", "script", "exported", "export", "trace" or "record"
    notes: list = field(default_factory=list)


def first_line(error: BaseException) -> str:
    text = str(error).strip()
    return text.splitlines()[0].strip() if text else type(error).__name__


@contextlib.contextmanager
def _as_it_is(device: torch.device) -> Iterator[None]:
    """Random numbers stay as they are; the caller's modes of autograd and
    autocast do not reach what runs inside."""
    cuda = [device] if device.type == "cuda" else []
    with RANDOM_STATE, torch.random.fork_rng(devices=cuda), torch.inference_mode(False), torch.enable_grad():
        with contextlib.ExitStack() as stack:
            for kind in ("cpu", "cuda"):
                if kind == "cuda" and not torch.cuda.is_available():
                    continue
                stack.enter_context(torch.autocast(kind, enabled=False))
            yield


def sharing_copy(module: torch.nn.Module) -> torch.nn.Module:
    """A copy of the module with buffers of its own and the same parameters.
    Raises ValueError where there is none."""
    shared = {id(one): one for one in module.parameters()}
    try:
        return copy.deepcopy(module, shared)
    except Exception as error:  # whatever a module's own attributes raise
        raise ValueError(
            f"{type(module).__name__} cannot be copied ({first_line(error)}), so that it "
            "could not be run without changing its buffers; expected a module that "
            "copy.deepcopy takes"
        ) from error


def device_of(module: torch.nn.Module) -> torch.device:
    """That of the module's parameters; raises ValueError where they lie apart."""
    devices = {one.device for one in module.parameters()}
    if len(devices) > 1:
        found = ", ".join(sorted(str(one) for one in devices))
        raise ValueError(f"the parameters lie on {found}, expected one device")
    return devices.pop() if devices else torch.device("cpu")


def type_of(module: torch.nn.Module) -> torch.dtype:
    """That of the module's parameters, which its inputs have to have."""
    for one in module.parameters():
        if one.dtype.is_floating_point:
            return one.dtype
    return torch.float32


def example_of(x: torch.Tensor, module: torch.nn.Module) -> torch.Tensor:
    """Two samples to run a module on; BatchNorm in train mode wants two."""
    two = x[:2] if x.shape[0] > 1 else torch.cat([x, x])
    return two.detach().to(device=device_of(module), dtype=type_of(module), copy=True)


def _restore_buffers(copied: torch.nn.Module, module: torch.nn.Module) -> None:
    """What running the copy changed, running statistics for instance, is put back
    before it is saved."""
    with torch.no_grad():
        for mine, theirs in zip(copied.buffers(), module.buffers()):
            mine.copy_(theirs)


def _saved(script: Any) -> bytes:
    buffer = io.BytesIO()
    torch.jit.save(script, buffer)
    return buffer.getvalue()


def _decides_by_values(caught: list) -> Optional[str]:
    """What the tracer says of a decision that the module made by values; torch's own
    layers ask shapes alone."""
    layers = os.path.join(os.path.dirname(torch.__file__), "nn") + os.sep
    for one in caught:
        if not issubclass(one.category, torch.jit.TracerWarning):
            continue
        if one.filename.startswith(layers):
            continue
        text = str(one.message)
        if "might cause the trace to be incorrect" in text or "might not generalize" in text:
            return text.splitlines()[0]
    return None


def _outputs(value: Any) -> list:
    """The tensors of an output, in order."""
    if isinstance(value, torch.Tensor):
        return [value]
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (tuple, list)):
        return [tensor for one in value for tensor in _outputs(one)]
    return []


def _agrees(script: Any, module: torch.nn.Module, x: torch.Tensor) -> bool:
    """Whether the trace computes what the module does on other samples, of other
    values and another number."""
    some = x[-3:].flip(0)
    for other in (some, torch.cat([some, torch.randn_like(x[:1])]), -some, torch.zeros_like(some)):
        seed = int(torch.randint(2**31, (1,)))  # of dropout, on every device
        with torch.no_grad():
            torch.manual_seed(seed)
            try:
                theirs = _outputs(sharing_copy(module)(other))
            except Exception:  # no input of its own: noise is no token
                continue
            torch.manual_seed(seed)
            try:
                ours = _outputs(script(other))
            except RuntimeError:  # it takes the number of the first samples alone
                return False
        if len(ours) != len(theirs) or not all(
            a.shape == b.shape and torch.allclose(a, b, rtol=1e-4, atol=1e-5, equal_nan=True)
            for a, b in zip(ours, theirs)
        ):
            return False
    return True


def _trace(module: torch.nn.Module, x: torch.Tensor, device: torch.device) -> Captured:
    name = type(module).__name__
    with _as_it_is(device), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        copied = sharing_copy(module)
        script = torch.jit.trace(
            copied, example_of(x, module), check_trace=False, strict=False
        )
        _restore_buffers(copied, module)
        model = _saved(script)
        # The tracer says nothing of range(x.shape[0]), for instance, so that every
        # trace is compared with its module.
        batch = x.detach().to(device=device, dtype=type_of(module))
        agrees = _agrees(script, sharing_copy(module), batch)
    notes = []
    if not agrees:
        said = _decides_by_values(caught)
        notes.append(
            f"{name} computes something else on other samples than its trace, which "
            "keeps what the first two decided" + (f": {said}" if said else "")
        )
    return Captured(name, model, "trace", notes)


def _record_functions(module: torch.nn.Module, x: torch.Tensor, device: torch.device) -> Captured:
    with _as_it_is(device), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        example = example_of(x, module)
        copied = sharing_copy(module)
        recorded = _record.record(copied, example)
        script = torch.jit.trace(recorded, example, check_trace=False, strict=False)
        _restore_buffers(copied, module)
        model = _saved(script)
    return Captured(type(module).__name__, model, "record")


def _export(module: torch.nn.Module, x: torch.Tensor, device: torch.device) -> Captured:
    if not hasattr(torch, "export") or not hasattr(getattr(torch.export, "Dim", None), "DYNAMIC"):
        raise ValueError("torch.export is of torch 2.6 and newer")
    with _as_it_is(device), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.export.export(
            sharing_copy(module),
            (example_of(x, module),),
            dynamic_shapes=({0: torch.export.Dim.DYNAMIC},),
            strict=False,
        )
    for one in program.range_constraints.values():
        if not one.lower <= x.shape[0] <= one.upper:
            raise ValueError(
                f"the module decides by the number of samples: its export is for "
                f"{one.lower} to {one.upper} of them, found {x.shape[0]}"
            )
    return Captured(type(module).__name__, exported_bytes(program), "export")


def exported_bytes(program: Any) -> bytes:
    buffer = io.BytesIO()
    torch.export.save(program, buffer)
    return buffer.getvalue()


_TAKEN = {"export": _export, "trace": _trace, "record": _record_functions}


def capture_module(
    module: torch.nn.Module, x: torch.Tensor, way: str, blocks: bool = False
) -> Captured:
    """The program of a live module; ``x`` [N, C, H, W] is what it will run on.

    A trace comes first, unless ``blocks`` are asked for, which exported programs
    alone know. Where it differs from its module on other samples, an export is
    taken if there is one.
    Raises ValueError where no way takes it."""
    device = device_of(module)
    ways: tuple = (way,)
    if way == "auto":
        ways = ("export",) if blocks else ("trace", "export", "record")
    elif blocks and way != "export":
        raise ValueError(f"blocks: capture {way!r} knows no blocks, expected export")
    failures = []
    for one in ways:
        try:
            taken = _TAKEN[one](module, x, device)
        except Exception as error:  # modules raise what they like
            failures.append((one, first_line(error)))
            continue
        if way == "auto" and taken.notes:
            # An export takes decisions by values as they are or not at all.
            with contextlib.suppress(Exception):
                return _export(module, x, device)
        return taken
    said = "; ".join(f"{one}: {text}" for one, text in failures)
    raise ValueError(f"{type(module).__name__} could not be captured: {said}")


def capture(model: Any, x: torch.Tensor, way: str, blocks: bool = False) -> Captured:
    """The program of whatever zcp.score() takes."""
    if way not in WAYS:
        raise ValueError(f"capture {way!r}: expected {', '.join(WAYS)}")
    if isinstance(model, (str, os.PathLike)):
        return Captured(os.fspath(model), None, "file")
    if isinstance(model, torch.jit.ScriptModule):
        if blocks:
            raise ValueError("blocks: a ScriptModule knows no blocks, expected an nn.Module")
        return Captured(model.original_name, _saved(model), "script")
    exported = getattr(getattr(torch, "export", None), "ExportedProgram", None)
    if exported is not None and isinstance(model, exported):
        return Captured("ExportedProgram", exported_bytes(model), "exported")
    if isinstance(model, torch.nn.Module):
        return capture_module(model, x, way, blocks)
    raise ValueError(
        f"model: found a {type(model).__name__}, expected an nn.Module, a ScriptModule, "
        "an ExportedProgram or the path of a file"
    )
