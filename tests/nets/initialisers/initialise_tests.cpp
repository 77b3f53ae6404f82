#include <algorithm>
#include <cmath>
#include <vector>

#include "common/error.h"
#include "nets/initialisers/initialise.h"
#include "tests/support/test_files.h"

using namespace zcp::initialisers;

namespace {

struct Moments {
  double mean;
  double deviation;
  float least;
  float largest;
};

Moments drawn(Initialiser initialiser, Fans fans) {
  std::vector<float> values(200000);
  draw_weight(initialiser, fans, 7, values);
  double sum = 0;
  double squares = 0;
  for (const float value : values) {
    sum += value;
    squares += static_cast<double>(value) * value;
  }
  const auto n = static_cast<double>(values.size());
  const auto [least, largest] = std::ranges::minmax(values);
  return {sum / n, std::sqrt(squares / n), least, largest};
}

}  // namespace

TEST_CASE("initialisers have their published moments") {
  const Fans fans{144, 288};
  const double tolerance = 0.01;  // of the deviation; 200,000 draws
  CHECK(
      drawn(Initialiser::pytorch, fans).deviation ==
      doctest::Approx(1 / std::sqrt(3.0 * 144)).epsilon(tolerance));
  CHECK(drawn(Initialiser::pytorch, fans).largest <= 1.0F / 12);
  CHECK(
      drawn(Initialiser::kaiming_normal, fans).deviation ==
      doctest::Approx(std::sqrt(2.0 / 144)).epsilon(tolerance));
  CHECK(
      drawn(Initialiser::kaiming_normal_fan_out, fans).deviation ==
      doctest::Approx(std::sqrt(2.0 / 288)).epsilon(tolerance));
  CHECK(
      drawn(Initialiser::xavier_normal, fans).deviation ==
      doctest::Approx(std::sqrt(2.0 / 432)).epsilon(tolerance));
  CHECK(
      drawn(Initialiser::normal, fans).deviation ==
      doctest::Approx(1.0).epsilon(tolerance));
  CHECK(
      drawn(Initialiser::kaiming_uniform, fans).least >=
      -std::sqrt(6.0F / 144));
}

TEST_CASE("weights depend on the seed alone") {
  std::vector<float> a(100);
  std::vector<float> b(100);
  draw_weight(Initialiser::pytorch, {9, 9}, 1, a);
  draw_weight(Initialiser::pytorch, {9, 9}, 1, b);
  CHECK(a == b);
  draw_weight(Initialiser::pytorch, {9, 9}, 2, b);
  CHECK(a != b);
}

TEST_CASE("biases are zero but for PyTorch's initialiser") {
  std::vector<float> bias(10, 5.0F);
  draw_bias(Initialiser::kaiming_normal, {9, 9}, 1, bias);
  CHECK(bias == std::vector<float>(10, 0.0F));
  draw_bias(Initialiser::pytorch, {9, 9}, 1, bias);
  CHECK(std::ranges::any_of(bias, [](float b) { return b != 0.0F; }));
}

TEST_CASE("names and initialisers go both ways") {
  CHECK(find_initialiser("kaiming_normal") == Initialiser::kaiming_normal);
  CHECK(initialiser_name(Initialiser::normal) == "normal");
  CHECK_THROWS_AS(find_initialiser("glorot"), zcp::UserError);
}
