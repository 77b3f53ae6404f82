"""Searches of a space of one's own: the algorithms of the program, on modules."""

from __future__ import annotations

import math
import os
import random
from typing import Any, Callable, Iterable, Optional

from . import _core, _program


class Functions:
    """A space as the engine's algorithms ask for it."""

    def __init__(self, space: Any, algorithm: str, points: Any = None) -> None:
        self.space = space
        self.algorithm = algorithm
        self.name = space.name
        # Those that look for what is new are spared drawing in vain, and one moves
        # among points that are all known. Points of a table are listed already.
        in_order = algorithm in ("random", "exhaustive", "reinforce")
        listed = space.enumerate is not None and (in_order or space.sample is None)
        listed = listed and points is None
        self.specs = [str(one) for one in space.enumerate()] if listed else []
        self.size = len(self.specs)

    def _lacks(self, what: str) -> ValueError:
        return ValueError(f"space {self.name!r} has no {what}, which {self.algorithm} needs")

    def spec(self, index: int) -> str:
        return self.specs[index]

    def draw(self, seed: int) -> str:
        drawn = random.Random(f"{self.name}:draw:{seed}")
        if self.specs:
            return self.specs[drawn.randrange(self.size)]
        if self.space.sample is None:
            raise self._lacks("sample= and no enumerate=")
        return str(self.space.sample(drawn))

    def mutate(self, spec: str, seed: int) -> str:
        if self.space.mutate is None:
            raise self._lacks("mutate=")
        return str(self.space.mutate(spec, random.Random(f"{self.name}:mutate:{seed}")))

    def neighbours(self, spec: str) -> Optional[list]:
        if self.space.neighbours is not None:
            near = dict.fromkeys(str(one) for one in self.space.neighbours(spec))
            near.pop(spec, None)
            return list(near)
        if self.space.mutate is None:
            raise self._lacks("neighbours= and no mutate=")
        return None  # those that a number of mutations find

    def encode(self, spec: str) -> Optional[list]:
        if self.space.encode is None:
            return None  # counts of pairs of the spec's characters
        return self.space.point(spec)


class Table:
    """Columns of a DataFrame or a CSV, by the spec."""

    def __init__(self, what: str, table: Any) -> None:
        if isinstance(table, (str, os.PathLike)):
            table = _program.read_table(os.fspath(table))
        if not hasattr(table, "columns"):
            raise ValueError(f"{what}: found a {type(table).__name__}, expected a DataFrame or a CSV")
        frame = table.set_index("arch") if "arch" in table.columns else table
        if frame.index.dtype.kind == "f":
            raise ValueError(
                f"{what}: architectures are named by numbers such as {frame.index[0]}, expected "
                "specs as texts")
        frame = frame.set_axis([str(one) for one in frame.index])
        frame = _without_repeated(frame)
        twice = frame.index[frame.index.duplicated()]
        if len(twice):
            raise ValueError(f"{what}: {twice[0]!r} has two rows that differ, expected one")
        self.columns = {str(name): frame[name] for name in frame.columns}

    def has(self, column: str) -> bool:
        return column in self.columns

    def value(self, spec: str, column: str) -> float:
        found = self.columns[column].get(spec)
        if found is None:
            return math.nan
        return float(found)


def _without_repeated(frame: Any) -> Any:
    """The table without rows that say of an architecture once more what others do;
    columns that number the rows say nothing."""
    if not frame.index.has_duplicates:
        return frame
    saying = [name for name in frame.columns if not _core.is_index_column(str(name))]
    repeated = frame[saying].assign(**{"": frame.index}).duplicated()
    return frame[~repeated.to_numpy()]


#: What a search's own table has beside objectives and bounds.
_OWN_COLUMNS = ("arch", "step", "on_front")


def check_names(objectives: str, bounds: Iterable[str]) -> None:
    """Raises ValueError for objectives and bounds that are called like a column of
    the search's own table."""
    names, depth = [""], 0
    for one in objectives:
        depth += {"(": 1, ")": -1}.get(one, 0)
        if one == "," and depth == 0:
            names.append("")
        else:
            names[-1] += one
    asked = [name.partition("=")[0].strip().lstrip("-") for name in names]
    for name in (*asked, *bounds):
        if name in _OWN_COLUMNS:
            raise ValueError(
                f"{name!r}: the search's own table has a column of that name; expected another one")


class Columns:
    """Values of columns for specs: of tables, else scores of proxies."""

    def __init__(self, tables: Iterable, score: Callable[[list, list], Any]) -> None:
        self.tables = [table for table in tables if table is not None]
        self.score = score  # (specs, proxies) -> DataFrame
        self.known: dict = {}
        self.reasons: dict = {}

    def table_of(self, column: str) -> Optional[Table]:
        return next((table for table in self.tables if table.has(column)), None)

    def check(self, column: str) -> None:
        """Raises ValueError for what is neither a column of a table nor a proxy."""
        if self.table_of(column) is not None:
            return
        try:
            members = _core.select([column])
        except ValueError as error:
            raise ValueError(f"{column!r}: no column of the tables, and {error}") from None
        if len(members) != 1:
            raise ValueError(f"{column!r}: a group of proxies, expected one")

    def values(self, specs: list, columns: list) -> list:
        """A list of numbers a column."""
        proxies = [one for one in columns if self.table_of(one) is None]
        missing = [spec for spec in specs
                   if any((spec, name) not in self.known for name in proxies)]
        if missing and proxies:
            frame = self.score(missing, proxies)
            self.reasons.update(frame.attrs.get("reasons", {}))
            for name in proxies:
                for spec, value in zip(frame.index, frame[name]):
                    self.known[spec, name] = float(value)
        return [self._column(specs, name) for name in columns]

    def _column(self, specs: list, name: str) -> list:
        table = self.table_of(name)
        if table is not None:
            return [table.value(spec, name) for spec in specs]
        return [self.known[spec, name] for spec in specs]


class Budget:
    """Bounds of columns."""

    def __init__(self, most: Any, least: Any, columns: Columns) -> None:
        self.bounds = [*_bounds("max", most), *_bounds("min", least)]
        self.columns = columns
        self.names = list(dict.fromkeys(name for _, name, _ in self.bounds))
        for name in self.names:
            columns.check(name)

    def holds(self, spec: str) -> bool:
        values = dict(zip(self.names, self.columns.values([spec], self.names)))
        for side, name, bound in self.bounds:
            value = values[name][0]
            within = value <= bound if side == "max" else value >= bound
            if not within:  # nor is what has no value
                return False
        return True


def _bounds(side: str, given: Any) -> list:
    if given is None:
        return []
    if not hasattr(given, "items"):
        raise ValueError(f"{side}: found a {type(given).__name__}, expected a dict of column to number")
    return [(side, str(name), float(bound)) for name, bound in given.items()]


def frame_of(result: dict, budget: Budget, columns: Columns) -> Any:
    """A row an evaluated architecture, in the order of evaluation."""
    import pandas

    archs = result["archs"]
    data = {name: pandas.Series(values, dtype="float64").tolist()
            for name, values in zip(result["names"], result["values"])}
    for name in budget.names:
        data.setdefault(name, columns.values(archs, [name])[0])
    data["step"] = result["steps"]
    front = set(result["front"])
    data["on_front"] = [int(place in front) for place in range(len(archs))]
    frame = pandas.DataFrame(data, index=pandas.Index(archs, name="arch"))
    best = result["best"]
    frame.attrs.update(
        best=None if best is None else archs[best], exhausted=result["exhausted"],
        reasons=dict(columns.reasons))
    return frame
