// NinaPro DB5 of NAS-Bench-360: hand gestures by the signals of 16 electrodes
// over 52 steps of time.
#include <fmt/format.h>

#include "benchmarks/formats/files.h"
#include "benchmarks/formats/numpy_file.h"
#include "benchmarks/tasks/all.h"
#include "benchmarks/tasks/minibatch_order.h"
#include "common/error.h"
#include "common/hash.h"

namespace zcp::tasks {
namespace {

constexpr int kElectrodes = 16;
constexpr int kSteps = 52;
constexpr int kClasses = 18;
constexpr Shape kShape = {1, kElectrodes, kSteps};
constexpr std::size_t kInput = std::size_t{kElectrodes} * kSteps;

class NinaproTask : public Task {
 public:
  NinaproTask(
      TaskInfo info,
      std::vector<float> x,
      std::vector<std::int64_t> labels,
      std::uint64_t seed)
      : info_(std::move(info)),
        x_(std::move(x)),
        labels_(std::move(labels)),
        order_(shuffled_order(std::ssize(labels_), seed)) {}

  const TaskInfo& info() const override { return info_; }

  /// The file's steps x electrodes become electrodes x steps, as NAS-Bench-360
  /// turns them.
  Minibatch minibatch(int index, int batch_size) const override {
    const std::int64_t begin =
        minibatch_begin(info_.name, std::ssize(labels_), index, batch_size);
    Minibatch batch{batch_size, kShape, {}, {}};
    batch.x.reserve(static_cast<std::size_t>(batch_size) * kInput);
    for (std::int64_t i = begin; i < begin + batch_size; ++i) {
      const auto place =
          static_cast<std::size_t>(order_[static_cast<std::size_t>(i)]);
      const float* example = x_.data() + place * kInput;
      for (int electrode = 0; electrode < kElectrodes; ++electrode) {
        for (int step = 0; step < kSteps; ++step) {
          batch.x.push_back(example[step * kElectrodes + electrode]);
        }
      }
      batch.y.push_back(labels_[place]);
    }
    return batch;
  }

  std::string fingerprint() const override {
    const std::uint64_t hash =
        hash_combine(hash64(info_.name), hash_numbers(x_));
    return hash_hex(hash_combine(hash, hash_numbers(labels_)));
  }

 private:
  TaskInfo info_;
  std::vector<float> x_;
  std::vector<std::int64_t> labels_;
  std::vector<std::int64_t> order_;
};

formats::NumpyFile read_array(
    const std::filesystem::path& folder,
    const std::string& name) {
  const auto path = folder / name;
  return {formats::read_bytes(path), path.string()};
}

std::unique_ptr<Task> open(const TaskInfo& info, const OpenOptions& options) {
  if (options.transform != Transform::normalise) {
    throw UserError("task 'ninapro' takes its signals as they are");
  }
  formats::require_folder(options.data, info.data_hint);
  const formats::NumpyFile x = read_array(options.data, "ninapro_train.npy");
  const formats::NumpyFile y = read_array(options.data, "label_train.npy");
  x.require_shape({-1, kSteps, kElectrodes});
  y.require_shape({x.shape()[0]});
  std::vector<std::int64_t> labels = y.integers();
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] >= 0 && labels[i] < kClasses) continue;
    throw UserError(
        "{}: element {}: found label {}, expected 0 to {}",
        y.source(),
        i,
        labels[i],
        kClasses - 1);
  }
  return std::make_unique<NinaproTask>(
      info, x.floats(), std::move(labels), options.seed);
}

}  // namespace

TaskSource ninapro() {
  return {
      {"ninapro",
       "hand gestures of 18 kinds by the signals of muscles",
       kShape,
       kClasses,
       true,
       "none",
       "the folder with ninapro_train.npy and label_train.npy of NAS-Bench-360 "
       "(https://github.com/rtu715/NAS-Bench-360)",
       ""},
      open};
}

}  // namespace zcp::tasks
