#!/usr/bin/env bash
# apps/python.sh: builds the Python package for Debian's torch, with the program.
#
# Installs what is missing first. Of what apps/demo.sh has compiled nothing is
# compiled again. The package stays in the build folder; docs/python.md tells how
# to install it, or to build it for another torch.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=apps/packages.sh
source apps/packages.sh
if [[ $# -gt 0 ]]; then
  echo "usage: apps/python.sh   (it takes no arguments)" >&2
  exit 2
fi

install_packages "${zcp_packages[@]}" "${zcp_python_packages[@]}"
build release -DZCP_PYTHON=ON -DPython_EXECUTABLE=/usr/bin/python3 \
  zcp zcp-networks zcp_python
cat <<'END'

The package is ready. Start a Python that finds it:

  PYTHONPATH=build/release/python /usr/bin/python3
END
