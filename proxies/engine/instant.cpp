#include "proxies/engine/instant.h"

#include <c10/core/impl/VirtualGuardImpl.h>

#include "nets/kernels/libtorch_version.h"

// CUDA devices are served from this version on; earlier ones have no events
// whose times can be read.
#define ZCP_EVENTS ZCP_LIBTORCH_AT_LEAST(2, 6)

#if ZCP_EVENTS
#include <c10/core/Event.h>

#include <cstddef>
#include <map>
#include <utility>
#include <vector>
#endif

namespace zcp::engine {

#if ZCP_EVENTS
struct Instant::Event {
  c10::Event event;
};

namespace {

/// Events of this thread that wait to be used again, by device: making one
/// takes as long as many launches where other threads launch meanwhile.
std::vector<c10::Event>& spare_events(const at::Device& device) {
  thread_local std::map<c10::DeviceIndex, std::vector<c10::Event>> spare;
  return spare[device.index()];
}

c10::Event take_event(const at::Device& device) {
  std::vector<c10::Event>& spare = spare_events(device);
  if (spare.empty()) {
    return {device.type(), c10::EventFlag::BACKEND_DEFAULT};
  }
  c10::Event event = std::move(spare.back());
  spare.pop_back();
  return event;
}

void give_back(c10::Event event) {
  constexpr std::size_t kMost = 256;
  std::vector<c10::Event>& spare = spare_events(event.device());
  if (spare.size() < kMost) spare.push_back(std::move(event));
}

}  // namespace
#else
struct Instant::Event {};
#endif

Instant Instant::now(const at::Device& device) {
  Instant instant;
  instant.time_ = Clock::now();
#if ZCP_EVENTS
  if (!device.is_cuda()) return instant;
  const c10::impl::VirtualGuardImpl guard(device.type());
  const c10::Stream stream = guard.getStream(device);
  c10::Event event = take_event(stream.device());
  event.record(stream);
  instant.event_ =
      std::shared_ptr<Event>(new Event{std::move(event)}, [](Event* used) {
        give_back(std::move(used->event));
        delete used;
      });
#else
  static_cast<void>(device);
#endif
  return instant;
}

double Instant::seconds_to(const Instant& later) const {
#if ZCP_EVENTS
  if (event_ != nullptr && later.event_ != nullptr) {
    constexpr double kMilliseconds = 1e-3;
    try {
      later.event_->event.synchronize();
      return kMilliseconds * event_->event.elapsedTime(later.event_->event);
    } catch (const c10::Error&) {
      return 0;
    }
  }
#endif
  return std::chrono::duration<double>(later.time_ - time_).count();
}

}  // namespace zcp::engine
