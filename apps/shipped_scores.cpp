#include "apps/shipped_scores.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <sstream>

#include "benchmarks/formats/files.h"
#include "common/error.h"
#include "nets/spaces/space.h"

namespace zcp::apps {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kEnding = ".csv.gz";

/// "nats-tss:gaussian" of "nats-tss.gaussian.csv.gz"; empty for other files.
std::string name_of(const fs::path& path) {
  const std::string file = path.filename().string();
  const auto dot = file.find('.');
  if (!file.ends_with(kEnding) || dot + kEnding.size() >= file.size()) {
    return "";
  }
  const std::size_t length = file.size() - kEnding.size() - dot - 1;
  return file.substr(0, dot) + ":" + file.substr(dot + 1, length);
}

bool is_space(const std::string& name) {
  return std::ranges::any_of(spaces::all_spaces(), [&](const auto& space) {
    return space->info().name == name;
  });
}

}  // namespace

std::vector<fs::path> shipped_folders() {
  std::error_code absent;
  const fs::path program = fs::read_symlink("/proc/self/exe", absent);
  return {program.parent_path() / "../share/zcp/scores", ZCP_SCORES_FOLDER};
}

std::vector<ShippedScores> shipped_scores(std::span<const fs::path> folders) {
  std::vector<ShippedScores> found;
  for (const fs::path& folder : folders) {
    std::error_code absent;
    for (const auto& entry : fs::directory_iterator(folder, absent)) {
      const std::string name = name_of(entry.path());
      if (!name.empty()) found.push_back({name, entry.path()});
    }
    if (!found.empty()) break;
  }
  std::ranges::sort(found, {}, &ShippedScores::name);
  return found;
}

std::string scores_path(
    const std::string& asked,
    std::span<const fs::path> folders) {
  const auto colon = asked.find(':');
  if (colon == std::string::npos || fs::exists(asked) ||
      !is_space(asked.substr(0, colon))) {
    return asked;
  }
  const auto shipped = shipped_scores(folders);
  const auto found = std::ranges::find(shipped, asked, &ShippedScores::name);
  if (found != shipped.end()) return found->path.string();
  std::vector<std::string> names;
  for (const ShippedScores& one : shipped) names.push_back(one.name);
  throw UserError(
      "--scores {}: no file and no sweep of that name; sweeps that are "
      "shipped: {}",
      asked,
      names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", ")));
}

std::string shipped_protocol(
    const std::string& asked,
    std::span<const fs::path> folders) {
  constexpr std::size_t kLargest = std::size_t{1} << 30U;
  const std::string path = scores_path(asked, folders);
  if (path == asked) return {};
  std::istringstream lines(formats::read_gzip(path, kLargest));
  std::string text;
  for (std::string line; std::getline(lines, line) && line.starts_with("# ");) {
    text += (text.empty() ? "" : " ") + line.substr(2);
  }
  return asked + ": " + text.substr(0, text.find(". An empty field"));
}

}  // namespace zcp::apps
