#include "apps/train/output.h"

#include <fmt/format.h>

#include <ostream>
#include <set>
#include <string>
#include <vector>

namespace zcp::apps {

void write_training_comments(
    std::ostream& out,
    std::span<const store::Run> runs) {
  std::vector<std::string> lines;
  for (const store::Run& run : runs) lines.push_back(run.provenance.command);
  for (const store::Run& run : runs) {
    lines.push_back(fmt::format(
        "zcp {}, LibTorch {}, {}, {} workers",
        run.provenance.version,
        run.provenance.libtorch,
        run.provenance.cpu,
        run.provenance.threads));
  }
  lines.push_back(
      "_test and _train are accuracies in percent, _loss mean cross "
      "entropies, means over the seeds; train_seconds is the time of all "
      "seeds");
  std::set<std::string> said;
  for (const std::string& line : lines) {
    if (said.insert(line).second) out << "# " << line << "\n";
  }
}

}  // namespace zcp::apps
