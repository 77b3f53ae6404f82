#include "apps/score_csv.h"

#include <fmt/format.h>

#include <cmath>
#include <ostream>

#include "benchmarks/formats/csv.h"

namespace zcp::apps {
namespace {

std::string csv_number(double value) {
  if (!std::isfinite(value)) return "";
  return fmt::format("{:.17g}", value == 0 ? 0.0 : value);
}

}  // namespace

void write_scores_csv(
    std::ostream& out,
    std::span<const std::string> archs,
    std::span<const std::string> proxies,
    const ScoreLookup& lookup) {
  std::string line = "arch";
  for (const std::string& proxy : proxies) {
    line += ',';
    formats::append_csv_field(line, proxy);
  }
  out << line << '\n';
  for (std::size_t arch = 0; arch < archs.size(); ++arch) {
    line.clear();
    formats::append_csv_field(line, archs[arch]);
    for (std::size_t proxy = 0; proxy < proxies.size(); ++proxy) {
      line += ',' + csv_number(lookup(arch, proxy));
    }
    out << line << '\n';
  }
}

}  // namespace zcp::apps
