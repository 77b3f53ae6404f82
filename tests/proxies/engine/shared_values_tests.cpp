#include <doctest/doctest.h>

#include <atomic>
#include <stdexcept>
#include <thread>
#include <vector>

#include "proxies/engine/shared_values.h"

using zcp::engine::shared_value;
using zcp::engine::SharedValues;

TEST_CASE("a shared value is made once, whoever asks") {
  SharedValues values;
  std::atomic<int> made = 0;
  const std::function<int()> make = [&] { return ++made; };
  std::vector<std::thread> threads;
  std::atomic<int> sum = 0;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] { sum += *values.get("a", make); });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(made == 1);
  CHECK(sum == 8);
  CHECK(*values.get("b", make) == 2);
}

TEST_CASE("what could not be made is tried again") {
  SharedValues values;
  const std::function<int()> fails = []() -> int {
    throw std::runtime_error("no");
  };
  CHECK_THROWS_WITH(values.get("a", fails), "no");
  const std::function<int()> works = [] { return 3; };
  CHECK(*values.get("a", works) == 3);
}

TEST_CASE("without a place to share each has its own value") {
  int made = 0;
  const std::function<int()> make = [&] { return ++made; };
  CHECK(*shared_value(nullptr, "a", make) == 1);
  CHECK(*shared_value(nullptr, "a", make) == 2);
  const auto values = std::make_shared<SharedValues>();
  CHECK(*shared_value(values, "a", make) == 3);
  CHECK(*shared_value(values, "a", make) == 3);
}
