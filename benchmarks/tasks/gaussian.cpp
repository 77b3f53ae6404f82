// Noise: inputs from N(0, 1) with uniform random labels or numbers from
// N(0, 1), no data needed.
#include <fmt/format.h>

#include <stdexcept>

#include "benchmarks/tasks/sources.h"
#include "common/error.h"
#include "common/hash.h"
#include "common/random.h"

namespace zcp::tasks {
namespace {

constexpr Shape kShape = {3, 32, 32};
constexpr int kClasses = 10;
constexpr Shape kLargeShape = {3, 224, 224};
constexpr int kLargeClasses = 1000;

class GaussianTask : public Task {
 public:
  GaussianTask(TaskInfo info, std::uint64_t seed)
      : info_(std::move(info)), seed_(seed) {}

  const TaskInfo& info() const override { return info_; }

  Minibatch minibatch(int index, int batch_size) const override {
    if (index < 0 || batch_size < 1) {
      throw std::invalid_argument("a minibatch index or size out of range");
    }
    const auto number = static_cast<std::uint64_t>(index);
    const auto count = static_cast<std::size_t>(batch_size);
    const Shape& shape = info_.shape;
    const auto area = static_cast<std::size_t>(shape.height) *
                      static_cast<std::size_t>(shape.width);
    Minibatch batch{batch_size, shape, {}, {}};
    batch.x.resize(count * static_cast<std::size_t>(shape.channels) * area);
    fill_normal(batch.x, 1.0F, derive_seed(seed_, "gaussian-x", number));
    const std::uint64_t targets_by = derive_seed(seed_, "gaussian-y", number);
    const std::size_t places = count * (each_pixel() ? area : 1);
    if (info_.head == Head::classes || info_.head == Head::pixel_classes) {
      batch.y.resize(places);
      fill_integers(batch.y, info_.classes, targets_by);
    } else {
      batch.numbers.resize(places * static_cast<std::size_t>(info_.classes));
      fill_normal(batch.numbers, 1.0F, targets_by);
    }
    return batch;
  }

  std::string fingerprint() const override {
    // What `gaussian` always said, and the name where it is another task's.
    return hash_hex(hash64(fmt::format("{} {}", info_.name, info_.classes)));
  }

 private:
  bool each_pixel() const {
    return info_.head == Head::pixel_classes || info_.head == Head::pixels;
  }

  TaskInfo info_;
  std::uint64_t seed_;
};

std::unique_ptr<Task> open(const TaskInfo& info, const OpenOptions& options) {
  if (options.transform != Transform::normalise) {
    throw UserError("task '{}' takes its noise as it is", info.name);
  }
  TaskInfo own = info;
  if (options.classes > 0) own.classes = options.classes;
  if (options.resolution > 0) {
    own.shape.height = options.resolution;
    own.shape.width = options.resolution;
  }
  return std::make_unique<GaussianTask>(own, options.seed);
}

}  // namespace

TaskSource gaussian() {
  return {
      {"gaussian",
       "noise from N(0, 1) with random labels, no data",
       kShape,
       kClasses,
       false,
       "none",
       "",
       ""},
      open};
}

TaskSource gaussian_224() {
  return {
      {"gaussian-224",
       "the same in the shapes of ImageNet",
       kLargeShape,
       kLargeClasses,
       false,
       "none",
       "",
       ""},
      open};
}

TaskSource noise_like(const TaskInfo& info) {
  TaskInfo noise = info;
  noise.name = "noise-" + info.name;
  noise.summary = "noise in the shapes of " + info.name;
  noise.needs_data = false;
  noise.transform = "none";
  noise.data_hint.clear();
  noise.default_data.clear();
  return {noise, open};
}

}  // namespace zcp::tasks
