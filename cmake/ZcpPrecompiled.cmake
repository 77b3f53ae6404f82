# Headers that are read once instead of in every file: parsing them is most of what a file's compilation takes. Each file
# still includes what it needs; -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON, with which tests/lint.sh looks at the sources,
# finds one that does not.
set(zcp_standard_headers <algorithm> <array> <cmath> <filesystem> <fstream> <functional> <iostream> <limits> <map> <memory>
  <numeric> <optional> <set> <span> <sstream> <stdexcept> <string> <string_view> <unordered_map> <utility> <variant>
  <vector> <fmt/format.h> <fmt/ranges.h>)

# LibTorch's take half a minute, so that all libraries share them. Those compile alike: position-independent, as the
# Python module wants its parts.
if(ZCP_TORCH)
  add_library(zcp_torch_headers OBJECT ${CMAKE_CURRENT_LIST_DIR}/torch_headers.cpp)
  target_link_libraries(zcp_torch_headers PRIVATE zcp_options fmt::fmt Boost::boost zcp_torch nlohmann_json::nlohmann_json)
  target_precompile_headers(zcp_torch_headers PRIVATE <torch/script.h> <torch/library.h> <torch/csrc/autograd/autograd.h>
    <torch/csrc/autograd/custom_function.h> <ATen/ATen.h> <ATen/core/grad_mode.h> ${zcp_standard_headers}
    <nlohmann/json.hpp>)
endif()

# zcp_precompile(TARGET [TORCH] [JSON] [TESTS] [OPTIONS]): the standard library and fmt, and with a word also LibTorch,
# nlohmann's JSON, doctest, Boost.Program_options.
function(zcp_precompile target)
  cmake_parse_arguments(with "TORCH;JSON;TESTS;OPTIONS" "" "" ${ARGN})
  set(headers ${zcp_standard_headers})
  if(with_JSON)
    list(APPEND headers <nlohmann/json.hpp>)
  endif()
  if(with_OPTIONS)
    list(APPEND headers <boost/program_options.hpp>)
  endif()
  if(with_TESTS)
    list(APPEND headers <doctest/doctest.h>)
  endif()
  if(with_TORCH)
    zcp_position_independent(${target})
    get_target_property(type ${target} TYPE)
    if(type STREQUAL "EXECUTABLE")
      target_compile_options(${target} PRIVATE -fPIC)  # CMake would say -fPIE, with which g++ takes no other's headers
    endif()
    # g++ 14 takes no headers of another level of optimisation.
    target_compile_options(${target} PRIVATE $<$<AND:$<CONFIG:Release>,$<COMPILE_LANG_AND_ID:CXX,GNU>>:-O2>)
    target_precompile_headers(${target} REUSE_FROM zcp_torch_headers)
  else()
    target_precompile_headers(${target} PRIVATE ${headers})
  endif()
  # ccache keeps what is compiled with such headers only where it sees them. And what g++ wrongly says of std::string's
  # own code it keeps to itself in a system's header, but not in a precompiled one.
  target_compile_options(${target} PRIVATE $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-fpch-preprocess>
    $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-Wno-array-bounds> $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-Wno-stringop-overflow>)
endfunction()

# Position-independent code may inline what its library defines, as that of programs does.
function(zcp_position_independent target)
  set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  target_compile_options(${target} PRIVATE $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-fno-semantic-interposition>)
endfunction()
if(ZCP_TORCH)
  zcp_position_independent(zcp_torch_headers)
endif()

# zcp_compile_apart(SOURCE OPTION...): a file with options of its own, for which no header is precompiled.
function(zcp_compile_apart source)
  set_source_files_properties(${source} PROPERTIES COMPILE_OPTIONS "${ARGN}" SKIP_PRECOMPILE_HEADERS ON
    SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()
