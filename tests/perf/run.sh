#!/usr/bin/env bash
# Measures zcp on this machine, one thing after the other, and prints the table
# that docs/performance.md holds. Half an hour on two quiet cores.
#
#   tests/perf/run.sh [--write] [--only NAME[,NAME]] [--cells 20]
#     [--repetitions 3] [--torch FILE]
#
# --write  also puts what it measured into docs/performance.md
# --only   some of: reference, networks, costs, kernels, growth, workers, memory,
#          space, bf16, training, micro, versions
# --newer PROGRAM --newer-python PYTHON  for versions, which is not measured
#          without them: a program built with another LibTorch, and the Python
#          that has the PyTorch of it
# --zero-cost-nas FOLDER  a checkout of that repository, to compare networks of
#          users with its own code, too
#
# The reference is the straightforward PyTorch program of tests/reference on
# Debian's python3-torch, which is the same LibTorch and OpenBLAS. Figures are
# ratios of one run on one machine; nothing else should run meanwhile.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=apps/packages.sh
source apps/packages.sh
if ! /usr/bin/python3 -c 'import torch' 2>/dev/null; then
  echo "the reference needs PyTorch: apt-get install python3-torch" >&2
  exit 1
fi
build release >&2
exec /usr/bin/python3 tests/perf/measure.py "$@"
