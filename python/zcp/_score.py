"""zcp.score(): proxies of one network, in this process."""

from __future__ import annotations

import html
import math
import numbers
import os
import re
import warnings
from typing import Any, Callable, Iterable, Optional, Union

import torch

from . import _batches, _capture, _core


class Scores(dict):
    """Scores of one network: a mapping from a proxy's name to a float, higher is
    predicted better, nan where there is no score.

    Attributes:
        reasons: name -> why there is no score, of those that have none.
        transient: names whose scores are missing for a reason outside the network,
            such as memory; another run may have them.
        seconds: name -> its share of the time, in seconds.
        capture: how the network was taken: "export", "trace", "record", "script",
            "exported" or "file".
        passed_over: way -> why the module was not taken so, of those that
            ``capture="auto"`` tries first.
        notes: what should be known of the inputs and the capture, a sentence each.
    """

    def __init__(
        self,
        rows: Iterable[tuple],
        capture: str,
        notes: Iterable[str] = (),
        passed_over: Optional[dict] = None,
    ) -> None:
        super().__init__()
        self.passed_over: dict = dict(passed_over or {})
        self.reasons: dict = {}
        self.seconds: dict = {}
        self.transient: set = set()
        self.capture = capture
        self.notes = list(notes)
        for name, status, value, reason, seconds, transient in rows:
            if transient:
                self.transient.add(name)
            self[name] = value if status == "ok" else math.nan
            self.seconds[name] = seconds
            if status != "ok":
                self.reasons[name] = reason

    def __missing__(self, name: str) -> float:
        """The score of an alias: ``row["flops"]`` is ``row["macs"]``."""
        try:
            own = _core.select([name])
        except (TypeError, ValueError):
            own = []
        if len(own) == 1 and own[0] in self:
            return self[own[0]]
        raise KeyError(name)

    def to_series(self) -> Any:
        """The scores as a pandas.Series."""
        import pandas

        return pandas.Series(dict(self), dtype="float64")

    def __repr__(self) -> str:
        width = max((len(name) for name in self), default=0)
        lines = [
            f"{name:<{width}}  " + (self.reasons[name] if name in self.reasons else f"{value:.6g}")
            for name, value in self.items()
        ]
        return "\n".join([*lines, *self.notes]) if lines else "no scores"

    def _repr_html_(self) -> str:
        rows = []
        for name, value in self.items():
            reason = self.reasons.get(name)
            cell = (
                f"<td colspan=2 style='text-align:left;color:#888'>{html.escape(reason)}</td>"
                if reason is not None
                else f"<td>{value:.6g}</td><td>{self.seconds[name]:.3f}</td>"
            )
            rows.append(f"<tr><td style='text-align:left'>{html.escape(name)}</td>{cell}</tr>")
        notes = "".join(f"<p>{html.escape(one)}</p>" for one in self.notes)
        return (
            "<table><thead><tr><th style='text-align:left'>proxy</th><th>score</th>"
            f"<th>seconds</th></tr></thead><tbody>{''.join(rows)}</tbody></table>{notes}"
        )


def names_of(proxies: Union[str, Iterable[str]]) -> list:
    """Names and groups, from a string with commas or from several strings."""
    given = [proxies] if isinstance(proxies, str) else proxies
    given = list(given) if hasattr(given, "__iter__") else [given]
    for one in given:
        if not isinstance(one, str):
            raise ValueError(f"found the name {one!r}, expected text, or a list of names")
    return [name.strip() for one in given for name in one.split(",") if name.strip()]


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0))


def is_cross_entropy(loss: Any) -> bool:
    """Whether the callable is the loss that the engine has anyway."""
    if loss is None or loss is torch.nn.functional.cross_entropy:
        return True
    plain = torch.nn.CrossEntropyLoss()
    return (
        type(loss) is torch.nn.CrossEntropyLoss
        and loss.weight is None
        and loss.ignore_index == plain.ignore_index
        and loss.reduction == "mean"
        and getattr(loss, "label_smoothing", 0) == 0
    )


def own_loss(loss: Any, data: _batches.Batches) -> Optional[Callable]:
    """The loss where the engine has to call it: it has cross-entropy of classes
    itself, and not that of probabilities."""
    classes = None not in data.labels or None in data.targets
    return None if is_cross_entropy(loss) and classes else loss


def _device_name(model: Any, device: Any) -> str:
    if device is None:
        device = "cpu"
        if isinstance(model, torch.nn.Module):
            device = _capture.device_of(model)
    name = str(device)
    return "cuda:0" if name == "cuda" else name


def _of_whole_numbers(names: list, rows: list) -> list:
    """The rows without the scores of proxies that draw their own inputs (noise and
    ones are no tokens), or differentiate by the inputs."""
    reasons = {
        **dict.fromkeys(
            _core.draw_inputs(names),
            "draws its own inputs, which a network of whole numbers does not take",
        ),
        **dict.fromkeys(
            _core.derive_by_inputs(names),
            "differentiates by the inputs, which are whole numbers",
        ),
    }
    return [
        (row[0], "degenerate", math.nan, reasons[row[0]], 0.0, False)
        if row[0] in reasons else row
        for row in rows
    ]


_MINIBATCHES = re.compile(r"needs --minibatches (\d+) or more")


def _in_arguments(rows: list) -> list:
    """The rows whose reasons name an option of the program, with the arguments in its place."""
    meant = r"needs \1 minibatches or more: batches= as a list of pairs (x, y), or batch_size= and minibatches="
    return [(*row[:3], _MINIBATCHES.sub(meant, row[3]), *row[4:]) for row in rows]


def score(
    model: Any,
    batches: Any,
    proxies: Union[str, Iterable[str]] = "core",
    loss: Optional[Callable[[torch.Tensor, Any], torch.Tensor]] = None,
    output: Optional[Union[int, str]] = None,
    blocks: Optional[Union[str, Iterable[str]]] = None,
    *,
    batch_size: Optional[int] = None,
    minibatches: Optional[int] = None,
    classes: Optional[int] = None,
    seed: int = 0,
    init: str = "default",
    precision: str = "fp32",
    device: Optional[Union[str, torch.device]] = None,
    workers: Optional[int] = None,
    memory: int = 0,
    capture: str = "auto",
) -> Scores:
    """Scores a network without training it.

    Nothing of the process changes: no weight, buffer, gradient or mode of the
    module, no random state, no number of threads. The GIL is released while the
    engine works, and Ctrl-C ends it between two passes.

    Args:
        model: an ``nn.Module``, a ``ScriptModule``, a ``torch.export`` program, or
            the path of a file that ``zcp score --model`` takes. A live module
            keeps its own weights.
        batches: the data: one pair ``(x, y)``; a list of such pairs; or anything
            that gives them, such as a ``DataLoader``, of which ``minibatches``
            (2 unless said otherwise) are taken. ``x`` is a float tensor
            ``[N, C, H, W]``, normalised as wanted; or any other tensor with a row
            a sample, or a tuple or dict of tensors, for networks that take tokens,
            sequences or several inputs. ``y`` holds the classes, int64 ``[N]``, or
            ``[N, H, W]`` for a class a pixel; with ``loss`` it may be anything.
            ``x`` alone, without labels, serves the proxies that need none.
        proxies: names or groups (core, suite-zero, all), in a list or with commas.
        loss: called with the output and the target of some samples; returns one
            number, the mean over these samples. Without: cross-entropy.
        output: which of the tensors that the network returns are its logits: an
            index, or a key, with dots where they are nested.
        blocks: names of submodules, as ``model.named_modules()`` has them, that are
            the network's blocks, for proxies that look at those.
        batch_size, minibatches: cut one pair ``(x, y)`` into ``minibatches``
            consecutive slices of ``batch_size`` samples, as ``--task tensors``
            does. Without both, a pair is one minibatch.
        classes: how many there are (default: the largest label and one).
        seed: of whatever is drawn: noise, and weights where ``init`` redraws them.
        init: "default", the module's own weights; or the name of an initialiser.
        precision: of weights and activations: fp32, bf16, fp64; tf32 on CUDA. Inputs
            are numbers of float32; others are rounded.
        device: "cpu" or "cuda:N"; without, where the module's parameters lie.
        workers: passes of the network that run at once (default: the cores);
            scores do not depend on it.
        memory: bytes that a proxy may need; one that needs more has no score.
        capture: how a live module is taken: "auto", "export", "trace", "record".

    Returns:
        Scores: a mapping name -> float, nan where there is none, with ``reasons``.

    Raises:
        ValueError: with the words of the command line, for what is unknown,
            ill-formed or does not fit together.
    """
    names = names_of(proxies)
    _core.select(names)  # what is unknown is said first
    if loss is not None and not callable(loss):
        raise ValueError(f"loss: found a {type(loss).__name__}, expected a callable")
    data = _batches.read(batches, batch_size, minibatches, loss is not None)
    return prepare(
        model, data, names, own_loss(loss, data), output, blocks, classes=classes,
        seed=seed, init=init, precision=precision, device=device, workers=workers,
        memory=memory, capture=capture,
    )()


_ROUNDED = (
    "inputs of float64 are rounded to float32, as those of files are; weights and "
    "activations have 64 bits"
)


def prepare(
    model: Any,
    data: _batches.Batches,
    names: list,
    loss: Optional[Callable],
    output: Optional[Union[int, str]],
    blocks: Any,
    *,
    classes: Optional[int],
    seed: int,
    init: str,
    precision: str,
    device: Any,
    workers: Optional[int],
    memory: int,
    capture: str,
) -> Callable[[], Scores]:
    """Captures the network on this thread, as score() says; what is returned scores
    it, on whatever thread."""
    where = _device_name(model, device)
    modules = [] if blocks is None else names_of(blocks)
    if precision == "bf16" and data.is_whole:
        raise ValueError(
            "--precision bf16: inputs of whole numbers lose digits; expected fp32 or fp64"
        )
    live = isinstance(model, torch.nn.Module) and not isinstance(model, torch.jit.ScriptModule)
    inputs, prefix = [], ""
    words = data.words()
    taken = None if words is None else _of_words(model, words[0], capture, bool(modules))
    x = data.x if taken is None else words
    if taken is None and data.layout is not None and live:
        prefix = "network."
        taken = _capture.capture(
            _batches.Unpack(model, data.layout), data.x[0], capture, bool(modules)
        )
        modules = [f"{prefix}{one}" for one in modules]
    elif taken is None:
        # The engine gives a file or a program its inputs, in the same way.
        inputs = [
            (one.keyword or "", list(one.shape), str(one.dtype)[6:])
            for one in data.layout or ()
        ]
        taken = _capture.capture(model, data.x[0], capture, bool(modules))
    head = None if data.labels[0] is None else ("pixels" if data.labels[0].dim() > 1 else "classes")
    request = dict(
        name=taken.name,
        model=taken.model,
        exported=taken.way in ("export", "exported"),
        blocks=modules,
        inputs=inputs,
        prefix=prefix,
        proxies=names,
        batches=list(zip(x, data.labels)),
        loss=_batches.engine_loss(loss, data) if loss is not None else None,
        classes=_class_count(data, classes),
        guessed=classes is None,
        head=head,
        output=None if output is None else str(output),
        seed=_number("seed", seed, 0),
        init=init,
        precision=precision,
        device=where,
        memory=_number("memory", memory, 0),
        workers=cores() if workers is None else _number("workers", workers, 1),
    )
    rounded = [_ROUNDED] if precision == "fp64" and data.loses_digits() else []
    for note in (*rounded, *taken.notes):
        warnings.warn(note, UserWarning, stacklevel=3)

    def run() -> Scores:
        rows, used = _scored(request, taken)
        for note in used.notes if used is not taken else ():
            warnings.warn(note, UserWarning, stacklevel=3)
        if data.is_whole and x is not words:
            rows = _of_whole_numbers(names, rows)
        notes = [*rounded, *used.notes]
        return Scores(_in_arguments(rows), used.way, notes, used.passed_over)

    return run


def _of_words(
    model: Any, words: torch.Tensor, capture: str, blocks: bool
) -> Optional[_capture.Captured]:
    """The program of a network that embeds words; None for one that does something
    else with whole numbers."""
    try:
        taken = _capture.capture(model, words, capture, blocks)
        known = _core.reads_words(
            name=taken.name, model=taken.model, exported=taken.way in ("export", "exported")
        )
    except ValueError:
        return None
    return taken if known else None


def _scored(request: dict, taken: _capture.Captured) -> tuple:
    """The engine's rows, and the program that it took: what it refuses of an
    export, an operator that it does not have for instance, a trace may have."""
    with _capture.RANDOM_STATE:
        try:
            return _core.score_model(**request), taken
        except ValueError as error:
            if taken.way != "export" or taken.otherwise is None:
                raise
            refused = error
        try:
            other = taken.otherwise(str(refused))
        except ValueError:
            raise refused from None
        request = {**request, "model": other.model, "exported": False}
        return _core.score_model(**request), other


def _number(name: str, value: Any, least: int) -> int:
    whole = isinstance(value, numbers.Integral) and not isinstance(value, bool)
    if not whole or value < least:
        raise ValueError(f"--{name}: found {value!r}, expected a whole number of {least} or more")
    return int(value)


def _class_count(data: _batches.Batches, asked: Optional[int]) -> int:
    """How many classes there are; those of the largest label where none is said."""
    found = data.classes or 0
    if asked is None:
        return found
    asked = _number("classes", asked, 1)
    if found > asked:
        raise ValueError(f"batches: found label {found - 1}, expected 0 to {asked - 1}")
    return asked
