#include "apps/command_help.h"

#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "apps/command.h"

namespace zcp::apps {
namespace {

/// Standard output, held while the object lives.
class Held {
 public:
  Held() : before_(std::cout.rdbuf(text_.rdbuf())) {}
  ~Held() { std::cout.rdbuf(before_); }
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;
  std::string text() const { return text_.str(); }

 private:
  std::ostringstream text_;
  std::streambuf* before_;
};

nlohmann::json json_of(const Command& command, const Arguments& arguments) {
  const Held output;
  command.run(arguments);
  return nlohmann::json::parse(output.text());
}

}  // namespace

std::vector<CommandHelp> all_command_help() {
  std::vector<CommandHelp> all;
  for (const Command& command : commands()) {
    const nlohmann::json object = json_of(command, {"--help-json"});
    CommandHelp help{
        std::string(command.name),
        std::string(command.summary),
        object["usage"],
        object["example"],
        {}};
    for (const auto& option : object["options"]) {
      help.options.push_back(
          {option["group"],
           option["name"],
           option["value"],
           option["initial"],
           option["text"]});
    }
    all.push_back(std::move(help));
  }
  return all;
}

std::vector<std::string> proxy_names() {
  std::vector<std::string> names;
  const auto all = commands();
  const auto proxies = std::ranges::find(all, "proxies", &Command::name);
  if (proxies == all.end()) return names;
  for (const auto& proxy : json_of(*proxies, {"--json"})) {
    names.push_back(proxy["name"]);
  }
  return names;
}

}  // namespace zcp::apps
