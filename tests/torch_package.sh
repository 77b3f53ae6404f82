#!/usr/bin/env bash
# Whether a LibTorch that CMAKE_PREFIX_PATH names is the one that is linked, also where the system has one of its own,
# and whether one that asks for no options of the compiler, as those of newer wheels do, gets none. The LibTorch of the
# test is a folder as wheels have it, with empty libraries.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

config=$work/wheel/share/cmake/Torch
mkdir -p "$config" "$work/wheel/lib" "$work/wheel/include"
for name in torch c10; do
  echo | gcc -shared -x c -o "$work/wheel/lib/lib$name.so" -
done
cat >"$config/TorchConfig.cmake" <<'EOF'
get_filename_component(prefix ${CMAKE_CURRENT_LIST_DIR}/../../.. ABSOLUTE)
find_library(c10_LIBRARY c10 PATHS ${prefix}/lib)
find_library(TORCH_LIBRARY torch PATHS ${prefix}/lib)
add_library(torch SHARED IMPORTED)
set_target_properties(torch PROPERTIES IMPORTED_LOCATION ${prefix}/lib/libtorch.so)
if(options_of_torch)
  set_target_properties(torch PROPERTIES INTERFACE_COMPILE_OPTIONS "${options_of_torch}")
endif()
set(TORCH_INCLUDE_DIRS ${prefix}/include)
set(TORCH_LIBRARIES torch ${c10_LIBRARY} ${TORCH_LIBRARY})
set(Torch_VERSION 9.9)
set(Torch_FOUND TRUE)
EOF
cat >"$work/CMakeLists.txt" <<EOF
cmake_minimum_required(VERSION 3.25)
project(user CXX)
find_package(fmt REQUIRED)
find_package(OpenMP REQUIRED COMPONENTS CXX)
include($root/cmake/ZcpTorch.cmake)
get_target_property(options torch INTERFACE_COMPILE_OPTIONS)
get_target_property(libraries zcp_torch INTERFACE_LINK_LIBRARIES)
list(FILTER libraries INCLUDE REGEX "\.so$")
file(WRITE \${PROJECT_BINARY_DIR}/found "\${options}\n\${libraries}\n")
EOF

# expect CASE FIRST_LINE [OPTION...]: what CMake makes of it with these options.
expect() {
  local lib=$work/wheel/lib
  local name=$1 options=$2
  shift 2
  cmake -S "$work" -B "$work/$name" -DCMAKE_PREFIX_PATH="$work/wheel/share/cmake" "$@" >"$work/$name.log" 2>&1 || {
    cat "$work/$name.log"
    exit 1
  }
  printf '%s\n' "$options" "$lib/libc10.so;$lib/libtorch.so;$lib/libtorch.so" | diff - "$work/$name/found" || {
    echo "$name: < is expected, > was found"
    exit 1
  }
}
expect silent options-NOTFOUND
expect old -DUSE_GLOO "-Doptions_of_torch=-D_GLIBCXX_USE_CXX11_ABI=1;-DUSE_GLOO"
