// All subcommands, for a program without LibTorch that has zcp-networks beside
// it: what needs LibTorch is run by that one, so that everything else starts
// without the half second that loading LibTorch takes.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <vector>

#include "apps/blas_kernels.h"
#include "apps/commands.h"
#include "apps/encode/saved.h"
#include "apps/libtorch_location.h"
#include "apps/predict/run.h"
#include "apps/search/networks.h"
#include "apps/search/run.h"

namespace zcp::apps {
namespace {

/// Becomes that program.
int forward(const char* name, const Arguments& arguments) {
  const std::filesystem::path program =
      std::filesystem::read_symlink("/proc/self/exe").parent_path() /
      "zcp-networks";
#ifdef ZCP_PORTABLE
  find_libtorch();
#endif
  Arguments words{"zcp", name};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  // Debian 13's LibTorch brings UCX along, whose thread may not do in the
  // sandbox what it tries, and says so on standard output, amid the scores.
  constexpr int kKeepWhatIsSet = 0;
  setenv("UCX_VFS_ENABLE", "n", kKeepWhatIsSet);
  choose_blas_kernels();
  execv(program.c_str(), pointers.data());
  throw std::runtime_error(fmt::format(
      "zcp {} is run by {}, which could not be started ({}): it is built with "
      "zcp and has to lie beside it",
      name,
      program.string(),
      std::strerror(errno)));
}

}  // namespace

std::span<const Command> commands() {
  static constexpr std::array all{
#define ZCP_COMMAND(name, function, summary) Command{#name, summary, function},
#define ZCP_NETWORKS(name, function, summary)              \
  Command{#name, summary, [](const Arguments& arguments) { \
            return forward(#name, arguments);              \
          }},
#define ZCP_WHOLE ZCP_NETWORKS
#include "apps/list.inc"
#undef ZCP_WHOLE
#undef ZCP_NETWORKS
#undef ZCP_COMMAND
  };
  return all;
}

int search_somewhere(const Arguments& arguments, const SearchOptions& options) {
  const auto elsewhere = [&](const SearchData&) {
    return forward("search", arguments);
  };
  const bool encoders =
      is_encoder_file(options.encodings) ||
      std::ranges::any_of(options.objectives, [](const Objective& objective) {
        return objective.predictor &&
               objective.predictor->saved().points.encoder;
      });
  // What was read from standard input could not be read again.
  if (encoders || options.scores == "-" || options.truth == "-" ||
      options.encodings == "-") {
    return forward("search", arguments);
  }
  return run_search(options, {}, elsewhere);
}

int predict_somewhere(
    const Arguments& arguments,
    const PredictRequest& request) {
  if (is_encoder_file(request.encodings)) {
    return forward("predict", arguments);
  }
  return run_predict(arguments, request);
}

}  // namespace zcp::apps
