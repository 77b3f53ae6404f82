// Work on a thread of its own, for which Python waits.
#pragma once

#include <atomic>
#include <functional>

namespace zcp::python {

/// Runs `work` on a new thread and waits for it without the GIL, which the
/// caller holds. Every twentieth of a second Python's signals are asked: after
/// an interrupt `is_cancelled` is set, the work is waited for, and what the
/// signal's handler raised is thrown (pybind11::error_already_set).
/// What `work` throws is thrown.
void run_and_wait(
    const std::function<void()>& work,
    std::atomic<bool>& is_cancelled);

}  // namespace zcp::python
