#include "apps/deadline.h"

#include <unistd.h>

#include <chrono>
#include <iostream>
#include <utility>

#include "common/error.h"

namespace zcp::apps {

double parse_timeout(const boost::program_options::variables_map& values) {
  constexpr double kMostSeconds = 1e6;
  const double seconds = values["timeout"].as<double>();
  if (seconds >= 0 && seconds <= kMostSeconds) return seconds;
  throw UserError(
      "--timeout {}: expected 0 to {} seconds", seconds, kMostSeconds);
}

Deadline::Deadline(double seconds, std::string message) {
  if (seconds <= 0) return;
  thread_ = std::thread([this, seconds, message = std::move(message)] {
    std::unique_lock lock(mutex_);
    const std::chrono::duration<double> limit(seconds);
    if (changed_.wait_for(lock, limit, [this] { return over_; })) return;
    std::cerr << "zcp: " << message << std::endl;
    // The thread that is late may hold anything.
    _exit(1);
  });
}

Deadline::~Deadline() {
  if (!thread_.joinable()) return;
  {
    const std::scoped_lock lock(mutex_);
    over_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

}  // namespace zcp::apps
