// The subcommands of a build without LibTorch: what reads tables and stores.
#include <array>

#include "apps/commands.h"
#include "apps/predict/run.h"
#include "apps/search/networks.h"
#include "apps/search/run.h"
#include "common/error.h"

namespace zcp::apps {

std::span<const Command> commands() {
  static constexpr std::array all{
#define ZCP_COMMAND(name, function, summary) Command{#name, summary, function},
#define ZCP_NETWORKS(name, function, summary)
#define ZCP_WHOLE ZCP_COMMAND
#include "apps/list.inc"
#undef ZCP_WHOLE
#undef ZCP_NETWORKS
#undef ZCP_COMMAND
  };
  return all;
}

int search_somewhere(const Arguments&, const SearchOptions& options) {
  return run_search(options, {}, [&](const SearchData& data) -> int {
    if (data.tables_alone()) {
      throw UserError(
          "--output {}: this build runs no networks", options.output);
    }
    for (const SearchColumn& column : data.columns()) {
      if (column.source != SearchColumn::Source::proxy) continue;
      throw UserError(
          "--by {}: no column of --scores or --truth, and this build runs no "
          "networks",
          column.name);
    }
    return 1;
  });
}

int predict_somewhere(
    const Arguments& arguments,
    const PredictRequest& request) {
  return run_predict(arguments, request);
}

}  // namespace zcp::apps
