// Where the tensors of a pass live. No GPU is needed: a device of our own keeps
// its memory apart from the processor's and has every operator done by the
// processor behind the scenes; each operator that is called on it is looked at.
#include <ATen/ATen.h>
#include <ATen/native/CPUFallback.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <torch/library.h>

#include <cstdlib>
#include <map>
#include <set>
#include <string>

#include "common/random.h"
#include "nets/spaces/space.h"
#include "proxies/engine/evaluator.h"
#include "proxies/registry.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::engine;
using namespace zcp::proxies;

namespace {

constexpr auto kKind = c10::DeviceType::PrivateUse1;

// --- What is noted
// ------------------------------------------------------------

struct Audit {
  std::int64_t operators = 0;
  std::set<std::string> views;    ///< views that the fallback would copy
  std::set<std::string> mixed;    ///< operators given tensors of both sides
  std::int64_t values_down = 0;   ///< numbers read by the processor, one each
  std::int64_t largest_down = 0;  ///< elements of a tensor copied back
  std::int64_t copies_up = 0;
};

Audit& audit() {
  static Audit noted;
  return noted;
}

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

struct Memory final : c10::Allocator {
  c10::DataPtr allocate(std::size_t bytes) const override {
    void* memory = std::aligned_alloc(64, (bytes + 127) / 64 * 64);
    return {memory, memory, &std::free, at::Device(kKind, 0)};
  }
  c10::DeleterFnPtr raw_deleter() const override { return &std::free; }
};

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
  Stream getStreamFromGlobalPool(Device device, bool) const override {
    return getStream(device);
  }
  void synchronizeStream(const Stream&) const override {}
  c10::DeviceIndex deviceCount() const noexcept override { return 1; }
};

const Memory& memory() {
  static const Memory one;
  return one;
}

at::Tensor make(at::IntArrayRef size, c10::optional<at::ScalarType> type) {
  const auto dtype = c10::scalarTypeToTypeMeta(type.value_or(at::kFloat));
  const auto bytes = static_cast<std::int64_t>(
      static_cast<std::size_t>(c10::multiply_integers(size)) *
      dtype.itemsize());
  auto storage = c10::make_intrusive<c10::StorageImpl>(
      c10::StorageImpl::use_byte_size_t(),
      bytes,
      memory().allocate(static_cast<std::size_t>(bytes)),
      const_cast<Memory*>(&memory()),
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
    c10::optional<at::ScalarType> type,
    c10::optional<at::Layout>,
    c10::optional<at::Device>,
    c10::optional<bool>,
    c10::optional<at::MemoryFormat> format) {
  at::Tensor tensor = make(size, type);
  if (format && *format != at::MemoryFormat::Contiguous) {
    tensor.unsafeGetTensorImpl()->empty_tensor_restride(*format);
  }
  return tensor;
}

at::Tensor make_strided(
    at::IntArrayRef size,
    at::IntArrayRef stride,
    c10::optional<at::ScalarType> type,
    c10::optional<at::Layout>,
    c10::optional<at::Device>,
    c10::optional<bool>) {
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
  if (on_device(from) && on_host(to)) {
    audit().largest_down = std::max(audit().largest_down, from.numel());
  }
  if (!on_device(from) && on_device(to)) ++audit().copies_up;
  seen_by_processor(to).copy_(seen_by_processor(from));
  return to;
}

at::Tensor copy_and_resize(const at::Tensor& from, const at::Tensor& to) {
  if (to.sizes() != from.sizes()) to.resize_(from.sizes());
  return copy_from(from, to, false);
}

at::Scalar read_number(const at::Tensor& tensor) {
  ++audit().values_down;
  return seen_by_processor(tensor).item();
}

at::Tensor strided_view(
    const at::Tensor& tensor,
    at::IntArrayRef size,
    at::IntArrayRef stride,
    c10::optional<std::int64_t> offset) {
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
    c10::optional<at::MemoryFormat>) {
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
    const c10::optional<at::Tensor>& bias,
    at::IntArrayRef stride,
    at::IntArrayRef padding,
    at::IntArrayRef dilation,
    bool transposed,
    at::IntArrayRef output_padding,
    std::int64_t groups) {
  ++audit().operators;
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

void fallback(const c10::OperatorHandle& op, torch::jit::Stack* stack) {
  look_at(op, *stack);
  const Audit before = audit();
  at::native::cpu_fallback(op, stack);
  // The fallback's own copies are not the program's.
  audit().values_down = before.values_down;
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

// --- The runs
// -----------------------------------------------------------------

constexpr int kBatch = 4;
const Shape kShape{3, 8, 8};

std::vector<Minibatch> minibatches() {
  std::vector<Minibatch> all;
  for (std::uint64_t i = 0; i < 4; ++i) {
    Minibatch minibatch;
    minibatch.size = kBatch;
    minibatch.shape = kShape;
    minibatch.x.resize(kBatch * 3 * 8 * 8);
    minibatch.y.resize(kBatch);
    fill_normal(minibatch.x, 1.0F, i);
    fill_integers(minibatch.y, 3, i);
    all.push_back(std::move(minibatch));
  }
  return all;
}

std::vector<Score> run(
    const std::vector<const Descriptor*>& proxies,
    const std::string& device) {
  EvaluatorOptions options;
  options.batch_size = kBatch;
  options.minibatches = 4;
  options.device = device;
  options.precision = "fp64";
  const Evaluator evaluator(proxies, options, kShape, 3, minibatches());
  const graph::Graph graph = spaces::find_space("nats-tss")
                                 .build(
                                     "|nor_conv_3x3~0|+|nor_conv_1x1~0|"
                                     "avg_pool_3x3~1|+|skip_connect~0|"
                                     "nor_conv_3x3~1|none~2|",
                                     kShape,
                                     3,
                                     {4, 1, true});
  audit() = {};
  return evaluator.score(graph, proxies);
}

}  // namespace

C10_REGISTER_GUARD_IMPL(PrivateUse1, Guard);

TEST_CASE("every tensor of a pass lives on the network's device") {
  constexpr std::int64_t kSmall = 10;  // a spectrum, an entropy a block
  // Sign patterns are sorted by the processor: a copy a layer.
  const std::set<std::string> sorted{"swap", "swap_regularized", "l_swag"};
  for (const Descriptor* proxy : select_proxies({"all"})) {
    CAPTURE(proxy->name);
    const Score here = run({proxy}, "cpu")[0];
    const Score there = run({proxy}, "privateuseone:0")[0];
    CAPTURE(there.reason);
    REQUIRE(here.status == there.status);
    if (here.status == ScoreStatus::ok) {
      CHECK(there.value == doctest::Approx(here.value).epsilon(1e-9));
    }
    const bool runs = proxy->needs.pass != PassKind::structure;
    CHECK((audit().operators > 0) == runs);
    for (const std::string& name : audit().mixed) FAIL_CHECK(name);
    for (const std::string& name : audit().views) FAIL_CHECK(name);
    // What leaves the device: the score, not a number a layer.
    CHECK(audit().values_down <= kSmall);
    if (!sorted.contains(proxy->name)) {
      CHECK(audit().largest_down <= kSmall);
    }
    // What goes there: the 39 parameters, and one array drawn or counted.
    CHECK(audit().copies_up <= 40);
  }
}

TEST_CASE("proxies together read no more from the device than alone") {
  const auto proxies = select_proxies({"core"});
  std::int64_t alone = 0;
  for (const Descriptor* proxy : proxies) {
    run({proxy}, "privateuseone:0");
    alone += audit().values_down;
  }
  run(proxies, "privateuseone:0");
  CHECK(audit().values_down <= alone);
  CHECK(audit().copies_up <= 40);
}
