#include "apps/score/models.h"

#include <filesystem>

#include "analysis/store/model_key.h"
#include "benchmarks/formats/model_file.h"
#include "common/error.h"

namespace zcp::apps {

void read_contents(Selection& selection) {
  selection.contents.clear();
  for (const std::string& path : selection.models) {
    try {
      selection.contents.emplace_back(formats::content_of(path));
    } catch (const UserError&) {
      // Said when the model's turn comes, among the other models.
      selection.contents.emplace_back(std::nullopt);
    }
  }
}

std::vector<std::string> store_keys(
    const Selection& selection,
    const Architectures& architectures) {
  std::vector<std::string> keys = architectures.unique;
  if (selection.space != nullptr) return keys;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const auto& content = selection.contents[architectures.first_of[i]];
    // What cannot be read has no scores in any store.
    keys[i] = content ? store::model_key(keys[i], *content) : keys[i] + "@";
  }
  return keys;
}

bool is_about_file(const std::string& reason, const std::string& path) {
  const std::string name =
      std::filesystem::path(path).filename().string() + ": ";
  for (auto at = reason.find(name); at != std::string::npos;
       at = reason.find(name, at + 1)) {
    if (at == 0 || reason[at - 1] == '/') return true;
  }
  return false;
}

std::vector<std::string> models_not_run(
    const Selection& selection,
    const Architectures& architectures,
    const ScoreTable& table) {
  std::vector<std::string> names;
  if (selection.space != nullptr) return names;
  for (std::size_t a = 0; a < table.archs().size(); ++a) {
    const std::string& path = selection.models[architectures.first_of[a]];
    for (std::size_t p = 0; p < table.proxies().size(); ++p) {
      const auto& score = table.at(a, p);
      if (!score || score->status != ScoreStatus::failed ||
          !is_about_file(score->reason, path)) {
        continue;
      }
      names.push_back(table.archs()[a]);
      break;
    }
  }
  return names;
}

}  // namespace zcp::apps
