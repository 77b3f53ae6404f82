"""A module's forward pass as a graph of the functions that it called.

The recorder sees every function of torch that is called with tensors, whatever
Python does between the calls. What comes of it is a module whose forward pass
calls the same functions one after the other, on the same parameters.
"""

from __future__ import annotations

import contextlib
from typing import Any, Callable

import torch
from torch.overrides import TorchFunctionMode, resolve_name


class _Replay(torch.nn.Module):
    """Calls what was recorded. Its parameters and buffers have the names that they have
    in ``module``, which some proxies and initialisers go by; parameters that the forward
    pass does not read are kept."""

    def __init__(self, module: torch.nn.Module, held: list, calls: list, result: Any) -> None:
        super().__init__()
        names = _mirror(module, self)
        self.__held = [(place, self.__name_of(tensor, names)) for place, tensor in held]
        self.__calls = calls
        self.__result = result

    def __name_of(self, tensor: torch.Tensor, names: dict) -> str:
        """Where a tensor stands; one that is not of the module gets a place."""
        known = names.get(id(tensor))
        if known is not None:
            return known
        number = 0
        while hasattr(self, f"held_{number}"):
            number += 1
        name = f"held_{number}"
        if isinstance(tensor, torch.nn.Parameter):
            self.register_parameter(name, tensor)
        else:
            self.register_buffer(name, tensor.detach())
        return name

    def forward(self, x: torch.Tensor) -> Any:
        values = {0: x}
        for place, name in self.__held:
            owner, _, last = name.rpartition(".")
            values[place] = getattr(self.get_submodule(owner), last)

        def filled(value: Any) -> Any:
            return _map(value, lambda one: values[one.number] if isinstance(one, _Place) else one)

        for function, arguments, keywords, place in self.__calls:
            value = function(*filled(arguments), **filled(keywords))
            _bind(place, value, values)
        return filled(self.__result)


def _mirror(module: torch.nn.Module, root: torch.nn.Module) -> dict:
    """Gives ``root`` the folders, parameters and buffers of the module, in its order;
    what they are called by their ids."""
    names: dict = {}
    for path, one in module.named_modules():
        owner = root
        for folder in path.split(".") if path else ():
            if folder not in owner._modules:
                owner.add_module(folder, torch.nn.Module())
            owner = owner._modules[folder]
        for name, tensor in (*one._parameters.items(), *one._buffers.items()):
            if tensor is None or id(tensor) in names:
                continue
            if isinstance(tensor, torch.nn.Parameter):
                owner.register_parameter(name, tensor)
            else:
                owner.register_buffer(name, tensor.detach())
            names[id(tensor)] = f"{path}.{name}" if path else name
    return names


class _Place:
    """Where a tensor stands in a recording."""

    def __init__(self, number: int) -> None:
        self.number = number


def _map(value: Any, change: Callable) -> Any:
    """``value`` with each leaf changed; tuples, lists, dicts and slices are walked."""
    if isinstance(value, tuple):
        items = [_map(one, change) for one in value]
        return type(value)(*items) if hasattr(value, "_fields") else tuple(items)
    if isinstance(value, list):
        return [_map(one, change) for one in value]
    if isinstance(value, dict):
        return {key: _map(one, change) for key, one in value.items()}
    if isinstance(value, slice):
        return slice(*(_map(one, change) for one in (value.start, value.stop, value.step)))
    return change(value)


def _bind(place: Any, value: Any, values: dict) -> None:
    """Puts the tensors of a result where the recording has them."""
    if isinstance(place, _Place):
        values[place.number] = value
    elif isinstance(place, (tuple, list)):
        for one, part in zip(place, value):
            _bind(one, part, values)


def _reads_shape(function: Any) -> bool:
    """Whether a call only asks what a tensor is, which the replay need not do."""
    name = resolve_name(function) or ""
    return name.endswith(".__get__") or name in {
        "torch.Tensor.size", "torch.Tensor.dim", "torch.Tensor.numel",
        "torch.Tensor.stride", "torch.Tensor.is_floating_point", "torch.Tensor.__len__",
        "torch.is_floating_point", "torch.is_grad_enabled",
    }


class _Recorder(TorchFunctionMode):
    def __init__(self, x: torch.Tensor) -> None:
        super().__init__()
        self.places = {id(x): _Place(0)}
        self.kept = [x]  # their ids stay theirs
        self.held: list = []
        self.calls: list = []
        self.depth = 0

    def place(self, value: Any) -> Any:
        """Of a tensor; those that no recorded call made are held."""
        if not isinstance(value, torch.Tensor):
            return value
        known = self.places.get(id(value))
        if known is None:
            known = self.new_place(value)
            self.held.append((known.number, value))
        return known

    def new_place(self, value: torch.Tensor) -> _Place:
        one = _Place(len(self.kept))
        self.places[id(value)] = one
        self.kept.append(value)
        return one

    def __torch_function__(self, function, types, args=(), kwargs=None):  # noqa: D105
        kwargs = kwargs or {}
        if self.depth > 0 or _reads_shape(function):
            return function(*args, **kwargs)
        places = _map((tuple(args), kwargs), self.place)
        self.depth += 1
        try:
            value = function(*args, **kwargs)
        finally:
            self.depth -= 1
        writes = (resolve_name(function) or "").endswith("__setitem__")  # it returns None
        if not writes and not any(isinstance(one, torch.Tensor) for one in _leaves(value)):
            return value
        bound = _map(
            value, lambda one: self.bound(one) if isinstance(one, torch.Tensor) else None
        )
        self.calls.append((function, places[0], places[1], bound))
        return value

    def bound(self, value: torch.Tensor) -> _Place:
        """Where a result stands; one that was written in place keeps its place."""
        return self.places.get(id(value)) or self.new_place(value)


class CutWithoutGradients(TorchFunctionMode):
    """Detaches what is computed while gradients are off, so that a trace knows of it.
    What is written in place stays as it is."""

    def __torch_function__(self, function, types, args=(), kwargs=None):  # noqa: D105
        value = function(*args, **(kwargs or {}))
        if torch.is_grad_enabled() or _reads_shape(function):
            return value
        given = {id(one) for one in _leaves((args, kwargs or {}))}

        def cut(one: Any) -> Any:
            if not isinstance(one, torch.Tensor) or id(one) in given:
                return one
            return one.detach() if one.is_floating_point() else one

        return _map(value, cut)


def _leaves(value: Any) -> list:
    found: list = []
    _map(value, lambda one: found.append(one))
    return found


def plain(value: Any) -> Any:
    """An output of tensors without classes of its own: objects that are like dicts,
    or whose attributes are tensors, become dicts of their tensors. A decoder's cache
    is left out that way, and what has no tensors at the end of a tuple.
    Raises ValueError where nothing is left, or something else stands in between."""
    if isinstance(value, torch.Tensor):
        return value
    if isinstance(value, (tuple, list)) and not hasattr(value, "_fields"):
        return _plain_sequence(value)
    items = value.items() if hasattr(value, "items") else getattr(value, "__dict__", {}).items()
    found = {str(key): plain(one) for key, one in items
             if isinstance(one, (torch.Tensor, tuple, list, dict)) and _tensors_only(one)}
    if not found:
        raise ValueError(f"the forward pass returned a {type(value).__name__} without tensors")
    return found


def _plain_sequence(value: Any) -> tuple:
    found: list = []
    for one in reversed(value):
        try:
            found.append(plain(one))
        except ValueError:
            if found:
                raise
    if not found:
        raise ValueError(f"the forward pass returned a {type(value).__name__} without tensors")
    return tuple(reversed(found))


def _tensors_only(value: Any) -> bool:
    leaves = _leaves(value)
    return bool(leaves) and all(isinstance(one, torch.Tensor) for one in leaves)


def record(module: torch.nn.Module, x: torch.Tensor, cuts: bool = False) -> torch.nn.Module:
    """A module that calls the functions of ``module``'s forward pass on ``x``.
    What depends on the values or the number of the samples is fixed as it was. With
    ``cuts`` what is computed while gradients are off has none."""
    recorder = _Recorder(x)
    with recorder, CutWithoutGradients() if cuts else contextlib.nullcontext():
        value = module(x)
    result = _map(plain(value), recorder.place)
    return _Replay(module, recorder.held, recorder.calls, result)
