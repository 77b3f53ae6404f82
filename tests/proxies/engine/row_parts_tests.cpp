#include "proxies/engine/row_parts.h"
#include "tests/support/test_files.h"

using namespace zcp::engine;

namespace {

/// 17 million numbers 1, -1, 1, ... in rows of 1,000: more than one run has.
at::Tensor many(at::ScalarType type) {
  const at::Tensor row = at::tensor({1, -1}, type).repeat({500});
  return row.repeat({17000, 1});
}

}  // namespace

TEST_CASE("sums by rows see every row of all tensors once") {
  const at::Tensor ones = many(at::kFloat);
  const at::Tensor rows = at::arange(17000, at::kFloat).unsqueeze(1);
  const at::Tensor places = rows.expand({17000, 1000});
  std::vector<std::int64_t> runs;
  const at::Tensor sum = sum_by_rows({ones, places}, [&](RowParts parts) {
    CHECK(parts[0].sizes() == parts[1].sizes());
    CHECK(parts[0].numel() * 2 <= std::int64_t{1} << 24);
    runs.push_back(parts[0].size(0));
    return (parts[0].abs() * parts[1]).sum(at::kDouble);
  });
  // 1,000 times the sum of 0 to 16,999.
  CHECK(sum.item<double>() == 1000.0 * 16999 * 17000 / 2);
  CHECK(runs == std::vector<std::int64_t>{8388, 8388, 224});
}

TEST_CASE("products and norms of more numbers than a run has, and of few") {
  for (const at::Tensor& x :
       {many(at::kFloat),
        many(at::kDouble),
        many(at::kFloat).t(),
        many(at::kFloat).view({17000, 10, 10, 10})}) {
    CHECK(norm_by_rows(x * 2).item<double>() == 2 * std::sqrt(17e6));
    CHECK(sum_of_products(x, x).item<double>() == 17e6);
    CHECK(sum_of_products(x, at::ones_like(x)).item<double>() == 0);
    CHECK(sum_of_absolute_products(x, at::ones_like(x)).item<double>() == 17e6);
  }
  const at::Tensor few = at::tensor({3.0F, -4.0F});
  CHECK(norm_by_rows(few).item<double>() == 5);
  CHECK(sum_of_products(few, few).item<double>() == 25);
  CHECK(sum_of_absolute_products(few, at::ones({2})).item<double>() == 7);
}

TEST_CASE("what is no number stays none") {
  at::Tensor x = many(at::kFloat);
  x[16999][999] = std::numeric_limits<float>::quiet_NaN();
  CHECK(std::isnan(norm_by_rows(x).item<double>()));
  CHECK(std::isnan(sum_of_absolute_products(x, x).item<double>()));
}

TEST_CASE("a single row of more numbers than a run has is one run") {
  const at::Tensor x = at::ones({1, (1 << 24) + 1});
  CHECK(sum_of_products(x, x).item<double>() == (1 << 24) + 1);
}
