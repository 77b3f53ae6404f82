#include "nets/networks/redraw.h"

#include <stdexcept>
#include <string>
#include <unordered_map>

#include "common/hash.h"
#include "common/random.h"

namespace zcp::networks {
namespace {

/// "layers.3." of "layers.3.weight"; empty for "weight".
std::string owner_of(const std::string& name) {
  return name.substr(0, name.rfind('.') + 1);
}

/// The fans of each layer that has a weight, by its name. A bias is drawn by
/// the fan of the weight beside it.
std::unordered_map<std::string, initialisers::Fans> fans_by_owner(
    const Network& network) {
  std::unordered_map<std::string, initialisers::Fans> fans;
  for (const Parameter& parameter : network.parameters()) {
    if (!parameter.is_layer_weight()) continue;
    const at::Tensor& w = parameter.value;
    const std::int64_t taps = w.dim() > 2 ? w[0][0].numel() : std::int64_t{1};
    initialisers::Fans own{w.size(1) * taps, w.size(0) * taps};
    if (parameter.fan_in > 0) {
      own = {parameter.fan_in, w.numel() / parameter.fan_in};
    } else if (parameter.fan_in < 0) {
      throw std::invalid_argument(
          "the fan of '" + parameter.name +
          "' is not known, so that it cannot be drawn anew (--init default "
          "keeps a model's own weights)");
    }
    fans[parameter.name] = fans[owner_of(parameter.name)] = own;
  }
  return fans;
}

}  // namespace

std::unique_ptr<Network> redraw(
    const Network& network,
    initialisers::Initialiser initialiser,
    std::uint64_t seed) {
  const auto fans = fans_by_owner(network);
  return network.with_parameters([&](const Parameter& parameter) {
    at::Tensor drawn = at::empty(parameter.value.sizes(), at::kFloat);
    const std::span<float> out(
        drawn.data_ptr<float>(), static_cast<std::size_t>(drawn.numel()));
    const std::string owner = owner_of(parameter.name);
    const std::uint64_t drawn_by =
        derive_seed(seed, "weight", hash64(parameter.name));
    switch (parameter.kind) {
      case ParameterKind::conv_weight:
      case ParameterKind::linear_weight:
        initialisers::draw_weight(
            initialiser, fans.at(parameter.name), drawn_by, out);
        break;
      case ParameterKind::bias:
        // Beside a weight that is none of a layer's own, or a computed one.
        if (!fans.contains(owner)) return parameter.value.clone();
        initialisers::draw_bias(initialiser, fans.at(owner), drawn_by, out);
        break;
      case ParameterKind::norm_scale:
        drawn.fill_(1.0);
        break;
      case ParameterKind::norm_shift:
        drawn.fill_(0.0);
        break;
      case ParameterKind::transposed_weight:
      case ParameterKind::other:
        return parameter.value.clone();
    }
    drawn = drawn.to(parameter.value.options());
    return drawn.dim() == 4 ? drawn.contiguous(kMemoryFormat) : drawn;
  });
}

}  // namespace zcp::networks
