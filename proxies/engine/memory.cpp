#include "proxies/engine/memory.h"

#include <fmt/format.h>

#include <algorithm>

namespace zcp::engine {
namespace {

bool runs_the_network(PassKind pass) {
  return pass != PassKind::structure && pass != PassKind::weights;
}

/// How many inputs the network sees at once.
int inputs_at_once(PassKind pass, int batch_size) {
  switch (pass) {
    case PassKind::structure:
    case PassKind::weights:
      return 0;
    case PassKind::noise_one:
    case PassKind::synflow:
    case PassKind::synflow_bn:
      return 1;
    default:
      return batch_size;
  }
}

/// Gradients of the parameters, in copies of the parameters.
double gradient_copies(const Needs& needs, int minibatches) {
  if (!needs.parameter_gradients) return 0;
  return needs.all_minibatches ? minibatches : 1;
}

/// SynFlow's absolute values and their gradients in float64; with BatchNorm
/// also those of an input beside the ones.
double float64_copies(PassKind pass) {
  switch (pass) {
    case PassKind::synflow:
      return 2;
    case PassKind::synflow_bn:
      return 3;
    default:
      return 0;
  }
}

/// What is kept of each parameter besides its value.
double kept_bytes(const Needs& needs, const Workload& workload) {
  const double copies =
      gradient_copies(needs, workload.minibatches) + needs.numbers_a_parameter;
  const double bytes =
      copies * workload.bytes_a_number + 8 * float64_copies(needs.pass);
  return bytes * static_cast<double>(workload.params);
}

/// How many numbers a pass holds for each that a layer returns: the number
/// itself, and where the proxy looks at all layers what an activation makes of
/// it, or its gradient. (Autograd keeps that, too, behind what is no BatchNorm
/// with ReLU.)
double numbers_held(const Needs& needs) {
  if (needs.pass == PassKind::own) return needs.numbers_an_output;
  const bool all = needs.activations || needs.activation_gradients ||
                   needs.pass == PassKind::signs ||
                   needs.pass == PassKind::synflow_bn;
  return all ? 2 : 1;
}

double pass_bytes(const Needs& needs, const Workload& workload) {
  if (!runs_the_network(needs.pass)) return 0;
  const int bytes =
      float64_copies(needs.pass) > 0 ? 8 : workload.bytes_a_number;
  return numbers_held(needs) * static_cast<double>(workload.activations) *
         bytes * inputs_at_once(needs.pass, workload.batch_size);
}

}  // namespace

double bytes_needed(const Descriptor& proxy, const Workload& workload) {
  const Needs& needs = proxy.needs;
  if (needs.pass == PassKind::structure) return 0;
  const double weights =
      static_cast<double>(workload.params) * workload.bytes_a_number;
  return weights + kept_bytes(needs, workload) + pass_bytes(needs, workload);
}

Footprint footprint(
    std::span<const Descriptor* const> proxies,
    const Workload& workload) {
  Footprint most;
  for (const Descriptor* proxy : proxies) {
    most.kept = std::max(most.kept, kept_bytes(proxy->needs, workload));
    most.pass = std::max(most.pass, pass_bytes(proxy->needs, workload));
  }
  return most;
}

namespace {

/// "2.4 GB", "1.5 MB", "300 bytes".
std::string size_text(double bytes) {
  if (bytes >= 1e9) return fmt::format("{:.1f} GB", bytes / 1e9);
  if (bytes >= 1e6) return fmt::format("{:.1f} MB", bytes / 1e6);
  if (bytes >= 1e3) return fmt::format("{:.1f} kB", bytes / 1e3);
  return fmt::format("{:.0f} bytes", bytes);
}

}  // namespace

std::optional<std::string> refusal_by_memory(
    const Descriptor& proxy,
    const Workload& workload,
    std::int64_t limit) {
  if (limit == 0) return std::nullopt;
  const double needed = bytes_needed(proxy, workload);
  if (needed <= static_cast<double>(limit)) return std::nullopt;
  return fmt::format(
      "needs about {}, --memory allows {}",
      size_text(needed),
      size_text(static_cast<double>(limit)));
}

}  // namespace zcp::engine
