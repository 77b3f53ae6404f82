"""Search spaces of one's own: a Python function from a spec to a module."""

from __future__ import annotations

import concurrent.futures
import math
import os
import random
import sqlite3
import warnings
from typing import Any, Callable, Iterable, Optional, Union

from . import _capture, _fingerprint, _score


class Space:
    """A space of one's own.

    Args:
        build: makes the module of a spec, a string; weights are drawn with torch's
            random state, which is seeded by the spec and ``seed`` before each call
            and put back afterwards.
        sample: draws a spec from a ``random.Random``; for ``sample=N``.
        enumerate: gives every spec; for ``all=True``, and for ``sample=N`` where
            there is no ``sample``.
        mutate: a neighbour of a spec, from the spec and a ``random.Random``; for
            ``search``.
        neighbours: every neighbour of a spec, for ``search(algorithm="local")``;
            without it those that a number of mutations find.
        encode: numbers of a spec, its point, as many for each; ``search`` learns from
            them (algorithms bayes and reinforce), without them from counts of pairs of
            the spec's characters. ``zcp.encode`` makes a table of them.
        name: what it is called in stores and messages.
    """

    def __init__(
        self,
        build: Callable[[str], Any],
        *,
        sample: Optional[Callable[[random.Random], str]] = None,
        enumerate: Optional[Callable[[], Iterable[str]]] = None,  # noqa: A002
        mutate: Optional[Callable[[str, random.Random], str]] = None,
        neighbours: Optional[Callable[[str], Iterable[str]]] = None,
        encode: Optional[Callable[[str], Iterable[float]]] = None,
        name: str = "own",
    ) -> None:
        if not callable(build):
            raise ValueError(f"build: found a {type(build).__name__}, expected a function")
        self.build = build
        self.sample = sample
        self.enumerate = enumerate
        self.mutate = mutate
        self.neighbours = neighbours
        self.encode = encode
        self.name = name
        self._width = 0  # how many numbers encode= gives, once it was asked

    def __repr__(self) -> str:
        return f"zcp.Space({self.name!r})"

    def specs(self, sample: Optional[int] = None, all: bool = False, seed: int = 0) -> list:  # noqa: A002
        """Specs: the whole space, or ``sample`` different ones, drawn by ``seed``.
        Raises ValueError where the space has no way to give them."""
        if all:
            if self.enumerate is None:
                raise ValueError(f"space {self.name!r} has no enumerate=, which all=True needs")
            return [str(one) for one in self.enumerate()]
        if sample is None:
            raise ValueError("expected one of archs=, sample= and all=True")
        drawn = random.Random(f"{self.name}:{seed}")
        if self.sample is None:
            every = self.specs(all=True)
            if sample > len(every):
                raise ValueError(f"--sample {sample}: the space has {len(every)}")
            return drawn.sample(every, sample)
        found: dict = {}
        for _ in range(1000 * sample):
            if len(found) == sample:
                break
            found.setdefault(str(self.sample(drawn)))
        if len(found) < sample:
            raise ValueError(
                f"--sample {sample}: found {len(found)} different specs in {1000 * sample} draws"
            )
        return list(found)

    def module(self, spec: str, seed: int = 0) -> Any:
        """The module of a spec, the same weights for the same seed."""
        import torch

        with _capture.RANDOM_STATE, torch.random.fork_rng(devices=[]):
            torch.manual_seed(random.Random(f"{spec}:{seed}").getrandbits(63))
            return self.build(spec)

    def point(self, spec: str) -> list:
        """The numbers that ``encode`` gives of a spec. Raises ValueError where they are
        not finite, or not as many as of the specs before."""
        if self.encode is None:
            raise ValueError(
                f"space {self.name!r} has no encode=, which gives the numbers of a spec; its "
                "modules are no graphs that could be encoded")
        numbers = [float(one) for one in self.encode(spec)]
        if not numbers or not all(map(math.isfinite, numbers)):
            raise ValueError(f"encode= gives {numbers} of {spec!r}, expected finite numbers")
        self._width = self._width or len(numbers)
        if len(numbers) != self._width:
            raise ValueError(
                f"encode= gives {len(numbers)} numbers of {spec!r}, expected {self._width} as of "
                "the specs before")
        return numbers

    def points(
        self,
        *,
        archs: Any = None,
        sample: Optional[int] = None,
        all: bool = False,  # noqa: A002
        seed: int = 0,
    ) -> Any:
        """Architectures as points by ``encode=``; what ``zcp.encode(space, ...)`` calls.

        Args:
            archs, sample, all: which architectures; see ``zcp.score_space``.

        Returns:
            A DataFrame of float64 with the index ``arch``, a row a different
            architecture in the order asked, and columns ``point_0``, ``point_1``, ...
        """
        import pandas

        asked = _specs_of(archs) if archs is not None else self.specs(sample, all, seed)
        specs = list(dict.fromkeys(asked))
        rows = [self.point(spec) for spec in specs]
        return pandas.DataFrame(
            rows, index=pandas.Index(specs, name="arch"),
            columns=[f"point_{place}" for place in range(len(rows[0]) if rows else 0)],
            dtype="float64")

    def score(
        self,
        batches: Any = None,
        *,
        archs: Any = None,
        sample: Optional[int] = None,
        all: bool = False,  # noqa: A002
        proxies: Union[str, Iterable[str]] = "core",
        seed: int = 0,
        workers: Optional[int] = None,
        store: Union[str, os.PathLike, None] = None,
        quiet: bool = False,
        **options: Any,
    ) -> Any:
        """Scores architectures; what ``zcp.score_space(space, ...)`` calls.

        Args:
            batches, proxies, **options: as ``zcp.score`` takes them.
            archs, sample, all: which architectures; see ``zcp.score_space``.
            workers: passes of a network at once (default: the cores).
            store: an SQLite file that keeps scores; what it has for the same
                network, space, settings and data is not computed again. Every
                module is built and traced for that, which takes one pass of it.

        Returns:
            A DataFrame with the index ``arch``, nan where there is no score;
            ``frame.attrs["reasons"]`` has the reasons by (arch, proxy).
        """
        import pandas

        from . import _batches, _core

        if batches is None:
            raise ValueError("batches: a space of one's own needs them, as zcp.score does")
        specs = _specs_of(archs) if archs is not None else self.specs(sample, all, seed)
        asked = _score.names_of(proxies)
        names = _core.select(asked)
        has_loss = options.get("loss") is not None
        data = _batches.read(
            batches, options.pop("batch_size", None), options.pop("minibatches", None), has_loss
        )
        _core.require_served(asked, len(data.x), options.get("precision", "fp32"))
        kept = _Kept(store, self.name, seed, options, data) if store is not None else None
        known: dict = {}

        loss = _score.own_loss(options.pop("loss", None), data)
        settings = {
            "classes": None, "init": "default", "precision": "fp32", "device": None,
            "memory": 0, "capture": "auto", "output": None, "blocks": None, **options,
        }

        def prepared(spec: str) -> tuple:
            """Builds and captures on this thread; torch traces in no two at once.
            What the store has of the network is known then, and not wanted."""
            module = self.module(spec, seed)
            if kept:
                known.update(kept.find(spec, module, names))
            wanted = [name for name in names if (spec, name) not in known]
            return wanted, wanted and _score.prepare(
                module, data, wanted, loss, seed=seed, workers=workers, **settings,
            )

        def finish(futures: dict, all_of_them: bool) -> None:
            """Takes what is done, waiting for one at least or for all."""
            when = (concurrent.futures.ALL_COMPLETED if all_of_them
                    else concurrent.futures.FIRST_COMPLETED)
            for future in concurrent.futures.wait(list(futures), return_when=when).done:
                spec, wanted = futures.pop(future)
                row = future.result()
                rows = [(name, row[name], row.reasons.get(name)) for name in wanted]
                if kept:
                    kept.put(spec, [one for one in rows if one[0] not in row.transient])
                known.update({(spec, n): (value, why) for n, value, why in rows})
                progress.advance()

        count = 1  # calls of the engine take turns; a network's passes do not
        different = list(dict.fromkeys(specs))
        progress = _Progress(len(different), quiet)
        with concurrent.futures.ThreadPoolExecutor(count) as pool:
            futures: dict = {}
            try:
                for spec in different:
                    try:
                        wanted, run = prepared(spec)
                    except ValueError as error:
                        known.update({
                            (spec, name): (math.nan, str(error))
                            for name in names if (spec, name) not in known})
                        progress.advance()
                        continue
                    if not wanted:
                        progress.advance()
                        continue
                    futures[pool.submit(run)] = (spec, wanted)
                    if len(futures) > count:
                        finish(futures, all_of_them=False)
                if futures:
                    finish(futures, all_of_them=True)
            except BaseException:
                for future in futures:
                    future.cancel()
                raise
            finally:
                progress.finish()
                if kept:
                    kept.close()
        frame = pandas.DataFrame(
            [[known[spec, name][0] for name in names] for spec in specs],
            index=pandas.Index(specs, name="arch"),
            columns=names,
            dtype="float64",
        )
        frame.attrs["reasons"] = {
            key: why for key, (_, why) in known.items() if why is not None
        }
        return frame

    def search(
        self,
        by: Union[str, Iterable[str]],
        *,
        evaluations: int = 100,
        batches: Any = None,
        algorithm: str = "evolution",
        max: Optional[dict] = None,  # noqa: A002
        min: Optional[dict] = None,  # noqa: A002
        scores: Any = None,
        truth: Any = None,
        costs: Any = None,
        encodings: Any = None,
        key_encodings: Optional[str] = None,
        population: int = 0,
        tournament: int = 0,
        proposals: Optional[int] = None,
        start: str = "",
        seed: int = 0,
        quiet: bool = False,
        **options: Any,
    ) -> Any:
        """The best under a budget, by the algorithms of ``zcp search``; what
        ``zcp.search(space, ...)`` calls.

        Args:
            by: objectives, in a list or with commas: a column of ``scores`` or
                ``truth``, a proxy, or a composite of such columns over all that was
                evaluated (``az_nas``, ``"s=log_rank(a,b)"``). A leading ``-`` asks for
                less.
            evaluations: how many different architectures are evaluated.
            batches, **options: as ``score`` takes them, ``store`` among them: a search
                that is started again finds what was scored.
            algorithm: random, evolution, local, nsga2, bayes, reinforce or exhaustive.
                They draw by ``sample`` or ``enumerate``; evolution, nsga2, local and
                bayes need ``mutate`` (local: or ``neighbours``), exhaustive and
                reinforce ``enumerate``. With ``encodings`` they need none of these.
            max, min: bounds, such as ``{"params": 1e6}``, of proxies and of columns of
                ``costs``, ``scores`` and ``truth``. What has no value is not within.
            scores, truth, costs: tables with the index or column ``arch``.
            encodings: points to search among, as ``zcp search --encodings`` does: a
                table with a row an architecture, the index or column ``arch`` (or
                ``key_encodings``) and columns of finite numbers. A mutation or a
                neighbour is then one of the 24 nearest.
            population, tournament, start: as of ``zcp search``; 0: its own.
            proposals: architectures proposed at a time (default: 16 where networks are
                scored, 1 on tables).

        Returns:
            A DataFrame with the index ``arch`` in the order of evaluation: the
            objectives, the budget's columns, ``step`` and ``on_front``;
            ``frame.attrs["best"]`` is the winner, ``["reasons"]`` why scores are
            missing.

        Raises:
            ValueError: for what is unknown or does not fit together, and for a
                function that the space lacks and the algorithm needs.
        """
        from . import _core, _points, _search

        objectives = by if isinstance(by, str) else ",".join(map(str, by))
        tables = [None if table is None else _search.Table(what, table)
                  for what, table in (("scores", scores), ("truth", truth), ("costs", costs))]
        points = None
        if encodings is not None:
            points = _points.Points(encodings, key_encodings, self)
            points.check_start(start)
        elif key_encodings is not None:
            raise ValueError("key_encodings: goes with encodings")
        columns = _search.Columns(tables, lambda specs, names: self.score(
            batches, archs=specs, proxies=names, seed=seed, quiet=True, **options))
        wanted = _core.objective_columns(objectives)
        for name in wanted:
            columns.check(name)
        budget = _search.Budget(max, min, columns)
        _search.check_names(objectives, budget.names)
        on_tables = all(columns.table_of(name) for name in [*wanted, *budget.names])
        progress = _Progress(evaluations, quiet, "searching")

        def evaluate(specs: list) -> list:
            found = columns.values(specs, wanted)
            progress.advance(len(specs))
            return found

        try:
            result = _core.search_space(
                space=_search.Functions(self, algorithm, points), algorithm=algorithm,
                points=None if points is None else (points.specs, points.rows),
                objectives=objectives, seed=seed,
                batch=(1 if on_tables else 16) if proposals is None else proposals,
                population=population, tournament=tournament, evaluations=evaluations,
                start=start, feasible=budget.holds, evaluate=evaluate)
        finally:
            progress.finish()
        if result["exhausted"]:
            within = " within the budget" if budget.names else ""
            warnings.warn(
                f"{algorithm} found no more architectures{within}", UserWarning, stacklevel=2)
        return _search.frame_of(result, budget, columns)


def _specs_of(archs: Any) -> list:
    index = getattr(archs, "index", None)
    if hasattr(index, "name") and hasattr(archs, "columns"):
        return [str(one) for one in (archs["arch"] if "arch" in archs.columns else index)]
    if isinstance(archs, str):
        return [archs]
    return [str(one) for one in archs]


class _Kept:
    """Scores of a space of one's own in an SQLite file. It is no store of the
    program's: what it is keyed by is said by Python alone. A row is of a spec and
    of the network that was built of it, so that it is never taken for another one."""

    def __init__(self, path: Any, space: str, seed: int, options: dict, data: Any) -> None:
        self.path = os.fspath(path)
        self.data = data
        self.protocol = (
            f"{space} seed={seed} {_settings(options)} inputs={_inputs(data)} "
            f"data={_fingerprint.of_tensors((*data.x, *data.labels))}")
        self.networks: dict = {}  # spec -> the fingerprint of its network
        self.left_out: list = []  # specs whose networks have none
        self.connection = self._open()

    def _open(self) -> sqlite3.Connection:
        try:
            connection = sqlite3.connect(self.path, check_same_thread=False)
            tables = {name for (name,) in connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table'")}
            if tables <= {"own_scores"}:
                connection.execute(
                    "CREATE TABLE IF NOT EXISTS own_scores (protocol TEXT, arch TEXT, proxy "
                    "TEXT, value REAL, reason TEXT, PRIMARY KEY (protocol, arch, proxy))")
                return connection
        except sqlite3.DatabaseError as error:
            raise ValueError(
                f"store: {self.path}: {error}; expected a file of zcp.Space scores") from None
        connection.close()
        others = ", ".join(sorted(tables - {"own_scores"}))
        raise ValueError(
            f"store: {self.path}: found an SQLite file with the tables {others}, expected a new "
            "file, or one that keeps scores of a zcp.Space and nothing else")

    def _key(self, spec: str) -> str:
        return f"{self.protocol} network={self.networks[spec]}"

    def find(self, spec: str, module: Any, names: list) -> dict:
        """What the file has of the module of a spec: (spec, proxy) -> (value, reason)."""
        network = _fingerprint.of_module(module, self.data)
        if network is None:
            return {}
        self.networks[spec] = network
        rows = self.connection.execute(
            "SELECT proxy, value, reason FROM own_scores WHERE protocol = ? AND arch = ?",
            (self._key(spec), spec),
        )
        columns = set(names)
        return {
            (spec, proxy): (math.nan if value is None else value, reason)
            for proxy, value, reason in rows
            if proxy in columns
        }

    def put(self, spec: str, rows: list) -> None:
        if spec not in self.networks:
            self.left_out.append(spec)
            return
        with self.connection:
            self.connection.executemany(
                "INSERT OR REPLACE INTO own_scores VALUES (?, ?, ?, ?, ?)",
                [(self._key(spec), spec, name, value if value == value else None, why)
                 for name, value, why in rows],
            )

    def close(self) -> None:
        self.connection.close()
        if self.left_out:
            warnings.warn(
                f"store: {len(self.left_out)} networks do not trace, so that nothing tells them "
                f"from others; their scores are not kept (the first: {self.left_out[0]!r})",
                UserWarning, stacklevel=4)


def _inputs(data: Any) -> str:
    """What the network is given of each row: words, for instance, by position or name."""
    return str([(one.keyword, tuple(one.shape), str(one.dtype)) for one in data.layout or ()])


def _settings(options: dict) -> str:
    """Settings that decide scores, in one order."""
    if options.get("loss") is not None:
        raise ValueError("store: a loss of one's own cannot be told from another one")
    free = {"device", "memory"}
    return " ".join(f"{k}={v}" for k, v in sorted(options.items()) if k not in free)


class _Progress:
    """A line in a terminal that counts architectures."""

    def __init__(self, total: int, quiet: bool, label: str = "scoring") -> None:
        import sys

        self.out = sys.stderr
        self.label = label
        self.total = total
        self.done = 0
        self.shown = not quiet and total > 1 and self.out.isatty()

    def advance(self, count: int = 1) -> None:
        self.done += count
        if self.shown:
            self.out.write(f"\r{self.label}: {self.done}/{self.total}")
            self.out.flush()

    def finish(self) -> None:
        if self.shown:
            self.out.write("\n")
