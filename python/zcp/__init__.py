"""zcp scores neural architectures without training them.

    import zcp
    row = zcp.score(model, (x, y), proxies="core")   # a live module
    row["synflow"], row.reasons

``score`` and ``find_measures`` run in this process, on this process's torch;
everything over tables and search spaces (``score_space``, ``correlate``,
``rank``, ``report``, ``train``, ``search``, ...) is the program ``zcp`` that
the package brings along, with DataFrames in and out. Its documentation is
``docs/python.md`` of the project.
"""

from ._torch import require_matching_torch as _require_matching_torch

_require_matching_torch()

from ._build import version as __version__  # noqa: E402
from ._commands import (  # noqa: E402
    correlate,
    encode,
    latency,
    pareto,
    plan,
    predict,
    proxies,
    rank,
    report,
    score_space,
    search,
    spaces,
    train,
)
from ._find_measures import find_measures  # noqa: E402
from ._module import Network, module  # noqa: E402
from ._score import Scores, score  # noqa: E402
from ._space import Space  # noqa: E402

__all__ = [
    "Network",
    "Scores",
    "Space",
    "correlate",
    "encode",
    "find_measures",
    "latency",
    "module",
    "pareto",
    "plan",
    "predict",
    "proxies",
    "rank",
    "report",
    "score",
    "score_space",
    "search",
    "spaces",
    "train",
]
