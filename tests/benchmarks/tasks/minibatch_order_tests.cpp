#include <algorithm>
#include <numeric>
#include <stdexcept>

#include "benchmarks/tasks/minibatch_order.h"
#include "tests/support/temporary.h"
#include "tests/support/test_files.h"

using namespace zcp::tasks;

TEST_CASE("minibatch order: every example once, by the seed") {
  const auto order = shuffled_order(1000, 3);
  std::vector<std::int64_t> sorted = order;
  std::ranges::sort(sorted);
  std::vector<std::int64_t> numbers(1000);
  std::iota(numbers.begin(), numbers.end(), 0);
  CHECK(sorted == numbers);
  CHECK(order != numbers);
  CHECK(order == shuffled_order(1000, 3));
  CHECK(order != shuffled_order(1000, 4));
  CHECK(shuffled_order(0, 3).empty());
}

TEST_CASE("minibatch order: parts one after the other, until none is left") {
  CHECK(minibatch_begin("t", 30, 0, 10) == 0);
  CHECK(minibatch_begin("t", 30, 2, 10) == 20);
  CHECK(
      zcp::test::user_error([] { minibatch_begin("t", 30, 3, 10); }) ==
      "task 't': the data hold 30 images, 40 were asked for (minibatch 3 of "
      "size 10); take fewer or smaller minibatches");
  CHECK_THROWS_AS(minibatch_begin("t", 30, -1, 10), std::invalid_argument);
  CHECK_THROWS_AS(minibatch_begin("t", 30, 0, 0), std::invalid_argument);
}
