#!/bin/sh
# Fuzzes every parser, or those named, for SECONDS each, with libFuzzer and
# AddressSanitizer (clang 14 or newer). A target is a file NAME.cpp in this folder, its
# seeds lie in corpus/NAME. What is found lies in the build folder under
# crashes/; new inputs go to its corpus/, the seeds here stay as they are.
#
#   tests/fuzz/run.sh SECONDS [TARGET...]      ZCP_FUZZ_BUILD: the build folder
#
# Exit status: 0 nothing found, 1 a finding, 77 no clang with sanitizers to build with.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
build=${ZCP_FUZZ_BUILD:-$root/build/fuzz}
# Debian 12 has version 14, Debian 13 version 19.
for compiler in ${CXX:-clang++-14 clang++-19 clang++}; do
  if command -v "$compiler" >/dev/null; then break; fi
done
seconds=${1:?usage: tests/fuzz/run.sh SECONDS [TARGET...]}
shift
if [ $# -eq 0 ]; then
  for source in "$here"/*.cpp; do
    set -- "$@" "$(basename "$source" .cpp)"
  done
fi

if ! command -v "$compiler" >/dev/null; then
  echo "fuzz: skipped, no $compiler (Debian 12: clang-14 libclang-rt-14-dev, 13: 19)" >&2
  exit 77
fi
if ! echo 'int main() {}' | "$compiler" -x c++ -fsanitize=address - -o /dev/null 2>/dev/null; then
  echo "fuzz: skipped, $compiler has no sanitizers (Debian 12: libclang-rt-14-dev, 13: 19)" >&2
  exit 77
fi
mkdir -p "$build/objects" "$build/crashes"
flags="-std=c++20 -O1 -g -fno-omit-frame-pointer -I$root
  -fsanitize=address,undefined -fno-sanitize-recover=undefined
  -DFUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION"

# ccache, where there is one, makes the second build a matter of a second.
compile="$(command -v ccache || true) $compiler $flags"
objects=
for source in "$root"/common/*.cpp "$root"/nets/graph/*.cpp \
  "$root"/nets/spaces/*.cpp "$root"/nets/spaces/json/*.cpp "$root"/benchmarks/*/*.cpp \
  "$root"/apps/encode/saved.cpp "$root"/apps/predict/saved.cpp; do
  object=$build/objects/$(echo "${source#"$root"/}" | tr / _).o
  objects="$objects $object"
  $compile -fsanitize=fuzzer-no-link -c "$source" -o "$object"
done

status=0
for target in "$@"; do
  mkdir -p "$build/corpus/$target"
  $compiler $flags -fsanitize=fuzzer "$here/$target.cpp" $objects \
    -lfmt -lz -lbz2 -lcsv -lprotobuf -lpng -lturbojpeg -lutf8proc -lmatio -o "$build/$target"
  echo "fuzz: $target for $seconds s"
  "$build/$target" -max_total_time="$seconds" -max_len=16384 -timeout=10 \
    -rss_limit_mb=1024 -malloc_limit_mb=512 -verbosity=0 -print_funcs=0 \
    -print_final_stats=1 \
    -artifact_prefix="$build/crashes/$target-" \
    "$build/corpus/$target" "$here/corpus/$target" || status=1
done
exit $status
