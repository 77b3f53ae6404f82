// The functions of the subcommands, as list.inc names them.
#pragma once

#include "apps/command.h"

namespace zcp::apps {

#define ZCP_COMMAND(name, function, summary) \
  int function(const Arguments& arguments);
#define ZCP_NETWORKS ZCP_COMMAND
#define ZCP_WHOLE ZCP_COMMAND
#include "apps/list.inc"
#undef ZCP_WHOLE
#undef ZCP_NETWORKS
#undef ZCP_COMMAND

}  // namespace zcp::apps
