#include "analysis/store/merge_stores.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "analysis/store/open_store.h"
#include "analysis/store/schema.h"
#include "analysis/store/score_store.h"
#include "analysis/store/sqlite.h"
#include "common/atomic_file.h"
#include "common/error.h"
#include "common/file_identity.h"
#include "common/held_signals.h"

namespace zcp::store {
namespace {

namespace fs = std::filesystem;
using sqlite::Access;
using sqlite::Database;
using sqlite::Statement;
using sqlite::Transaction;

constexpr std::chrono::seconds kPatience(10);

/// Which file a run of a merged store came from: the runs up to `last_run` and
/// after those of the entry before.
struct Origin {
  std::int64_t last_run;
  fs::path file;
};
using Origins = std::vector<Origin>;

std::string origin(const Origins& origins, std::int64_t run) {
  const auto found = std::ranges::find_if(
      origins, [&](const Origin& entry) { return run <= entry.last_run; });
  return found == origins.end() ? "?" : found->file.string();
}

/// The scores of the attached store `s` with their places in `main`; `ms` is
/// the score that holds the place already, all NULL when it is free.
constexpr std::string_view kMatched = R"sql(
  FROM source.score AS s
  JOIN temp.architecture_place AS a ON a.source_id = s.architecture_id
  JOIN temp.proxy_place AS p ON p.source_id = s.proxy_id
  LEFT JOIN main.score AS ms
    ON ms.architecture_id = a.id AND ms.proxy_id = p.id
)sql";

std::int64_t next_position(const Database& database, std::string_view store) {
  return std::stoll(database.query(fmt::format(
      "SELECT value FROM {}.meta WHERE key = 'next_position'", store)));
}

std::int64_t last_run(const Database& database) {
  return std::stoll(
      database.query("SELECT coalesce(max(id), 0) FROM main.run"));
}

std::string shown(const std::string& status, double value) {
  return status == "ok" ? fmt::format("{:.17g}", value) : status;
}

void check_agreement(
    const Database& database,
    const Origins& kept,
    const Origins& incoming) {
  Statement row = database.prepare(fmt::format(
      "SELECT (SELECT name FROM main.proxy WHERE id = p.id),"
      " (SELECT spec FROM main.architecture WHERE id = a.id),"
      " ms.run_id, ms.status, ms.value, s.run_id, s.status, s.value {}"
      " WHERE ms.status <> s.status"
      " OR (ms.status = s.status AND ms.value IS NOT s.value) LIMIT 1",
      kMatched));
  if (!row.step()) return;
  throw UserError(
      "stores disagree: {} of {} is {} in {}, {} in {}",
      row.text(0),
      row.text(1),
      shown(row.text(3), row.real(4)),
      origin(kept, row.integer(2)),
      shown(row.text(6), row.real(7)),
      origin(incoming, row.integer(5)));
}

/// New rows get their checksum once they have their id; until then it is 0.
void copy_names(Database& database) {
  database.execute(R"sql(
    INSERT INTO main.proxy (name, checksum)
      SELECT name, 0 FROM source.proxy WHERE true ORDER BY id
      ON CONFLICT DO NOTHING;
    UPDATE main.proxy SET checksum = row_checksum(id, name)
      WHERE checksum = 0;
    INSERT INTO main.architecture (spec, position, checksum)
      SELECT spec, position, 0 FROM source.architecture
      WHERE true ORDER BY position, id
      ON CONFLICT DO NOTHING;
    UPDATE main.architecture SET checksum = row_checksum(id, spec, position)
      WHERE checksum = 0;
  )sql");
  write_next_position(
      database,
      std::max(
          next_position(database, "main"), next_position(database, "source")));
}

/// The places in `main` of the source's architectures and proxies, by number:
/// looking up their names for every score would take several times as long.
void map_names(Database& database) {
  database.execute(R"sql(
    DROP TABLE IF EXISTS temp.architecture_place;
    DROP TABLE IF EXISTS temp.proxy_place;
    CREATE TEMP TABLE architecture_place (source_id INTEGER PRIMARY KEY, id);
    CREATE TEMP TABLE proxy_place (source_id INTEGER PRIMARY KEY, id);
    INSERT INTO temp.architecture_place
      SELECT s.id, m.id FROM source.architecture AS s
      JOIN main.architecture AS m ON m.spec = s.spec;
    INSERT INTO temp.proxy_place
      SELECT s.id, m.id FROM source.proxy AS s
      JOIN main.proxy AS m ON m.name = s.name;
  )sql");
}

std::int64_t copy_scores(Database& database) {
  const std::int64_t offset = last_run(database);
  database
      .prepare(fmt::format(
          "INSERT INTO main.run SELECT id + ?1, version, command, host, cpu,"
          " libtorch, blas, threads, started, ended, row_checksum(id + ?1,"
          " version, command, host, cpu, libtorch, blas, threads, started,"
          " ended) FROM source.run"
          " WHERE id IN (SELECT s.run_id {} WHERE ms.status IS NULL)",
          kMatched))
      .bind(1, offset)
      .run();
  database
      .prepare(fmt::format(
          "INSERT INTO main.score SELECT a.id, p.id, s.run_id + ?1, s.status,"
          " s.value, s.reason, s.seconds, row_checksum(a.id, p.id,"
          " s.run_id + ?1, s.status, s.value, s.reason, s.seconds)"
          " {} WHERE ms.status IS NULL",
          kMatched))
      .bind(1, offset)
      .run();
  return database.changes();
}

/// Adds the store `source` to that of `database`, all or nothing, and the
/// fields of `protocol` that it lacks. `kept` and `incoming` say which files
/// their runs came from. Returns the scores added.
std::int64_t absorb(
    Database& database,
    const Protocol& protocol,
    const fs::path& source,
    const Origins& kept,
    const Origins& incoming) {
  database.attach(source);
  std::int64_t added = 0;
  {
    Transaction transaction(database);
    migrate(database);
    copy_names(database);
    map_names(database);
    check_agreement(database, kept, incoming);
    added = copy_scores(database);
    add_missing_fields(database, protocol);
    for (const std::string_view table :
         {"proxy", "architecture", "run", "score"}) {
      renew_digest(database, table);
    }
    transaction.commit();
  }
  database.detach();
  return added;
}

/// A writer that gives up when the process is to end.
Database writer(const fs::path& path) {
  Database database = connect(path, Access::write, kPatience);
  database.stop_when(HeldSignals::pending);
  return database;
}

/// Builds the union of `inputs` in a file that is still empty.
Origins unite(
    const fs::path& path,
    const Protocol& protocol,
    std::span<const fs::path> inputs) {
  ScoreStore::open(path, protocol, {});
  Database database = writer(path);
  Origins origins;
  for (const fs::path& input : inputs) {
    const Origins incoming = {{INT64_MAX, input}};
    absorb(database, protocol, input, origins, incoming);
    origins.push_back({last_run(database), input});
  }
  return origins;
}

Protocol common_protocol(std::span<const fs::path> inputs) {
  Protocol first = ScoreStore::read(inputs[0]).protocol();
  for (const fs::path& input : inputs.subspan(1)) {
    const Protocol other = ScoreStore::read(input).protocol();
    const auto difference = first_difference(first, other);
    if (!difference) {
      first.insert(other.begin(), other.end());
      continue;
    }
    throw UserError(
        "stores of different protocols: {} is '{}' in {}, '{}' in {}",
        difference->field,
        difference->stored.value_or(""),
        inputs[0].string(),
        difference->asked.value_or(""),
        input.string());
  }
  return first;
}

bool is_same(const fs::path& a, const fs::path& b) {
  return identity_of(a) && is_same_file(a, b);
}

/// Without the second mention of a file and without `out` itself.
std::vector<fs::path> distinct(
    std::span<const fs::path> inputs,
    const fs::path& out) {
  std::vector<fs::path> result;
  for (const fs::path& input : inputs) {
    const auto same = [&](const fs::path& other) {
      return is_same(input, other);
    };
    if (same(out) || std::ranges::any_of(result, same)) continue;
    result.push_back(input);
  }
  return result;
}

[[noreturn]] void refuse_existing(const fs::path& out) {
  throw UserError(
      "{} exists already; name it among the inputs to add to it, or take "
      "another --store",
      out.string());
}

MergeSummary summary_of(const fs::path& path, std::int64_t added) {
  const ScoreStore store = ScoreStore::read(path);
  const auto archs = static_cast<std::int64_t>(store.archs().size());
  return {archs, store.size(), added};
}

}  // namespace

MergeSummary merge_stores(
    const fs::path& out,
    std::span<const fs::path> inputs) {
  check_name(out);
  if (inputs.empty()) throw UserError("no stores to merge were named");
  const bool adding = std::ranges::any_of(
      inputs, [&](const fs::path& input) { return is_same(input, out); });
  if (!adding && identity_of(out)) refuse_existing(out);
  if (!adding) refuse_orphans(out);
  const Protocol protocol = common_protocol(inputs);
  const HeldSignals signals;  // until the file below is gone
  AtomicFile file(out, AtomicFile::Kind::named);
  const Origins origins =
      unite(file.temporary(), protocol, distinct(inputs, out));
  if (adding) {
    Database database = writer(out);
    const std::int64_t added = absorb(
        database, protocol, file.temporary(), {{INT64_MAX, out}}, origins);
    return summary_of(out, added);
  }
  if (!file.publish_new()) refuse_existing(out);
  const MergeSummary summary = summary_of(out, 0);
  return {summary.architectures, summary.scores, summary.scores};
}

}  // namespace zcp::store
