// Darcy flow: the pressure (coefficient -> solution) of a flow through a porous
// square, from the file that the Fourier neural operator's authors published
// and NAS-Bench-360 takes.
// rtu715/NAS-Bench-360: perceiver-io/perceiver/data/nb360/darcyflow.py and
// precompute/darcyflow/xautodl/procedures/funcs_nasbench.py.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "benchmarks/formats/files.h"
#include "benchmarks/formats/mat_file.h"
#include "benchmarks/tasks/all.h"
#include "benchmarks/tasks/minibatch_order.h"
#include "common/error.h"
#include "common/hash.h"
#include "common/random.h"

namespace zcp::tasks {
namespace {

constexpr int kGrid = 85;        // points a side after subsampling
constexpr int kSamples = 1000;   // for training and validation
constexpr int kValidation = 10;  // the last one in this many
constexpr float kEpsilon = 1e-5F;
constexpr std::size_t kArea = std::size_t{kGrid} * kGrid;
constexpr const char* kFile = "piececonst_r421_N1024_smooth1.mat";

/// Mean and unbiased deviation over the samples at each grid point.
struct Moments {
  std::vector<float> mean;
  std::vector<float> deviation;
};

Moments moments_of(const std::vector<float>& values) {
  const std::size_t samples = values.size() / kArea;
  Moments moments{std::vector<float>(kArea), std::vector<float>(kArea)};
  for (std::size_t p = 0; p < kArea; ++p) {
    double sum = 0;
    for (std::size_t n = 0; n < samples; ++n) sum += values[n * kArea + p];
    const double mean = sum / static_cast<double>(samples);
    double squares = 0;
    for (std::size_t n = 0; n < samples; ++n) {
      const double difference = values[n * kArea + p] - mean;
      squares += difference * difference;
    }
    moments.mean[p] = static_cast<float>(mean);
    moments.deviation[p] = static_cast<float>(
        std::sqrt(squares / static_cast<double>(samples - 1)));
  }
  return moments;
}

/// The first `samples` fields of a variable, every so many points of its grid.
std::vector<float> read_fields(
    const formats::MatFile& file,
    const std::string& name,
    int samples) {
  const auto [count, height, width] = file.sizes(name);
  if (height != width || height < kGrid || (height - 1) % (kGrid - 1) != 0) {
    throw UserError(
        "{}: '{}' has fields of {} x {} points, expected 421 x 421",
        file.source(),
        name,
        height,
        width);
  }
  const int step = (height - 1) / (kGrid - 1);
  return file.read(name, {samples, kGrid, kGrid}, {1, step, step});
}

class DarcyTask : public Task {
 public:
  DarcyTask(TaskInfo info, const formats::MatFile& file, std::uint64_t seed)
      : info_(std::move(info)) {
    const int held = std::min(file.sizes("coeff")[0], file.sizes("sol")[0]);
    if (held < kValidation) {
      throw UserError(
          "{}: found {} samples, expected {} or more",
          file.source(),
          held,
          kSamples);
    }
    const int samples = std::min(held, kSamples);
    coefficient_ = read_fields(file, "coeff", samples);
    solution_ = read_fields(file, "sol", samples);
    const Moments coefficient = moments_of(coefficient_);
    for (std::size_t i = 0; i < coefficient_.size(); ++i) {
      const std::size_t p = i % kArea;
      coefficient_[i] = (coefficient_[i] - coefficient.mean[p]) /
                        (coefficient.deviation[p] + kEpsilon);
    }
    decoder_ = moments_of(solution_);
    for (float& deviation : decoder_.deviation) deviation += kEpsilon;
    const std::int64_t training = samples - samples / kValidation;
    order_ = sample_without_replacement(
        training, training, derive_seed(seed, "task-shuffle"));
  }

  const TaskInfo& info() const override { return info_; }

  Minibatch minibatch(int index, int batch_size) const override {
    const std::int64_t begin =
        minibatch_begin(info_.name, std::ssize(order_), index, batch_size);
    Minibatch batch{batch_size, info_.shape, {}, {}};
    for (int i = 0; i < batch_size; ++i) {
      const auto sample = static_cast<std::ptrdiff_t>(
          order_[static_cast<std::size_t>(begin + i)]);
      const auto field = [&](const std::vector<float>& of) {
        return of.begin() + sample * static_cast<std::ptrdiff_t>(kArea);
      };
      const auto area = static_cast<std::ptrdiff_t>(kArea);
      const auto a = field(coefficient_);
      batch.x.insert(batch.x.end(), a, a + area);
      append_coordinates(batch.x);
      const auto u = field(solution_);
      batch.numbers.insert(batch.numbers.end(), u, u + area);
    }
    batch.scale = decoder_.deviation;
    batch.offset = decoder_.mean;
    return batch;
  }

  std::string fingerprint() const override {
    std::uint64_t hash = hash64(info_.name + " " + info_.transform);
    for (const auto* values : {&coefficient_, &solution_}) {
      hash = hash_combine(hash, hash_numbers(*values));
    }
    return hash_hex(hash);
  }

 private:
  /// Two channels from 0 to 1: along the last axis, and along the one before.
  static void append_coordinates(std::vector<float>& x) {
    for (const bool last : {true, false}) {
      for (int row = 0; row < kGrid; ++row) {
        for (int column = 0; column < kGrid; ++column) {
          x.push_back(
              static_cast<float>(last ? column : row) / float{kGrid - 1});
        }
      }
    }
  }

  TaskInfo info_;
  std::vector<float> coefficient_;  // samples x 85 x 85, normalised
  std::vector<float> solution_;     // the same, as it is
  Moments decoder_;                 // of the solution
  std::vector<std::int64_t> order_;
};

std::unique_ptr<Task> open(const TaskInfo& info, const OpenOptions& options) {
  if (options.transform != Transform::normalise) {
    throw UserError("task '{}' is not augmented", info.name);
  }
  formats::require_folder(options.data, info.data_hint);
  return std::make_unique<DarcyTask>(
      info, formats::MatFile(options.data / kFile), options.seed);
}

}  // namespace

TaskSource darcy_flow() {
  return {
      {"darcy-flow",
       "pressure of a flow through a porous square, at every point",
       {3, kGrid, kGrid},
       1,
       true,
       "every fifth point of 421 x 421; coefficient less its mean over its "
       "deviation at each point; coordinates from 0 to 1; output times the "
       "solution's deviation plus its mean at each point",
       fmt::format(
           "the folder of {} (Darcy_421.zip of the Fourier neural operator, "
           "https://github.com/neuraloperator/neuraloperator)",
           kFile),
       "",
       Head::pixels,
       Loss::relative_l2},
      open};
}

}  // namespace zcp::tasks
