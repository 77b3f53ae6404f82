"""``python -m zcp`` is the command ``zcp``."""

from ._cli import main

main()
