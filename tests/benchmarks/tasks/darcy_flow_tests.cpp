// Oracle: tests/reference/make_darcy.py (SciPy and PyTorch, as NAS-Bench-360
// reads its file).
#include <matio.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "benchmarks/formats/mat_file.h"
#include "benchmarks/tasks/task.h"
#include "tests/support/temporary.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::formats;
using namespace zcp::tasks;
using zcp::test::golden;
using zcp::test::TemporaryFolder;
using zcp::test::user_error;

namespace {

constexpr const char* kName = "piececonst_r421_N1024_smooth1.mat";
constexpr std::size_t kArea = std::size_t{85} * 85;

std::string bytes_of(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Writes arrays of three indices whose elements are `value(n, i, j)`.
template <typename Value>
void write_mat(
    const std::filesystem::path& path,
    const std::vector<std::string>& names,
    std::array<std::size_t, 3> sizes,
    mat_ft version,
    const Value& value) {
  mat_t* file = Mat_CreateVer(path.c_str(), nullptr, version);
  REQUIRE(file != nullptr);
  std::vector<double> data(sizes[0] * sizes[1] * sizes[2]);
  for (std::size_t n = 0; n < sizes[0]; ++n) {
    for (std::size_t i = 0; i < sizes[1]; ++i) {
      for (std::size_t j = 0; j < sizes[2]; ++j) {
        data[n + sizes[0] * (i + sizes[1] * j)] = value(n, i, j);
      }
    }
  }
  for (const std::string& name : names) {
    matvar_t* variable = Mat_VarCreate(
        name.c_str(),
        MAT_C_DOUBLE,
        MAT_T_DOUBLE,
        3,
        sizes.data(),
        data.data(),
        0);
    Mat_VarWrite(file, variable, MAT_COMPRESSION_ZLIB);
    Mat_VarFree(variable);
  }
  Mat_Close(file);
}

bool near(float found, double expected) {
  return std::abs(found - expected) <= 1e-5 * (1 + std::abs(expected));
}

}  // namespace

TEST_CASE("darcy-flow: tensors as NAS-Bench-360 makes them") {
  const auto expected =
      nlohmann::json::parse(bytes_of(golden("darcy_flow/expected.json")));
  const auto task = open_task("darcy-flow", golden("darcy_flow"), 3);
  const Minibatch batch = task->minibatch(0, 9);
  REQUIRE(batch.x.size() == 9 * 3 * kArea);
  REQUIRE(batch.numbers.size() == 9 * kArea);
  CHECK(batch.y.empty());
  std::set<std::size_t> seen;
  for (std::size_t n = 0; n < 9; ++n) {
    // The solution's factor says which sample it is.
    const auto place = [&](std::size_t k) {
      return expected["places"][k][0].get<std::size_t>() * 85 +
             expected["places"][k][1].get<std::size_t>();
    };
    std::size_t sample = 0;
    while (sample < 9 &&
           !near(
               batch.numbers[n * kArea + place(1)],
               expected["samples"][sample]["solution"][1].get<double>())) {
      ++sample;
    }
    REQUIRE(sample < 9);
    seen.insert(sample);
    const auto& of = expected["samples"][sample];
    for (std::size_t k = 0; k < expected["places"].size(); ++k) {
      CHECK(near(
          batch.numbers[n * kArea + place(k)],
          of["solution"][k].get<double>()));
      for (std::size_t c = 0; c < 3; ++c) {
        CHECK(near(
            batch.x[(n * 3 + c) * kArea + place(k)],
            of["inputs"][c][k].get<double>()));
      }
      CHECK(near(batch.scale[place(k)], expected["scale"][k].get<double>()));
      CHECK(near(batch.offset[place(k)], expected["offset"][k].get<double>()));
    }
  }
  CHECK(seen.size() == 9);
}

TEST_CASE("darcy-flow: the seed draws, validation samples stay out") {
  const auto task = open_task("darcy-flow", golden("darcy_flow"), 3);
  CHECK(task->minibatch(0, 4).x == task->minibatch(0, 4).x);
  CHECK(task->minibatch(0, 4).x != task->minibatch(1, 4).x);
  const auto other = open_task("darcy-flow", golden("darcy_flow"), 4);
  CHECK(other->minibatch(0, 9).x != task->minibatch(0, 9).x);
  CHECK(other->fingerprint() == task->fingerprint());
  CHECK(user_error([&] {
          task->minibatch(0, 10);
        }).find("hold 9 images") != std::string::npos);
}

TEST_CASE("darcy-flow: every fifth point of 421, in each version of .mat") {
  for (const mat_ft version : {MAT_FT_MAT5, MAT_FT_MAT73}) {
    const TemporaryFolder folder;
    write_mat(
        folder.path() / kName,
        {"coeff", "sol"},
        {10, 421, 421},
        version,
        [](std::size_t n, std::size_t i, std::size_t j) {
          return static_cast<double>(n * 1000000 + i * 1000 + j);
        });
    const MatFile file(folder.path() / kName);
    CHECK(file.sizes("sol") == std::array{10, 421, 421});
    const auto values = file.read("sol", {2, 85, 85}, {1, 5, 5});
    REQUIRE(values.size() == 2 * kArea);
    CHECK(values[0] == 0.0F);
    CHECK(values[1] == 5.0F);
    CHECK(values[85] == 5000.0F);
    CHECK(values[84] == 420.0F);
    CHECK(values[kArea + 2 * 85 + 3] == 1010015.0F);
    const auto task = open_task("darcy-flow", folder.path(), 0);
    CHECK(task->minibatch(0, 2).numbers.size() == 2 * kArea);
  }
}

TEST_CASE("darcy-flow: files that are not what they should be") {
  const TemporaryFolder folder;
  const auto error = [&] {
    return user_error(
        [&] { open_task("darcy-flow", folder.path(), 0)->minibatch(0, 1); });
  };
  CHECK(error().find("no such file") != std::string::npos);
  folder.write(kName, "");
  CHECK(error().find("not a MATLAB file") != std::string::npos);
  folder.write(kName, std::string(300, 'x'));
  CHECK(error().find("not a MATLAB file") != std::string::npos);

  const auto zero = [](std::size_t, std::size_t, std::size_t) { return 0.0; };
  const auto file = folder.path() / kName;
  write_mat(file, {"coeff"}, {10, 85, 85}, MAT_FT_MAT5, zero);
  CHECK(error().find("no variable 'sol'") != std::string::npos);
  write_mat(file, {"coeff", "sol"}, {10, 90, 90}, MAT_FT_MAT5, zero);
  CHECK(
      error().find("90 x 90 points, expected 421 x 421") != std::string::npos);
  write_mat(file, {"coeff", "sol"}, {3, 85, 85}, MAT_FT_MAT5, zero);
  CHECK(error().find("found 3 samples") != std::string::npos);

  const std::string whole =
      bytes_of(golden("darcy_flow/piececonst_r421_N1024_smooth1.mat"));
  for (const std::size_t length :
       {whole.size() / 8, whole.size() / 2, whole.size() - 9}) {
    folder.write(kName, whole.substr(0, length));
    CAPTURE(length);
    CHECK(error().find("the file is cut") != std::string::npos);
  }
  CHECK(user_error([] {
          open_task("darcy-flow", golden("darcy_flow"), 0, Transform::augment);
        }).find("not augmented") != std::string::npos);
}
