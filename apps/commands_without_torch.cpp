// The subcommands of a build without LibTorch: what reads tables and stores.
#include <array>

#include "apps/commands.h"

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

}  // namespace zcp::apps
