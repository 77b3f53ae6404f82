#include "analysis/store/score_store.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <limits>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <unordered_map>
#include <utility>

#include "analysis/store/sqlite.h"
#include "common/atomic_file.h"
#include "common/error.h"

namespace zcp::store {
namespace {

namespace fs = std::filesystem;
using sqlite::Access;
using sqlite::Database;
using sqlite::Statement;
using sqlite::Transaction;
using std::chrono::milliseconds;

constexpr int kSchemaVersion = 1;
constexpr std::string_view kFormat = "zcp score store";

/// A change here needs another kSchemaVersion and another golden store; files
/// of the older versions stay readable.
///
/// `position` orders architectures (see ScoreStore::declare); proxies are
/// ordered by their id. Real numbers keep all their bits but the sign of zero.
/// 2053337203 is "zcps" in ASCII; it is how file(1) may know a store.
constexpr const char* kSchema = R"sql(
PRAGMA application_id = 2053337203;
CREATE TABLE meta (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE protocol (
  field TEXT PRIMARY KEY,
  value TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE run (
  id INTEGER PRIMARY KEY,
  version TEXT NOT NULL,
  command TEXT NOT NULL,
  host TEXT NOT NULL,
  cpu TEXT NOT NULL,
  libtorch TEXT NOT NULL,
  blas TEXT NOT NULL,
  threads INTEGER NOT NULL,
  started TEXT NOT NULL,
  ended TEXT NOT NULL
);
CREATE TABLE architecture (
  id INTEGER PRIMARY KEY,
  spec TEXT NOT NULL UNIQUE,
  position INTEGER NOT NULL
);
CREATE TABLE proxy (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
);
CREATE TABLE score (
  architecture_id INTEGER NOT NULL REFERENCES architecture (id),
  proxy_id INTEGER NOT NULL REFERENCES proxy (id),
  run_id INTEGER NOT NULL REFERENCES run (id),
  status TEXT NOT NULL CHECK (status IN ('ok', 'degenerate', 'failed')),
  value REAL,
  reason TEXT NOT NULL,
  seconds REAL,
  PRIMARY KEY (architecture_id, proxy_id),
  CHECK ((status = 'ok') = (value IS NOT NULL))
) WITHOUT ROWID;
CREATE VIEW scores AS
  SELECT spec AS arch, name AS proxy, value, status, reason, seconds,
         run_id AS run
  FROM score
  JOIN architecture ON architecture.id = architecture_id
  JOIN proxy ON proxy.id = proxy_id;
)sql";

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

/// Now, as the store writes it.
constexpr const char* kNow = "strftime('%Y-%m-%dT%H:%M:%SZ', 'now')";

ScoreStatus status_from(const std::string& text) {
  for (const ScoreStatus status :
       {ScoreStatus::ok, ScoreStatus::degenerate, ScoreStatus::failed}) {
    if (text == to_text(status)) return status;
  }
  throw std::runtime_error("score store: unknown status " + text);
}

// What a file is ------------------------------------------------------------

bool has_sqlite_header(const fs::path& path) {
  constexpr std::string_view kMagic("SQLite format 3\0", 16);
  std::array<char, kMagic.size()> bytes{};
  std::ifstream file(path, std::ios::binary);
  file.read(bytes.data(), bytes.size());
  return file && std::string_view(bytes.data(), bytes.size()) == kMagic;
}

/// True when there is nothing yet, or an empty file as mktemp makes it.
bool is_free(const fs::path& path) {
  return !fs::exists(path) ||
         (fs::is_regular_file(path) && fs::file_size(path) == 0);
}

/// A log left behind by a store that was deleted would be taken for that of
/// the new one. Looked at before `path`, whose log comes after itself.
void refuse_orphans(const fs::path& path) {
  for (const char* suffix : {"-wal", "-journal"}) {
    fs::path log = path;
    log += suffix;
    if (fs::exists(log) && is_free(path)) {
      throw UserError(
          "{} is left of a store that is no longer there; remove it or take "
          "another --store",
          log.string());
    }
  }
}

void check_is_file(const fs::path& path) {
  if (!fs::exists(path)) throw UserError("no store {}", path.string());
  if (!fs::is_regular_file(path)) {
    throw UserError(
        "{} is not a file, a score store was expected", path.string());
  }
  if (!std::ifstream(path)) {
    throw UserError(
        "{} cannot be read; look at its permissions", path.string());
  }
  if (!has_sqlite_header(path)) {
    throw UserError(
        "{} is not a SQLite file, a score store was expected", path.string());
  }
}

void check_format(const Database& database, const fs::path& path) {
  std::string format;
  std::string version;
  if (database.has_table("meta") && database.has_table("score")) {
    format = database.query("SELECT value FROM meta WHERE key = 'format'");
    version =
        database.query("SELECT value FROM meta WHERE key = 'schema_version'");
  }
  if (format != kFormat) {
    throw UserError("{} is a SQLite file but not a score store", path.string());
  }
  if (version != std::to_string(kSchemaVersion)) {
    throw UserError(
        "{} has schema version {}, this zcp reads version {}; use the zcp that "
        "wrote it or another --store",
        path.string(),
        version,
        kSchemaVersion);
  }
}

/// Opens without writing and checks what it is.
Database open_to_read(const fs::path& path, milliseconds patience) {
  Database database(path, Access::read, patience);
  check_format(database, path);
  return database;
}

Database open_checked(const fs::path& path, milliseconds patience) {
  check_is_file(path);
  try {
    return open_to_read(path, patience);
  } catch (const sqlite::RecoveryNeeded&) {
    // Reading something lets SQLite undo what a killed writer left half done.
    Database(path, Access::write, patience).has_table("meta");
    return open_to_read(path, patience);
  }
}

// Protocol ------------------------------------------------------------------

Protocol read_protocol(const Database& database) {
  Protocol protocol;
  Statement rows = database.prepare("SELECT field, value FROM protocol");
  while (rows.step()) protocol[rows.text(0)] = rows.text(1);
  return protocol;
}

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

/// What `asked` knows and the store did not need so far (the data).
void add_fields(Database& database, Protocol& stored, const Protocol& asked) {
  Transaction transaction(database);
  Statement insert = database.prepare("INSERT INTO protocol VALUES (?, ?)");
  for (const auto& [field, value] : asked) {
    if (stored.emplace(field, value).second) {
      insert.bind(1, field).bind(2, value).run();
    }
  }
  transaction.commit();
}

// Creation ------------------------------------------------------------------

void write_empty_store(Database& database, const Protocol& protocol) {
  Transaction transaction(database);
  database.execute(kSchema);
  Statement meta = database.prepare("INSERT INTO meta VALUES (?, ?)");
  meta.bind(1, "format").bind(2, kFormat).run();
  meta.bind(1, "schema_version").bind(2, std::to_string(kSchemaVersion)).run();
  meta.bind(1, "next_position").bind(2, "0").run();
  Statement insert = database.prepare("INSERT INTO protocol VALUES (?, ?)");
  for (const auto& [field, value] : protocol) {
    insert.bind(1, field).bind(2, value).run();
  }
  transaction.commit();
}

/// Several processes may do this at once: the first to finish wins and the
/// others open its store.
void create_store(
    const fs::path& path,
    const Protocol& protocol,
    milliseconds patience) {
  AtomicFile file(path);
  {
    Database database(file.temporary(), Access::create, patience);
    write_empty_store(database, protocol);
  }
  if (file.publish_new()) return;
  if (is_free(path)) file.replace();
}

/// A writer's connection. WAL is refused by some network file systems; SQLite
/// then stays with its rollback journal, which is slower and as safe.
Database open_writer(const fs::path& path, milliseconds patience) {
  Database database(path, Access::write, patience);
  database.execute("PRAGMA foreign_keys = ON");
  database.execute_patiently("PRAGMA journal_mode = WAL");
  database.execute("PRAGMA synchronous = FULL");
  return database;
}

/// Folds the log into the file, unless others have it open.
void close_writer(Database& database) {
  try {
    database.set_patience(milliseconds(0));
    database.execute("PRAGMA journal_mode = DELETE");
  } catch (const std::exception&) {
    // The scores are safe in the log; the last to close will fold it in.
  }
}

// Records -------------------------------------------------------------------

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

// ScoreStore ----------------------------------------------------------------

struct ScoreStore::Impl {
  Impl(fs::path file, Database connection, Protocol fields)
      : path(std::move(file)),
        database(std::move(connection)),
        protocol(std::move(fields)) {}

  ~Impl() {
    if (provenance) close_writer(database);
  }

  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void start_run();
  std::size_t insert(std::span<const ScoreRecord> records);

  fs::path path;
  Database database;
  Protocol protocol;
  std::optional<Provenance> provenance;  // of a writer
  std::int64_t run = 0;                  // 0 until the first score
  std::mutex mutex;
};

ScoreStore::ScoreStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ScoreStore::~ScoreStore() = default;
ScoreStore::ScoreStore(ScoreStore&&) noexcept = default;
ScoreStore& ScoreStore::operator=(ScoreStore&&) noexcept = default;

ScoreStore ScoreStore::open(
    const fs::path& path,
    const Protocol& protocol,
    const Provenance& provenance,
    milliseconds patience) {
  refuse_orphans(path);
  if (is_free(path)) create_store(path, protocol, patience);
  Protocol stored = read_protocol(open_checked(path, patience));
  check_protocol(path, stored, protocol);
  Database writer = open_writer(path, patience);
  add_fields(writer, stored, protocol);
  auto impl =
      std::make_unique<Impl>(path, std::move(writer), std::move(stored));
  impl->provenance = provenance;
  return ScoreStore(std::move(impl));
}

ScoreStore ScoreStore::read(const fs::path& path, milliseconds patience) {
  Database database = open_checked(path, patience);
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

bool ScoreStore::has(std::string_view arch, std::string_view proxy) const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->database
      .prepare("SELECT 1 FROM scores WHERE arch = ? AND proxy = ?")
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
        .bind(5, ok ? record.value : kNone)
        .bind(6, record.reason)
        .bind(7, record.seconds)
        .run();
    added += static_cast<std::size_t>(database.changes());
  }
  return added;
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
      table.columns.size(), std::vector<double>(table.arch.size(), kNone));
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
  return table;
}

// Reading scores of either kind ---------------------------------------------

namespace {

tables::Table take_columns(
    tables::Table table,
    std::span<const std::string> wanted) {
  tables::Table taken{
      table.source, table.arch, {wanted.begin(), wanted.end()}, {}};
  for (const std::string& name : wanted) {
    const auto found = std::ranges::find(table.columns, name);
    if (found == table.columns.end()) {
      const std::string near = nearest_name(name, table.columns);
      throw UserError(
          "{} has no scores of {}{} (it has {})",
          table.source,
          name,
          near.empty() ? "" : fmt::format(", did you mean {}?", near),
          fmt::join(table.columns, ", "));
    }
    const auto column = found - table.columns.begin();
    taken.values.push_back(table.values[static_cast<std::size_t>(column)]);
  }
  return taken;
}

}  // namespace

tables::Table read_scores(
    const fs::path& path,
    std::span<const std::string> wanted) {
  if (path == "-" || !fs::is_regular_file(path) || !has_sqlite_header(path)) {
    return tables::read_table(path, wanted);
  }
  tables::Table table = ScoreStore::read(path).table();
  if (table.arch.empty()) throw UserError("{} holds no scores", path.string());
  return wanted.empty() ? table : take_columns(std::move(table), wanted);
}

}  // namespace zcp::store
