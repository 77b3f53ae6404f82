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

fs::path log_of(const fs::path& path) {
  fs::path log = final_path(path);
  log += "-wal";
  return log;
}

ScoreStore::ScoreStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ScoreStore::~ScoreStore() = default;
ScoreStore::ScoreStore(ScoreStore&&) noexcept = default;
ScoreStore& ScoreStore::operator=(ScoreStore&&) noexcept = default;

ScoreStore ScoreStore::open(
    const fs::path& path,
    const Protocol& protocol,
    const Provenance& provenance,
    milliseconds patience) {
  create_if_absent(path, protocol);
  Protocol stored = read_protocol(open_reader(path, patience).database);
  check_protocol(path, stored, protocol);
  Database writer = open_writer(path, patience);
  {
    sqlite::Transaction transaction(writer);
    migrate(writer);
    stored = add_missing_fields(writer, protocol);
    // Another process may have added a field since.
    check_protocol(path, stored, protocol);
    transaction.commit();
  }
  auto impl =
      std::make_unique<Impl>(path, std::move(writer), std::move(stored));
  impl->provenance = provenance;
  impl->file = identity_of(path);
  return ScoreStore(std::move(impl));
}

ScoreStore ScoreStore::read(const fs::path& path, milliseconds patience) {
  Reader reader = open_reader(path, patience);
  Protocol protocol = read_protocol(reader.database);
  auto impl = std::make_unique<Impl>(
      path, std::move(reader.database), std::move(protocol));
  impl->version = reader.version;
  impl->file = identity_of(path);
  return ScoreStore(std::move(impl));
}

const fs::path& ScoreStore::path() const {
  return impl_->path;
}

const Protocol& ScoreStore::protocol() const {
  return impl_->protocol;
}

bool ScoreStore::has_checksums() const {
  return impl_->version > 1;
}

ScoreStore::Impl::~Impl() {
  if (!provenance) return;
  const bool foreign_log = !is_in_place() && identity_of(log_of(path)) != log;
  if (foreign_log) {
    database.keep_log();
  } else {
    close_writer(database);
  }
}

}  // namespace zcp::store
