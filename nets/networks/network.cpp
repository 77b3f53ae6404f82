#include "nets/networks/network.h"

#include <algorithm>
#include <numeric>

namespace zcp::networks {

std::vector<Parameter> changed_parameters(
    const std::vector<Parameter>& parameters,
    const std::function<at::Tensor(const Parameter&)>& change) {
  std::vector<Parameter> changed = parameters;
  for (std::size_t i = 0; i < changed.size(); ++i) {
    changed[i].value = change(parameters[i]);
  }
  return changed;
}

std::vector<std::size_t> declared_order(const Network& network) {
  std::vector<std::size_t> order(network.parameters().size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t i) {
    return network.parameters()[i].declared;
  });
  return order;
}

}  // namespace zcp::networks
