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
  // Python hands signals to its first thread alone.
  const bool is_main =
      py::module_::import("threading")
          .attr("current_thread")()
          .is(py::module_::import("threading").attr("main_thread")());
  std::packaged_task<void()> task(work);
  std::future<void> done = task.get_future();
  PyThreadState* state = PyEval_SaveThread();
  {
    const Joined thread(std::thread(std::move(task)));
    while (done.wait_for(kPatience) != std::future_status::ready) {
      if (!is_main || is_cancelled) continue;
      PyEval_RestoreThread(state);
      is_cancelled = PyErr_CheckSignals() != 0;
      state = PyEval_SaveThread();
    }
  }
  PyEval_RestoreThread(state);
  if (is_cancelled) throw py::error_already_set();
  done.get();
}

}  // namespace zcp::python
