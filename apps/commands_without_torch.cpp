// The subcommands of a build without LibTorch: what reads tables and stores.
#include <array>

#include "apps/commands.h"

namespace zcp::apps {

std::span<const Command> commands() {
  static constexpr std::array all{
      Command{"spaces", "list every space: size, spec syntax", list_spaces},
      Command{"export", "a store as a table", export_scores},
      Command{"merge", "shards into one store", merge},
      Command{"import", "an official benchmark file as a table", import_table},
      Command{"correlate", "scores against trained accuracies", correlate},
      Command{"rank", "architectures by a proxy or composite", rank},
      Command{"report", "a study as a page and as figures", make_report},
  };
  return all;
}

}  // namespace zcp::apps
