#include "benchmarks/formats/mat_file.h"
#include "tests/support/temporary.h"
#include "tests/support/test_files.h"

using namespace zcp::formats;
using namespace zcp::test;

namespace {

/// What SciPy wrote (tests/reference/make_darcy.py): 10 x 85 x 85 numbers.
std::filesystem::path official() {
  return golden("darcy_flow/piececonst_r421_N1024_smooth1.mat");
}

/// The elements of 'coeff' and 'sol' as make_darcy.py computes them.
double coefficient(int n, int i, int j) {
  return (3 * n + i / 8 + n * (j / 16)) % 4 < 2 ? 3.0 : 12.0;
}
double solution(int n, int i, int j) {
  const bool inside = i > 0 && j > 0 && i < 84 && j < 84;
  return inside ? (n + 1.0) * ((i / 4 + 2 * (j / 4)) % 7 + 1) : 0.0;
}

}  // namespace

TEST_CASE("mat file: all elements of SciPy's arrays, in C order") {
  const MatFile file(official());
  CHECK(file.sizes("coeff") == std::array{10, 85, 85});
  const auto first = file.read("coeff", {10, 85, 85}, {1, 1, 1});
  const auto second = file.read("sol", {10, 85, 85}, {1, 1, 1});
  REQUIRE(first.size() == 10 * 85 * 85);
  REQUIRE(second.size() == first.size());
  std::size_t at = 0;
  std::size_t wrong = 0;
  for (int n = 0; n < 10; ++n) {
    for (int i = 0; i < 85; ++i) {
      for (int j = 0; j < 85; ++j, ++at) {
        if (first[at] != coefficient(n, i, j)) ++wrong;
        if (second[at] != solution(n, i, j)) ++wrong;
      }
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("mat file: a part, in steps") {
  const MatFile file(official());
  const auto part = file.read("sol", {3, 4, 2}, {4, 25, 60});
  REQUIRE(part.size() == 3 * 4 * 2);
  for (int n = 0; n < 3; ++n) {
    for (int i = 0; i < 4; ++i) {
      for (int j = 0; j < 2; ++j) {
        CHECK(
            part[static_cast<std::size_t>((n * 4 + i) * 2 + j)] ==
            solution(4 * n, 25 * i, 60 * j));
      }
    }
  }
}

TEST_CASE("mat file: what is not in it") {
  const MatFile file(official());
  const auto ends = [&](const std::string& text) {
    return file.source() + ": " + text;
  };
  CHECK(user_error([&] {
          file.sizes("none");
        }) == ends("found no variable 'none'"));
  CHECK(
      user_error([&] {
        file.read("sol", {10, 18, 85}, {1, 5, 1});
      }) ==
      ends("variable 'sol' has 85 elements along index 1, expected 18 at steps "
           "of 5"));
  CHECK(
      user_error([&] {
        file.read("sol", {0, 1, 1}, {1, 1, 1});
      }) ==
      ends("variable 'sol' has 10 elements along index 0, expected 0 at steps "
           "of 1"));
}

TEST_CASE("mat file: files of another kind") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "f.mat";
  const auto error = [&] { return user_error([&] { MatFile file(path); }); };
  CHECK(error() == path.string() + ": no such file");
  folder.write("f.mat", "not one");
  CHECK(error() == path.string() + ": not a MATLAB file (.mat)");
}
