# The Debian 12 packages zcp is built, tested and shown with, how to get those
# that are missing, and how to build. Sourced by the scripts that build.
# shellcheck shell=bash
# The lists are read by those scripts:
# shellcheck disable=SC2034

# What the program needs without networks: the part that reads tables and scores.
zcp_front_packages=(
  g++ cmake ninja-build pkg-config ccache mold
  libeigen3-dev libboost-dev libboost-program-options-dev libboost-math-dev
  nlohmann-json3-dev libsqlite3-dev libfmt-dev
  libbz2-dev zlib1g-dev libxxhash-dev libcsv-dev libmatio-dev libprotobuf-dev
  libpng-dev libturbojpeg0-dev libutf8proc-dev libjemalloc-dev libxgboost-dev
)
zcp_packages=(
  "${zcp_front_packages[@]}"
  # networks; OpenBLAS because Debian's default BLAS is ten times slower
  libtorch-dev libopenblas0-pthread
  # tests and images
  doctest-dev dataset-fashion-mnist libbenchmark-dev sqlite3
)
# The Python package, with what its tests and notebooks want.
zcp_python_packages=(
  python3-dev python3-torch pybind11-dev python3-pandas python3-pytest
)

# missing_packages PACKAGE...: prints those that are not installed, one a line.
missing_packages() {
  local package status
  for package in "$@"; do
    status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) ||
      status=absent
    [[ $status == installed ]] || printf '%s\n' "$package"
  done
}

# install_packages PACKAGE...: installs what is missing of them, and touches
# nothing when nothing is. Asks nothing (but sudo may ask for a password)
# and waits for another apt to finish.
install_packages() {
  if ! command -v dpkg-query >/dev/null; then
    echo "not a Debian system: building with the libraries that are there" >&2
    return
  fi
  local missing as_root=()
  mapfile -t missing < <(missing_packages "$@")
  ((${#missing[@]} > 0)) || return 0
  if ((EUID != 0)); then
    if ! command -v sudo >/dev/null; then
      echo "these packages are missing; as root, run" >&2
      echo "  apt-get install ${missing[*]}" >&2
      exit 1
    fi
    as_root=(sudo)
  fi
  echo "installing ${missing[*]}" >&2
  local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive
    apt-get -q -y -o DPkg::Lock::Timeout=300)
  "${apt[@]}" update
  "${apt[@]}" install --no-install-recommends "${missing[@]}"
}

# How many compilers at once: one a core, but 2 GB for each, which a file that
# includes LibTorch takes. CMAKE_BUILD_PARALLEL_LEVEL overrides it.
build_jobs() {
  local cores memory
  cores=$(nproc)
  memory=$(awk '/^MemAvailable:/ { print int($2 / 2000000) }' /proc/meminfo)
  if ((memory < 1)); then memory=1; fi
  echo $((memory < cores ? memory : cores))
}

# build PRESET [-DNAME=VALUE ...] [TARGET ...]
build() {
  local preset=$1 settings=()
  shift
  while [[ ${1-} == -D* ]]; do
    settings+=("$1")
    shift
  done
  export CMAKE_BUILD_PARALLEL_LEVEL=${CMAKE_BUILD_PARALLEL_LEVEL:-$(build_jobs)}
  cmake --preset "$preset" "${settings[@]}"
  cmake --build --preset "$preset" ${1:+--target "$@"}
}
