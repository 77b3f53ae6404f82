"""The program's commands over search spaces and tables: DataFrames in and out.

Keyword arguments have the names of the command line's options with underscores;
``zcp COMMAND --help`` explains them. A DataFrame stands wherever the command
takes a CSV, a list wherever it takes values with commas. What was used wrongly
is a ValueError with the program's words.
"""

from __future__ import annotations

import html
import io
import json
import os
import warnings
from typing import Any, Iterable, Optional, Union

from ._program import (
    Files, Result, call, check_table, is_frame, read_table, require_done, run, write_table)


def _frame_of(text: str) -> Any:
    import pandas

    return pandas.DataFrame(json.loads(text))


def proxies() -> Any:
    """Every proxy: a DataFrame with the index ``name`` and what ``zcp proxies``
    says: direction, needs, dtype, initialiser, paper, reference."""
    result = run(["proxies", "--json"], quiet=True)
    require_done(result)
    return _frame_of(result.out).set_index("name")


def spaces() -> Any:
    """Every search space: a DataFrame with the index ``name``: size, syntax of the
    specs, an example, tasks."""
    result = run(["spaces", "--json"], quiet=True)
    require_done(result)
    frame = _frame_of(result.out)
    return frame.set_index("name") if "name" in frame.columns else frame


def _warn_unless_done(result: Result) -> None:
    if result.status != 0:
        warnings.warn(result.last, RuntimeWarning, stacklevel=3)


def _archs_options(archs: Any, files: Files) -> dict:
    """Options for specs in a list, a Series, a DataFrame's index, or a file."""
    if archs is None:
        return {}
    if isinstance(archs, (str, os.PathLike)):
        return {"archs": os.fspath(archs)}
    if is_frame(archs):
        column = archs["arch"] if "arch" in getattr(archs, "columns", ()) else archs
        has_values = column is not archs or not hasattr(archs, "columns")
        is_index = archs.index.name == "arch" or not has_values
        return {"archs": files.of_lines(map(str, archs.index if is_index else column))}
    return {"archs": files.of_lines(map(str, archs))}


def _run_to_csv(command: str, options: dict, files: Files) -> Any:
    """Runs a command that writes a CSV; returns it as a DataFrame, index arch."""
    kept = options.pop("csv", None)
    name = os.fspath(kept) if kept is not None else files.new(".csv")
    result = call(command, {**options, "csv": name}, files)
    if not os.path.exists(name):
        require_done(result)
        raise RuntimeError(result.last)
    _warn_unless_done(result)
    frame = read_table(name)
    frame.attrs["notes"] = [
        line[len("zcp: "):] for line in result.lines if line.startswith("zcp: ")
    ]
    return frame


def score_space(
    space: Any,
    *,
    archs: Any = None,
    sample: Optional[int] = None,
    all: bool = False,  # noqa: A002: the command line's name
    proxies: Union[str, Iterable[str]] = "core",
    **options: Any,
) -> Any:
    """Scores architectures of a search space: ``zcp score --space``.

    Args:
        space: a name of ``zcp.spaces()``, or a ``zcp.Space`` of one's own.
        archs: specs, in a list, a Series, a table with the index or column
            ``arch``, or a file.
        sample: or so many, drawn uniformly by ``seed``.
        all: or the whole space.
        proxies: names or groups.
        **options: as ``zcp score --help`` has them (task, data, batch_size,
            minibatches, seed, init, precision, device, workers, store, ...). A
            space of one's own takes ``batches`` in place of ``task``, and what
            ``zcp.score`` takes.

    Returns:
        A DataFrame with the index ``arch`` and a float column a proxy, nan where
        there is no score; ``frame.attrs["notes"]`` says why.
    """
    from ._space import Space

    if isinstance(space, Space):
        return space.score(
            archs=archs, sample=sample, all=all, proxies=proxies, **options
        )
    with Files() as files:
        given = {
            "space": space,
            "sample": sample,
            "all": all,
            "proxies": proxies,
            **_archs_options(archs, files),
            **options,
        }
        return _run_to_csv("score", given, files)


def rank(scores: Any, by: str, top: Optional[int] = None, **options: Any) -> Any:
    """Architectures by a proxy or a composite, the best first: ``zcp rank``.

    Args:
        scores: a DataFrame with the index or column ``arch``, a CSV or a store.
        by: a proxy; az_nas, vkdnw_agg, te_nas, vote; NAME=log_rank(a,b,...).
        top: only so many.

    Returns:
        A DataFrame with the index ``arch``: rank, score, ties.
    """
    with Files() as files:
        result = call("rank", {"scores": scores, "by": by, "top": top, **options}, files)
        require_done(result)
        return read_table(io.StringIO(result.out))


def _study_class() -> type:
    import pandas

    class Study(pandas.DataFrame):
        """Correlations of proxies with a truth, a row a proxy, metric and subset.

        ``figure`` is the forest plot of tau as SVG text, None without one;
        ``notes`` what the program said beside it.
        """

        _metadata = ["figure", "notes"]

        @property
        def _constructor(self) -> type:
            return pandas.DataFrame

        def _repr_html_(self) -> str:
            figure = getattr(self, "figure", None)
            picture = f"<div style='background:white'>{figure}</div>" if figure else ""
            notes = "".join(f"<p>{html.escape(one)}</p>" for one in self.notes or [])
            return _study_table(self) + picture + notes

    return Study


def _interval(row: dict, name: str) -> str:
    def short(value: Any) -> str:
        return "" if value is None or value != value else f"{value:.3f}"

    middle, low, high = (short(row.get(name + end)) for end in ("", "_low", "_high"))
    return f"{middle} <small>[{low}, {high}]</small>" if low else middle


def _study_table(frame: Any) -> str:
    """A table a metric and subset: tau with its interval, rho, the difference."""
    parts = []
    for (metric, subset), group in frame.groupby(["metric", "subset"], sort=False):
        rows = group.sort_values("kendall_tau", ascending=False).to_dict("records")
        head = "".join(
            f"<th>{one}</th>"
            for one in ("proxy", "missing", "tau", "rho", "tau - baseline")
        )
        body = "".join(
            f"<tr><td style='text-align:left'>{html.escape(str(row['proxy']))}</td>"
            f"<td>{row['missing']}</td><td>{_interval(row, 'kendall_tau')}</td>"
            f"<td>{_interval(row, 'spearman_rho')}</td>"
            f"<td>{_interval(row, 'tau_minus_baseline')}</td></tr>"
            for row in rows
        )
        title = f"{metric}, {subset}: n = {rows[0]['n']}"
        parts.append(
            f"<table><caption>{html.escape(title)}</caption><thead><tr>{head}</tr></thead>"
            f"<tbody>{body}</tbody></table>"
        )
    return "".join(parts)


def correlate(
    scores: Any,
    truth: Any = None,
    metric: Union[str, Iterable[str], None] = None,
    **options: Any,
) -> Any:
    """How well scores predict a truth, with intervals: ``zcp correlate``.

    Args:
        scores: a DataFrame with the index or column ``arch``, a CSV or a store.
        truth: a DataFrame or a CSV of accuracies.
        metric: columns of the truth.
        **options: as ``zcp correlate --help`` has them (composites, baseline, top,
            missing, bootstrap, seed, cost, ...). ``figure`` is a path to keep the
            forest plot, or False for none.

    Returns:
        A DataFrame, a row a proxy, metric and subset, with the columns of
        ``zcp correlate --json``. In Jupyter it shows a table with intervals and
        the forest plot.
    """
    with Files() as files:
        figure = options.pop("figure", None)
        wanted = figure is not False and truth is not None
        name = files.new(".svg") if figure in (None, True) else figure
        given = {
            "scores": scores,
            "truth": truth,
            "metric": metric,
            **options,
            "json": True,
            "figure": name if wanted else None,
        }
        result = call("correlate", given, files)
        require_done(result)
        found = json.loads(result.out)
        rows = found if isinstance(found, list) else [found]
        frame = _study_class()(rows)
        frame.notes = result.lines
        frame.figure = None
        if wanted and os.path.exists(name):
            with open(name, encoding="utf-8") as file:
                frame.figure = file.read()
        return frame


class Report:
    """A page of ``zcp report``; Jupyter shows it in a frame.

    Attributes:
        html: the whole page, which needs no network.
        path: where it is kept, None where nobody asked for a file.
    """

    def __init__(self, page: str, path: Optional[str]) -> None:
        self.html = page
        self.path = path

    def __repr__(self) -> str:
        return f"zcp report: {self.path or f'{len(self.html)} bytes of HTML'}"

    def _repr_html_(self) -> str:
        page = html.escape(self.html, quote=True)
        return f"<iframe srcdoc='{page}' width='100%' height='800' style='border:0'></iframe>"


def report(
    scores: Any,
    truth: Any,
    metric: Union[str, Iterable[str]],
    html: Union[str, os.PathLike, None] = None,  # noqa: A002: the command line's name
    **options: Any,
) -> Report:
    """A study as one page to look at: ``zcp report``. ``html`` keeps it in a file,
    ``figures`` its figures in a folder. A list of ``scores`` sets several studies
    side by side, with one ``truth`` for all or a list of them, one for each."""
    with Files() as files:
        name = os.fspath(html) if html is not None else files.new(".html")
        given = {"scores": scores, "truth": truth, "metric": metric, **options, "html": name}
        require_done(call("report", given, files))
        with open(name, encoding="utf-8") as file:
            return Report(file.read(), None if html is None else name)


def train(space: str, *, archs: Any = None, **options: Any) -> Any:
    """Trained accuracies of one's own: ``zcp train``. Options as
    ``zcp train --help`` has them (sample, task, data, epochs, seeds, store, ...);
    ``csv`` keeps the table, and its runs beside it.

    Returns:
        A DataFrame with the index ``arch``.
    """
    with Files() as files:
        given = {"space": space, **_archs_options(archs, files), **options}
        return _run_to_csv("train", given, files)


def _described(command: str, options: dict) -> Any:
    """Runs a command that prints JSON; a list becomes a DataFrame."""
    with Files() as files:
        result = call(command, {**options, "json": True}, files)
        require_done(result)
        found = json.loads(result.out)
        return _frame_of(result.out) if isinstance(found, list) else found


def _tabled(command: str, options: dict) -> Any:
    with Files() as files:
        archs = _archs_options(options.pop("archs", None), files)
        return _run_to_csv(command, {**options, **archs}, files)


def encode(
    space: Any,
    *,
    archs: Any = None,
    sample: Optional[int] = None,
    all: bool = False,  # noqa: A002: the command line's name
    encoding: Optional[str] = None,
    encoder: Union[str, os.PathLike, None] = None,
    save: Union[str, os.PathLike, None] = None,
    truth: Any = None,
    metric: Optional[str] = None,
    csv: Union[str, os.PathLike, None] = None,
    **options: Any,
) -> Any:
    """Architectures as rows of numbers: ``zcp encode``.

    Args:
        space: a name of ``zcp.spaces()``, or a JSON file that describes one; or a
            ``zcp.Space`` of one's own with ``encode=``, whose numbers are the points:
            its modules are no graphs, so that no other option but ``seed`` and ``csv``
            goes with it.
        archs: specs, in a list, a Series, a table with the index or column
            ``arch``, or a file.
        sample: or so many, drawn uniformly by ``seed``.
        all: or the whole space.
        encoding: ``learned`` (arch2vec's autoencoder, the default), ``adjacency`` (operations and
            edges by place) or ``path`` (sequences of operations from input to
            output).
        encoder: a file that ``save`` has made: encodes without training. Only with
            ``learned``, as ``save``.
        save: a file for the trained encoder; ``zcp.search`` and ``zcp.predict`` take it
            as ``encodings``.
        truth, metric: a table of accuracies and its column, to say in ``facts`` how
            the points follow them. An encoder never sees them.
        csv: a file to keep the table in.
        **options: as ``zcp encode --help`` has them: seed, epochs, batch_size, latent,
            hidden, layers, dropout, learning_rate, held_out, draws, most_paths,
            figure, quiet, ...

    Returns:
        A DataFrame of float64 with the index ``arch``, [architectures, numbers]: one
        row a different architecture in the order asked. ``learned`` has ``latent``
        columns a graph of an architecture (darts has two graphs), the mean of the
        latent vectors of the graph's nodes, without a unit; each number was one of
        32 bits and is the same one again by ``frame.astype("float32")``.
        ``adjacency`` and ``path`` have columns of 0 and 1, and of sizes. Which
        columns these two have depends on the architectures of the call.
        ``frame.attrs["facts"]`` is what ``zcp encode --json`` prints:
        reconstruction and validity as shares from 0 to 1, losses by epoch,
        smoothness, ...

    Raises:
        ValueError: for what was used wrongly, a file that is no encoder or a damaged
            one, an encoder of another space, and an architecture that is unlike all
            that the encoder has seen.
    """
    from ._points import own_points
    from ._space import Space

    if isinstance(space, Space):
        others = dict(encoding=encoding, encoder=encoder, save=save, truth=truth, metric=metric,
                      **options)
        if csv is not None:
            check_table(csv)
        frame = own_points(space, others, archs=archs, sample=sample, all=all)
        if csv is not None:
            write_table(frame, csv)
        return frame
    with Files() as files:
        name = os.fspath(csv) if csv is not None else files.new(".csv")
        given = {
            "space": space,
            "sample": sample,
            "all": all,
            "encoding": "learned" if encoding is None else encoding,
            "encoder": encoder,
            "save": save,
            "truth": truth,
            "metric": metric,
            **_archs_options(archs, files),
            **options,
            "csv": name,
            "json": True,
        }
        result = call("encode", given, files)
        require_done(result)
        frame = read_table(name).astype("float64")
        frame.attrs["facts"] = json.loads(result.out)
        return frame


def search(
    space: Any, by: Union[str, Iterable[str]], *, encodings: Any = None, **options: Any
) -> Any:
    """Searches a space for the best by an objective: ``zcp search``.

    Args:
        space: a name of ``zcp.spaces()``, or a ``zcp.Space`` of one's own.
        by: objectives, in a list or with commas.
        encodings: points to search among: a table with a row an architecture, such as
            ``zcp.encode`` gives, or the file of an encoder that its ``save`` has made
            (not for a ``zcp.Space``, which has no graphs).
        **options: as ``zcp search --help`` has them: algorithm, evaluations,
            max={"params": 1e6}, truth, store, ...; DataFrames stand for tables.

    Where ``output`` ends in ``.pt2`` the winner's network is written as an exported
    program, which needs torch 2.6; else as TorchScript. ``zcp.module`` gives the same
    network, with the same weights, as a module.

    Returns:
        A DataFrame with the index ``arch``, a row an evaluated architecture in the
        order of evaluation. For a ``zcp.Space``: as its ``search`` says.
    """
    from ._space import Space

    if isinstance(space, Space):
        return space.search(by=by, encodings=encodings, **options)
    given = {"space": space, "by": by, "encodings": encodings, **options}
    output = options.get("output")
    if output is None or not os.fspath(output).endswith(".pt2"):
        return _tabled("search", given)
    from ._module import check_exported, write_exported

    check_exported(os.fspath(output))
    with Files() as files:
        script = files.new(".pt")
        frame = _tabled("search", {**given, "output": script})
        write_exported(script, os.fspath(output))
    return frame


def predict(
    scores: Any,
    truth: Any,
    metric: Union[str, Iterable[str]],
    *,
    encodings: Any = None,
    **options: Any,
) -> Any:
    """Accuracy from proxies and few labels: ``zcp predict``.

    Args:
        scores: a DataFrame with the index or column ``arch``, a CSV or a store.
        truth: a DataFrame or a CSV of accuracies.
        metric: a column of the truth.
        encodings: numbers to learn from beside the others: a table with a row an
            architecture, such as ``zcp.encode`` gives, or the file of an encoder that
            its ``save`` has made. ``features="points"`` learns from them alone.
        **options: as ``zcp predict --help`` has them: labels, model, space, features,
            repeats, csv, save, ... ``space`` may be a ``zcp.Space`` of one's own: it is
            learned from proxies and from the points of ``encodings`` or, without it, of
            the space's ``encode=``.

    Returns:
        A DataFrame, a row a number of labels and model, with the columns of
        ``zcp predict --json``.
    """
    from ._points import own_features
    from ._space import Space

    if isinstance(options.get("space"), Space):
        encodings, options = own_features(scores, encodings, options)
    given = {"scores": scores, "truth": truth, "metric": metric, "encodings": encodings}
    return _described("predict", {**given, **options})


def latency(space: Optional[str] = None, **options: Any) -> Any:
    """Measured seconds, a column a device: ``zcp latency``; a DataFrame."""
    return _tabled("latency", {"space": space, **options})


def plan(**options: Any) -> Any:
    """Hours, memory and size of the store beforehand: ``zcp plan``. Options as of
    ``zcp score``, with ``nodes`` and ``workers``.

    Returns:
        What ``zcp plan --json`` prints, a dict: hours, memory_bytes, store_bytes,
        proxy_seconds by name, ...; with ``format`` the text in that form.
    """
    with Files() as files:
        archs = _archs_options(options.pop("archs", None), files)
        as_text = options.get("format") not in (None, "json")
        if not as_text:
            options = {**options, "format": None, "json": True}
        result = call("plan", {**options, **archs}, files)
        require_done(result)
        return result.out if as_text else json.loads(result.out)


def pareto(scores: Any, cost: str, by: str, **options: Any) -> Any:
    """The front of a proxy against a cost, with its members: ``zcp pareto``; a
    DataFrame with the index ``arch``."""
    return _tabled("pareto", {"scores": scores, "cost": cost, "by": by, **options})
