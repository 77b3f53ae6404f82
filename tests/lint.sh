#!/usr/bin/env bash
# Looks at the sources without building them: layout (clang-format), shell
# scripts (shellcheck), likely mistakes (clang-tidy). A tool that is not
# installed is left out with a word.
#
#   tests/lint.sh --format        layout and scripts only: seconds
#   tests/lint.sh [FILE...]       clang-tidy too, on the files named, else on
#                                 those that differ from the commit main (or
#                                 $ZCP_LINT_BASE) and need no LibTorch
#   tests/lint.sh --all           clang-tidy on every file without LibTorch:
#                                 some 5 s each
#   tests/lint.sh --torch ...     those with LibTorch too: some 50 s each
#
# Exit status: 0 nothing found, 1 a finding, 2 wrong use.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
readonly folders=(common nets proxies benchmarks analysis apps tests)

usage() {
  sed -n '2,/^set /s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
}

tidy=changed
torch=no
files=()
for argument in "$@"; do
  case $argument in
    --format) tidy=no ;;
    --all) tidy=all ;;
    --torch) torch=yes ;;
    --help) usage && exit 0 ;;
    -*) usage >&2 && exit 2 ;;
    *) files+=("$argument") ;;
  esac
done
for file in "${files[@]}"; do
  if [[ ! -f $file ]]; then
    echo "lint: $file: no such file" >&2
    exit 2
  fi
done

# The program $1, or $1-$2, where it is of version $2: others lay out and find
# differently.
tool() {
  local name
  for name in "$1-$2" "$1"; do
    if command -v "$name" >/dev/null &&
      [[ $("$name" --version) == *"version ${2:-}"* ]]; then
      echo "$name"
      return
    fi
  done
  echo "lint: no $1 ${2:-}, its checks are left out" >&2
  return 1
}

sources() {
  find "${folders[@]}" cmake -name '*.cpp' -o -name '*.h' -o -name '*.cu' | sort
}

check_layout() {
  local format
  format=$(tool clang-format 14) || return 0
  sources | xargs "$format" --dry-run --Werror
}

check_scripts() {
  local shellcheck
  shellcheck=$(tool shellcheck "") || return 0
  find "${folders[@]}" .ci -name '*.sh' -o -path .ci/run | sort |
    xargs "$shellcheck" -x --severity=warning
}

# Files that differ from the base, committed or not.
changed_files() {
  local base=${ZCP_LINT_BASE:-main}
  if git rev-parse -q --verify "$base" >/dev/null; then
    git diff --name-only --diff-filter=d "$base" -- '*.cpp'
  fi
  git ls-files --others --exclude-standard -- '*.cpp'
}

# The files to look at, one a line, from the top of the checkout.
wanted_files() {
  if ((${#files[@]} > 0)); then
    realpath --relative-to=. "${files[@]}"
  elif [[ $tidy == all ]]; then
    sources | grep '\.cpp$'
  else
    changed_files | sort -u
  fi
}

# Writes build/$1: how each file is compiled, alone, LibTorch being $2 (ON or
# OFF).
configure() {
  mkdir -p build
  cmake -S . -B "build/$1" -G Ninja -DZCP_TORCH="$2" \
    -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON \
    -DZCP_FILES_TOGETHER=1 >"build/$1.log" 2>&1 && return
  cat "build/$1.log" >&2
  return 1
}

# clang-tidy by build/$1 on the files of standard input that it knows; what
# follows are more of clang-tidy's options.
tidy_by() {
  local build=$1 file chosen=()
  shift
  while read -r file; do
    if grep -qF "/$file\"" "build/$build/compile_commands.json"; then
      chosen+=("$file")
    fi
  done
  ((${#chosen[@]} > 0)) || return 0
  echo "lint: clang-tidy on ${#chosen[@]} files" >&2
  printf '%s\n' "${chosen[@]}" | xargs -P "$(nproc)" -n 1 "$program" \
    -p "build/$build" --quiet --extra-arg=-Wno-unknown-warning-option "$@"
}

# A file that is not compiled without LibTorch is one that needs it.
check_mistakes() {
  local program wanted heavy
  program=$(tool clang-tidy 14) || return 0
  wanted=$(wanted_files)
  configure lint OFF || return 1
  tidy_by lint <<<"$wanted" || return 1
  [[ $torch == yes ]] || return 0
  configure lint-torch ON || return 1
  heavy=$(while read -r file; do
    grep -qF "/$file\"" build/lint/compile_commands.json || echo "$file"
  done <<<"$wanted")
  tidy_by lint-torch --extra-arg-before=-include \
    --extra-arg-before="$PWD/cmake/tidy_shim.h" <<<"$heavy"
}

status=0
check_layout || status=1
check_scripts || status=1
[[ $tidy == no ]] || check_mistakes || status=1
if ((status == 0)); then
  echo "lint: nothing found" >&2
else
  echo "lint: findings, see above" >&2
fi
exit "$status"
