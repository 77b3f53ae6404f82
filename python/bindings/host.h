// What scoring needs of a process that is not ours, and gives back. This header
// has no LibTorch.
#pragma once

#include <string>

namespace zcp::python {

/// While it lives, the thread that made it computes as a worker of the program
/// zcp does, so that scores are the same: on one core, backward passes on the
/// thread itself, float32 products on CUDA devices as `precision` says. What of
/// it concerns the whole process, CUDA's arithmetic, is as before when the last
/// one goes.
///
/// OpenBLAS, which Debian's torch computes with, has no number of threads for a
/// thread, and changing the process's while others compute breaks their memory:
/// it keeps its threads.
class ScoringThread {
 public:
  /// `device` as --device has it.
  ScoringThread(const std::string& precision, const std::string& device);
  ~ScoringThread();
  ScoringThread(const ScoringThread&) = delete;
  ScoringThread& operator=(const ScoringThread&) = delete;

 private:
  bool on_cuda_;
};

}  // namespace zcp::python
