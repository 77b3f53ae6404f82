# Headers that are read once instead of in every file: parsing them is most of what a file's compilation takes. Each file
# still includes what it needs; -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON, with which tests/lint.sh looks at the sources,
# finds one that does not.
set(zcp_standard_headers <algorithm> <array> <cmath> <filesystem> <fstream> <functional> <iostream> <limits> <map> <memory>
  <numeric> <optional> <set> <span> <sstream> <stdexcept> <string> <string_view> <unordered_map> <utility> <variant>
  <vector> <fmt/format.h> <fmt/ranges.h>)

# Position-independent code may inline what its library defines, as that of programs does.
function(zcp_position_independent target)
  set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  target_compile_options(${target} PRIVATE $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-fno-semantic-interposition>)
endfunction()

# How far g++ optimises a target of the preset release.
function(zcp_optimise target level)
  target_compile_options(${target} PRIVATE $<$<AND:$<CONFIG:Release>,$<COMPILE_LANG_AND_ID:CXX,GNU>>:-O${level}>)
endfunction()

# zcp_headers(NAME LIBRARY... HEADERS HEADER...): headers that targets share. They take from five seconds (the standard
# library's) to half a minute (LibTorch's with TorchScript's). What shares them compiles alike: position-independent, as
# the Python module wants its parts. Every file that uses such headers also instantiates at its end what their inline
# functions call, be the file empty: 1.5 s of ATen's, 2.5 s with TorchScript's. So those come only where they are used.
# g++ takes them with OpenMP only where they were compiled with it.
function(zcp_headers target)
  cmake_parse_arguments(with "" "" "HEADERS" ${ARGN})
  add_library(${target} OBJECT EXCLUDE_FROM_ALL ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/headers.cpp)
  target_link_libraries(${target} PRIVATE zcp_options fmt::fmt Boost::boost OpenMP::OpenMP_CXX ${with_UNPARSED_ARGUMENTS})
  target_precompile_headers(${target} PRIVATE ${with_HEADERS} ${zcp_standard_headers})
  zcp_position_independent(${target})
endfunction()
zcp_headers(zcp_standard_headers)
# The report, the spaces of JSON files and the subcommands compute little and are a third of the sources.
zcp_headers(zcp_json_headers HEADERS <nlohmann/json.hpp>)
zcp_optimise(zcp_json_headers 1)
zcp_headers(zcp_options_headers Boost::program_options HEADERS <boost/program_options.hpp>)
zcp_optimise(zcp_options_headers 1)
if(ZCP_TESTS)
  zcp_headers(zcp_tests_headers HEADERS <doctest/doctest.h>)
  zcp_optimise(zcp_tests_headers 1)  # as tests
endif()
if(ZCP_TORCH)
  set(torch_headers <ATen/ATen.h> <ATen/core/grad_mode.h> <torch/csrc/autograd/autograd.h>
    <torch/csrc/autograd/custom_function.h>)
  zcp_headers(zcp_torch_headers zcp_torch HEADERS ${torch_headers})
  zcp_headers(zcp_script_headers zcp_torch HEADERS ${torch_headers} <torch/csrc/jit/api/module.h>
    <torch/csrc/jit/ir/ir.h> <torch/csrc/jit/runtime/operator.h> <torch/csrc/jit/serialization/import.h>)
endif()

# zcp_precompile(TARGET [HEADERS]): the standard library and fmt, and with a word also LibTorch (TORCH), LibTorch with
# TorchScript (SCRIPT), nlohmann's JSON (JSON; a second in every file, be it used or not), Boost.Program_options (OPTIONS)
# or doctest (TESTS).
function(zcp_precompile target)
  string(TOLOWER "${ARGN}" headers)
  if(NOT headers)
    set(headers standard)
  endif()
  zcp_position_independent(${target})
  get_target_property(type ${target} TYPE)
  if(type STREQUAL "EXECUTABLE")
    target_compile_options(${target} PRIVATE -fPIC)  # CMake would say -fPIE, with which g++ takes no other's headers
  endif()
  if(headers MATCHES "torch|script")
    # g++ 14 takes no headers of another level of optimisation.
    zcp_optimise(${target} 2)
  elseif(headers MATCHES "json|options")
    zcp_optimise(${target} 1)
  endif()
  target_link_libraries(${target} PRIVATE OpenMP::OpenMP_CXX)
  target_precompile_headers(${target} REUSE_FROM zcp_${headers}_headers)
  # ccache keeps what is compiled with such headers only where it sees them. And what g++ wrongly says of std::string's
  # own code it keeps to itself in a system's header, but not in a precompiled one.
  target_compile_options(${target} PRIVATE $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-fpch-preprocess>
    $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-Wno-array-bounds> $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-Wno-stringop-overflow>
    $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-Wno-stringop-overread>)
endfunction()

# zcp_compile_apart(SOURCE OPTION...): a file with options of its own, for which no header is precompiled.
function(zcp_compile_apart source)
  set_source_files_properties(${source} PROPERTIES COMPILE_OPTIONS "${ARGN}" SKIP_PRECOMPILE_HEADERS ON
    SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()

# How many files of a library are compiled as one. Each of them alone would spend most of its time in the same headers and
# templates. Names in the unnamed namespaces of a library must therefore differ, but for files after EXCEPT, which are
# compiled alone: those of a list, which are alike. With 1 each file is, as tests/lint.sh wants to see them.
set(ZCP_FILES_TOGETHER 8 CACHE STRING "files of a library that are compiled as one")
function(zcp_compile_together target)
  cmake_parse_arguments(but "" "" "EXCEPT" ${ARGN})
  set_source_files_properties(${but_EXCEPT} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  set_target_properties(${target} PROPERTIES UNITY_BUILD_BATCH_SIZE ${ZCP_FILES_TOGETHER})
  if(NOT ZCP_FILES_TOGETHER EQUAL 1)
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON)
    # g++ takes the one file that includes the others for a source, and these for headers.
    target_compile_options(${target} PRIVATE $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-Wno-subobject-linkage>)
  endif()
endfunction()
