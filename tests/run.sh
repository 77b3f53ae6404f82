#!/usr/bin/env bash
# Installs what is missing, builds everything and runs every test: first the
# parts without LibTorch with sanitizers, then all of it as users have it. The
# last lines are ctest's; the exit status is also 1 for a finding of
# tests/lint.sh --format at the very beginning.
# Tests that need ../shared (or $ZCP_SHARED) say so and are skipped without it;
# those named "case: ..." run every case there (tests/cases.sh), its PyTorch
# programs by $ZCP_PYTHON (python3) where that has torch.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=apps/packages.sh
source apps/packages.sh

run_tests() {
  ctest --preset "$1" -j "$(nproc)" --timeout 900
}

install_packages "${zcp_packages[@]}" "${zcp_python_packages[@]}"
findings=0
tests/lint.sh --format || findings=$?
build asan
run_tests asan
build release
run_tests release
exit "$findings"
