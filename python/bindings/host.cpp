#include "python/bindings/host.h"

#include <ATen/Context.h>

#include <mutex>

#include "nets/kernels/device_arithmetic.h"
#include "nets/kernels/one_core.h"

namespace zcp::python {
namespace {

/// How CUDA devices multiply.
struct Arithmetic {
  bool tf32_cudnn = at::globalContext().allowTF32CuDNN();
  bool tf32_cublas = at::globalContext().allowTF32CuBLAS();
  bool deterministic = at::globalContext().deterministicCuDNN();
  bool benchmark = at::globalContext().benchmarkCuDNN();

  void restore() const {
    at::Context& context = at::globalContext();
    context.setAllowTF32CuDNN(tf32_cudnn);
    context.setAllowTF32CuBLAS(tf32_cublas);
    context.setDeterministicCuDNN(deterministic);
    context.setBenchmarkCuDNN(benchmark);
  }
};

/// What the process had before the first of those who score now came.
struct Process {
  std::mutex mutex;
  int on_cuda = 0;
  Arithmetic arithmetic;
};

/// The settings are the process's, so that their memory is, too.
Process& process() {
  static Process one;
  return one;
}

}  // namespace

ScoringThread::ScoringThread(
    const std::string& precision,
    const std::string& device)
    : on_cuda_(device.starts_with("cuda")) {
  kernels::use_one_core_in_this_thread();
  kernels::run_backward_on_this_thread();
  if (!on_cuda_) return;
  Process& all = process();
  const std::scoped_lock lock(all.mutex);
  if (all.on_cuda++ == 0) all.arithmetic = Arithmetic();
  kernels::set_device_arithmetic(
      precision == "tf32" ? kernels::Float32Products::tf32
                          : kernels::Float32Products::exact);
}

ScoringThread::~ScoringThread() {
  if (!on_cuda_) return;
  Process& all = process();
  const std::scoped_lock lock(all.mutex);
  if (--all.on_cuda == 0) all.arithmetic.restore();
}

}  // namespace zcp::python
