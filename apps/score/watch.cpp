#include "apps/score/watch.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <utility>

#include "apps/interruptible.h"

namespace zcp::apps {
namespace {

constexpr std::array kCrashes{SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};

// A handler gets no argument of ours.
// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables)
std::atomic<Watch*> watching = nullptr;
static_assert(std::atomic<Watch*>::is_always_lock_free);

/// The item that the calling thread is at; negative without one.
thread_local std::int64_t item_of_thread = -1;

std::int64_t now() {
  return std::chrono::steady_clock::now().time_since_epoch().count();
}

/// A stack for handlers, since a network may have used up the thread's own.
class HandlerStack {
 public:
  HandlerStack() : bytes_(std::make_unique<char[]>(kBytes)) {
    stack_t stack{};
    stack.ss_sp = bytes_.get();
    stack.ss_size = kBytes;
    sigaltstack(&stack, nullptr);
  }
  ~HandlerStack() {
    stack_t none{};
    none.ss_flags = SS_DISABLE;
    sigaltstack(&none, nullptr);
  }
  HandlerStack(const HandlerStack&) = delete;
  HandlerStack& operator=(const HandlerStack&) = delete;

 private:
  static constexpr std::size_t kBytes = std::size_t{1} << 16;
  std::unique_ptr<char[]> bytes_;
};

/// What a signal is called in a reason; no allocation.
std::string_view crash_name(int signal) {
  switch (signal) {
    case SIGSEGV:
      return "ended the process (segmentation fault)";
    case SIGBUS:
      return "ended the process (bus error)";
    case SIGFPE:
      return "ended the process (arithmetic error)";
    case SIGILL:
      return "ended the process (illegal instruction)";
    default:
      return "ended the process (abort)";
  }
}

}  // namespace

Watch::Watch(
    Handoff& handoff,
    const WatchOptions& options,
    Names names,
    std::function<void(const std::string& line)> say)
    : handoff_(handoff),
      options_(options),
      names_(std::move(names)),
      say_(std::move(say)),
      late_(fmt::format("took longer than --timeout {} s", options.timeout)),
      slots_(static_cast<std::size_t>(std::max(options.workers, 1))) {
  watching = this;
  if (options_.crashes) {
    struct sigaction action {};
    action.sa_handler = on_crash;
    action.sa_flags = static_cast<int>(SA_RESETHAND | SA_ONSTACK);
    for (const int signal : kCrashes) sigaction(signal, &action, nullptr);
  }
  if (options_.timeout > 0) thread_ = std::thread([this] { watch(); });
}

Watch::~Watch() {
  if (thread_.joinable()) {
    {
      const std::scoped_lock lock(mutex_);
      ends_ = true;
    }
    ended_.notify_all();
    thread_.join();
  }
  if (options_.crashes) {
    for (const int signal : kCrashes) std::signal(signal, SIG_DFL);
  }
  watching = nullptr;
}

Watch::AtWork::AtWork(Watch& watch, int worker, std::size_t item)
    : watch_(watch),
      worker_(static_cast<std::size_t>(worker) % watch.slots_.size()) {
  if (watch_.options_.crashes) {
    static thread_local const HandlerStack stack;
  }
  item_of_thread = static_cast<std::int64_t>(item);
  Slot& slot = watch_.slots_[worker_];
  slot.begun = now();
  slot.item = static_cast<std::int64_t>(item);
}

Watch::AtWork::~AtWork() {
  watch_.slots_[worker_].item = kIdle;
  item_of_thread = kIdle;
}

/// Looks at the workers every now and then. When one is late it waits until
/// every other one is idle or late, too, and then gives up those that are.
void Watch::watch() {
  using namespace std::chrono;
  const auto limit = static_cast<std::int64_t>(options_.timeout * 1e9);
  const auto pause = milliseconds(std::clamp<std::int64_t>(
      static_cast<std::int64_t>(options_.timeout * 100), 5, 200));
  std::unique_lock lock(mutex_);
  while (!ended_.wait_for(lock, pause, [&] { return ends_; })) {
    std::vector<std::size_t> late;
    std::size_t busy = 0;
    for (const Slot& slot : slots_) {
      const std::int64_t item = slot.item;
      if (item == kIdle) continue;
      ++busy;
      if (now() - slot.begun > limit) {
        late.push_back(static_cast<std::size_t>(item));
      }
    }
    if (late.empty()) {
      stopping_ = false;  // the late one has ended after all
      continue;
    }
    // A worker that sees this begins nothing; one that has just looked begins
    // an item, which is waited for as the others are.
    if (!stopping_.exchange(true)) continue;
    if (late.size() == busy) give_up(late);
  }
}

void Watch::give_up(const std::vector<std::size_t>& items) {
  for (const std::size_t item : items) {
    const std::string reason = std::string(names_.prefix(item)) + late_;
    handoff_.add_given_up(names_.key(item), reason);
    say_(fmt::format("zcp: {}; going on without it", reason));
  }
  if (Interruptible::was_asked()) handoff_.add_interrupted();
  handoff_.go_on();
  say_(fmt::format("zcp: cannot go on: {}", std::strerror(errno)));
  std::_Exit(1);
}

void Watch::on_crash(int signal) {
  const Watch* const self = watching;
  if (self != nullptr && item_of_thread >= 0) {
    const auto item = static_cast<std::size_t>(item_of_thread);
    const std::string_view prefix = self->names_.prefix(item);
    const std::string_view name = crash_name(signal);
    // A reason of parts, without an allocation.
    std::array<char, 1024> reason{};
    const std::size_t first = std::min(prefix.size(), reason.size());
    std::memcpy(reason.data(), prefix.data(), first);
    const std::size_t second = std::min(name.size(), reason.size() - first);
    std::memcpy(reason.data() + first, name.data(), second);
    self->handoff_.add_given_up(
        self->names_.key(item), {reason.data(), first + second});
    if (Interruptible::was_asked()) self->handoff_.add_interrupted();
    self->handoff_.go_on();
  }
  // The handler is gone (SA_RESETHAND): the process ends as it would have.
  raise(signal);
}

}  // namespace zcp::apps
