#include "benchmarks/importers/unused.h"

#include <fmt/format.h>

#include <algorithm>

namespace zcp::importers {

void Unused::add(const std::string& kind, const std::string& example) {
  ++kind_of(kind, example).count;
}

void Unused::add(const Unused& other) {
  for (const Kind& kind : other.kinds_) {
    kind_of(kind.name, kind.first).count += kind.count;
  }
}

std::vector<std::string> Unused::lines() const {
  std::vector<std::string> lines;
  for (const Kind& kind : kinds_) {
    lines.push_back(
        fmt::format("{}: {}, first {}", kind.name, kind.count, kind.first));
    // Names in files may hold line ends.
    std::ranges::replace_if(
        lines.back(), [](unsigned char c) { return c < ' '; }, ' ');
  }
  return lines;
}

Unused::Kind& Unused::kind_of(
    const std::string& name,
    const std::string& example) {
  const auto found = std::ranges::find(kinds_, name, &Kind::name);
  if (found != kinds_.end()) return *found;
  kinds_.push_back({name, 0, example});
  return kinds_.back();
}

}  // namespace zcp::importers
