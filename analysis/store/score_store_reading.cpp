#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <unordered_map>

#include "analysis/store/model_key.h"
#include "analysis/store/score_store.h"
#include "analysis/store/score_store_impl.h"

namespace zcp::store {
namespace {

using sqlite::Database;
using sqlite::Statement;

ScoreStatus status_from(const std::string& text) {
  for (const ScoreStatus status :
       {ScoreStatus::ok, ScoreStatus::degenerate, ScoreStatus::failed}) {
    if (text == to_text(status)) return status;
  }
  throw std::runtime_error("score store: unknown status " + text);
}

constexpr const char* kSelectRecords =
    "SELECT spec, name, status, value, reason, seconds FROM score"
    " JOIN architecture ON architecture.id = architecture_id"
    " JOIN proxy ON proxy.id = proxy_id";

ScoreRecord record_of(const Statement& row) {
  return {
      row.text(0),
      row.text(1),
      status_from(row.text(2)),
      row.real(3),
      row.text(4),
      row.real(5)};
}

std::vector<std::string> texts(const Database& database, const char* sql) {
  std::vector<std::string> result;
  Statement rows = database.prepare(sql);
  while (rows.step()) result.push_back(rows.text(0));
  return result;
}

/// Where in a list the thing with an id stands.
using Places = std::unordered_map<std::int64_t, std::size_t>;

/// Reads rows of id and name.
Places places(
    const Database& database,
    const char* sql,
    std::vector<std::string>& names) {
  Places result;
  Statement rows = database.prepare(sql);
  while (rows.step()) {
    result.emplace(rows.integer(0), names.size());
    names.push_back(rows.text(1));
  }
  return result;
}

}  // namespace

bool ScoreStore::has(std::string_view arch, std::string_view proxy) const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->database
      .prepare(
          "SELECT 1 FROM score WHERE architecture_id ="
          " (SELECT id FROM architecture WHERE spec = ?)"
          " AND proxy_id = (SELECT id FROM proxy WHERE name = ?)")
      .bind(1, arch)
      .bind(2, proxy)
      .step();
}

std::vector<ScoreRecord> ScoreStore::find(
    std::span<const std::string> archs,
    std::span<const std::string> proxies) const {
  const std::lock_guard lock(impl_->mutex);
  std::vector<ScoreRecord> records;
  const auto take = [&](Statement& rows) {
    while (rows.step()) {
      ScoreRecord record = record_of(rows);
      const bool wanted =
          proxies.empty() ||
          std::ranges::find(proxies, record.proxy) != proxies.end();
      if (wanted) records.push_back(std::move(record));
    }
    rows.reset();
  };
  if (archs.empty()) {
    Statement rows = impl_->database.prepare(fmt::format(
        "{} ORDER BY position, architecture.id, proxy.id", kSelectRecords));
    take(rows);
    return records;
  }
  Statement rows = impl_->database.prepare(
      fmt::format("{} WHERE spec = ? ORDER BY proxy.id", kSelectRecords));
  for (const std::string& arch : archs) take(rows.bind(1, arch));
  return records;
}

std::vector<std::string> ScoreStore::archs() const {
  const std::lock_guard lock(impl_->mutex);
  return texts(
      impl_->database,
      "SELECT spec FROM architecture WHERE id IN"
      " (SELECT architecture_id FROM score) ORDER BY position, id");
}

std::vector<std::string> ScoreStore::proxies() const {
  const std::lock_guard lock(impl_->mutex);
  return texts(
      impl_->database,
      "SELECT name FROM proxy WHERE id IN"
      " (SELECT proxy_id FROM score) ORDER BY id");
}

std::int64_t ScoreStore::size() const {
  const std::lock_guard lock(impl_->mutex);
  return std::stoll(impl_->database.query("SELECT count(*) FROM score"));
}

std::vector<Run> ScoreStore::runs() const {
  const std::lock_guard lock(impl_->mutex);
  Statement rows = impl_->database.prepare(
      "SELECT run.id, version, command, host, cpu, libtorch, blas, threads,"
      " started, ended, count(score.run_id)"
      " FROM run LEFT JOIN score ON score.run_id = run.id"
      " GROUP BY run.id ORDER BY run.id");
  std::vector<Run> runs;
  while (rows.step()) {
    Run run;
    run.id = rows.integer(0);
    run.provenance = {
        rows.text(1),
        rows.text(2),
        rows.text(3),
        rows.text(4),
        rows.text(5),
        rows.text(6),
        static_cast<int>(rows.integer(7))};
    run.started = rows.text(8);
    run.ended = rows.text(9);
    run.scores = rows.integer(10);
    runs.push_back(std::move(run));
  }
  return runs;
}

tables::Table ScoreStore::table() const {
  const std::lock_guard lock(impl_->mutex);
  const Database& database = impl_->database;
  tables::Table table;
  table.source = impl_->path.string();
  const Places rows = places(
      database,
      "SELECT id, spec FROM architecture WHERE id IN"
      " (SELECT architecture_id FROM score) ORDER BY position, id",
      table.arch);
  const Places columns = places(
      database,
      "SELECT id, name FROM proxy WHERE id IN"
      " (SELECT proxy_id FROM score) ORDER BY id",
      table.columns);
  table.values.assign(
      table.columns.size(), std::vector<double>(table.arch.size(), kNoValue));
  Statement scores = database.prepare(
      "SELECT architecture_id, proxy_id, value FROM score"
      " WHERE value IS NOT NULL");
  while (scores.step()) {
    const auto row = rows.find(scores.integer(0));
    const auto column = columns.find(scores.integer(1));
    // A writer may have added some since the lists were read.
    if (row == rows.end() || column == columns.end()) continue;
    table.values[column->second][row->second] = scores.real(2);
  }
  const auto space = impl_->protocol.find("space");
  if (space != impl_->protocol.end() && space->second == "models") {
    table.arch = shown_models(table.arch);
  }
  return table;
}

}  // namespace zcp::store
