#include "python/bindings/waiting.h"

#include <pybind11/pybind11.h>

#include <chrono>
#include <future>
#include <thread>

namespace zcp::python {
namespace {

namespace py = pybind11;

/// A thread that is waited for on every way out.
class Joined {
 public:
  explicit Joined(std::thread thread) : thread_(std::move(thread)) {}
  ~Joined() { thread_.join(); }
  Joined(const Joined&) = delete;
  Joined& operator=(const Joined&) = delete;

 private:
  std::thread thread_;
};

}  // namespace

void run_and_wait(
    const std::function<void()>& work,
    std::atomic<bool>& is_cancelled) {
  constexpr std::chrono::milliseconds kPatience(50);
  const py::gil_scoped_release released;
  std::packaged_task<void()> task(work);
  std::future<void> done = task.get_future();
  const Joined thread(std::thread(std::move(task)));
  while (done.wait_for(kPatience) != std::future_status::ready) {
    const py::gil_scoped_acquire held;
    if (PyErr_CheckSignals() == 0) continue;
    is_cancelled = true;
    const py::error_already_set raised;
    const py::gil_scoped_release again;
    done.wait();
    throw raised;  // NOLINT(cert-err60-cpp,cert-err09-cpp): as pybind11 does
  }
  done.get();
}

}  // namespace zcp::python
