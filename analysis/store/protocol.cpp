#include "analysis/store/protocol.h"

#include <unistd.h>

#include <array>
#include <fstream>

namespace zcp::store {
namespace {

std::optional<std::string> value_of(
    const Protocol& protocol,
    const std::string& field) {
  const auto found = protocol.find(field);
  if (found == protocol.end()) return std::nullopt;
  return found->second;
}

std::string host_name() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0) return "unknown";
  return name.data();
}

/// The first "model name" of /proc/cpuinfo (x86; other processors may have
/// none).
std::string cpu_model() {
  std::ifstream file("/proc/cpuinfo");
  std::string line;
  while (std::getline(file, line)) {
    if (!line.starts_with("model name")) continue;
    const std::size_t value = line.find_first_not_of(" \t:", 10);
    return value == std::string::npos ? "unknown" : line.substr(value);
  }
  return "unknown";
}

}  // namespace

std::optional<ProtocolDifference> first_difference(
    const Protocol& stored,
    const Protocol& asked) {
  Protocol fields = stored;
  fields.insert(asked.begin(), asked.end());
  for (const auto& [field, unused] : fields) {
    const auto there = value_of(stored, field);
    const auto here = value_of(asked, field);
    if (field == "data" && (!there || !here)) continue;
    if (there != here) return ProtocolDifference{field, there, here};
  }
  return std::nullopt;
}

Provenance this_machine() {
  Provenance provenance;
  provenance.host = host_name();
  provenance.cpu = cpu_model();
  return provenance;
}

}  // namespace zcp::store
