// Networks that hang or crash the process, told apart from those that do not.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "apps/score/handoff.h"

namespace zcp::apps {

/// What is watched for.
struct WatchOptions {
  double timeout =
      0;  ///< seconds that an item may take; 0: as many as it likes
  bool crashes = false;  ///< take SIGSEGV and the like for the item's
  int workers = 1;
};

/// While it lives, an item that takes longer than the timeout is given up, and
/// so is one that crashes: the process becomes a new one without it. Before a
/// hanging one is given up, the other workers finish what they are at.
class Watch {
 public:
  /// What handlers and the watching thread may ask: the key of an item (valid
  /// as long as the object) and what its reason begins with.
  struct Names {
    std::function<std::string_view(std::size_t item)> key;
    std::function<std::string_view(std::size_t item)> prefix;
  };

  /// `say` gets a line for the user. Everything has to outlive the object, of
  /// which there may be one at a time.
  Watch(
      Handoff& handoff,
      const WatchOptions& options,
      Names names,
      std::function<void(const std::string& line)> say);
  ~Watch();
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  /// Whether workers are to begin no further item: one hangs.
  bool stopping() const { return stopping_; }

  /// Made by a worker before it begins an item, destroyed when all that is to
  /// be kept of it is kept.
  class AtWork {
   public:
    AtWork(Watch& watch, int worker, std::size_t item);
    ~AtWork();
    AtWork(const AtWork&) = delete;
    AtWork& operator=(const AtWork&) = delete;

   private:
    Watch& watch_;
    std::size_t worker_;
  };

 private:
  static constexpr std::int64_t kIdle = -1;

  struct Slot {
    std::atomic<std::int64_t> item = kIdle;
    std::atomic<std::int64_t> begun = 0;  ///< nanoseconds of a steady clock
  };

  void watch();
  void give_up(const std::vector<std::size_t>& items);
  static void on_crash(int signal);

  Handoff& handoff_;
  WatchOptions options_;
  Names names_;
  std::function<void(const std::string&)> say_;
  std::string late_;  ///< the reason of a timeout
  std::vector<Slot> slots_;
  std::atomic<bool> stopping_ = false;
  std::mutex mutex_;
  std::condition_variable ended_;
  bool ends_ = false;
  std::thread thread_;
};

}  // namespace zcp::apps
