#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <unordered_map>

#include "analysis/store/checksum.h"
#include "analysis/store/schema.h"
#include "analysis/store/score_store.h"
#include "analysis/store/score_store_impl.h"

namespace zcp::store {
namespace {

namespace fs = std::filesystem;
using sqlite::Database;
using sqlite::Statement;
using sqlite::Transaction;

/// Now, as the store writes it.
constexpr const char* kNow = "strftime('%Y-%m-%dT%H:%M:%SZ', 'now')";

void check_record(const ScoreRecord& record) {
  if (record.status == ScoreStatus::ok && !std::isfinite(record.value)) {
    throw std::invalid_argument(fmt::format(
        "[ScoreStore::put] {} of {} is {} and its status ok",
        record.proxy,
        record.arch,
        record.value));
  }
}

/// What a transaction adds to a table, for its digest.
class Growth {
 public:
  void add(std::int64_t checksum) {
    ++rows_;
    total_ = add_checksums(total_, checksum);
  }
  void remove(std::int64_t checksum) {
    --rows_;
    total_ = subtract_checksums(total_, checksum);
  }
  void note(Database& database, std::string_view table) const {
    const bool none = rows_ == 0 && total_ == 0;
    if (!none) change_digest(database, table, rows_, total_);
  }

 private:
  std::int64_t rows_ = 0;
  std::int64_t total_ = 0;
};

// The three inserts leave alone what is there already, and return what they
// add. Not INSERT OR IGNORE, which would also pass over a broken CHECK.

/// ?1: the spec, ?2: its position.
constexpr const char* kInsertArchitecture =
    "INSERT INTO architecture"
    " SELECT id, ?1, ?2, row_checksum(id, ?1, ?2)"
    " FROM (SELECT coalesce((SELECT max(id) FROM architecture), 0) + 1 AS id)"
    " WHERE true ON CONFLICT DO NOTHING RETURNING checksum, id";

/// ?1: the name.
constexpr const char* kInsertProxy =
    "INSERT INTO proxy SELECT id, ?1, row_checksum(id, ?1)"
    " FROM (SELECT coalesce((SELECT max(id) FROM proxy), 0) + 1 AS id)"
    " WHERE true ON CONFLICT DO NOTHING RETURNING checksum, id";

constexpr const char* kInsertScore =
    "INSERT INTO score VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7,"
    " row_checksum(?1, ?2, ?3, ?4, ?5, ?6, ?7))"
    " ON CONFLICT (architecture_id, proxy_id) DO NOTHING RETURNING checksum";

constexpr const char* kForgetFailed =
    "DELETE FROM score WHERE architecture_id = ? AND proxy_id = ?"
    " AND status = 'failed' RETURNING checksum";

std::int64_t next_position(const Database& database) {
  return std::stoll(
      database.query("SELECT value FROM meta WHERE key = 'next_position'"));
}

/// Finds the id of a name, or makes one.
class Names {
 public:
  /// `position` is the second value of an insert that takes one.
  Names(
      Database& database,
      const char* select,
      const char* insert,
      std::optional<std::int64_t> position = std::nullopt)
      : select_(database.prepare(select)), insert_(database.prepare(insert)) {
    if (position) insert_.bind(2, *position);
  }

  std::int64_t id(const std::string& name) {
    const auto known = ids_.find(name);
    if (known != ids_.end()) return known->second;
    return ids_[name] = look_up(name);
  }

  const Growth& growth() const { return growth_; }

 private:
  std::int64_t look_up(const std::string& name) {
    select_.bind(1, name);
    const bool found = select_.step();
    std::int64_t id = found ? select_.integer(0) : 0;
    select_.reset();
    if (found) return id;
    insert_.bind(1, name).step();
    id = insert_.integer(1);
    growth_.add(insert_.integer(0));
    insert_.run();
    return id;
  }

  Statement select_;
  Statement insert_;
  Growth growth_;
  std::unordered_map<std::string, std::int64_t> ids_;
};

/// Runs a bound statement that returns a checksum for each row it changes.
bool changes_row(Statement& statement, std::int64_t& checksum) {
  const bool changed = statement.step();
  if (changed) checksum = statement.integer(0);
  statement.run();
  return changed;
}

/// A free name beside the store, or among the temporary files when its folder
/// is gone too.
fs::path rescue_name(const fs::path& path) {
  std::error_code error;
  const bool beside = fs::is_directory(final_path(path).parent_path(), error);
  fs::path base = beside ? path : fs::temp_directory_path() / path.filename();
  base += ".rescued";
  fs::path name = base;
  for (int i = 2; identity_of(name); ++i) {
    name = base;
    name += fmt::format("-{}", i);
  }
  return name;
}

}  // namespace

void ScoreStore::declare(
    std::span<const std::string> proxies,
    std::span<const std::string> archs,
    const std::function<bool(std::size_t)>& mine) {
  const std::lock_guard lock(impl_->mutex);
  Database& database = impl_->database;
  Transaction transaction(database);
  Growth growth;
  std::int64_t checksum = 0;
  Statement proxy = database.prepare(kInsertProxy);
  for (const std::string& name : proxies) {
    if (changes_row(proxy.bind(1, name), checksum)) growth.add(checksum);
  }
  growth.note(database, "proxy");

  const std::int64_t base = next_position(database);
  Statement arch = database.prepare(kInsertArchitecture);
  Growth added;
  bool any = false;
  for (std::size_t i = 0; i < archs.size(); ++i) {
    if (mine && !mine(i)) continue;
    arch.bind(1, archs[i]).bind(2, base + static_cast<std::int64_t>(i));
    if (!changes_row(arch, checksum)) continue;
    added.add(checksum);
    any = true;
  }
  if (any) {
    added.note(database, "architecture");
    write_next_position(
        database, base + static_cast<std::int64_t>(archs.size()));
  }
  transaction.commit();
}

std::size_t ScoreStore::put(
    std::span<const ScoreRecord> records,
    Existing existing) {
  std::ranges::for_each(records, check_record);
  if (records.empty()) return 0;
  const std::lock_guard lock(impl_->mutex);
  if (!impl_->is_in_place()) impl_->rescue(records, existing);
  const std::int64_t run_before = impl_->run;
  try {
    Transaction transaction(impl_->database);
    impl_->write_run();
    const std::size_t added = impl_->insert(records, existing);
    if (added > 0) {
      transaction.commit();
    } else {
      impl_->run = run_before;  // leaves no run without scores behind
    }
    impl_->log = identity_of(log_of(impl_->path));
    return added;
  } catch (...) {
    impl_->run = run_before;
    throw;
  }
}

void ScoreStore::check_in_place() {
  const std::lock_guard lock(impl_->mutex);
  if (!impl_->is_in_place()) impl_->rescue({}, Existing::keep);
}

bool ScoreStore::Impl::is_in_place() const {
  return !database.has_moved() && identity_of(path) == file;
}

void ScoreStore::Impl::rescue(
    std::span<const ScoreRecord> records,
    Existing existing) {
  const std::string happened = fmt::format(
      "{} was {} while it was in use",
      path.string(),
      identity_of(path) ? "replaced by another file" : "deleted or renamed");
  try {
    if (!rescued) {
      const fs::path name = rescue_name(path);
      database.copy_to(name);
      rescued = std::make_unique<ScoreStore>(
          ScoreStore::open(name, protocol, provenance.value_or(Provenance{})));
    }
    rescued->put(records, existing);
  } catch (const std::exception& error) {
    throw std::runtime_error(fmt::format(
        "{}, and its scores could not be saved ({})", happened, error.what()));
  }
  throw std::runtime_error(fmt::format(
      "{}; all its scores are saved in {}",
      happened,
      rescued->path().string()));
}

void ScoreStore::Impl::write_run() {
  if (run == 0) {
    const Provenance& made = provenance.value();
    database
        .prepare(fmt::format(
            "INSERT INTO run SELECT coalesce(max(id), 0) + 1, ?, ?, ?, ?, ?, ?,"
            " ?, {0}, {0}, 0 FROM run",
            kNow))
        .bind(1, made.version)
        .bind(2, made.command)
        .bind(3, made.host)
        .bind(4, made.cpu)
        .bind(5, made.libtorch)
        .bind(6, made.blas)
        .bind(7, std::int64_t{made.threads})
        .run();
    run = database.last_row();
  } else {
    database
        .prepare(fmt::format("UPDATE run SET ended = {} WHERE id = ?", kNow))
        .bind(1, run)
        .run();
  }
  database
      .prepare(
          "UPDATE run SET checksum = row_checksum(id, version, command, host,"
          " cpu, libtorch, blas, threads, started, ended) WHERE id = ?")
      .bind(1, run)
      .run();
  renew_digest(database, "run");
}

std::size_t ScoreStore::Impl::insert(
    std::span<const ScoreRecord> records,
    Existing existing) {
  Names archs(
      database,
      "SELECT id FROM architecture WHERE spec = ?",
      kInsertArchitecture,
      next_position(database));
  Names proxies(database, "SELECT id FROM proxy WHERE name = ?", kInsertProxy);
  Statement forget = database.prepare(kForgetFailed);
  Statement insert = database.prepare(kInsertScore);
  Growth growth;
  std::int64_t checksum = 0;
  std::size_t added = 0;
  for (const ScoreRecord& record : records) {
    const bool ok = record.status == ScoreStatus::ok;
    const std::int64_t arch = archs.id(record.arch);
    const std::int64_t proxy = proxies.id(record.proxy);
    if (existing == Existing::replace_failed &&
        changes_row(forget.bind(1, arch).bind(2, proxy), checksum)) {
      growth.remove(checksum);
    }
    insert.bind(1, arch)
        .bind(2, proxy)
        .bind(3, run)
        .bind(4, to_text(record.status))
        .bind(5, ok ? record.value : kNoValue)
        .bind(6, record.reason)
        .bind(7, record.seconds);
    if (!changes_row(insert, checksum)) continue;
    growth.add(checksum);
    ++added;
  }
  archs.growth().note(database, "architecture");
  proxies.growth().note(database, "proxy");
  growth.note(database, "score");
  return added;
}

}  // namespace zcp::store
