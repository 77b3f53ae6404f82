"""The command ``zcp``: the program in this package, on this Python's torch."""

from __future__ import annotations

import importlib.util
import os
import sys


def _library_folder() -> str | None:
    """That of torch, which is found without importing it, which takes seconds."""
    found = importlib.util.find_spec("torch")
    if found is None or found.origin is None:
        return None
    return os.path.join(os.path.dirname(found.origin), "lib")


def main() -> None:
    """Becomes the program, with the arguments of this process; ZCP_PROGRAM names
    another one."""
    own = os.path.join(os.path.dirname(os.path.abspath(__file__)), "bin", "zcp")
    program = os.environ.get("ZCP_PROGRAM", own)
    folder = _library_folder()
    if folder is not None:
        os.environ.setdefault("ZCP_TORCH_LIB", folder)
    try:
        os.execv(program, ["zcp", *sys.argv[1:]])
    except OSError as error:
        sys.exit(f"zcp: {program} could not be started ({error.strerror})")


if __name__ == "__main__":
    main()
