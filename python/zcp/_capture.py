"""What the engine runs of a live module: a program with its weights.

``export`` is torch.export (torch 2.6 and newer), ``trace`` torch.jit.trace and
``record`` a recorder of the functions that a forward pass calls, for modules
whose inputs or outputs a trace does not take. Each runs the module once, on a
copy that shares its parameters: the module itself, its modes, its buffers and the
random numbers of the process stay as they are. Whatever comes of it is compared
with the module on other samples, by its outputs and by its gradients.
"""

from __future__ import annotations

import contextlib
import copy
import inspect
import io
import logging
import os
import random
import signal
import sys
import threading
import warnings
from dataclasses import dataclass, field
from typing import Any, Callable, Iterator, Optional

import torch

from . import _batches, _compare, _record

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
    passed_over: dict = field(default_factory=dict)  #: way -> why it was not taken
    differs: Optional[_compare.Difference] = None  #: from the module, which a note says
    #: Takes the module once more, by the ways after this one; None: there are none.
    otherwise: Optional[Callable[[str], "Captured"]] = None


def first_line(error: BaseException) -> str:
    text = str(error).strip()
    return text.splitlines()[0].strip() if text else type(error).__name__


@contextlib.contextmanager
def _as_it_is(device: torch.device) -> Iterator[None]:
    """Random numbers stay as they are, Python's and NumPy's too; the caller's modes
    of autograd and autocast do not reach what runs inside."""
    cuda = [device] if device.type == "cuda" else []
    with RANDOM_STATE, torch.random.fork_rng(devices=cuda), torch.inference_mode(False), torch.enable_grad():
        with contextlib.ExitStack() as stack:
            stack.callback(random.setstate, random.getstate())
            numpy = sys.modules.get("numpy")
            if numpy is not None:
                stack.callback(numpy.random.set_state, numpy.random.get_state())
            for kind in ("cpu", "cuda"):
                if kind == "cuda" and not torch.cuda.is_available():
                    continue
                stack.enter_context(torch.autocast(kind, enabled=False))
            yield


class _OthersOnly(io.TextIOBase):
    """A stream that takes no words of one thread and hands on those of others."""

    def __init__(self, stream: Any, silent: int) -> None:
        self.stream = stream
        self.silent = silent

    def write(self, text: str) -> int:
        if threading.get_ident() == self.silent:
            return len(text)
        return self.stream.write(text)

    def flush(self) -> None:
        self.stream.flush()


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """Of a module that it refuses, torch.export shows the whole graph and more on
    standard error. What this thread says there is left out; the reason is in the
    exception."""
    here = threading.get_ident()
    loggers = [one for name, one in list(logging.root.manager.loggerDict.items())
               if name.split(".")[0] == "torch" and isinstance(one, logging.Logger)]

    def is_of_others(record: logging.LogRecord) -> bool:
        return record.thread != here

    with contextlib.ExitStack() as stack:
        for handler in [handler for one in loggers for handler in one.handlers]:
            handler.addFilter(is_of_others)
            stack.callback(handler.removeFilter, is_of_others)
        stack.enter_context(contextlib.redirect_stderr(_OthersOnly(sys.stderr, here)))
        yield


def sharing_copy(module: torch.nn.Module, shares: bool = True) -> torch.nn.Module:
    """A copy of the module with buffers of its own and the same parameters, or, where
    it shares nothing, parameters of its own. Raises ValueError where there is none."""
    shared = {id(one): one for one in module.parameters()} if shares else {}
    for one in module.modules():
        for value in vars(one).values():
            # What hooks compute before each pass, the weight of weight_norm.
            if isinstance(value, torch.Tensor) and not value.is_leaf:
                shared[id(value)] = value.detach()
    try:
        return copy.deepcopy(module, shared)
    except Exception as error:  # whatever a module's own attributes raise
        raise ValueError(
            f"{name_of(module)} cannot be copied ({first_line(error)}), so that it "
            "could not be run without changing its buffers; expected a module that "
            "copy.deepcopy takes"
        ) from error


def name_of(module: torch.nn.Module) -> str:
    """What messages call the module."""
    own = module.network if isinstance(module, _batches.Unpack) else module
    return type(own).__name__


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


def _on(x: torch.Tensor, module: torch.nn.Module, device: torch.device, copy: bool) -> torch.Tensor:
    """Inputs as the module takes them; words stay whole numbers."""
    dtype = type_of(module) if x.is_floating_point() else x.dtype
    return x.detach().to(device=device, dtype=dtype, copy=copy)


def example_of(x: torch.Tensor, module: torch.nn.Module) -> torch.Tensor:
    """The samples to run a module on: all of them, so that what it decides by their
    number is decided for it. BatchNorm in train mode wants two."""
    two = x if x.shape[0] > 1 else torch.cat([x, x])
    return _on(two, module, device_of(module), copy=True)


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


def _source(module: torch.nn.Module) -> _compare.Source:
    return _compare.Source(
        module, lambda: sharing_copy(module), lambda: sharing_copy(module, shares=False)
    )


def _own_name(module: torch.nn.Module, name: str) -> str:
    """A parameter as the caller's module names it."""
    if isinstance(module, _batches.Unpack) and name.startswith("network."):
        name = name[len("network."):]
    return name if name in (_compare.INPUTS, _compare.PARAMETERS) else repr(name)


#: What of a module's gradients each way loses.
_LOST = {
    "export": "autograd functions of its own and hooks on gradients",
    "trace": "autograd functions of its own, hooks on gradients and writing in no_grad blocks",
}


def _notes(module: torch.nn.Module, differs: Optional[_compare.Difference], what: str) -> list:
    """Says where a module and what was taken of it are not the same."""
    if differs is None:
        return []
    if differs.of_outputs:
        return [
            f"{name_of(module)} computes something else on other samples than its "
            f"{what}, which keeps what the first ones decided"
        ]
    if differs.where == _compare.NOWHERE:
        return [
            f"{name_of(module)} returns what has no gradients, as under torch.no_grad(); scores "
            f"of gradients are those of its {what}"
        ]
    lost = _LOST.get(what, _LOST["trace"])
    return [
        f"{name_of(module)} has another gradient by {_own_name(module, differs.where)} than its "
        f"{what}, which does not keep {lost}; scores of gradients are those of the {what}"
    ]


def _here(x: torch.Tensor, module: torch.nn.Module, device: torch.device) -> torch.Tensor:
    return _on(x, module, device, copy=False)


def _trace(module: torch.nn.Module, x: torch.Tensor, device: torch.device) -> Captured:
    def traced(copied: torch.nn.Module, example: torch.Tensor, cuts: bool) -> Any:
        with _record.CutWithoutGradients() if cuts else contextlib.nullcontext():
            return torch.jit.trace(copied, example, check_trace=False, strict=False)

    with _as_it_is(device), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model, differs = _scripted(module, x, device, traced)
    notes = _notes(module, differs, "trace")
    said = _decides_by_values(caught)
    if differs is not None and differs.of_outputs and said:
        notes = [f"{notes[0]}: {said}"]
    return Captured(name_of(module), model, "trace", notes, differs=differs)


def _scripted(
    module: torch.nn.Module, x: torch.Tensor, device: torch.device, script_of: Callable
) -> tuple:
    """The bytes of the script that ``script_of`` makes of a copy and an example, and
    where it differs from the module.

    A script does not know that a block ran without gradients. Where they differ, it is
    made once more with what such blocks return cut off from what they read. That is not
    done at once, since the forward passes of autograd functions and of checkpoints are
    such blocks, too, and have gradients of their own."""
    taken: Optional[tuple] = None
    for cuts in (False, True):
        copied = sharing_copy(module)
        try:
            script = script_of(copied, example_of(x, module), cuts)
        except Exception:  # modules raise what they like
            if taken is None:
                raise
            break
        _restore_buffers(copied, module)
        model = _saved(script)
        # The tracer says nothing of range(x.shape[0]), for instance, so that every
        # trace is compared with its module.
        others = _other_samples(_here(x, module, device))
        differs = _compare.difference(script, _source(module), others)
        if taken is None or differs is None:
            taken = (model, differs)
        if differs is None or differs.of_outputs:
            break
    assert taken is not None
    return taken


def _other_samples(x: torch.Tensor) -> tuple:
    """Batches of other samples and of other numbers of samples than ``x``."""
    some = x[-3:].flip(0)
    more = torch.cat([some, _drawn_like(some[:1])])
    opposite = -some if x.is_floating_point() else some.max() - some
    return (some[:2], more, some[:1], opposite, torch.zeros_like(some))


def _drawn_like(x: torch.Tensor) -> torch.Tensor:
    """Noise, or words that are among those of ``x``."""
    if x.is_floating_point():
        return torch.randn_like(x)
    return x.flatten()[torch.randint(x.numel(), x.shape)].to(x.device)


def _record_functions(module: torch.nn.Module, x: torch.Tensor, device: torch.device) -> Captured:
    def traced(copied: torch.nn.Module, example: torch.Tensor, cuts: bool) -> Any:
        recorded = _record.record(copied, example, cuts)
        return torch.jit.trace(recorded, example, check_trace=False, strict=False)

    with _as_it_is(device), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model, differs = _scripted(module, x, device, traced)
    notes = _notes(module, differs, "recording")
    return Captured(name_of(module), model, "record", notes, differs=differs)


def _has_export() -> bool:
    """Whether this torch exports programs of any number of samples."""
    return hasattr(getattr(getattr(torch, "export", None), "Dim", None), "DYNAMIC")


def _any_batch(module: torch.nn.Module) -> tuple:
    """torch.export's dynamic_shapes for one input of any number of samples."""
    axis = {0: torch.export.Dim.DYNAMIC}
    takes = list(inspect.signature(module.forward).parameters.values())
    if takes and takes[0].kind is inspect.Parameter.VAR_POSITIONAL:
        return ((axis,),)  # forward(*inputs), as nn.DataParallel's
    return (axis,)


def _export(module: torch.nn.Module, x: torch.Tensor, device: torch.device) -> Captured:
    if not _has_export():
        raise ValueError("torch.export is of torch 2.6 and newer")
    with _as_it_is(device), _silence(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        batch = _here(x, module, device)
        program = torch.export.export(
            sharing_copy(module),
            (example_of(x, module),),
            dynamic_shapes=_any_batch(module),
            strict=False,
        )
        _require_any_batch(program)
        model = exported_bytes(program)  # before it runs, which moves its statistics
        # torch.export does not say that a module asks whether a number is even or 1.
        some = batch[-3:].flip(0)
        more = torch.cat([some, _drawn_like(some[:2])])
        differs = _compare.difference(
            program.module(), _source(module), (more, some[:1], some), enough=2
        )
    notes = _notes(module, differs, "export")
    return Captured(name_of(module), model, "export", notes, differs=differs)


def _require_any_batch(program: Any) -> None:
    """Proxies run a network on one sample, too. torch.export says 2 as the least
    number where it means any."""
    given = program.graph_signature.user_inputs[0]
    x = next(one for one in program.graph.nodes if one.name == given).meta["val"]
    if isinstance(x.shape[0], int):
        raise ValueError(f"its export is for batches of {x.shape[0]} alone")
    allowed = program.range_constraints.get(x.shape[0].node.expr)
    if allowed is not None and (allowed.lower > 2 or allowed.upper < 2**31):
        raise ValueError(
            "it decides by the number of samples: its export is for batches of "
            f"{allowed.lower} to {allowed.upper}"
        )


def exported_bytes(program: Any) -> bytes:
    buffer = io.BytesIO()
    torch.export.save(program, buffer)
    return buffer.getvalue()


#: What comes of each way.
_WHAT = {"export": "export", "trace": "trace", "record": "recording"}

_TAKEN = {"export": _export, "trace": _trace, "record": _record_functions}


def capture_module(
    module: torch.nn.Module, x: torch.Tensor, way: str, blocks: bool = False
) -> Captured:
    """The program of a live module; ``x`` [N, C, H, W] is what it will run on.

    "auto" exports it, where this torch can, traces what does not export, and
    records what does not trace. A program that differs from its module on other
    samples is passed over while there is another way. With ``blocks``, which
    exported programs alone know, it is exported.
    Raises ValueError where no way takes it."""
    _require_values(module)
    if not any(one.requires_grad for one in module.parameters()):
        raise ValueError(
            f"{name_of(module)} has no parameter that trains, expected some with "
            "requires_grad=True, which are those that scores are of"
        )
    if device_of(module).type == "cpu" and type_of(module) == torch.float16:
        # Processors compute little in it. The engine takes its own precision.
        module = copy.deepcopy(module).float()
    if way != "auto":
        if blocks and way != "export":
            raise ValueError(f"blocks: capture {way!r} knows no blocks, expected export")
        return _first_way(module, x, (way,), {})
    ways: tuple = ("trace", "record")
    if blocks:
        ways = ("export",)
    elif _has_export():
        ways = ("export", *ways)
    return _first_way(module, x, ways, {})


def _require_values(module: torch.nn.Module) -> None:
    """Raises ValueError where parameters or buffers have no shape or no values yet."""
    for name, one in (*module.named_parameters(), *module.named_buffers()):
        if torch.nn.parameter.is_lazy(one):
            raise ValueError(
                f"{name_of(module)}: {name!r} has no shape yet; run the module on a batch "
                "first, so that its lazy layers get their weights"
            )
        if one.device.type == "meta":
            raise ValueError(
                f"{name_of(module)}: {name!r} lies on the meta device and has no values, "
                "expected weights"
            )


@contextlib.contextmanager
def _heard_interrupts() -> Iterator[None]:
    """Raises at its end what a handler of Ctrl-C raised meanwhile and nobody saw: Python
    ignores what is raised in a weak reference's callback, and torch.export runs many."""
    previous = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(previous):
        yield
        return
    heard = []

    def note(number: int, frame: Any) -> Any:
        try:
            return previous(number, frame)
        except BaseException as error:
            heard.append(error)
            raise

    signal.signal(signal.SIGINT, note)
    try:
        yield
    finally:
        if signal.getsignal(signal.SIGINT) is note:
            signal.signal(signal.SIGINT, previous)
    if heard:
        raise heard[0]


@_heard_interrupts()
def _first_way(
    module: torch.nn.Module, x: torch.Tensor, ways: tuple, passed_over: dict
) -> Captured:
    """The program by the first of the ways that gives one; ``passed_over`` says why
    others did not."""
    device = device_of(module)
    doubtful: Optional[Captured] = None
    traced = False
    for i, one in enumerate(ways):
        if one == "record" and traced:
            break  # a recording keeps what a trace does
        try:
            taken = _TAKEN[one](module, x, device)
        except Exception as error:  # modules raise what they like
            passed_over[one] = first_line(error)
            continue
        traced = traced or one == "trace"
        taken.passed_over = passed_over
        rest = ways[i + 1 :]
        if rest:
            def otherwise(why: str, one: str = one, rest: tuple = rest) -> Captured:
                return _first_way(module, x, rest, {**passed_over, one: why})

            taken.otherwise = otherwise
        if taken.differs is None:
            return _with_remarks(taken, module, device)
        if doubtful is None or taken.differs.weight < doubtful.differs.weight:
            doubtful = taken
        passed_over[one] = taken.notes[0]
    if doubtful is not None:
        passed_over.pop(doubtful.way)
        return _with_remarks(doubtful, module, device)
    _require_runs(module, x, device)
    texts = set(passed_over.values())
    said = texts.pop() if len(texts) == 1 else "; ".join(
        f"{one}: {text}" for one, text in passed_over.items())
    raise ValueError(f"{name_of(module)} could not be captured: {said}")


def _with_remarks(
    taken: Captured, module: torch.nn.Module, device: torch.device
) -> Captured:
    """Notes of what no way keeps, or not the one that was taken."""
    with _as_it_is(device):
        hooked = _compare.changing_hooks(module)
    if hooked:
        taken.notes.append(
            f"{name_of(module)} has a hook that changes the gradient by "
            f"{_own_name(module, hooked[0])}, which is no part of the {_WHAT[taken.way]}: scores "
            "of gradients are those without it"
        )
    within = _within_relus(module) if taken.way == "record" else None
    if within is not None:
        taken.notes.append(
            f"a recording has no modules: naswot, nwot and rbflex count the ReLU in {within} "
            "once, although both names hold ReLU"
        )
    return taken


def _within_relus(module: torch.nn.Module) -> Optional[str]:
    """The class of a module that counts as a ReLU by its name, beside one in it."""
    for one in module.modules():
        inner = [type(other).__name__ for other in one.modules() if other is not one]
        if "ReLU" in type(one).__name__ and any("ReLU" in name for name in inner):
            return type(one).__name__
    return None


def _require_runs(module: torch.nn.Module, x: torch.Tensor, device: torch.device) -> None:
    """Raises ValueError with the words of the module where it does not take x."""
    with _as_it_is(device), torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        copied = sharing_copy(module)
        try:
            copied(example_of(x, module))
        except Exception as error:  # modules raise what they like
            what = "" if isinstance(module, _batches.Unpack) else f" on inputs of {list(x.shape)}"
            raise ValueError(
                f"{name_of(module)} does not run{what}: {first_line(error)}"
            ) from error


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
        if type(model).__name__ == "OptimizedModule":  # what torch.compile returns
            model = model._orig_mod
        return capture_module(model, x, way, blocks)
    raise ValueError(
        f"model: found a {type(model).__name__}, expected an nn.Module, a ScriptModule, "
        "an ExportedProgram or the path of a file"
    )
