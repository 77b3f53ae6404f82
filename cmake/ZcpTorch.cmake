# Where LibTorch comes from: everything that differs between its versions and packages stands here and nowhere else.
#
# Targets: zcp_torch, with which everything is linked that includes LibTorch. Variables: ZCP_TORCH_VERSION, and
# ZCP_CUDA_KERNELS, which is true where the CUDA kernels of nets/kernels/cuda can be compiled and linked.

# A build for a Python (pip's) takes the LibTorch of that Python's torch. Debian's torch is the system's LibTorch.
if(ZCP_PYTHON STREQUAL "ON" AND Python_EXECUTABLE)
  execute_process(COMMAND ${Python_EXECUTABLE} -c
    "import importlib.util, os; print(os.path.dirname(importlib.util.find_spec('torch').origin), end='')"
    OUTPUT_VARIABLE zcp_python_torch ERROR_QUIET)
  if(EXISTS "${zcp_python_torch}/share/cmake/Torch")
    list(PREPEND CMAKE_PREFIX_PATH ${zcp_python_torch}/share/cmake)
  endif()
endif()

# find_package(Torch) of a build with CUDA wants the whole CUDA toolkit, which PyTorch's wheels work without. zcp needs
# its libraries alone, so that such a build is taken as it lies there: include/ and lib/ beside share/cmake/.
find_path(ZCP_TORCH_CMAKE Torch/TorchConfig.cmake PATH_SUFFIXES . share/cmake lib/cmake)
mark_as_advanced(ZCP_TORCH_CMAKE)
set(zcp_torch_root "")
if(ZCP_TORCH_CMAKE)
  get_filename_component(zcp_torch_root ${ZCP_TORCH_CMAKE}/../.. ABSOLUTE)
endif()

add_library(zcp_torch INTERFACE)
if(EXISTS ${zcp_torch_root}/lib/libtorch_cuda.so)
  include(${ZCP_TORCH_CMAKE}/Torch/TorchConfigVersion.cmake)
  set(ZCP_TORCH_VERSION ${PACKAGE_VERSION})
  if(ZCP_TORCH_VERSION VERSION_LESS 2.6)
    message(FATAL_ERROR "PyTorch ${ZCP_TORCH_VERSION} in ${zcp_torch_root}: wheels before 2.6 have another C++ ABI than "
      "this system's libraries; expected 2.6 or newer")
  endif()
  set(zcp_torch_include_dirs ${zcp_torch_root}/include ${zcp_torch_root}/include/torch/csrc/api/include)
  set(zcp_torch_libraries ${zcp_torch_root}/lib/libtorch_cpu.so ${zcp_torch_root}/lib/libc10.so)
else()
  # Its own search would find the system's libraries before those beside it.
  if(zcp_torch_root AND EXISTS ${zcp_torch_root}/lib/libtorch.so)
    set(TORCH_LIBRARY ${zcp_torch_root}/lib/libtorch.so CACHE FILEPATH "" FORCE)
    set(c10_LIBRARY ${zcp_torch_root}/lib/libc10.so CACHE FILEPATH "" FORCE)
  endif()
  find_package(Torch REQUIRED)
  # It says that the C++ ABI is the one that g++ has anyway; but g++ would take no headers that others share. Newer
  # versions say nothing.
  get_target_property(torch_options torch INTERFACE_COMPILE_OPTIONS)
  if(torch_options)
    list(FILTER torch_options EXCLUDE REGEX "_GLIBCXX_USE_CXX11_ABI=1")
    set_target_properties(torch PROPERTIES INTERFACE_COMPILE_OPTIONS "${torch_options}")
  endif()
  set(ZCP_TORCH_VERSION ${Torch_VERSION})
  set(zcp_torch_include_dirs ${TORCH_INCLUDE_DIRS})
  set(zcp_torch_libraries ${TORCH_LIBRARIES})
endif()

# Wheels bring headers of another fmt along. The system's fmt, which zcp links, comes first.
get_target_property(fmt_include_dir fmt::fmt INTERFACE_INCLUDE_DIRECTORIES)
set(zcp_first_headers ${PROJECT_BINARY_DIR}/first_headers)
file(MAKE_DIRECTORY ${zcp_first_headers})
file(CREATE_LINK ${fmt_include_dir}/fmt ${zcp_first_headers}/fmt SYMBOLIC)

# LibTorch's headers are system headers, our C++20 stays ours.
target_include_directories(zcp_torch SYSTEM INTERFACE ${zcp_first_headers} ${zcp_torch_include_dirs})
# All that includes it is compiled with OpenMP, so that all can share precompiled headers.
target_link_libraries(zcp_torch INTERFACE ${zcp_torch_libraries} OpenMP::OpenMP_CXX)
# libtorch.so loads the devices that this installation has, though no symbol of it is used.
if(EXISTS ${zcp_torch_root}/lib/libtorch.so)
  target_link_libraries(zcp_torch INTERFACE
    -Wl,--push-state,--no-as-needed ${zcp_torch_root}/lib/libtorch.so -Wl,--pop-state)
endif()

# The CUDA kernels want nvcc and the headers of CUDA's runtime; without them the same sums run on LibTorch's operators.
set(ZCP_CUDA_KERNELS FALSE)
if(EXISTS ${zcp_torch_root}/lib/libc10_cuda.so)
  include(CheckLanguage)
  check_language(CUDA)
  if(CMAKE_CUDA_COMPILER)
    if(NOT DEFINED CMAKE_CUDA_ARCHITECTURES)
      set(CMAKE_CUDA_ARCHITECTURES all-major)
    endif()
    enable_language(CUDA)
    set(ZCP_CUDA_KERNELS TRUE)
    target_compile_definitions(zcp_torch INTERFACE ZCP_CUDA_KERNELS)
    # CUDA's own runtime is linked in; LibTorch's knows of streams and of what goes wrong.
    find_library(ZCP_CUDART cudart_static HINTS ${CMAKE_CUDA_IMPLICIT_LINK_DIRECTORIES} REQUIRED)
    set(ZCP_TORCH_CUDA_LIBRARIES ${zcp_torch_root}/lib/libc10_cuda.so ${ZCP_CUDART} dl rt pthread)
  endif()
endif()
message(STATUS "zcp: LibTorch ${ZCP_TORCH_VERSION}, CUDA kernels: ${ZCP_CUDA_KERNELS}")
