"""The torch that the package was built for, before anything of it is loaded."""

from __future__ import annotations

import os

from . import _build


def minor_of(version: str) -> str:
    """"2.13.0+cpu" is of "2.13"."""
    return ".".join(version.split(".")[:2])


def require_matching_torch() -> None:
    """Imports torch. Raises ImportError, one line, where it is missing or has
    another minor version than the one the package was built for: the two would
    not fit together."""
    try:
        import torch
    except ImportError as error:
        raise ImportError(
            f"zcp was built for torch {_build.torch_minor}, and this Python has no "
            f"torch that can be imported ({error}): pip install "
            f"'torch=={_build.torch_minor}.*'"
        ) from None
    found = torch.__version__
    if minor_of(found) != _build.torch_minor:
        raise ImportError(
            f"zcp was built for torch {_build.torch_minor}, found torch {found} in "
            f"{os.path.dirname(torch.__file__)}: build it anew with pip install "
            f"--no-build-isolation, or install torch {_build.torch_minor}"
        )


def library_folder() -> str:
    """Where LibTorch's libraries lie, for the program's ZCP_TORCH_LIB."""
    import torch

    return os.path.join(os.path.dirname(torch.__file__), "lib")
