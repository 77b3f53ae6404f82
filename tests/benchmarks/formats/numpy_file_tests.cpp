#include <cmath>

#include "benchmarks/formats/files.h"
#include "benchmarks/formats/numpy_file.h"
#include "tests/support/temporary.h"
#include "tests/support/test_files.h"

using namespace zcp::formats;
using namespace std::string_literals;
using zcp::test::user_error;

namespace {

/// A file that NumPy wrote (tests/reference/make_formats.py).
NumpyFile official(const std::string& name) {
  return {
      read_bytes(zcp::test::golden("formats/numpy_" + name + ".npy")), "a.npy"};
}

/// A file of version 1 with that header and those elements.
std::string npy(const std::string& header, const std::string& elements) {
  return "\x93NUMPY\1\0"s + static_cast<char>(header.size()) + '\0' + header +
         elements;
}

std::string error_of(const std::string& bytes) {
  return user_error([&] { NumpyFile(bytes, "a.npy"); });
}

/// What the file says after "a.npy: " of an array of 2 x 3 bytes.
std::string header_error(const std::string& header) {
  return error_of(npy(header, "abcdef")).substr(7);
}

}  // namespace

TEST_CASE("numpy file: numbers of every kind, in C order") {
  const NumpyFile counted = official("c_f8");
  const NumpyFile fortran = official("fortran_f4");
  CHECK(counted.shape() == std::vector<std::int64_t>{2, 3, 4});
  CHECK(fortran.shape() == counted.shape());
  for (std::size_t i = 0; i < 24; ++i) {
    const auto value = static_cast<float>(i);
    CHECK(counted.floats()[i] == value / 2);
    CHECK(fortran.floats()[i] == value);
    CHECK(fortran.integers()[i] == static_cast<std::int64_t>(i));
  }
  CHECK(official("i2").integers() == std::vector<std::int64_t>{1, -2, 300, 4});
  CHECK(official("version2").floats() == std::vector<float>{1, -2, 300, 4});
  const std::vector<float> half = official("f2").floats();
  CHECK(half[0] == 1.5F);
  CHECK(half[1] == -2.0F);
  CHECK(half[2] == 65504.0F);
  CHECK(half[3] == 5.960464477539063e-08F);
  CHECK(std::isinf(half[4]));
}

TEST_CASE("numpy file: integers of any width, signed or not") {
  const std::string elements = "\1\xff"s;
  const auto read = [&](const std::string& type) {
    return NumpyFile(
               npy("{'descr': '" + type +
                       "', 'fortran_order': False, 'shape': (2,)}",
                   elements),
               "a.npy")
        .integers();
  };
  CHECK(read("|i1") == std::vector<std::int64_t>{1, -1});
  CHECK(read("|u1") == std::vector<std::int64_t>{1, 255});
  const NumpyFile large(
      npy("{\"descr\":'<u8',\"shape\":(),'fortran_order':False}",
          "\0\0\0\0\0\0\0\x80"s),
      "a.npy");
  CHECK(large.size() == 1);
  CHECK(large.floats() == std::vector<float>{0x1p63F});
  CHECK(
      user_error([&] { large.integers(); }) ==
      "a.npy: element 0: found 9223372036854775808, expected an integer");
}

TEST_CASE("numpy file: what the file must not be") {
  CHECK(
      error_of("PK\3\4 a zip") ==
      "a.npy: found no array of numpy.save, expected one (a cut file?)");
  CHECK(
      error_of("\x93NUMPY\x09\0\0\0"s) ==
      "a.npy: found format version 9, expected 1 to 3");
  CHECK(
      error_of("\x93NUMPY\1\0\x76\0{'descr'"s) ==
      "a.npy: found 18 bytes, expected a header of 118 (a cut file?)");
  CHECK(user_error([] { official("object"); })
            .starts_with("a.npy: found an array of type '|O', expected "
                         "little-endian numbers such as '<f4'"));
  CHECK(user_error([] {
          official("big_endian");
        }).find("type '>f4'") != std::string::npos);
  CHECK(
      user_error([] { official("record"); }) ==
      "a.npy: header: found a record type, expected an array of numbers");
  CHECK(user_error([] {
          official("f2").integers();
        }) == "a.npy: element 0: found 1.5, expected an integer");
  const std::string shape = "{'descr':'|u1','fortran_order':False,'shape':";
  CHECK(
      header_error(shape + "(2,4)}") ==
      "found 6 bytes behind the header, expected 1 for each element of shape "
      "[2,4] (a cut file?)");
  CHECK(header_error(shape + "(2,2)}").starts_with("found 6 bytes"));
  CHECK(header_error(shape + "(2,0)}").starts_with("found 6 bytes"));
  CHECK(header_error(shape + "(4294967296,4294967296,6)}")
            .starts_with("found 6 bytes"));
  CHECK(
      header_error(shape + "(2,-3)}") ==
      "header: found '-' at 48, expected a size");
  CHECK(
      header_error(shape + "(2 3)}") ==
      "header: found '3' at 48, expected ',' or ')'");
  CHECK(
      header_error(shape + "(2,3)") ==
      "header: found its end, expected ',' or '}'");
  CHECK(
      header_error("{'descr':'|u1','shape':(6,)}") ==
      "header: found its end, expected descr, fortran_order and shape");
  CHECK(
      header_error("{'descr':'|u1','code':(6,)}") ==
      "header: found the key 'code', expected descr, fortran_order and shape");
}

TEST_CASE("numpy file: shapes that are asked for") {
  const NumpyFile file = official("c_f8");
  file.require_shape({-1, 3, 4});
  CHECK(user_error([&] {
          file.require_shape({-1, 52, 16});
        }) == "a.npy: found an array of shape [2,3,4], expected [N,52,16]");
}
