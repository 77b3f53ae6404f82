// The subcommands of a build with LibTorch: all.
#include <array>

#include "apps/commands.h"

namespace zcp::apps {

std::span<const Command> commands() {
  static constexpr std::array all{
      Command{"proxies", "list every proxy: needs, paper", list_proxies},
      Command{"spaces", "list every space: size, spec syntax", list_spaces},
      Command{"describe", "shapes, #params, MACs, layers of one", describe},
      Command{"score", "score architectures without training", score},
      Command{"export", "a store as a table", export_scores},
      Command{"merge", "shards into one store", merge},
      Command{"import", "an official benchmark file as a table", import_table},
      Command{"correlate", "scores against trained accuracies", correlate},
      Command{"rank", "architectures by a proxy or composite", rank},
      Command{"report", "a study as a page and as figures", make_report},
      Command{"train", "accuracies of one's own, by training", train},
  };
  return all;
}

}  // namespace zcp::apps
