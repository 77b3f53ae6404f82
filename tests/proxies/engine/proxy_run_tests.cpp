#include <chrono>
#include <new>
#include <stdexcept>
#include <thread>
#include <vector>

#include "proxies/engine/proxy_run.h"
#include "tests/proxies/linear_network.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::engine;
using zcp::test::matrix;

namespace {

/// Throws on the second pass; its score is the number of passes before.
class Counting final : public Observer {
 public:
  void observe(const Pass& pass) override {
    if (pass.minibatch == 1) throw std::runtime_error("broken\nsecond line");
    ++passes_;
  }
  Score finish() override { return Score::of(passes_); }

 private:
  int passes_ = 0;
};

/// Takes its time over a pass.
class Waiting final : public Observer {
 public:
  explicit Waiting(std::chrono::milliseconds time) : time_(time) {}
  void observe(const Pass&) override { std::this_thread::sleep_for(time_); }
  Score finish() override { return Score::of(1); }

 private:
  std::chrono::milliseconds time_;
};

Descriptor waiting(std::chrono::milliseconds time) {
  Descriptor proxy;
  proxy.make = [time](const Setting&) {
    return std::make_unique<Waiting>(time);
  };
  return proxy;
}

Descriptor counting() {
  Descriptor proxy;
  proxy.make = [](const Setting&) { return std::make_unique<Counting>(); };
  return proxy;
}

}  // namespace

TEST_CASE("what an observer throws is its run's failure, until it is reset") {
  const test::LinearNetwork network(matrix({{1}}));
  const networks::Recording recording;
  const test::TestRun test_run;
  const Descriptor proxy = counting();
  ProxyRun run(proxy);
  const auto show = [&](int minibatch) {
    run.observe(
        {.network = network,
         .recording = recording,
         .minibatch = minibatch,
         .x = matrix({{1}})});
  };
  run.start(test_run.setting(&network));
  show(0);
  show(1);
  show(0);
  run.finish();
  CHECK(run.score().status == ScoreStatus::failed);
  CHECK(run.score().reason == "broken");
  run.reset();
  run.start(test_run.setting(&network));
  show(0);
  show(0);
  run.finish();
  CHECK(run.score().status == ScoreStatus::ok);
  CHECK(run.score().value == 2);
}

TEST_CASE("a run has its own time and an equal share of its group's") {
  using std::chrono::milliseconds;
  const auto wait = [](int time) {
    std::this_thread::sleep_for(milliseconds(time));
  };
  const test::LinearNetwork network(matrix({{1}}));
  const networks::Recording recording;
  const test::TestRun test_run;
  const Descriptor proxy = waiting(milliseconds(40));
  std::vector<ProxyRun> runs;
  runs.emplace_back(proxy);
  runs.emplace_back(proxy);
  ProxyRun& first = runs[0];
  ProxyRun& second = runs[1];
  const Instant begin = Instant::now(at::kCPU);
  for (ProxyRun* run : {&first, &second}) {
    run->start(test_run.setting(&network));
  }
  wait(60);
  first.observe(
      {.network = network, .recording = recording, .x = matrix({{1}})});
  const auto group = std::make_shared<const GroupTime>(
      GroupTime{{begin, Instant::now(at::kCPU)}, {&first, &second}});
  for (ProxyRun* run : {&first, &second}) {
    run->share(group);
    run->finish();
  }
  ProxyRun::measure(runs);
  // 40 of observing and half of 60; a sleep may be long, but is not shorter.
  CHECK(first.score().seconds >= 0.070);
  CHECK(second.score().seconds >= 0.030);
  CHECK(first.score().seconds > second.score().seconds);
}

TEST_CASE("a score that was set needs no run") {
  const Descriptor proxy = counting();
  ProxyRun run(proxy);
  run.set(Score::degenerate("not for this task"));
  CHECK(run.score().reason == "not for this task");
}

TEST_CASE("memory and devices are not the architecture's, shapes are") {
  CHECK(failed_by(std::bad_alloc()).transient);
  CHECK(failed_by(std::bad_alloc()).reason == "out of memory");
  CHECK(is_transient(std::runtime_error(
      "[enforce fail at alloc_cpu.cpp:75] err == 0. DefaultCPUAllocator: "
      "can't allocate memory: you tried to allocate 8 bytes.")));
  CHECK(is_transient(std::runtime_error(
      "CUDA error: an illegal memory access was encountered")));
  const Score shape = failed_by(std::runtime_error("shape '[2]' is invalid"));
  CHECK_FALSE(shape.transient);
  CHECK(shape.status == ScoreStatus::failed);
}
