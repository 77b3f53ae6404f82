// Random tensors that are the same in every run.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>

namespace zcp::test {

/// N(0, 1) by `seed`, drawn in `type`.
inline at::Tensor
normal(at::IntArrayRef sizes, std::uint64_t seed, at::ScalarType type) {
  const auto generator = at::make_generator<at::CPUGeneratorImpl>(seed);
  return at::randn(sizes, generator, at::TensorOptions(type));
}

}  // namespace zcp::test
