// The main program of `zcp`, and of zcp-networks, which it starts to run
// networks: finds the subcommand, turns exceptions into exit statuses.
#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <iostream>
#include <new>
#include <string>

#include "apps/command.h"
#include "apps/process_settings.h"
#include "apps/standard_streams.h"
#include "apps/version.h"
#include "common/error.h"

namespace {

using zcp::apps::Command;

void print_help(std::ostream& out) {
  out << "zcp " << zcp::apps::version() << ": "
      << "scores neural architectures without training them\n\n"
         "usage: zcp COMMAND [OPTIONS]\n\n";
  for (const Command& command : zcp::apps::commands()) {
    out << fmt::format("  {:<12}{}\n", command.name, command.summary);
  }
  out << "\n`zcp help COMMAND` explains a command and shows an example. A "
         "first "
         "run:\n\n"
         "  zcp score --space nats-tss --sample 10 --task gaussian "
         "--proxies core\n";
}

const Command& find_command(const std::string& name) {
  const auto all = zcp::apps::commands();
  const auto found = std::ranges::find(all, name, &Command::name);
  if (found != all.end()) return *found;
  std::vector<std::string> names;
  for (const Command& command : all) names.emplace_back(command.name);
  const std::string near = zcp::nearest_name(name, names);
  throw zcp::UserError(
      "unknown command {}{} (zcp --help lists the commands)",
      name,
      near.empty() ? "" : ", did you mean " + near + "?");
}

int run(const zcp::apps::Arguments& arguments) {
  if (arguments.empty()) {
    print_help(std::cerr);
    return 2;
  }
  if (arguments[0] == "help" && arguments.size() > 1) {
    return find_command(arguments[1]).run({"--help"});
  }
  if (arguments[0] == "--help" || arguments[0] == "-h" ||
      arguments[0] == "help") {
    print_help(std::cout);
    return 0;
  }
  if (arguments[0] == "--version") {
    std::cout << "zcp " << zcp::apps::version() << "\n";
    return 0;
  }
  return find_command(arguments[0])
      .run({arguments.begin() + 1, arguments.end()});
}

/// What is said of an exception that is no UserError.
std::string failure(const std::exception& error) {
  if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr) {
    return "there is not enough memory";
  }
  return zcp::apps::first_line(error.what());
}

}  // namespace

int main(int argc, char** argv) {
  const zcp::apps::StandardStreams streams;
  try {
    zcp::apps::set_up_process();
    return zcp::apps::checked_status(run({argv + 1, argv + argc}));
  } catch (const zcp::UserError& error) {
    std::cerr << "zcp: " << error.what() << "\n";
    return zcp::apps::checked_status(2);
  } catch (const std::exception& error) {
    std::cerr << "zcp: failed: " << failure(error) << "\n";
    return zcp::apps::checked_status(1);
  }
}
