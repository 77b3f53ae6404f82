// A limit of time for what cannot be interrupted.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "apps/command.h"

namespace zcp::apps {

/// What --timeout says. Throws UserError for what is no limit of time.
double parse_timeout(const boost::program_options::variables_map& values);

/// Unless it goes before, ends the process after so many seconds: with
/// `message` on standard error and the status 1. Nothing is cleaned up. A
/// thread waits for it; 0 seconds: no limit, and none does.
class Deadline {
 public:
  Deadline(double seconds, std::string message);
  ~Deadline();
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool over_ = false;
  std::thread thread_;
};

}  // namespace zcp::apps
