// The subcommands that need LibTorch, of the program that has it: it lies
// beside this one, which so starts in a hundredth of the time for all others.
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <vector>

#include "apps/commands.h"

namespace zcp::apps {
namespace {

/// Becomes that program.
int forward(const char* name, const Arguments& arguments) {
  const std::filesystem::path program =
      std::filesystem::read_symlink("/proc/self/exe").parent_path() /
      "zcp-networks";
  Arguments words{"zcp", name};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  execv(program.c_str(), pointers.data());
  throw std::runtime_error(fmt::format(
      "zcp {} is run by {}, which could not be started ({}): it is built with "
      "zcp and has to lie beside it",
      name,
      program.string(),
      std::strerror(errno)));
}

}  // namespace

int list_proxies(const Arguments& arguments) {
  return forward("proxies", arguments);
}
int describe(const Arguments& arguments) {
  return forward("describe", arguments);
}
int score(const Arguments& arguments) {
  return forward("score", arguments);
}
int train(const Arguments& arguments) {
  return forward("train", arguments);
}

}  // namespace zcp::apps
