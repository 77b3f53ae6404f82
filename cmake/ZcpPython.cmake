# The Python for which the module zcp._core is built: one whose torch is the LibTorch of this build.
#
# Variables: ZCP_PYTHON_MODULE, true where there is one, with its headers and pybind11's; Python_EXECUTABLE;
# ZCP_PYTHON_TORCH, the folder of its torch. Target: zcp_torch_python. A build that asks for the module (ZCP_PYTHON=ON)
# fails without one; -DPython_EXECUTABLE=... names it.
set(ZCP_PYTHON_MODULE FALSE)

# zcp_torch_of(PYTHON VERSION FOLDER): its torch, which is not imported; empty where it has none.
function(zcp_torch_of python version folder)
  execute_process(COMMAND ${python} -c [=[
import importlib.util, os, re
folder = os.path.dirname(importlib.util.find_spec('torch').origin)
text = open(os.path.join(folder, 'version.py')).read()
print(re.search(r"__version__ = .(\d+\.\d+)", text).group(1) + ';' + folder, end='')
]=] OUTPUT_VARIABLE found ERROR_QUIET RESULT_VARIABLE failed)
  set(${version} "" PARENT_SCOPE)
  if(NOT failed)
    list(GET found 0 first)
    list(GET found 1 second)
    set(${version} ${first} PARENT_SCOPE)
    set(${folder} ${second} PARENT_SCOPE)
  endif()
endfunction()

string(REGEX MATCH "^[0-9]+\\.[0-9]+" zcp_torch_minor ${ZCP_TORCH_VERSION})
set(zcp_pythons ${Python_EXECUTABLE})
if(NOT zcp_pythons)
  # A wheel's own Python lies above its torch, Debian's in /usr/bin whatever comes first on the path.
  if(EXISTS ${zcp_torch_root}/lib/libtorch_python.so)
    get_filename_component(zcp_python_root ${zcp_torch_root}/../../../.. ABSOLUTE)
    file(GLOB zcp_pythons ${zcp_python_root}/bin/python3)
  endif()
  find_program(ZCP_FIRST_PYTHON python3)
  mark_as_advanced(ZCP_FIRST_PYTHON)
  list(APPEND zcp_pythons ${ZCP_FIRST_PYTHON} /usr/bin/python3)
endif()
foreach(python IN LISTS zcp_pythons)
  zcp_torch_of(${python} zcp_found_version ZCP_PYTHON_TORCH)
  if(zcp_found_version STREQUAL zcp_torch_minor)
    set(zcp_python ${python})
    break()
  endif()
  list(APPEND zcp_seen "${python} (torch: ${zcp_found_version})")
endforeach()

if(zcp_python)
  set(Python_EXECUTABLE ${zcp_python})
  find_package(Python 3.8 COMPONENTS Interpreter Development.Module)
  execute_process(COMMAND ${Python_EXECUTABLE} -c "import pybind11; print(pybind11.get_include(), end='')"
    OUTPUT_VARIABLE zcp_pybind11_hint ERROR_QUIET)
  find_path(ZCP_PYBIND11 pybind11/pybind11.h HINTS ${ZCP_PYTHON_TORCH}/include ${zcp_pybind11_hint})
  mark_as_advanced(ZCP_PYBIND11)
  find_library(ZCP_TORCH_PYTHON torch_python HINTS ${ZCP_PYTHON_TORCH}/lib)
  mark_as_advanced(ZCP_TORCH_PYTHON)
  if(Python_Development.Module_FOUND AND ZCP_PYBIND11 AND ZCP_TORCH_PYTHON)
    set(ZCP_PYTHON_MODULE TRUE)
    add_library(zcp_torch_python INTERFACE)
    target_include_directories(zcp_torch_python SYSTEM INTERFACE ${ZCP_PYBIND11})
    target_link_libraries(zcp_torch_python INTERFACE zcp_torch ${ZCP_TORCH_PYTHON})
  endif()
endif()
if(NOT ZCP_PYTHON_MODULE AND NOT ZCP_PYTHON STREQUAL "AUTO")
  message(FATAL_ERROR "ZCP_PYTHON: expected a Python with its headers, pybind11 and torch ${zcp_torch_minor}, found "
    "${zcp_seen}${zcp_python} (headers: ${Python_INCLUDE_DIRS}, pybind11: ${ZCP_PYBIND11}); "
    "-DPython_EXECUTABLE=... names another")
endif()
if(ZCP_PYTHON_MODULE)
  message(STATUS "zcp: Python module for ${Python_EXECUTABLE}")
else()
  message(STATUS "zcp: no Python module: no Python with headers, pybind11 and torch ${zcp_torch_minor}")
endif()
