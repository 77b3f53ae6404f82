#include "proxies/engine/proxy_run.h"

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

void ProxyRun::start(const Setting& setting) {
  observer_ = proxy_->make(setting);
}

void ProxyRun::observe(const Pass& pass) {
  if (failed_) return;
  const auto start = Clock::now();
  try {
    observer_->observe(pass);
  } catch (const std::exception& error) {
    fail(brief(error));
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
      fail(brief(error));
    }
    score_.seconds = before + seconds_since(start);
  }
  observer_.reset();
}

void ProxyRun::fail(const std::string& reason) {
  failed_ = true;
  score_.status = ScoreStatus::failed;
  score_.reason = reason;
}

void ProxyRun::reset() {
  observer_.reset();
  score_ = {};
  failed_ = false;
}

}  // namespace zcp::engine
