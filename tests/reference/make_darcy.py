"""Writes tests/golden/darcy_flow/: a small file of the kind that holds Darcy flow, and what NAS-Bench-360 makes of it.

    nice /usr/bin/python3 tests/reference/make_darcy.py

The file has ten samples on the grid that is left after subsampling (85 x 85), packed by SciPy. The tensors are made as
perceiver-io/perceiver/data/nb360/darcyflow.py of rtu715/NAS-Bench-360 does, with the grid coordinates of the Fourier
neural operator's authors as second and third channel.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy
import scipy.io
import torch

GOLDEN = Path(__file__).resolve().parent.parent / "golden" / "darcy_flow"
SAMPLES, GRID, TRAINING = 10, 85, 9
PLACES = [(0, 0), (1, 7), (40, 3), (83, 84)]


def fields() -> tuple[numpy.ndarray, numpy.ndarray]:
    """Small integers, which pack well; tests write the same on a finer grid."""
    n, i, j = numpy.indices((SAMPLES, GRID, GRID))
    coefficient = numpy.where((3 * n + i // 8 + n * (j // 16)) % 4 < 2, 3., 12.)
    inside = (i > 0) & (j > 0) & (i < GRID - 1) & (j < GRID - 1)
    solution = numpy.where(inside, (n + 1.) * ((i // 4 + 2 * (j // 4)) % 7 + 1), 0.)
    return coefficient, solution


def main() -> None:
    GOLDEN.mkdir(parents=True, exist_ok=True)
    coefficient, solution = fields()
    scipy.io.savemat(GOLDEN / "piececonst_r421_N1024_smooth1.mat", {"coeff": coefficient, "sol": solution},
                     do_compression=True)
    x, y = torch.tensor(coefficient).float(), torch.tensor(solution).float()
    x = (x - x.mean(0)) / (x.std(0) + 1e-5)
    scale, offset = y.std(0) + 1e-5, y.mean(0)
    line = numpy.linspace(0, 1, GRID)
    mesh = torch.tensor(numpy.stack(numpy.meshgrid(line, line), -1)).float()
    x = torch.cat([x.unsqueeze(-1), mesh.expand(SAMPLES, GRID, GRID, 2)], -1).permute(0, 3, 1, 2)
    samples = [{"solution": [y[n, i, j].item() for i, j in PLACES],
                "inputs": [[x[n, c, i, j].item() for i, j in PLACES] for c in range(3)]} for n in range(TRAINING)]
    expected = {"places": PLACES, "samples": samples,
                "scale": [scale[i, j].item() for i, j in PLACES], "offset": [offset[i, j].item() for i, j in PLACES]}
    (GOLDEN / "expected.json").write_text(json.dumps(expected) + "\n")


if __name__ == "__main__":
    main()
