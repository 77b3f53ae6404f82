#include <cmath>

#include "nets/kernels/codes.h"
#include "tests/support/test_files.h"

using namespace zcp::kernels;

TEST_CASE("codes: differing units by pair, each as often as it is used") {
  // Codes 1 1 0, 1 0 0 and 0 0 1; then 0, 1, 1, which count twice.
  const at::Tensor first =
      at::tensor({1.0F, 2.0F, 0.0F, 3.0F, 0.0F, -1.0F, 0.0F, 0.0F, 5.0F})
          .view({3, 3});
  const at::Tensor second = at::tensor({0.0F, 1.0F, 1.0F}).view({3, 1, 1});
  const at::Tensor found = code_differences({first, second}, {1, 2});
  const at::Tensor wanted =
      at::tensor({0, 1 + 2, 3 + 2, 1 + 2, 0, 2, 3 + 2, 2, 0}, at::kLong)
          .view({3, 3});
  CHECK(at::equal(found, wanted));
}

TEST_CASE("codes: what is not a number is no code") {
  const at::Tensor output = at::full({2, 1}, std::nan(""), at::kDouble);
  CHECK(code_differences({output}, {1}).sum().item<std::int64_t>() == 0);
}
