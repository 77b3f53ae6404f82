#!/usr/bin/env bash
# Checks and measures zcp on this machine's first CUDA device and prints the
# tables that docs/gpu.md holds. Five minutes on an H100 or H200.
#
#   tests/gpu/run.sh [--zcp PROGRAM] [--write] [--only NAME[,NAME]] [--cells 1000]
#
# --zcp    the program to measure, as a portable build has it; without it one
#          is built here against the PyTorch that python3 has
# --write  also puts what it measured into docs/gpu.md
# --only   some of: agreement, spaces, models, training, workers, proxies,
#          reference
#
# python3 needs torch (with CUDA) and scipy. The exit status is 1 where the
# device disagrees with the processor, 77 where there is no CUDA device.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
if ! python3 -c 'import torch, scipy; raise SystemExit(not torch.cuda.is_available())'; then
  echo "tests/gpu/run.sh: python3 sees no CUDA device (or has no torch, scipy)" >&2
  exit 77
fi
if [[ " $* " != *" --zcp "* ]]; then
  prefix=$(python3 -c 'import torch; print(torch.utils.cmake_prefix_path)')
  cmake --preset release -B build/gpu -DCMAKE_PREFIX_PATH="$prefix" -DZCP_TESTS=OFF >&2
  cmake --build build/gpu >&2
  set -- --zcp build/gpu/zcp "$@"
fi
exec python3 tests/gpu/measure.py "$@"
