// L is the number of convolutions up to the end of a stage, w their widths as
// in deepmad: depth over the geometric mean of the widths. It says how
// trainable a network is expected to be, not how good: the authors admit those
// up to .3.
#include <algorithm>
#include <cmath>

#include "proxies/definitions.h"
#include "proxies/engine/observer.h"
#include "proxies/reductions/stages.h"

namespace zcp::definitions {
namespace {

engine::Score effectiveness_score(const reductions::Stages& stages) {
  double depth = 0;
  double width = 0;
  double largest = 0;
  for (const auto& stage : stages) {
    for (const graph::PathUnit& unit : stage) {
      for (const graph::PathLayer& layer : unit.layers) {
        depth += 1;
        width += reductions::log_width(layer);
      }
    }
    largest = std::max(largest, depth * std::exp(-width / depth));
  }
  return engine::Score::of(-largest);
}

}  // namespace

engine::Descriptor deepmad_effectiveness() {
  engine::Descriptor d = engine::variant_of(deepmad());
  d.formula = "-max over stages of L exp(-mean of log w)";
  d.published = "lower";
  d.variant = "authors' limit, .3, on the depth for a width; negated";
  d.reference =
      "alibaba/lightweight-neural-architecture-search: "
      "tinynas/models/cnnnet.py";
  d.bfloat16_tau = 1;  // nothing runs
  d.make = engine::from_setting([](const engine::Setting& setting) {
    return reductions::score_of_stages(setting, effectiveness_score);
  });
  return d;
}

}  // namespace zcp::definitions
