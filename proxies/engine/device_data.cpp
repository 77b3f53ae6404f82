#include "proxies/engine/device_data.h"

#include <algorithm>
#include <stdexcept>

#include "common/random.h"

namespace zcp::engine {
namespace {

/// Host memory that a device copies from without a detour.
at::Tensor pinned(const at::Tensor& host, const at::Device& device) {
  return host.defined() && device.is_cuda() ? host.pin_memory() : host;
}

/// Host values as a tensor of these sizes; undefined where there are none.
template <typename Element>
at::Tensor tensor_of(
    const std::vector<Element>& values,
    std::vector<std::int64_t> sizes,
    at::ScalarType type) {
  if (values.empty()) return {};
  at::Tensor host = at::empty(sizes, type);
  if (host.numel() != std::ssize(values)) {
    throw std::invalid_argument("targets of another size");
  }
  std::ranges::copy(values, host.data_ptr<Element>());
  return host;
}

/// A label a sample, or a label a pixel.
at::Tensor labels_on_device(const Minibatch& host, const at::Device& device) {
  std::vector<std::int64_t> sizes{host.size};
  if (std::ssize(host.y) != host.size) {
    sizes.insert(sizes.end(), {host.shape.height, host.shape.width});
  }
  return tensor_of(host.y, sizes, at::kLong).to(device);
}

/// Numbers in `rows` rows; undefined where there are none. In bfloat16 the loss
/// is computed in float32.
at::Tensor numbers_on_device(
    const std::vector<float>& values,
    std::int64_t rows,
    const at::TensorOptions& options) {
  if (values.empty()) return {};
  const bool twice = options.dtype() == at::kDouble;
  return tensor_of(values, {rows, std::ssize(values) / rows}, at::kFloat)
      .to(options.dtype(twice ? at::kDouble : at::kFloat));
}

/// The given values, or else drawn ones, as a tensor on the device.
at::Tensor given_or_drawn(
    at::IntArrayRef sizes,
    const std::vector<float>& given,
    std::uint64_t seed,
    const at::TensorOptions& options) {
  at::Tensor host = at::empty(sizes, at::kFloat);
  const std::span<float> out(
      host.data_ptr<float>(), static_cast<std::size_t>(host.numel()));
  if (given.empty()) {
    fill_normal(out, 1.0F, seed);
  } else {
    std::copy_n(given.begin(), out.size(), out.begin());
  }
  return host.to(options);
}

/// The same two directions made orthonormal.
at::Tensor orthonormal(const at::Tensor& directions) {
  const at::Tensor columns = directions.flatten(1).to(at::kDouble).t();
  return std::get<0>(at::linalg_qr(columns))
      .t()
      .reshape(directions.sizes())
      .to(directions.options());
}

}  // namespace

DeviceMinibatch on_device(
    const Minibatch& host,
    const at::TensorOptions& options) {
  const Shape& shape = host.shape;
  DeviceMinibatch device;
  const at::Tensor x = tensor_of(
      host.x,
      {host.size, shape.channels, shape.height, shape.width},
      at::kFloat);
  device.x = host.vocabulary > 0 ? x.flatten(1).to(options.device(), at::kLong)
                                 : pinned(x, options.device())
                                       .to(options)
                                       .contiguous(networks::kMemoryFormat);
  if (!host.y.empty()) {
    device.y = labels_on_device(host, options.device());
    device.largest_label = *std::ranges::max_element(host.y);
  }
  if (!host.numbers.empty()) {
    device.y = numbers_on_device(host.numbers, host.size, options);
  }
  device.scale = numbers_on_device(host.scale, 1, options);
  device.offset = numbers_on_device(host.offset, 1, options);
  return device;
}

RandomInputs draw_random_inputs(
    const RunSettings& run,
    at::IntArrayRef sizes,
    const HostNoise& given) {
  const auto some = [&](std::int64_t count) {
    std::vector<std::int64_t> all{count};
    all.insert(all.end(), sizes.begin(), sizes.end());
    return all;
  };
  const std::vector<std::int64_t> batch = some(run.batch_size);
  const auto tensor = [&](at::IntArrayRef all,
                          const std::vector<float>& values,
                          const char* purpose) {
    return given_or_drawn(
        all, values, derive_seed(run.seed, purpose), run.options);
  };
  RandomInputs random;
  random.noise =
      tensor(batch, given.inputs, "noise").contiguous(networks::kMemoryFormat);
  random.perturbation = tensor(batch, given.perturbation, "perturbation")
                            .contiguous(networks::kMemoryFormat);
  if (!given.signs.empty()) {
    random.signs = tensor({std::ssize(given.signs)}, given.signs, "signs");
  }
  random.circle = tensor(some(2), given.circle, "circle");
  if (given.circle.empty()) random.circle = orthonormal(random.circle);
  return random;
}

}  // namespace zcp::engine
