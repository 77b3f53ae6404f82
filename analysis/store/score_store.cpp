#include "analysis/store/score_store.h"

#include <fmt/format.h>

#include <optional>

#include "analysis/store/schema.h"
#include "analysis/store/score_store_impl.h"
#include "common/error.h"

namespace zcp::store {
namespace {

namespace fs = std::filesystem;
using sqlite::Database;
using std::chrono::milliseconds;

std::string quoted(const std::optional<std::string>& value) {
  return value ? fmt::format("'{}'", *value) : "absent";
}

void check_protocol(
    const fs::path& path,
    const Protocol& stored,
    const Protocol& asked) {
  const auto difference = first_difference(stored, asked);
  if (!difference) return;
  throw UserError(
      "{} holds scores of another protocol: {} is {} there, {} was asked for; "
      "take another --store or ask for the stored protocol",
      path.string(),
      difference->field,
      quoted(difference->stored),
      quoted(difference->asked));
}

}  // namespace

ScoreStore::ScoreStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ScoreStore::~ScoreStore() = default;
ScoreStore::ScoreStore(ScoreStore&&) noexcept = default;
ScoreStore& ScoreStore::operator=(ScoreStore&&) noexcept = default;

ScoreStore ScoreStore::open(
    const fs::path& path,
    const Protocol& protocol,
    const Provenance& provenance,
    milliseconds patience) {
  create_if_absent(path, protocol, patience);
  Protocol stored = read_protocol(open_reader(path, patience));
  check_protocol(path, stored, protocol);
  Database writer = open_writer(path, patience);
  add_missing_fields(writer, stored, protocol);
  auto impl =
      std::make_unique<Impl>(path, std::move(writer), std::move(stored));
  impl->provenance = provenance;
  return ScoreStore(std::move(impl));
}

ScoreStore ScoreStore::read(const fs::path& path, milliseconds patience) {
  Database database = open_reader(path, patience);
  Protocol protocol = read_protocol(database);
  return ScoreStore(
      std::make_unique<Impl>(path, std::move(database), std::move(protocol)));
}

const fs::path& ScoreStore::path() const {
  return impl_->path;
}

const Protocol& ScoreStore::protocol() const {
  return impl_->protocol;
}

}  // namespace zcp::store
