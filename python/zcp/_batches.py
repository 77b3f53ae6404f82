"""Minibatches as the engine takes them, from what people have."""

from __future__ import annotations

import math
import numbers
import sys
from dataclasses import dataclass
from typing import Any, Callable, Iterable, Iterator, Optional

import torch

from . import _record

#: The largest whole number below which float32 holds every one.
_EXACT = 1 << 24


@dataclass
class Input:
    """One tensor of a network's input, without the samples."""

    shape: tuple
    dtype: torch.dtype
    keyword: Optional[str] = None

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    @property
    def is_whole(self) -> bool:
        return not self.dtype.is_floating_point


#: What words are kept in.
_WORDS = (torch.int64, torch.int32)


@dataclass
class Batches:
    """Minibatches, all of one shape."""

    x: list  #: tensors [N, C, H, W]
    labels: list  #: int64 tensors [N] or [N, H, W], or None where there are none
    targets: list  #: what a loss is called with
    raw: list  #: inputs as the network takes them
    layout: Optional[list] = None  #: of packed inputs; None where they are images
    classes: Optional[int] = None  #: by the largest label

    def loses_digits(self) -> bool:
        """Whether inputs of float64 have digits that float32 has not."""
        return any(_rounds(one) for x in self.raw for _, one in _inputs_of(x))

    @property
    def is_whole(self) -> bool:
        """Whether some input is of whole numbers: tokens, masks."""
        return self.layout is not None and any(one.is_whole for one in self.layout)


    def words(self) -> Optional[list]:
        """The inputs as int64 [N, T] where they may be words: whole numbers of 0 or
        more in one tensor, given by position."""
        if self.layout is None or len(self.layout) != 1:
            return None
        one = self.layout[0]
        if one.keyword is not None or len(one.shape) != 1 or one.dtype not in _WORDS:
            return None
        words = [x[:, :, 0, 0].to(torch.int64) for x in self.x]
        return None if any(bool((one < 0).any()) for one in words) else words


class Unpack(torch.nn.Module):
    """Gives a network its inputs, which lie in one tensor [N, C, H, W]."""

    def __init__(self, network: torch.nn.Module, layout: list) -> None:
        super().__init__()
        self.network = network
        self.layout = layout

    def forward(self, packed: torch.Tensor) -> Any:
        flat = packed.flatten(1)
        arguments, keywords = [], {}
        begin = 0
        for one in self.layout:
            part = flat[:, begin : begin + one.size].reshape((-1, *one.shape))
            begin += one.size
            if one.dtype == torch.bool:
                part = part != 0
            elif one.is_whole:
                part = part.to(one.dtype)
            if one.keyword is None:
                arguments.append(part)
            else:
                keywords[one.keyword] = part
        value = self.network(*arguments, **keywords)
        try:
            return _record.plain(value)  # what a decoder keeps for its next word is no output
        except ValueError:
            return value


def _describe(value: Any) -> str:
    if isinstance(value, torch.Tensor):
        return f"a tensor of {str(value.dtype)[6:]} {list(value.shape)}"
    return f"a {type(value).__name__}"


def _as_tensors(value: Any) -> Any:
    """NumPy's arrays as tensors, wherever they stand in tuples, lists and dicts."""
    numpy = sys.modules.get("numpy")
    if numpy is None:
        return value
    if isinstance(value, numpy.ndarray) and value.dtype.kind in "fiub":
        return torch.from_numpy(numpy.array(value))
    if type(value) is dict:
        return {key: _as_tensors(one) for key, one in value.items()}
    if type(value) in (tuple, list):
        return type(value)(_as_tensors(one) for one in value)
    return value


def _is_input(value: Any) -> bool:
    """A tensor, or several in a tuple, a list or a dict."""
    if isinstance(value, torch.Tensor):
        return True
    if isinstance(value, dict):
        return bool(value) and all(isinstance(one, torch.Tensor) for one in value.values())
    if isinstance(value, (tuple, list)):
        return bool(value) and all(isinstance(one, torch.Tensor) for one in value)
    return False


def _is_pair(value: Any) -> bool:
    return isinstance(value, (tuple, list)) and len(value) == 2 and _is_input(value[0])


def _is_single(batches: Any) -> bool:
    """Whether it is one pair, not minibatches: a list of two pairs has the form of
    a pair whose inputs are two tensors, so that such a pair is a tuple."""
    if isinstance(batches, list) and not isinstance(batches[0] if batches else None, (torch.Tensor, dict)):
        return False
    return _is_pair(batches)


def _inputs_of(x: Any) -> list:
    """(keyword or None, tensor) of each input."""
    if isinstance(x, torch.Tensor):
        return [(None, x)]
    if isinstance(x, dict):
        return list(x.items())
    return [(None, one) for one in x]


def _rows(x: Any) -> int:
    first = _inputs_of(x)[0][1]
    return int(first.shape[0]) if first.dim() else 0


def _take(value: Any, begin: int, end: int) -> Any:
    """Samples of a tensor, or of each tensor of a tuple, a list or a dict."""
    if isinstance(value, torch.Tensor):
        return value[begin:end]
    if isinstance(value, dict):
        return {key: _take(one, begin, end) for key, one in value.items()}
    if isinstance(value, (tuple, list)):
        return type(value)(_take(one, begin, end) for one in value)
    raise ValueError(
        f"the target of a minibatch is {_describe(value)}, of which no samples can be "
        "taken; expected tensors with a row a sample"
    )


take_samples = _take


def _split(x: Any, y: Any, batch_size: Optional[int], minibatches: Optional[int]) -> list:
    """Consecutive slices, as those of ``--task tensors``."""
    rows = _rows(x)
    if batch_size is None and minibatches is None:
        return [(x, y)]
    if batch_size is None:
        batch_size = max(rows // (minibatches or 1), 1)
    count = 2 if minibatches is None else minibatches
    if batch_size * count > rows:
        raise ValueError(
            f"batches: --batch-size {batch_size} --minibatches {count} needs "
            f"{batch_size * count} samples, found {rows}"
        )
    return [
        (
            _take(x, i * batch_size, (i + 1) * batch_size),
            None if y is None else _take(y, i * batch_size, (i + 1) * batch_size),
        )
        for i in range(count)
    ]


def _first_of(source: Iterable, count: int) -> list:
    """The first minibatches of a DataLoader, whose workers are ended."""
    taken = []
    iterator: Iterator = iter(source)
    try:
        while len(taken) < count:
            try:
                taken.append(next(iterator))
            except StopIteration:
                break
    finally:
        del iterator
    if len(taken) < count:
        raise ValueError(
            f"batches: found {len(taken)} minibatches, expected {count}"
            + (f"; minibatches={len(taken)} takes what there is" if taken else "")
        )
    return [_as_tensors(one) for one in taken]


def _how_to_pair(one: Any) -> str:
    """What to write where a loader gives dicts."""
    if not isinstance(one, dict) or len(one) < 2:
        return ""
    keys = list(one)
    target = next((key for key in keys if str(key).startswith("label")), keys[-1])
    first = next(key for key in keys if key != target)
    return f"; a generator makes them: ((b[{first!r}], b[{target!r}]) for b in loader)"


def _pairs_of(batches: Any, batch_size: Optional[int], minibatches: Optional[int]) -> list:
    batches = _as_tensors(batches)
    if _is_single(batches):
        return _split(batches[0], batches[1], batch_size, minibatches)
    if isinstance(batches, (torch.Tensor, dict)) and _is_input(batches):
        return _split(batches, None, batch_size, minibatches)
    if batch_size is not None:
        raise ValueError(
            "batch_size goes with one pair of tensors (x, y); minibatches of a list or "
            "a DataLoader keep their own size"
        )
    if isinstance(batches, (list, tuple)):
        count = len(batches) if minibatches is None else minibatches
    else:
        count = 2 if minibatches is None else minibatches
    if not hasattr(batches, "__iter__"):
        raise ValueError(
            f"batches: found {_describe(batches)}, expected (x, y), a list of such "
            "pairs, or a DataLoader"
        )
    taken = _first_of(batches, count)
    for i, one in enumerate(taken):
        if not _is_pair(one):
            raise ValueError(
                f"batches: minibatch {i} is {_describe(one)}, expected a pair (x, y) of "
                "inputs and targets" + _how_to_pair(one)
            )
    return [(one[0], one[1]) for one in taken]


def _labels_of(x: Any, y: Any, index: int) -> Optional[torch.Tensor]:
    """The classes of the samples, or of their pixels; None where they are none."""
    if not isinstance(y, torch.Tensor) or y.dtype.is_floating_point or y.is_complex():
        return None
    image = x.shape[2:] if isinstance(x, torch.Tensor) and x.dim() == 4 else None
    whole = y.dim() == 1 and y.shape[0] == _rows(x)
    pixels = y.dim() == 3 and image is not None and y.shape == (x.shape[0], *image)
    if not whole and not pixels:
        return None
    labels = y.detach().to("cpu", torch.int64)
    least = int(labels.min()) if labels.numel() else 0
    if least < 0:
        raise ValueError(
            f"batches: the labels of minibatch {index} hold {least}, expected 0 or more"
        )
    return labels


def _check_same_shape(pairs: list) -> None:
    def shapes(x: Any) -> list:
        return [(key, tuple(one.shape)) for key, one in _inputs_of(x)]

    first = shapes(pairs[0][0])
    for i, (x, _) in enumerate(pairs):
        if shapes(x) != first:
            raise ValueError(
                f"batches: minibatch {i} has inputs of {[s for _, s in shapes(x)]}, "
                f"expected {[s for _, s in first]} as minibatch 0 (a DataLoader's "
                "drop_last=True leaves out a smaller last one)"
            )
        if any(len(shape) == 0 or shape[0] == 0 for _, shape in shapes(x)):
            raise ValueError(f"batches: minibatch {i} holds no samples")
        rows = {shape[0] for _, shape in shapes(x)}
        if len(rows) > 1:
            raise ValueError(f"batches: minibatch {i} has inputs of {sorted(rows)} samples")


def _check_image_type(x: torch.Tensor) -> None:
    if x.dtype == torch.uint8:
        raise ValueError(
            "batches: found 'x' in uint8, expected float32: x.float() / 255 for images "
            "from 0 to 1, x.float() for images from 0 to 255"
        )


def _rounds(one: torch.Tensor) -> bool:
    return one.dtype == torch.float64 and not torch.equal(one, one.float().double())


def _packed(x: Any) -> tuple:
    """All inputs in one tensor [N, K, 1, 1] of float32, and where they lie in it."""
    layout, parts = [], []
    for key, one in _inputs_of(x):
        if one.is_complex():
            raise ValueError("batches: inputs of complex numbers are not taken")
        whole = not one.dtype.is_floating_point
        if whole and one.numel() and int(one.abs().max() if one.dtype != torch.bool else 1) > _EXACT:
            raise ValueError(f"batches: inputs of whole numbers above {_EXACT} are not taken")
        layout.append(Input(tuple(one.shape[1:]), one.dtype, key))
        parts.append(one.detach().to("cpu", torch.float32).reshape(one.shape[0], -1))
    packed = torch.cat(parts, 1)
    return packed[:, :, None, None], layout


def read(
    batches: Any,
    batch_size: Optional[int],
    minibatches: Optional[int],
    has_loss: bool,
) -> Batches:
    """The minibatches of ``batches``; see zcp.score(). Raises ValueError."""
    for name, value in (("batch_size", batch_size), ("minibatches", minibatches)):
        if value is not None and (not isinstance(value, numbers.Integral) or value < 1):
            raise ValueError(f"{name}: found {value!r}, expected a number of 1 or more")
    pairs = _pairs_of(batches, batch_size, minibatches)
    if not pairs:
        raise ValueError("batches: found none")
    _check_same_shape(pairs)
    taken = Batches([], [], [], [])
    for i, (x, y) in enumerate(pairs):
        labels = _labels_of(x, y, i) if y is not None else None
        if y is not None and labels is None and not has_loss:
            raise ValueError(
                f"batches: the targets of minibatch {i} are {_describe(y)}, expected "
                f"int64 classes [{_rows(x)}]; other targets need loss=, a callable of "
                "output and target"
            )
        taken.labels.append(labels)
        taken.targets.append(y)
        taken.raw.append(x)
        if isinstance(x, torch.Tensor) and x.dim() == 4 and x.dtype.is_floating_point:
            taken.x.append(x.detach())
            continue
        if isinstance(x, torch.Tensor) and x.dim() == 4:
            _check_image_type(x)
        packed, taken.layout = _packed(x)
        taken.x.append(packed)
    if any(one is None for one in taken.labels):
        taken.labels = [None] * len(taken.labels)
    elif taken.labels[0].dim() == 1:
        taken.classes = 1 + max(int(one.max()) for one in taken.labels)
    return taken


#: A loss as the engine calls it: output, minibatch, first sample, their number.
EngineLoss = Callable[[torch.Tensor, int, int, int], torch.Tensor]


def engine_loss(loss: Callable, batches: Batches) -> EngineLoss:
    """``loss(output, target)`` with the target of the samples it is asked for, on
    the output's device."""
    targets: dict = {}

    def there(value: Any, device: torch.device) -> Any:
        if isinstance(value, torch.Tensor):
            return value.to(device)
        if isinstance(value, dict):
            return {key: there(one, device) for key, one in value.items()}
        if isinstance(value, (tuple, list)) and any(
            isinstance(one, torch.Tensor) for one in value
        ):
            return type(value)(there(one, device) for one in value)
        return value

    def call(output: torch.Tensor, minibatch: int, first: int, count: int) -> torch.Tensor:
        key = (minibatch, output.device)
        if key not in targets:
            targets[key] = there(batches.targets[minibatch], output.device)
        target = targets[key]
        whole = first == 0 and count == _rows(batches.raw[minibatch])
        return loss(output, target if whole else _take(target, first, first + count))

    return call
