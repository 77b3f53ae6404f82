// The entropy of a network of volumes, where an image is a clip of one frame
// and a kernel spans one frame. w is the inputs c k^2 of each output of a
// convolution, C the channels of the last. A kernel k > 1 on a map of H x W
// counts by how far the directions (1, k, k) and (1, H, W) lie apart: q is
// -log(1 - cos) of the angle between them; for k = 1 it is 1.
#include <cmath>
#include <limits>

#include "proxies/definitions.h"
#include "proxies/engine/observer.h"
#include "proxies/reductions/stages.h"

namespace zcp::definitions {
namespace {

constexpr double kFrames = 1;

/// Infinite where the kernel has the shape of the map.
double closeness(const Shape& map, int kernel) {
  if (kernel == 1) return 1;
  const double h = map.height;
  const double w = map.width;
  const double k = kernel;
  if (h == k && w == k) return std::numeric_limits<double>::infinity();
  const double product = kFrames + k * h + k * w;
  const double lengths = std::sqrt(
      (kFrames * kFrames + h * h + w * w) * (kFrames * kFrames + 2 * k * k));
  return -std::log(1 - product / lengths);
}

engine::Score stentr_score(const reductions::Stages& stages) {
  double score = 0;
  for (const auto& stage : stages) {
    for (const graph::PathUnit& unit : stage) {
      for (const graph::PathLayer& layer : unit.layers) {
        const double q = closeness(unit.output(), layer.kernel);
        score += (reductions::log_width(layer) + std::log(q)) / 2;
      }
    }
  }
  score += std::log(stages.back().back().output().channels);
  if (!std::isfinite(score)) {
    return engine::Score::degenerate("a kernel of the size of its map");
  }
  return engine::Score::of(score);
}

}  // namespace

engine::Descriptor stentr() {
  engine::Descriptor d = engine::variant_of(deepmad());
  d.formula = "sum over convolutions of log sqrt(w q), and log C";
  d.degenerate = "as deepmad; a kernel of the size of its map";
  d.variant = "authors' code for clips, of one frame; the last stage alone";
  d.paper = "https://arxiv.org/abs/2303.02693";
  d.reference =
      "alibaba/lightweight-neural-architecture-search: "
      "tinynas/scores/compute_stentr.py";
  d.bfloat16_tau = 1;  // nothing runs
  d.make = engine::from_setting([](const engine::Setting& setting) {
    return reductions::score_of_stages(setting, stentr_score);
  });
  return d;
}

}  // namespace zcp::definitions
