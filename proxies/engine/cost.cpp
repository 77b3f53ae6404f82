#include "proxies/engine/cost.h"

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace zcp::engine {
namespace {

constexpr double kForward = 1;
constexpr double kBackward = 1.5;

/// What a proxy does besides the passes that its needs tell of, in forward
/// passes of a minibatch: once, for each class, for each sample.
struct OwnWork {
  std::string_view proxy;
  double once;
  double a_class;
  double a_sample;
};

// Processor time of a cell of three convolutions at batch size 64, over that of
// naswot, which runs one forward pass; of w_pca and dss that of members of
// `pit`, over that of head_confidence.
constexpr std::array kOwnWork{
    OwnWork{"grasp", 6, 0, 0},
    OwnWork{"gradsign", 6, 0, 0},
    OwnWork{"wrcor", 5, 0, 0},
    OwnWork{"trainability", 0.6, 0, 0},
    OwnWork{"expressivity", 1.4, 0, 0},
    OwnWork{"near", 2, 0, 0},
    OwnWork{"intrain", 2, 0, 0},
    OwnWork{"zen", 1, 0, 0},
    OwnWork{"dextr", 0.5, 0, 0},
    OwnWork{"rbflex", 0.1, 0, 0},
    OwnWork{"w_pca", 3.5, 0, 0},
    OwnWork{"dss", 0.1, 0, 0},
    OwnWork{"vkdnw", 0, 1, 0},
    OwnWork{"vkdnw_fim", 0, 0.75, 0},
    OwnWork{"ntk_condition", 0, 0, 0.9},
    OwnWork{"ntk_trace", 0, 0, 0.9}};

/// Of many classes the spectra of vkdnw take a pass for each parameter tensor,
/// of which they look at 128 at most, and on average half of the layers.
int passes_by_class(int classes) {
  constexpr int kTensors = 128;
  return classes > 2 * kTensors ? kTensors / 2 : classes;
}

double own_work(const Descriptor& proxy, const PassCounts& counts) {
  const auto found = std::ranges::find(kOwnWork, proxy.name, &OwnWork::proxy);
  if (found == kOwnWork.end()) return 0;
  return found->once + found->a_class * passes_by_class(counts.classes) +
         found->a_sample * counts.batch_size;
}

/// Of the passes that the evaluator runs for it.
double shared_passes(const Descriptor& proxy, const PassCounts& counts) {
  const Needs& needs = proxy.needs;
  const bool backward = needs.parameter_gradients ||
                        needs.activation_gradients ||
                        needs.pass == PassKind::jacobian;
  const double pass = kForward + (backward ? kBackward : 0);
  switch (needs.pass) {
    case PassKind::structure:
    case PassKind::weights:
    case PassKind::own:
      return 0;
    case PassKind::synflow:
    case PassKind::synflow_bn:
      // One input, in float64.
      return 2 * (kForward + kBackward) / counts.batch_size;
    case PassKind::noise_one:
      return pass / counts.batch_size;
    case PassKind::minibatch:
    case PassKind::jacobian:
    case PassKind::noise:
    case PassKind::signs:
      break;
  }
  return pass * (needs.all_minibatches ? counts.minibatches : 1);
}

}  // namespace

double relative_cost(const Descriptor& proxy, const PassCounts& counts) {
  return shared_passes(proxy, counts) + own_work(proxy, counts);
}

double relative_cost(
    std::span<const Descriptor* const> proxies,
    const PassCounts& counts) {
  // Passes are shared by kind and by initialiser; the one that does most serves
  // the others.
  std::map<std::pair<PassKind, initialisers::Initialiser>, double> passes;
  // Those that do the same besides passes do it once.
  std::map<std::pair<std::string, initialisers::Initialiser>, double> own;
  for (const Descriptor* proxy : proxies) {
    const Needs& needs = proxy->needs;
    const PassKind kind =
        needs.pass == PassKind::jacobian ? PassKind::minibatch : needs.pass;
    const auto drawn_by =
        needs.initialiser.value_or(initialisers::Initialiser::pytorch);
    double& most = passes[{kind, drawn_by}];
    most = std::max(most, shared_passes(*proxy, counts));
    double& work = own[{own_work_of(*proxy), drawn_by}];
    work = std::max(work, own_work(*proxy, counts));
  }
  double sum = 0;
  for (const auto& [group, cost] : passes) sum += cost;
  for (const auto& [group, cost] : own) sum += cost;
  return sum;
}

}  // namespace zcp::engine
