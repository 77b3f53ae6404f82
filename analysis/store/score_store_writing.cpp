#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <unordered_map>

#include "analysis/store/score_store.h"
#include "analysis/store/score_store_impl.h"

namespace zcp::store {
namespace {

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

/// Finds the id of a name, or makes one.
class Names {
 public:
  Names(const Database& database, const char* select, const char* insert)
      : database_(database),
        select_(database.prepare(select)),
        insert_(database.prepare(insert)) {}

  std::int64_t id(const std::string& name) {
    const auto known = ids_.find(name);
    if (known != ids_.end()) return known->second;
    return ids_[name] = look_up(name);
  }

 private:
  std::int64_t look_up(const std::string& name) {
    select_.bind(1, name);
    const bool found = select_.step();
    const std::int64_t id = found ? select_.integer(0) : 0;
    select_.reset();
    if (found) return id;
    insert_.bind(1, name).run();
    return database_.last_row();
  }

  const Database& database_;
  Statement select_;
  Statement insert_;
  std::unordered_map<std::string, std::int64_t> ids_;
};

}  // namespace

void ScoreStore::declare(
    std::span<const std::string> proxies,
    std::span<const std::string> archs,
    const std::function<bool(std::size_t)>& mine) {
  const std::lock_guard lock(impl_->mutex);
  Database& database = impl_->database;
  Transaction transaction(database);
  Statement proxy = database.prepare(
      "INSERT INTO proxy (name) VALUES (?) ON CONFLICT DO NOTHING");
  for (const std::string& name : proxies) proxy.bind(1, name).run();

  const std::int64_t base = std::stoll(
      database.query("SELECT value FROM meta WHERE key = 'next_position'"));
  Statement arch = database.prepare(
      "INSERT INTO architecture (spec, position) VALUES (?, ?)"
      " ON CONFLICT DO NOTHING");
  std::int64_t added = 0;
  for (std::size_t i = 0; i < archs.size(); ++i) {
    if (mine && !mine(i)) continue;
    arch.bind(1, archs[i]).bind(2, base + static_cast<std::int64_t>(i)).run();
    added += database.changes();
  }
  if (added > 0) {
    database.prepare("UPDATE meta SET value = ? WHERE key = 'next_position'")
        .bind(1, std::to_string(base + static_cast<std::int64_t>(archs.size())))
        .run();
  }
  transaction.commit();
}

std::size_t ScoreStore::put(std::span<const ScoreRecord> records) {
  std::ranges::for_each(records, check_record);
  if (records.empty()) return 0;
  const std::lock_guard lock(impl_->mutex);
  const std::int64_t run_before = impl_->run;
  try {
    Transaction transaction(impl_->database);
    impl_->start_run();
    const std::size_t added = impl_->insert(records);
    if (added > 0) {
      transaction.commit();
    } else {
      impl_->run = run_before;  // leaves no run without scores behind
    }
    return added;
  } catch (...) {
    impl_->run = run_before;
    throw;
  }
}

void ScoreStore::Impl::start_run() {
  if (run != 0) {
    database
        .prepare(fmt::format("UPDATE run SET ended = {} WHERE id = ?", kNow))
        .bind(1, run)
        .run();
    return;
  }
  const Provenance& made = provenance.value();
  database
      .prepare(fmt::format(
          "INSERT INTO run (version, command, host, cpu, libtorch, blas,"
          " threads, started, ended) VALUES (?, ?, ?, ?, ?, ?, ?, {0}, {0})",
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
}

std::size_t ScoreStore::Impl::insert(std::span<const ScoreRecord> records) {
  Names archs(
      database,
      "SELECT id FROM architecture WHERE spec = ?",
      "INSERT INTO architecture (spec, position) SELECT ?,"
      " value FROM meta WHERE key = 'next_position'");
  Names proxies(
      database,
      "SELECT id FROM proxy WHERE name = ?",
      "INSERT INTO proxy (name) VALUES (?)");
  // Not INSERT OR IGNORE, which would also pass over a broken CHECK.
  Statement insert = database.prepare(
      "INSERT INTO score VALUES (?, ?, ?, ?, ?, ?, ?)"
      " ON CONFLICT (architecture_id, proxy_id) DO NOTHING");
  std::size_t added = 0;
  for (const ScoreRecord& record : records) {
    const bool ok = record.status == ScoreStatus::ok;
    insert.bind(1, archs.id(record.arch))
        .bind(2, proxies.id(record.proxy))
        .bind(3, run)
        .bind(4, to_text(record.status))
        .bind(5, ok ? record.value : kNoValue)
        .bind(6, record.reason)
        .bind(7, record.seconds)
        .run();
    added += static_cast<std::size_t>(database.changes());
  }
  return added;
}

}  // namespace zcp::store
