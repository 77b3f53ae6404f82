// The loops over channels, on small whole numbers, which every type and every
// order of sums holds exactly.
#include <c10/util/BFloat16.h>

#include <limits>
#include <vector>

#include "nets/kernels/channel_loops.h"
#include "tests/support/test_files.h"

using namespace zcp::kernels;

namespace {

/// 0, 1, ..., 6 over and over, from `first` on.
template <typename T>
std::vector<T> small_numbers(std::int64_t count, int first) {
  std::vector<T> values;
  for (std::int64_t i = 0; i < count; ++i) {
    values.emplace_back(static_cast<float>((i + first) % 7));
  }
  return values;
}

template <typename T>
void check_loops(const Matrix& m) {
  const std::int64_t count = m.rows * m.columns;
  const auto columns = static_cast<std::size_t>(m.columns);
  const auto x = small_numbers<T>(count, 0);
  const auto dy = small_numbers<T>(count, 3);
  const std::vector<float> two(columns, 2);
  const std::vector<float> one(columns, 1);
  const std::vector<double> mean(columns, 1);
  std::vector<double> sums(columns, 0);
  std::vector<double> squares(columns, 0);
  std::vector<double> sums_dy(columns, 0);
  std::vector<double> products(columns, 0);
  add_moments(x.data(), m, sums.data(), squares.data());
  add_gradients(
      dy.data(), x.data(), m, mean.data(), sums_dy.data(), products.data());
  std::vector<T> scaled(x.size());
  scale_columns(x.data(), m, two.data(), one.data(), scaled.data());
  std::vector<T> added = dy;
  add_scaled_columns(x.data(), m, two.data(), one.data(), added.data());
  std::vector<T> combined(x.size());
  combine_columns(
      dy.data(),
      x.data(),
      m,
      {one.data(), two.data(), one.data(), two.data()},
      combined.data());
  for (std::size_t c = 0; c < columns; ++c) {
    double expected[4] = {0, 0, 0, 0};
    for (std::size_t i = c; i < x.size(); i += columns) {
      const auto value = static_cast<double>(x[i]);
      const auto gradient = static_cast<double>(dy[i]);
      expected[0] += value;
      expected[1] += value * value;
      expected[2] += gradient;
      expected[3] += gradient * (value - 1);
      CHECK(static_cast<double>(scaled[i]) == 2 * value + 1);
      CHECK(static_cast<double>(added[i]) == gradient + 2 * value + 1);
      CHECK(static_cast<double>(combined[i]) == 2 * gradient + value - 1 + 2);
    }
    CHECK(sums[c] == expected[0]);
    CHECK(squares[c] == expected[1]);
    CHECK(sums_dy[c] == expected[2]);
    CHECK(products[c] == expected[3]);
  }
}

}  // namespace

TEST_CASE("channel loops: rows of few channels hold several pixels") {
  const Matrix wide = matrix_of(std::int64_t{128} * 10, 128);
  CHECK(wide.rows == 10);
  CHECK(wide.columns == 128);
  const Matrix several = matrix_of(std::int64_t{4} * 32, 4);
  CHECK(several.rows == 2);
  CHECK(several.columns == 64);
  CHECK(several.values() == 32);
  // 3 does not divide 64, and 20 values do not fill a row of 64.
  CHECK(matrix_of(3 * 64, 3).columns == 3);
  CHECK(matrix_of(4 * 5, 4).columns == 4);
}

TEST_CASE("channel loops: moments, scales and gradients") {
  for (const std::int64_t channels : {1, 3, 4, 20, 64, 100}) {
    CAPTURE(channels);
    const Matrix m = matrix_of(channels * 64, channels);
    check_loops<float>(m);
    check_loops<c10::BFloat16>(m);
  }
}

TEST_CASE("channel loops: the second derivative's sums and combinations") {
  const Matrix m{2, 3, 3};
  const std::vector<float> h{1, 2, 3, 4, 5, 6};
  const std::vector<float> dy{6, 5, 4, 3, 2, 1};
  const std::vector<float> x{2, 2, 2, 3, 3, 3};
  const std::vector<double> mean{1, 1, 1};
  std::vector<double> sums(3, 0);
  std::vector<double> products(3, 0);
  std::vector<double> with_dy(3, 0);
  add_second_sums(
      h.data(),
      dy.data(),
      x.data(),
      m,
      mean.data(),
      sums.data(),
      products.data(),
      with_dy.data());
  CHECK(sums == std::vector<double>{5, 7, 9});
  CHECK(products == std::vector<double>{1 + 8, 2 + 10, 3 + 12});
  CHECK(with_dy == std::vector<double>{6 + 12, 10 + 10, 12 + 6});

  // Every array of coefficients is a constant of its own: 1, 2, ..., 8.
  const SecondCoefficientsOf<float> constants{1, 2, 3, 4, 5, 6, 7, 8};
  const auto arrays = constants.mapped(
      [](float constant) { return std::vector<float>(3, constant); });
  std::vector<float> to_dy(6);
  std::vector<float> to_x(6);
  combine_second(
      h.data(),
      dy.data(),
      x.data(),
      m,
      arrays.mapped([](const std::vector<float>& one) { return one.data(); }),
      to_dy.data(),
      to_x.data());
  for (std::size_t i = 0; i < h.size(); ++i) {
    CHECK(to_dy[i] == h[i] * 2 + (x[i] - 1) * 3 + 4);
    CHECK(to_x[i] == h[i] * 5 + dy[i] * 6 + (x[i] - 1) * 7 + 8);
  }
}

TEST_CASE("channel loops: sums, quotients and ReLUs of values") {
  const float none = std::numeric_limits<float>::quiet_NaN();
  const std::vector<float> a{-1, 2, 0, 8};
  const std::vector<float> b{4, 4, 4, 4};
  std::vector<float> y(4);
  add_values(a.data(), b.data(), 4, y.data());
  CHECK(y == std::vector<float>{3, 6, 4, 12});
  divide_values(y.data(), 2.0F, 4, y.data());
  CHECK(y == std::vector<float>{1.5, 3, 2, 6});
  y = {-1, 0, 2, none};
  rectify(4, y.data());
  CHECK(y[0] == 0);
  CHECK(y[2] == 2);
  CHECK(y[3] != y[3]);
  std::vector<float> dx(3);
  mask_gradient(y.data(), b.data(), 3, dx.data());
  CHECK(dx == std::vector<float>{0, 0, 4});
}

TEST_CASE("channel loops: a ReLU that ends") {
  const float none = std::numeric_limits<float>::quiet_NaN();
  std::vector<float> y{-1, 0, 2, 6, 7, none};
  clip(6, 6.0F, y.data());
  CHECK(
      std::vector(y.begin(), y.end() - 1) == std::vector<float>{0, 0, 2, 6, 6});
  CHECK(y[5] != y[5]);
  const std::vector<float> dy{1, 2, 3, 4, 5, 8};
  std::vector<float> dx(6);
  mask_clipped_gradient(y.data(), dy.data(), 6, 6.0F, dx.data());
  // As of LibTorch's hardtanh, nothing passes at either end.
  CHECK(dx == std::vector<float>{0, 0, 3, 0, 0, 8});
}

TEST_CASE("channel loops: bfloat16 is rounded to nearest, ties to even") {
  // Eight bits hold 256 and 258, not 257; 259 is as near to 258 as to 260.
  const std::vector<c10::BFloat16> a{256.0F, 258.0F};
  const std::vector<c10::BFloat16> b{1.0F, 1.0F};
  std::vector<c10::BFloat16> y(2);
  add_values(a.data(), b.data(), 2, y.data());
  CHECK(static_cast<float>(y[0]) == 256);
  CHECK(static_cast<float>(y[1]) == 260);
}
