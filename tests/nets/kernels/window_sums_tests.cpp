// Sums over windows by hand.
#include <numeric>
#include <vector>

#include "nets/kernels/window_sums.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::kernels;

TEST_CASE("window sums: each target pixel sums its window") {
  // 1 2 3
  // 4 5 6
  const std::vector<float> source{1, 2, 3, 4, 5, 6};
  std::vector<float> target(2);
  const Window window{2, 1, 0, 1};
  sum_windows(
      source.data(),
      sums_of_windows({2, 3, 1}, {1, 2, 1}, window),
      target.data());
  CHECK(target == std::vector<float>{12, 16});
}

TEST_CASE("window sums: padding adds nothing, and taps lie a dilation apart") {
  const std::vector<float> source{1, 2, 3, 4};
  std::vector<float> target(4);
  // Taps at -1 and 1, 0 and 2, 1 and 3, 2 and 4 along the width.
  const Window window{2, 1, 1, 2};
  CHECK(window.count(4) == 4);
  std::vector<float> rows(3 * 4);
  sum_windows(
      source.data(),
      sums_of_windows({1, 4, 1}, {1, 4, 1}, window),
      target.data());
  // Of the two taps along the height, at -1 and 1, none lies on the one row.
  CHECK(target == std::vector<float>{0, 0, 0, 0});
  std::vector<float> tall(3 * 4, 0);
  std::iota(tall.begin(), tall.begin() + 4, 1.0F);
  sum_windows(
      tall.data(), sums_of_windows({3, 4, 1}, {3, 4, 1}, window), rows.data());
  // The second row of windows reads rows 0 and 2.
  CHECK(
      std::vector<float>(rows.begin() + 4, rows.begin() + 8) ==
      std::vector<float>{2, 4, 6, 3});
}

TEST_CASE("window sums: readers are the windows that a pixel lies in") {
  // Windows of 3 with padding 1 on 4 x 4: a corner lies in 4, a side in 6.
  const std::vector<float> source(16, 1);
  std::vector<float> target(16);
  const Window window{3, 1, 1, 1};
  sum_windows(
      source.data(),
      sums_of_readers({4, 4, 1}, {4, 4, 1}, window),
      target.data());
  CHECK(
      target ==
      std::vector<float>{4, 6, 6, 4, 6, 9, 9, 6, 6, 9, 9, 6, 4, 6, 6, 4});
}

TEST_CASE("window sums: a pixel that nothing reads becomes 0") {
  const std::vector<float> source{5};
  std::vector<float> target(9, -1);
  // One window of 2, at stride 2, leaves the last row and column alone.
  sum_windows(
      source.data(),
      sums_of_readers({1, 1, 1}, {3, 3, 1}, {2, 2, 0, 1}),
      target.data());
  CHECK(target == std::vector<float>{5, 5, 0, 5, 5, 0, 0, 0, 0});
}

TEST_CASE("window sums: weights lie by kernel row, column and channel") {
  // Channels fill registers in each of the ways that the loops know.
  for (const std::int64_t channels : {1, 3, 8, 9, 32, 45}) {
    CAPTURE(channels);
    const auto count = static_cast<std::size_t>(channels);
    std::vector<double> source(4 * count);
    std::vector<double> weights(4 * count);
    for (std::size_t i = 0; i < source.size(); ++i) {
      source[i] = static_cast<double>(i % 5);
      weights[i] = static_cast<double>(i % 3);
    }
    std::vector<double> target(count);
    sum_weighted_windows(
        source.data(),
        weights.data(),
        sums_of_windows({2, 2, channels}, {1, 1, channels}, Window{2, 1, 0, 1}),
        target.data());
    for (std::size_t c = 0; c < count; ++c) {
      double expected = 0;
      for (std::size_t tap = 0; tap < 4; ++tap) {
        expected += source[tap * count + c] * weights[tap * count + c];
      }
      CHECK(target[c] == expected);
    }
  }
}

TEST_CASE("window sums: products of pixels that lie steps apart") {
  for (const std::int64_t channels : {1, 4, 8, 33, 70}) {
    CAPTURE(channels);
    const auto count = static_cast<std::size_t>(channels);
    std::vector<float> a(2 * count);
    std::vector<float> b(3 * count);
    for (std::size_t i = 0; i < a.size(); ++i) a[i] = static_cast<float>(i % 4);
    for (std::size_t i = 0; i < b.size(); ++i) b[i] = static_cast<float>(i % 6);
    std::vector<double> sums(count, 1);
    // Pixels 0 and 1 of a by pixels 0 and 2 of b.
    add_products(
        a.data(), channels, b.data(), 2 * channels, 2, channels, sums.data());
    for (std::size_t c = 0; c < count; ++c) {
      CHECK(
          sums[c] == 1 + static_cast<double>(
                             a[c] * b[c] + a[count + c] * b[2 * count + c]));
    }
  }
}

namespace {

/// Whole numbers that differ, so that sums of a few have no rounding.
std::vector<float> whole_numbers(std::size_t count) {
  std::vector<float> values(count);
  for (std::size_t i = 0; i < count; ++i) {
    values[i] = static_cast<float>(i * 7919 % 251);
  }
  return values;
}

/// The sum of a window by its definition.
float window_at(
    const std::vector<float>& source,
    const std::vector<float>& weights,
    const MapSize& map,
    const Window& window,
    std::int64_t row,
    std::int64_t column,
    std::int64_t channel) {
  float sum = 0;
  for (std::int64_t i = 0; i < window.kernel; ++i) {
    for (std::int64_t k = 0; k < window.kernel; ++k) {
      const std::int64_t y = window.pixel(row, i);
      const std::int64_t x = window.pixel(column, k);
      if (y < 0 || y >= map.height || x < 0 || x >= map.width) continue;
      const auto at = static_cast<std::size_t>(
          (y * map.width + x) * map.channels + channel);
      const auto tap = static_cast<std::size_t>(
          (i * window.kernel + k) * map.channels + channel);
      sum += source[at] * weights[tap];
    }
  }
  return sum;
}

}  // namespace

TEST_CASE("window sums: wide maps of any channels, weighted") {
  for (const Window& window :
       {Window{3, 1, 1, 1}, Window{5, 1, 4, 2}, Window{3, 2, 1, 1}}) {
    for (const std::int64_t width : {1, 7, 8, 15, 32}) {
      for (const std::int64_t channels : {1, 8, 16, 43}) {
        CAPTURE(window.kernel);
        CAPTURE(width);
        CAPTURE(channels);
        const MapSize map{4, width, channels};
        const MapSize target{
            window.count(map.height), window.count(width), channels};
        const auto source =
            whole_numbers(static_cast<std::size_t>(4 * width * channels));
        const auto weights = whole_numbers(
            static_cast<std::size_t>(window.kernel * window.kernel * channels));
        std::vector<float> sums;
        for (std::int64_t row = 0; row < target.height; ++row) {
          for (std::int64_t column = 0; column < target.width; ++column) {
            for (std::int64_t channel = 0; channel < channels; ++channel) {
              sums.push_back(window_at(
                  source, weights, map, window, row, column, channel));
            }
          }
        }
        std::vector<float> found(sums.size());
        sum_weighted_windows(
            source.data(),
            weights.data(),
            sums_of_windows(map, target, window),
            found.data());
        CHECK(found == sums);
      }
    }
  }
}
