#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

#include "common/crew.h"

namespace zcp {
namespace {

TEST_CASE("spare cores are taken one by one and come back") {
  SpareCores spare(2);
  CHECK(spare.most() == 2);
  CHECK(spare.try_take());
  CHECK(spare.try_take());
  CHECK_FALSE(spare.try_take());
  spare.add(1);
  CHECK(spare.try_take());
  CHECK(spare.most() == 2);
}

TEST_CASE("a crew without spare cores runs each job in the one who waits") {
  Crew crew;
  std::vector<int> order;
  std::vector<std::thread::id> threads;
  std::vector<Crew::Handle> jobs;
  for (int i = 0; i < 4; ++i) {
    jobs.push_back(crew.submit([&, i] {
      order.push_back(i);
      threads.push_back(std::this_thread::get_id());
    }));
  }
  CHECK(order.empty());
  crew.wait(jobs[2]);
  CHECK(order == std::vector{2});
  crew.finish();
  for (const auto& job : jobs) crew.wait(job);
  CHECK(order == std::vector{2, 0, 1, 3});
  for (const auto& id : threads) CHECK(id == std::this_thread::get_id());
}

TEST_CASE("no more jobs run at once than there are cores, and all run") {
  for (const int cores : {0, 1, 3, 15}) {
    SpareCores spare(cores);
    std::atomic<int> now = 0;
    std::atomic<int> most = 0;
    std::atomic<int> set_up = 0;
    std::vector<int> results(50, -1);
    {
      Crew crew(&spare, [&] { ++set_up; });
      std::vector<Crew::Handle> jobs;
      for (std::size_t i = 0; i < results.size(); ++i) {
        jobs.push_back(crew.submit([&, i] {
          const int running = ++now;
          int seen = most;
          while (running > seen && !most.compare_exchange_weak(seen, running)) {
          }
          std::this_thread::sleep_for(std::chrono::milliseconds(1));
          results[i] = static_cast<int>(i * i);
          --now;
        }));
      }
      crew.finish();
      for (const auto& job : jobs) crew.wait(job);
    }
    for (std::size_t i = 0; i < results.size(); ++i) {
      CHECK(results[i] == static_cast<int>(i * i));
    }
    CHECK(most <= cores + 1);
    CHECK((cores == 0 || most > 1));
    CHECK((cores == 0) == (set_up == 0));
    // All cores came back.
    for (int i = 0; i < cores; ++i) CHECK(spare.try_take());
    CHECK_FALSE(spare.try_take());
    CHECK((cores == 0) == (spare.seconds() == 0));
  }
}

TEST_CASE("jobs submit jobs and wait for them") {
  SpareCores spare(1);
  Crew crew(&spare);
  std::atomic<int> sum = 0;
  std::vector<Crew::Handle> outer;
  for (int i = 0; i < 6; ++i) {
    outer.push_back(crew.submit([&] {
      std::vector<Crew::Handle> inner;
      inner.reserve(5);
      for (int k = 0; k < 5; ++k) inner.push_back(crew.submit([&] { ++sum; }));
      for (const auto& job : inner) crew.wait(job, inner);
      sum += 100;
    }));
  }
  crew.finish();
  for (const auto& job : outer) crew.wait(job);
  CHECK(sum == 6 * 105);
}

TEST_CASE("jobs run at once as far as the memory goes, and all run") {
  struct Counts {
    double most = 0;
    int ran = 0;
  };
  const auto run = [](int cores, double memory, std::vector<double> jobs) {
    SpareCores spare(cores);
    Crew crew(&spare, nullptr, memory);
    std::mutex mutex;
    double now = 0;
    Counts counts;
    std::vector<Crew::Handle> handles;
    for (const double own : jobs) {
      handles.push_back(crew.submit(
          [&, own] {
            {
              const std::scoped_lock lock(mutex);
              now += own;
              counts.most = std::max(counts.most, now);
              ++counts.ran;
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(2));
            const std::scoped_lock lock(mutex);
            now -= own;
          },
          own));
    }
    crew.finish();
    for (const auto& job : handles) crew.wait(job);
    return counts;
  };
  const std::vector<double> jobs{3, 1, 9, 1, 3, 2, 2, 1, 3, 4, 1, 2};
  for (const int cores : {0, 1, 3, 15}) {
    // 9 runs alone: nothing is left for others beside it.
    const Counts bound = run(cores, 4, jobs);
    CHECK(bound.ran == 12);
    CHECK(bound.most == 9);
    CHECK(run(cores, 0, jobs).ran == 12);
  }
  CHECK(run(3, 4, {2, 2, 2, 2, 2, 2}).most <= 4);
  CHECK(run(3, 4, {3, 3, 3, 3}).most == 3);
}

/// Waits until the condition holds; false after ten seconds.
template <typename Condition>
bool comes_true(const Condition& condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::yield();
  }
  return true;
}

TEST_CASE("memory that becomes free serves as many as it is enough for") {
  SpareCores spare(3);
  Crew crew(&spare, nullptr, 9);
  std::atomic<int> small = 0;
  std::atomic<bool> go = false;
  std::vector<Crew::Handle> jobs;
  jobs.push_back(
      crew.submit([&] { comes_true([&] { return go.load(); }); }, 8));
  for (int i = 0; i < 2; ++i) {
    jobs.push_back(crew.submit(
        [&] {
          ++small;
          comes_true([&] { return small == 2; });
        },
        4));
  }
  bool both = false;
  // While this thread is busy, helpers that find no memory end.
  const auto busy = crew.submit(
      [&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        go = true;
        both = comes_true([&] { return small == 2; });
      },
      0.5);
  crew.wait(busy);
  CHECK(both);
  crew.finish();
  for (const auto& job : jobs) crew.wait(job);
}

TEST_CASE("what a job made takes memory until it is let go of") {
  SpareCores spare(1);
  Crew crew(&spare, nullptr, 4);
  std::atomic<bool> ran = false;
  bool before = true;
  const auto outer = crew.submit([&] {
    const auto made = crew.submit([] {}, 3, true);
    crew.wait(made);
    const auto other = crew.submit([&] { ran = true; }, 3);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    before = ran;
    crew.release(made);
    crew.release(made);  // nothing is given back twice
    CHECK(comes_true([&] { return ran.load(); }));
    crew.wait(other);
  });
  crew.finish();
  crew.wait(outer);
  CHECK_FALSE(before);
}

TEST_CASE("a job that is waited for runs whatever memory it takes") {
  SpareCores spare(2);
  Crew crew(&spare, nullptr, 4);
  std::atomic<int> ran = 0;
  std::vector<Crew::Handle> outer;
  for (int i = 0; i < 4; ++i) {
    outer.push_back(crew.submit(
        [&] {
          std::vector<Crew::Handle> inner;
          inner.reserve(3);
          for (int k = 0; k < 3; ++k) {
            inner.push_back(crew.submit([&] { ++ran; }, 3));
          }
          for (const auto& job : inner) crew.wait(job, inner);
        },
        3));
  }
  crew.finish();
  for (const auto& job : outer) crew.wait(job);
  CHECK(ran == 12);
}

TEST_CASE("what a job throws reaches the one who waits, the others go on") {
  SpareCores spare(2);
  Crew crew(&spare);
  std::atomic<int> ran = 0;
  const auto bad =
      crew.submit([] { throw std::runtime_error("a job's own fault"); });
  const auto good = crew.submit([&] { ++ran; });
  CHECK_THROWS_WITH(crew.wait(bad), "a job's own fault");
  crew.wait(good);
  CHECK(ran == 1);
}

TEST_CASE("a job that is dropped does not run, or has ended") {
  Crew alone;
  bool ran = false;
  const auto job = alone.submit([&] { ran = true; });
  alone.drop(job);
  alone.finish();
  CHECK_FALSE(ran);
  SpareCores spare(1);
  Crew crew(&spare);
  std::atomic<bool> began = false;
  std::atomic<bool> ended = false;
  const auto slow = crew.submit([&] {
    began = true;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    ended = true;
    throw std::runtime_error("nobody hears of it");
  });
  while (!began) std::this_thread::yield();
  crew.drop(slow);
  CHECK(ended);
}

TEST_CASE("cores that become free later are used") {
  SpareCores spare;
  Crew crew(&spare);
  std::atomic<int> began = 0;
  std::array<std::thread::id, 2> threads;
  // Each of the two ends when the other has begun, or after long enough.
  const auto meet = [&](std::size_t place) {
    threads[place] = std::this_thread::get_id();
    ++began;
    const auto limit =
        std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (began < 2 && std::chrono::steady_clock::now() < limit) {
      std::this_thread::yield();
    }
  };
  const auto first = crew.submit([&] { spare.add(1); });
  const auto second = crew.submit([&] { meet(0); });
  const auto third = crew.submit([&] { meet(1); });
  crew.wait(first);
  crew.wait(second, {third});
  crew.wait(third);
  CHECK(threads[0] != threads[1]);
}

}  // namespace
}  // namespace zcp
