# Every dependency comes from the system (the packages of Debian 12 and 13 that apps/packages.sh lists); nothing is
# downloaded. LibTorch may be PyTorch's wheel: see ZcpTorch.cmake.
find_package(OpenMP REQUIRED COMPONENTS CXX)
# By flag, not by path: PyTorch's wheels bring a libgomp of their own, and CMake warns of two in one program.
set_target_properties(OpenMP::OpenMP_CXX PROPERTIES INTERFACE_LINK_LIBRARIES -fopenmp)
# No version here: Eigen 5 does not call itself compatible with 3.4, but it is.
find_package(Eigen3 REQUIRED NO_MODULE)
find_package(Boost 1.74 REQUIRED COMPONENTS program_options)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(fmt 9 REQUIRED)
find_package(SQLite3 3.40 REQUIRED)
find_package(ZLIB REQUIRED)
find_package(BZip2 REQUIRED)
find_package(Protobuf 3.21 REQUIRED)
find_package(PNG 1.6 REQUIRED)
find_path(TURBOJPEG_INCLUDE_DIR turbojpeg.h REQUIRED)
find_library(TURBOJPEG_LIBRARY turbojpeg REQUIRED)
find_path(UTF8PROC_INCLUDE_DIR utf8proc.h REQUIRED)
find_library(UTF8PROC_LIBRARY utf8proc REQUIRED)
find_path(XXHASH_INCLUDE_DIR xxhash.h REQUIRED)
find_path(LIBCSV_INCLUDE_DIR csv.h REQUIRED)
find_library(LIBCSV_LIBRARY csv REQUIRED)
find_path(MATIO_INCLUDE_DIR matio.h REQUIRED)
find_library(MATIO_LIBRARY matio REQUIRED)
# Random forests and gradient boosting of zcp predict.
find_path(XGBOOST_INCLUDE_DIR xgboost/c_api.h REQUIRED)
find_library(XGBOOST_LIBRARY xgboost REQUIRED)
# Optional: faster than the system's where tensors come and go.
find_library(JEMALLOC_LIBRARY jemalloc)
if(ZCP_TESTS)
  find_package(doctest 2.4 REQUIRED)
endif()

if(ZCP_TORCH)
  include(ZcpTorch)
endif()
