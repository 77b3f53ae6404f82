#!/usr/bin/env bash
# tests/cases.sh [ZCP [CASE...]]: runs the command of every case of
# ../shared/cases (or $ZCP_SHARED/cases), or of those named, in a copy of its
# folder and checks what it printed by tests/cases/CASE.sh. The case "networks"
# holds PyTorch programs: tests/cases/networks.py checks them where $ZCP_PYTHON
# (python3) has torch and torchvision. ZCP is build/release/zcp.
#
# A check is sourced in the copied folder after the command. It reads the files
# ../out and ../err and $status (124: no end within five minutes), and calls the
# functions below.
#
# Exit status: 0 all as expected, 1 a difference, 77 nothing to run.
# shellcheck disable=SC2317 # the checks call the functions
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cases=${ZCP_SHARED:-$here/../../shared}/cases
zcp=$(realpath "${1:-$here/../build/release/zcp}")
shift || true
if [[ ! -d $cases ]]; then
  echo "cases: skipped, no folder $cases"
  exit 77
fi
cases=$(realpath "$cases")
if [[ $# -eq 0 ]]; then
  for check in "$here"/cases/*; do
    name=$(basename "${check%.*}")
    set -- "$@" "$name"
  done
  for folder in "$cases"/*/; do # a case without a check is a fault of this list
    name=$(basename "$folder")
    compgen -G "$here/cases/$name.*" >/dev/null || set -- "$@" "$name"
  done
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# differs TEXT: the case is not as expected.
differs() {
  echo "  expected $1"
  failed=1
}

# is WHAT FOUND EXPECTED
is() { [[ $2 == "$3" ]] || differs "$1 $3, found '$2'"; }

# says WHAT PATTERN, never WHAT PATTERN: on standard output or error.
says() { grep -qiE -- "$2" ../out ../err || differs "$1"; }
never() { ! grep -qiE -- "$2" ../out ../err || differs "$1, found '$(grep -hiE -m1 -- "$2" ../out ../err)'"; }

# column NAME: the column of that name in the tables of architectures on
# standard output, a line a row, "-" where it is empty. Specs hold no comma here.
column() {
  awk -F, -v name="$1" '$1 == "arch" { at = 0; for (i = 2; i <= NF; ++i) if ($i == name) at = i; next }
    at && NF >= at { print $at == "" ? "-" : $at }' ../out
}

# run_case NAME: sets failed and skipped.
run_case() {
  local name=$1 status
  if [[ $name == networks ]]; then
    ZCP=$zcp "${ZCP_PYTHON:-python3}" "$here/cases/networks.py" "$cases/networks"
    status=$?
    [[ $status -ne 77 ]] || skipped=1
    [[ $status -eq 0 || $status -eq 77 ]] || failed=1
    return
  fi
  if [[ ! -d $cases/$name ]]; then
    skipped=1
    return
  fi
  if [[ ! -f $here/cases/$name.sh ]]; then
    differs "a check tests/cases/$name.sh"
    return
  fi
  mkdir -p "$scratch/$name"
  cp -r "$cases/$name" "$scratch/$name/folder"
  chmod -R u+w "$scratch/$name/folder"
  cd "$scratch/$name/folder" || exit
  PATH=$(dirname "$zcp"):$PATH timeout 300 bash ./cmd >../out 2>../err </dev/null
  status=$?
  # A signal is never right: 128 and more, or words of the runtime.
  [[ $status -lt 128 ]] || differs "no signal, found status $status"
  never "no internal error" 'INTERNAL ASSERT|Segmentation fault|Aborted|terminate called|std::bad_alloc'
  # shellcheck source=/dev/null
  source "$here/cases/$name.sh"
  cd "$here" || exit
}

bad=0 ran=0
for name in "$@"; do
  failed=0 skipped=0
  run_case "$name"
  if ((skipped)); then
    echo "case $name: skipped"
    continue
  fi
  ran=$((ran + 1))
  bad=$((bad + failed))
  ((failed)) && echo "case $name: DIFFERS" || echo "case $name: as expected"
done
((ran)) || exit 77
echo "cases: $ran run, $bad differ"
exit $((bad > 0))
