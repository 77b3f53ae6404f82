"""Lets the tests import what they share, and gives the program this process's kernels of OpenBLAS."""

import ctypes
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))


def kernels_of_openblas():
    """Those that a library of matrix products like LibTorch's takes in this process; None where it is not OpenBLAS."""
    try:
        name = ctypes.CDLL("libblas.so.3").openblas_get_corename
    except (OSError, AttributeError):
        return None
    name.restype = ctypes.c_char_p
    return name().decode()


# The program chooses others where these are OpenBLAS's oldest ones. Scores are compared to the bit.
KERNELS = kernels_of_openblas()
if KERNELS is not None:
    os.environ.setdefault("OPENBLAS_CORETYPE", KERNELS)
