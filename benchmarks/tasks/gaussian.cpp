// Noise: inputs from N(0, 1) with uniform random labels, no data needed.
#include <fmt/format.h>

#include <stdexcept>

#include "benchmarks/tasks/sources.h"
#include "common/error.h"
#include "common/hash.h"
#include "common/random.h"

namespace zcp::benchmarks {
namespace {

constexpr InputShape kShape = {3, 32, 32};
constexpr int kClasses = 10;
constexpr InputShape kLargeShape = {3, 224, 224};
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
    const InputShape& shape = info_.shape;
    const auto pixels =
        static_cast<std::size_t>(shape.channels * shape.height * shape.width);
    Minibatch batch{batch_size, shape, {}, {}};
    batch.x.resize(count * pixels);
    batch.y.resize(count);
    fill_normal(batch.x, 1.0F, derive_seed(seed_, "gaussian-x", number));
    fill_integers(
        batch.y, info_.classes, derive_seed(seed_, "gaussian-y", number));
    return batch;
  }

  std::string fingerprint() const override {
    return hash_hex(hash64(fmt::format("{} {}", info_.name, info_.classes)));
  }

 private:
  TaskInfo info_;
  std::uint64_t seed_;
};

std::unique_ptr<Task> open(const TaskInfo& info, const OpenOptions& options) {
  if (options.transform != Transform::normalise) {
    throw UserError("task '{}' takes its noise as it is", info.name);
  }
  TaskInfo own = info;
  if (options.classes > 0) own.classes = options.classes;
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

}  // namespace zcp::benchmarks
