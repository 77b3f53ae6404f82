"""The notebooks of the documentation run from top to bottom.

Their code cells are run in one namespace, each result is shown as Jupyter
would: a last line that is an expression by its _repr_html_ or its repr.
"""

import ast
import glob
import json
import os

import pytest

pytest.importorskip("pandas")

PROJECT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
NOTEBOOKS = sorted(glob.glob(os.path.join(PROJECT, "docs/notebooks/*.ipynb")))


def run_cell(source, names):
    """Runs a cell; returns what Jupyter would show of its last line."""
    tree = ast.parse(source)
    shown = None
    if tree.body and isinstance(tree.body[-1], ast.Expr):
        shown = ast.Expression(tree.body.pop().value)
    exec(compile(tree, "cell", "exec"), names)
    if shown is None:
        return None
    value = eval(compile(shown, "cell", "eval"), names)
    return value._repr_html_() if hasattr(value, "_repr_html_") else repr(value)


def test_there_are_two():
    assert len(NOTEBOOKS) == 2


@pytest.mark.parametrize("path", NOTEBOOKS, ids=os.path.basename)
def test_a_notebook_runs(path, monkeypatch):
    monkeypatch.chdir(os.path.dirname(path))
    with open(path, encoding="utf-8") as file:
        cells = json.load(file)["cells"]
    names = {"__name__": "__main__"}
    shown = [run_cell("".join(cell["source"]), names)
             for cell in cells if cell["cell_type"] == "code"]
    assert all(cell["outputs"] == [] for cell in cells if cell["cell_type"] == "code")
    assert len([one for one in shown if one]) >= 3
