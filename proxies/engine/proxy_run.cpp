#include "proxies/engine/proxy_run.h"

#include <algorithm>
#include <array>
#include <new>
#include <string_view>

namespace zcp::engine {

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::string brief(const std::exception& error) {
  const auto* torch = dynamic_cast<const c10::Error*>(&error);
  std::string text =
      torch != nullptr ? torch->what_without_backtrace() : error.what();
  return text.substr(0, text.find('\n'));
}

bool is_transient(const std::exception& error) {
  if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr ||
      dynamic_cast<const c10::OutOfMemoryError*>(&error) != nullptr) {
    return true;
  }
  // LibTorch throws these as its general error.
  constexpr std::array<std::string_view, 6> kOfTheMachine{
      "DefaultCPUAllocator",
      "can't allocate memory",
      "out of memory",
      "CUDA error",
      "CUDNN_STATUS_",
      "CUBLAS_STATUS_"};
  const std::string_view text = error.what();
  return std::ranges::any_of(kOfTheMachine, [&](std::string_view part) {
    return text.find(part) != std::string_view::npos;
  });
}

Score failed_by(const std::exception& error) {
  Score score = Score::failed(
      dynamic_cast<const std::bad_alloc*>(&error) != nullptr ? "out of memory"
                                                             : brief(error));
  score.transient = is_transient(error);
  return score;
}

void ProxyRun::start(const Setting& setting) {
  observer_ = proxy_->make(setting);
}

void ProxyRun::observe(const Pass& pass) {
  if (failed_) return;
  const auto start = Clock::now();
  try {
    observer_->observe(pass);
  } catch (const std::exception& error) {
    fail(error);
  }
  score_.seconds += seconds_since(start);
}

void ProxyRun::finish() {
  if (!failed_) {
    const auto start = Clock::now();
    const double before = score_.seconds;
    try {
      score_ = observer_->finish();
    } catch (const std::exception& error) {
      fail(error);
    }
    score_.seconds = before + seconds_since(start);
  }
  observer_.reset();
}

void ProxyRun::fail(const std::exception& error) {
  failed_ = true;
  const double seconds = score_.seconds;
  score_ = failed_by(error);
  score_.seconds = seconds;
}

void ProxyRun::reset() {
  observer_.reset();
  score_ = {};
  failed_ = false;
}

}  // namespace zcp::engine
