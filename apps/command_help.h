// What all subcommands say of themselves, for those that are about all of them.
#pragma once

#include <string>
#include <vector>

#include "apps/option_help.h"

namespace zcp::apps {

struct CommandHelp {
  std::string name;
  std::string summary;
  std::string usage;
  std::string example;
  std::vector<OptionHelp> options;
};

/// Of every subcommand of this program.
std::vector<CommandHelp> all_command_help();

/// The names of the proxies; none in a program without LibTorch.
std::vector<std::string> proxy_names();

}  // namespace zcp::apps
