#include "benchmarks/tasks/noise.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "common/error.h"
#include "common/hash.h"
#include "common/random.h"

namespace zcp::tasks {
namespace {

class NoiseTask : public Task {
 public:
  NoiseTask(TaskInfo info, std::uint64_t seed)
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
    const std::uint64_t inputs_by = derive_seed(seed_, "gaussian-x", number);
    if (info_.vocabulary > 0) {
      std::vector<std::int64_t> words(batch.x.size());
      fill_integers(words, info_.vocabulary, inputs_by);
      std::copy(words.begin(), words.end(), batch.x.begin());
      batch.vocabulary = info_.vocabulary;
      batch.noise = true;
    } else {
      fill_normal(batch.x, 1.0F, inputs_by);
    }
    if (info_.head == Head::tokens) return batch;
    if (has_labels()) {
      batch.y = labels(number, batch_size, info_.classes);
    } else {
      const std::size_t places = count * (each_pixel() ? area : 1);
      batch.numbers.resize(places * static_cast<std::size_t>(info_.classes));
      fill_normal(batch.numbers, 1.0F, targets_by(number));
    }
    return batch;
  }

  std::optional<std::vector<std::int64_t>>
  labels_for(int index, int batch_size, int outputs) const override {
    if (!has_labels() || outputs == info_.classes) return std::nullopt;
    return labels(static_cast<std::uint64_t>(index), batch_size, outputs);
  }

  std::string fingerprint() const override {
    return hash_hex(hash64(fmt::format("{} {}", info_.name, info_.classes)));
  }

 private:
  std::uint64_t targets_by(std::uint64_t number) const {
    return derive_seed(seed_, "gaussian-y", number);
  }

  std::vector<std::int64_t>
  labels(std::uint64_t number, int batch_size, int classes) const {
    const std::int64_t area =
        std::int64_t{info_.shape.height} * info_.shape.width;
    std::vector<std::int64_t> drawn(
        static_cast<std::size_t>(batch_size * (each_pixel() ? area : 1)));
    fill_integers(drawn, classes, targets_by(number));
    return drawn;
  }

  bool has_labels() const {
    return info_.head == Head::classes || info_.head == Head::pixel_classes;
  }

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
  if (options.classes > 0) set_classes(own, options.classes);
  if (options.resolution > 0) set_resolution(own, options.resolution);
  return std::make_unique<NoiseTask>(own, options.seed);
}

}  // namespace

TaskSource noise(
    const std::string& name,
    const std::string& summary,
    const Shape& shape,
    int classes) {
  return {{name, summary, shape, classes, false, "none", "", ""}, open};
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
