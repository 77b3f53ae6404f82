#include <doctest/doctest.h>
#include <omp.h>

#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "common/parallel.h"

using zcp::parallel_for;

TEST_CASE("parallel loop: every number once, whatever the chunk") {
  for (const int chunk : {1, 7, 2000}) {
    std::vector<std::atomic<int>> calls(1000);
    parallel_for(calls.size(), [&](std::size_t i) { ++calls[i]; }, {4, chunk});
    for (const auto& count : calls) CHECK(count == 1);
  }
  bool called = false;
  parallel_for(0, [&](std::size_t) { called = true; });
  CHECK_FALSE(called);
}

TEST_CASE("parallel loop: as many threads as are asked for") {
  for (const int workers : {1, 3}) {
    std::mutex mutex;
    std::set<int> threads;
    int most = 0;
    parallel_for(
        100,
        [&](std::size_t) {
          const std::scoped_lock lock(mutex);
          threads.insert(omp_get_thread_num());
          most = omp_get_num_threads();
        },
        {workers, 1});
    CHECK(most == workers);
    CHECK(threads.size() <= static_cast<std::size_t>(workers));
  }
}

TEST_CASE(
    "parallel loop: the first exception is thrown, what follows is not "
    "begun") {
  std::vector<std::size_t> begun;
  const auto body = [&](std::size_t i) {
    begun.push_back(i);
    if (i == 3) throw std::runtime_error("number " + std::to_string(i));
  };
  // One thread takes the numbers in their order.
  CHECK_THROWS_WITH_AS(
      parallel_for(1000, body, {1, 1}), "number 3", std::runtime_error);
  CHECK(begun == std::vector<std::size_t>{0, 1, 2, 3});
}

TEST_CASE("parallel loop: one exception of many threads, of its own type") {
  std::atomic<int> begun = 0;
  CHECK_THROWS_AS(
      parallel_for(
          100'000,
          [&](std::size_t) {
            ++begun;
            throw std::out_of_range("no");
          },
          {4, 1}),
      std::out_of_range);
  // Each thread may have begun one call before it learns of the first.
  CHECK(begun >= 1);
  CHECK(begun <= 4);
}
