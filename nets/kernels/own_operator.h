// Operators of zcp's own, which LibTorch's dispatcher finds by device.
//
// This header includes LibTorch.
#pragma once

#include <ATen/ATen.h>
#include <ATen/core/dispatch/Dispatcher.h>

namespace zcp::kernels {

/// The operator of this name ("zcp::..."), whose arguments are Function's.
/// Throws c10::Error when none is registered.
template <typename Function>
c10::TypedOperatorHandle<Function> own_operator(const char* name) {
  return c10::Dispatcher::singleton()
      .findSchemaOrThrow(name, "")
      .typed<Function>();
}

/// Whether an operator has a kernel for the device of x.
inline bool runs_on(const c10::OperatorHandle& op, const at::Tensor& x) {
  return op.hasKernelForDispatchKey(x.options().computeDispatchKey());
}

}  // namespace zcp::kernels
