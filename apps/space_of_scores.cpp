#include "apps/space_of_scores.h"

#include "analysis/store/open_store.h"
#include "analysis/store/score_store.h"
#include "common/error.h"
#include "nets/spaces/json/json_space.h"

namespace zcp::apps {
namespace {

/// Spaces that a file describes have a hash of it in their names.
bool is_described(const std::string& name) {
  return name.find('@') != std::string::npos;
}

/// The space that a store names; empty for a table, and for scores of models.
std::string space_of_store(const std::string& path) {
  if (!store::is_sqlite_file(path)) return {};
  const store::Protocol protocol = store::ScoreStore::read(path).protocol();
  const auto own = protocol.find("space");
  if (own == protocol.end() || own->second == "models") return {};
  return own->second;
}

}  // namespace

std::shared_ptr<const spaces::Space> open_space_of_scores(
    const std::string& path,
    const std::string& asked) {
  const std::string own = space_of_store(path);
  if (asked.empty()) {
    if (own.empty()) return nullptr;
    if (!is_described(own)) return spaces::open_space(own);
    throw UserError(
        "{}: holds scores of {}, a space that a file describes; expected "
        "--space with that file",
        path,
        own);
  }
  auto space = spaces::open_space(asked);
  const std::string& name = space->info().name;
  const bool compared = is_described(own) || is_described(name);
  if (!own.empty() && compared && own != name) {
    throw UserError(
        "--space {}: found {}, expected {}, of which {} holds scores",
        asked,
        name,
        own,
        path);
  }
  return space;
}

}  // namespace zcp::apps
