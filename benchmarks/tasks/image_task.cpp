#include "benchmarks/tasks/image_task.h"

#include <fmt/format.h>

#include "benchmarks/tasks/minibatch_order.h"
#include "common/hash.h"

namespace zcp::tasks {

ImageTask::ImageTask(TaskInfo info, Examples examples, std::uint64_t seed)
    : info_(std::move(info)),
      examples_(std::move(examples)),
      seed_(seed),
      order_(shuffled_order(examples_.size(), seed)) {
  info_.shape = examples_.shape();
  info_.transform = examples_.transform();
}

Minibatch ImageTask::minibatch(int index, int batch_size) const {
  const std::int64_t begin =
      minibatch_begin(info_.name, examples_.size(), index, batch_size);
  const auto first = static_cast<std::size_t>(begin);
  const auto count = static_cast<std::size_t>(batch_size);
  const Shape& shape = examples_.shape();
  Minibatch batch{batch_size, shape, {}, {}};
  batch.x.resize(
      count * static_cast<std::size_t>(shape.channels) *
      static_cast<std::size_t>(shape.height) *
      static_cast<std::size_t>(shape.width));
  batch.y.resize(count);
  examples_.gather(
      std::span(order_).subspan(first, count), seed_, first, batch.x, batch.y);
  return batch;
}

std::string ImageTask::fingerprint() const {
  const Shape& shape = examples_.shape();
  const std::string text = fmt::format(
      "{} {}x{}x{} {}",
      info_.name,
      shape.channels,
      shape.height,
      shape.width,
      info_.transform);
  return hash_hex(examples_.hash(hash64(text)));
}

}  // namespace zcp::tasks
