// The subcommands of a program that is linked with LibTorch: all.
#include <array>

#include "apps/commands.h"
#include "apps/encode/encoder.h"
#include "apps/predict/run.h"
#include "apps/search/networks.h"

namespace zcp::apps {

std::span<const Command> commands() {
  static constexpr std::array all{
#define ZCP_COMMAND(name, function, summary) Command{#name, summary, function},
#define ZCP_NETWORKS ZCP_COMMAND
#define ZCP_WHOLE ZCP_COMMAND
#include "apps/list.inc"
#undef ZCP_WHOLE
#undef ZCP_NETWORKS
#undef ZCP_COMMAND
  };
  return all;
}

int search_somewhere(const Arguments&, const SearchOptions& options) {
  return search_networks(options);
}

int predict_somewhere(
    const Arguments& arguments,
    const PredictRequest& request) {
  return run_predict(arguments, request, encode_points);
}

}  // namespace zcp::apps
