"""Points of a space of one's own: numbers that its ``encode=`` or a table gives."""

from __future__ import annotations

import math
import os
import warnings
from typing import Any, Optional

from . import _core, _program, _search


def _is_encoder(name: str) -> bool:
    """Whether a file is meant to be an encoder and no table: it begins with a brace."""
    try:
        with open(name, encoding="utf-8", errors="replace") as file:
            return file.read(64).lstrip().startswith("{")
    except OSError:
        return False  # whoever reads it says why it cannot be read


def refuse_encoder(encodings: Any, space: Any) -> None:
    """Raises ValueError for the file of an encoder."""
    if isinstance(encodings, (str, os.PathLike)) and _is_encoder(os.fspath(encodings)):
        raise ValueError(
            f"encodings: {os.fspath(encodings)} is an encoder of graphs, and space "
            f"{space.name!r} makes modules, which have none; expected a table with a row an "
            "architecture, such as zcp.encode gives of a space with encode=")


class Points:
    """Architectures as points, a row an architecture."""

    def __init__(self, encodings: Any, key: Optional[str], space: Any) -> None:
        refuse_encoder(encodings, space)
        if key is not None and is_table(encodings):
            encodings = _keyed(encodings, key)
        table = _search.Table("encodings", encodings)
        columns = {name: _numbers(column) for name, column in table.columns.items()
                   if not _core.is_index_column(name)}
        left = [name for name, numbers in columns.items() if numbers is None]
        if left:
            warnings.warn(f"encodings: {', '.join(left)}: no number of the points", stacklevel=4)
        columns = {name: numbers for name, numbers in columns.items() if numbers is not None}
        if not columns:
            raise ValueError("encodings: expected columns of numbers beside the architectures")
        self.specs = list(next(iter(table.columns.values())).index)
        for name, numbers in columns.items():
            for spec, number in zip(self.specs, numbers):
                if not math.isfinite(number):
                    found = "none" if math.isnan(number) else "an infinite one"
                    raise ValueError(
                        f"encodings: {name} of {spec}: found {found}, expected a finite number, "
                        "since a point has all of its numbers")
        self.rows = [list(row) for row in zip(*columns.values())]

    def check_start(self, start: str) -> None:
        if start and start not in self.specs:
            raise ValueError(f"start: {start!r} is not among the encodings")


def is_table(value: Any) -> bool:
    return isinstance(value, (str, os.PathLike)) or hasattr(value, "columns")


def _keyed(table: Any, key: str) -> Any:
    """The table with its column `key` as the index that names architectures."""
    if isinstance(table, (str, os.PathLike)):
        table = _program.read_table(os.fspath(table), key)
    if table.index.name != key:
        if key not in table.columns:
            raise ValueError(f"encodings: no column {key!r}, which key_encodings names")
        table = table.set_index(key)
    return table.drop(columns="arch", errors="ignore").rename_axis(index="arch")


def _numbers(column: Any) -> Optional[list]:
    """None where one of them is no number."""
    try:
        return [float(one) for one in column]
    except (TypeError, ValueError):
        return None


def own_points(space: Any, others: dict, **which: Any) -> Any:
    """The points of a ``zcp.Space``. Raises ValueError for options of the graphs and
    autoencoders that it has not."""
    seed = others.pop("seed", 0)
    others.pop("quiet", None)
    for name, value in others.items():
        if value is not None:
            raise ValueError(
                f"{name}: space {space.name!r} makes modules, which are no graphs to encode; "
                "expected its encode= alone, which gives the numbers of a spec")
    return space.points(seed=seed, **which)


def own_features(scores: Any, encodings: Any, options: dict) -> tuple:
    """``encodings`` and options of the program for a ``zcp.Space``, of which it knows
    nothing: proxies, and the points of a table or of the space's ``encode=``."""
    options = dict(options)
    space = options.pop("space")
    asked = options.get("features")
    names = asked.split(",") if isinstance(asked, str) else list(asked or ["all"])
    for name in names:
        if name not in ("all", "proxies", "points"):
            raise ValueError(
                f"features={name}: space {space.name!r} makes modules, which are no graphs; "
                "expected proxies, points or all")
    if options.get("save") is not None:
        raise ValueError(
            f"save: zcp search, which takes predictors, does not know space {space.name!r}; "
            "expected csv=, which keeps what is predicted")
    refuse_encoder(encodings, space)
    if encodings is None and names != ["proxies"]:
        encodings = space.points(archs=_archs_of(scores, options))
        options["key_encodings"] = "arch"
    options["features"] = "points" if names == ["points"] else "proxies"
    return encodings, options


def _archs_of(scores: Any, options: dict) -> list:
    """The architectures that a table names."""
    key = options.get("key_scores") or options.get("key") or "arch"
    if isinstance(scores, (str, os.PathLike)):
        if not os.path.isfile(scores):
            raise ValueError(f"{os.fspath(scores)}: cannot be read")
        scores = _program.read_table(os.fspath(scores), key)
    if not hasattr(scores, "columns"):
        raise ValueError(
            f"scores: found a {type(scores).__name__}, expected a DataFrame or a CSV")
    column = scores[key] if key in scores.columns else scores.index
    return list(dict.fromkeys(map(str, column)))
