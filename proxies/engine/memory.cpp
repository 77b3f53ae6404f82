#include "proxies/engine/memory.h"

#include <fmt/format.h>

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

}  // namespace

double bytes_needed(const Descriptor& proxy, const Workload& workload) {
  const Needs& needs = proxy.needs;
  if (needs.pass == PassKind::structure) return 0;
  const auto params = static_cast<double>(workload.params);
  const double bytes = workload.bytes_a_number;
  const bool synflow =
      needs.pass == PassKind::synflow || needs.pass == PassKind::synflow_bn;
  // The weights themselves; SynFlow's absolute values and their gradients are
  // in float64.
  double sum = params * bytes + (synflow ? 2 * 8 * params : 0);
  sum += params * bytes * gradient_copies(needs, workload.minibatches);
  sum += params * needs.numbers_a_parameter * bytes;
  if (runs_the_network(needs.pass)) {
    // A layer's output and, as a rule, what an activation makes of it.
    sum += 2 * static_cast<double>(workload.activations) * bytes *
           inputs_at_once(needs.pass, workload.batch_size);
  }
  return sum;
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
