#include "tests/proxies/engine/counting_device.h"

#include <ATen/ATen.h>
#include <ATen/native/CPUFallback.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <torch/library.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <tuple>
#include <utility>
#include <vector>

#include "nets/kernels/codes.h"
#include "nets/kernels/device_sum.h"
#include "nets/kernels/libtorch_version.h"

#if ZCP_LIBTORCH_AT_LEAST(2, 7)
#include <ATen/detail/PrivateUse1HooksInterface.h>
#include <c10/core/DeviceType.h>
#endif

namespace zcp::test {

Audit& audit() {
  static Audit noted;
  return noted;
}

namespace {

constexpr auto kKind = c10::DeviceType::PrivateUse1;

bool on_device(const at::Tensor& tensor) {
  return tensor.defined() && tensor.device().type() == kKind;
}
/// Numbers wrapped as tensors may stay with the processor.
bool on_host(const at::Tensor& tensor) {
  return tensor.defined() && tensor.is_cpu() && tensor.dim() > 0;
}

void look_at(const c10::OperatorHandle& op, const torch::jit::Stack& stack) {
  bool device = false;
  bool host = false;
  const auto look = [&](const at::Tensor& tensor) {
    device |= on_device(tensor);
    host |= on_host(tensor);
  };
  const auto count = op.schema().arguments().size();
  for (const c10::IValue& value : torch::jit::last(stack, count)) {
    if (value.isTensor()) look(value.toTensor());
    if (value.isTensorList()) {
      for (const at::Tensor& tensor : value.toTensorVector()) look(tensor);
    }
  }
  ++audit().operators;
  ++audit().launches[op.schema().name()];
  if (device && host) audit().mixed.insert(op.schema().name());
  for (const c10::Argument& result : op.schema().returns()) {
    const c10::AliasInfo* alias = result.alias_info();
    if (alias != nullptr && !alias->isWrite()) {
      audit().views.insert(op.schema().name());
    }
  }
}

// --- The device
// ---------------------------------------------------------------

c10::DataPtr allocate_bytes(std::size_t bytes);

struct Memory final : c10::Allocator {
#if ZCP_LIBTORCH_AT_LEAST(2, 3)
  c10::DataPtr allocate(std::size_t bytes) override {
    return allocate_bytes(bytes);
  }
  void copy_data(void* to, const void* from, std::size_t bytes) const override {
    default_copy_data(to, from, bytes);
  }
#else
  c10::DataPtr allocate(std::size_t bytes) const override {
    return allocate_bytes(bytes);
  }
#endif
  c10::DeleterFnPtr raw_deleter() const override {
    return &std::free;
  }
};

c10::DataPtr allocate_bytes(std::size_t bytes) {
  void* memory = std::aligned_alloc(64, (bytes + 127) / 64 * 64);
  return {memory, memory, &std::free, at::Device(kKind, 0)};
}

#if ZCP_LIBTORCH_AT_LEAST(2, 7)
struct Hooks final : at::PrivateUse1HooksInterface {
  bool isBuilt() const override { return true; }
  bool isAvailable() const override { return true; }
  bool hasPrimaryContext(c10::DeviceIndex) const override { return true; }
};

const bool kRegistered = [] {
  static Hooks hooks;
  at::RegisterPrivateUse1HooksInterface(&hooks);
  // Autograd asks for "the accelerator" where gradients meet (2.13).
  c10::register_privateuse1_backend("counting");
  return true;
}();
#endif

/// One device with one queue, done as soon as asked.
struct Guard final : c10::impl::DeviceGuardImplInterface {
  using Device = c10::Device;
  using Stream = c10::Stream;
  c10::DeviceType type() const override { return kKind; }
  Device getDevice() const override { return {kKind, 0}; }
  Device exchangeDevice(Device) const override { return getDevice(); }
  void setDevice(Device) const override {}
  void uncheckedSetDevice(Device) const noexcept override {}
  Stream getStream(Device device) const noexcept override {
    return Stream(Stream::DEFAULT, device);
  }
  Stream exchangeStream(Stream stream) const noexcept override {
    return stream;
  }
  Stream getDefaultStream(Device device) const override {
    return getStream(device);
  }
  Stream getStreamFromGlobalPool(Device device, bool) const override {
    return getStream(device);
  }
  void synchronizeStream(const Stream&) const override {}
  c10::DeviceIndex deviceCount() const noexcept override { return 1; }
};

Memory& memory() {
  static Memory one;
  return one;
}

at::Tensor make(at::IntArrayRef size, kernels::Optional<at::ScalarType> type) {
  const auto dtype = c10::scalarTypeToTypeMeta(type.value_or(at::kFloat));
  const auto bytes = static_cast<std::int64_t>(
      static_cast<std::size_t>(c10::multiply_integers(size)) *
      dtype.itemsize());
  auto storage = c10::make_intrusive<c10::StorageImpl>(
      c10::StorageImpl::use_byte_size_t(),
      bytes,
      memory().allocate(static_cast<std::size_t>(bytes)),
      &memory(),
      true);
  at::Tensor tensor = at::detail::make_tensor<c10::TensorImpl>(
      std::move(storage),
      c10::DispatchKeySet(c10::DispatchKey::PrivateUse1),
      dtype);
  tensor.unsafeGetTensorImpl()->set_sizes_contiguous(size);
  return tensor;
}

at::Tensor make_empty(
    at::IntArrayRef size,
    kernels::Optional<at::ScalarType> type,
    kernels::Optional<at::Layout>,
    kernels::Optional<at::Device>,
    kernels::Optional<bool>,
    kernels::Optional<at::MemoryFormat> format) {
  at::Tensor tensor = make(size, type);
  if (format && *format != at::MemoryFormat::Contiguous) {
    tensor.unsafeGetTensorImpl()->empty_tensor_restride(*format);
  }
  return tensor;
}

at::Tensor make_strided(
    at::IntArrayRef size,
    at::IntArrayRef stride,
    kernels::Optional<at::ScalarType> type,
    kernels::Optional<at::Layout>,
    kernels::Optional<at::Device>,
    kernels::Optional<bool>) {
  at::Tensor tensor = make(size, type);
  tensor.unsafeGetTensorImpl()->set_sizes_and_strides(size, stride);
  return tensor;
}

/// The same memory as the processor sees it.
at::Tensor seen_by_processor(const at::Tensor& tensor) {
  if (!on_device(tensor)) return tensor;
  return at::from_blob(
      tensor.data_ptr(),
      tensor.sizes(),
      tensor.strides(),
      at::TensorOptions(tensor.scalar_type()));
}

at::Tensor copy_from(const at::Tensor& from, const at::Tensor& to, bool) {
  if (on_device(from) && !on_device(to)) {
    ++audit().copies_down;
    ++audit().synchronisations;
    audit().largest_down = std::max(audit().largest_down, from.numel());
  }
  if (!on_device(from) && on_device(to)) ++audit().copies_up;
  if (on_device(from) && on_device(to)) ++audit().launches["copy_"];
  seen_by_processor(to).copy_(seen_by_processor(from));
  return to;
}

at::Tensor copy_and_resize(const at::Tensor& from, const at::Tensor& to) {
  if (to.sizes() != from.sizes()) to.resize_(from.sizes());
  return copy_from(from, to, false);
}

at::Scalar read_number(const at::Tensor& tensor) {
  ++audit().values_down;
  ++audit().copies_down;
  ++audit().synchronisations;
  return seen_by_processor(tensor).item();
}

at::Tensor strided_view(
    const at::Tensor& tensor,
    at::IntArrayRef size,
    at::IntArrayRef stride,
    kernels::Optional<std::int64_t> offset) {
  at::Tensor view = at::detail::make_tensor<c10::TensorImpl>(
      c10::Storage(tensor.storage()), tensor.key_set(), tensor.dtype());
  auto* impl = view.unsafeGetTensorImpl();
  impl->set_storage_offset(offset.value_or(tensor.storage_offset()));
  impl->set_sizes_and_strides(size, stride);
  return view;
}

at::Tensor shape_view(const at::Tensor& tensor, at::IntArrayRef size) {
  const at::Tensor shaped = seen_by_processor(tensor).view(size);
  return strided_view(tensor, shaped.sizes(), shaped.strides(), {});
}

at::Tensor reshape_alias(
    const at::Tensor& tensor,
    at::IntArrayRef size,
    at::IntArrayRef stride) {
  return strided_view(tensor, size, stride, {});
}

at::Tensor unfold_view(
    const at::Tensor& tensor,
    std::int64_t dimension,
    std::int64_t size,
    std::int64_t step) {
  const at::Tensor shaped =
      seen_by_processor(tensor).unfold(dimension, size, step);
  return strided_view(tensor, shaped.sizes(), shaped.strides(), {});
}

const at::Tensor& take_size(
    const at::Tensor& tensor,
    at::IntArrayRef size,
    kernels::Optional<at::MemoryFormat>) {
  at::Tensor fresh = make(size, tensor.scalar_type());
  auto* impl = tensor.unsafeGetTensorImpl();
  impl->set_storage_keep_dtype(fresh.storage());
  impl->set_sizes_contiguous(size);
  return tensor;
}

at::Tensor to_device(const at::Tensor& host) {
  at::Tensor tensor = make(host.sizes(), host.scalar_type());
  tensor.unsafeGetTensorImpl()->set_sizes_and_strides(
      host.sizes(), host.strides());
  seen_by_processor(tensor).copy_(host);
  return tensor;
}

at::Tensor convolution(
    const at::Tensor& x,
    const at::Tensor& weight,
    const kernels::Optional<at::Tensor>& bias,
    at::IntArrayRef stride,
    at::IntArrayRef padding,
    at::IntArrayRef dilation,
    bool transposed,
    at::IntArrayRef output_padding,
    std::int64_t groups) {
  ++audit().operators;
  ++audit().launches["convolution"];
  const bool has_bias = bias && bias->defined();
  if (on_host(x) || on_host(weight)) audit().mixed.insert("convolution");
  return to_device(at::convolution(
      seen_by_processor(x),
      seen_by_processor(weight),
      has_bias ? seen_by_processor(*bias) : at::Tensor(),
      stride,
      padding,
      dilation,
      transposed,
      output_padding,
      groups));
}

std::tuple<at::Tensor, at::Tensor, at::Tensor> convolution_backward(
    const at::Tensor& gradient,
    const at::Tensor& x,
    const at::Tensor& weight,
    at::IntArrayRef stride,
    at::IntArrayRef padding,
    at::IntArrayRef dilation,
    bool transposed,
    at::IntArrayRef output_padding,
    std::int64_t groups,
    std::array<bool, 3> mask) {
  ++audit().operators;
  // Each gradient is a kernel of its own.
  audit().launches["convolution_backward"] += std::ranges::count(mask, true);
  const std::vector<std::int64_t> bias{gradient.size(1)};
  const auto [dx, dw, db] = at::convolution_backward(
      seen_by_processor(gradient),
      seen_by_processor(x),
      seen_by_processor(weight),
      at::IntArrayRef(bias),
      stride,
      padding,
      dilation,
      transposed,
      output_padding,
      groups,
      mask);
  const auto back = [](const at::Tensor& host) {
    return host.defined() ? to_device(host) : host;
  };
  return {back(dx), back(dw), back(db)};
}

/// What a kernel of zcp's does, done by LibTorch's operators on the processor.
std::vector<at::Tensor> seen_all(at::TensorList tensors) {
  std::vector<at::Tensor> seen;
  for (const at::Tensor& one : tensors) seen.push_back(seen_by_processor(one));
  return seen;
}

void count_own(const char* name, std::int64_t launches) {
  ++audit().operators;
  audit().launches[name] += launches;
}

at::Tensor norm_moments(at::TensorList x, at::ArrayRef<double> epsilons) {
  count_own("norm_moments", 1);
  return to_device(kernels::norm_moments_by_operators(seen_all(x), epsilons));
}

std::vector<at::Tensor> norm_sum(
    at::TensorList x,
    at::TensorList scales,
    at::TensorList shifts,
    const at::Tensor& moments,
    at::IntArrayRef norms,
    bool relu,
    bool rectified) {
  count_own("norm_sum", 1);
  std::vector<at::Tensor> made;
  for (const at::Tensor& one : kernels::norm_sum_by_operators(
           seen_all(x),
           seen_all(scales),
           seen_all(shifts),
           seen_by_processor(moments),
           norms,
           relu,
           rectified)) {
    made.push_back(to_device(one));
  }
  return made;
}

std::vector<at::Tensor> norm_sum_gradients(
    at::TensorList arrived,
    const at::Tensor& y,
    at::TensorList x,
    at::TensorList scales,
    const at::Tensor& moments,
    at::IntArrayRef norms,
    std::int64_t masked) {
  count_own("norm_sum_gradients", x.empty() ? 1 : 2);
  std::vector<at::Tensor> found;
  for (const at::Tensor& one : kernels::norm_sum_gradients_by_operators(
           seen_all(arrived),
           seen_by_processor(y),
           seen_all(x),
           seen_all(scales),
           seen_by_processor(moments),
           norms,
           masked)) {
    found.push_back(to_device(one.contiguous()));
  }
  return found;
}

at::Tensor code_differences(at::TensorList outputs, at::IntArrayRef uses) {
  constexpr std::int64_t kAtOnce = 64;
  const auto parts =
      (static_cast<std::int64_t>(outputs.size()) + kAtOnce - 1) / kAtOnce;
  count_own("code_differences", 1 + 2 * parts);
  return to_device(
      kernels::code_differences_by_operators(seen_all(outputs), uses));
}

void fallback(const c10::OperatorHandle& op, torch::jit::Stack* stack) {
  look_at(op, *stack);
  const Audit before = audit();
  at::native::cpu_fallback(op, stack);
  // The fallback's own copies are not the program's.
  audit().values_down = before.values_down;
  audit().copies_down = before.copies_down;
  audit().synchronisations = before.synchronisations;
  audit().launches = before.launches;
  audit().largest_down = before.largest_down;
  audit().copies_up = before.copies_up;
}

TORCH_LIBRARY_IMPL(_, PrivateUse1, library) {
  library.fallback(torch::CppFunction::makeFromBoxedFunction<&fallback>());
}

TORCH_LIBRARY_IMPL(aten, PrivateUse1, library) {
  library.impl("empty.memory_format", &make_empty);
  library.impl("empty_strided", &make_strided);
  library.impl("_copy_from", &copy_from);
  library.impl("_copy_from_and_resize", &copy_and_resize);
  library.impl("_local_scalar_dense", &read_number);
  library.impl("as_strided", &strided_view);
  library.impl("view", &shape_view);
  library.impl("unfold", &unfold_view);
  library.impl("_reshape_alias", &reshape_alias);
  library.impl("resize_", &take_size);
  library.impl("convolution_overrideable", &convolution);
  library.impl("convolution_backward_overrideable", &convolution_backward);
}

// LibTorch has this for the devices that it knows.
TORCH_LIBRARY_IMPL(zcp, AutogradPrivateUse1, library) {
  for (const char* name :
       {"norm_moments", "norm_sum", "norm_sum_gradients", "code_differences"}) {
    library.impl(name, torch::CppFunction::makeFallthrough());
  }
}

TORCH_LIBRARY_IMPL(zcp, PrivateUse1, library) {
  library.impl("norm_moments", &norm_moments);
  library.impl("norm_sum", &norm_sum);
  library.impl("norm_sum_gradients", &norm_sum_gradients);
  library.impl("code_differences", &code_differences);
}

}  // namespace

C10_REGISTER_GUARD_IMPL(PrivateUse1, Guard);

}  // namespace zcp::test
