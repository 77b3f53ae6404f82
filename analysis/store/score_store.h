// The score store: one SQLite file that keeps scores, their reasons, what they
// cost, the protocol they were made under and the runs that made them.
//
// How it is kept safe. A new store is built under another name and then takes
// its own, so a store is there whole or not at all. Scores are committed in
// transactions, to a write-ahead log (WAL), so that others can read while a
// run writes, with synchronous=FULL: a commit returns when the log is on the
// disk, and what was committed outlives a power cut. (NORMAL would keep the
// file sound but could lose the last commits; it saves a few milliseconds a
// commit, an architecture costs hundreds.) When its last user closes it, the
// log is folded in and the store is one plain file that may be copied.
//
// How damage is noticed. Every row carries a checksum over all that it says,
// every table the number and the total of its rows' checksums; a store is read
// once as a whole when it is opened, and SQLite's own check of its file with
// it. A file that says anything else than what was written is refused.
//
// The tables are in schema.cpp. The view `scores` (arch, proxy,
// value, status, reason, seconds, run) is for other programs:
//   pandas.read_sql("SELECT * FROM scores", sqlite3.connect("s.sqlite"))
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/store/protocol.h"
#include "benchmarks/tables/table.h"
#include "common/score_status.h"

namespace zcp::store {

/// One score, or why there is none.
struct ScoreRecord {
  std::string arch;   // the spec string, or a model's key (model_key.h)
  std::string proxy;  // the proxy's name
  ScoreStatus status = ScoreStatus::ok;
  double value = 0;    // finite when ok, else NaN
  std::string reason;  // why there is no value; empty when ok
  double seconds = 0;  // what it took; NaN when not measured
};

/// One call of the program that left scores. Times are UTC, as in
/// 2026-11-22T10:16:00Z.
struct Run {
  std::int64_t id = 0;
  Provenance provenance;
  std::string started;
  std::string ended;  // of its last commit: a run may have been killed
  std::int64_t scores = 0;
};

/// What put() does with a record that the store has already.
enum class Existing {
  keep,            // it stays as it is
  replace_failed,  // one whose status is failed gives way to the new one
};

/// An open store. All functions may be called from several threads; they
/// throw UserError when another process keeps the file locked for longer than
/// `patience`, std::runtime_error when it cannot be read or written.
class ScoreStore {
 public:
  /// Opens the store for writing, or creates it; what `protocol` names and the
  /// store does not (the data, see first_difference) is added. Throws
  /// UserError, with the file as it was, when it holds another protocol (the
  /// text names the first field that differs), has a later schema version, is
  /// damaged or no store of scores, is locked or cannot be written. A store of
  /// schema version 1 becomes one of version 2.
  static ScoreStore open(
      const std::filesystem::path& path,
      const Protocol& protocol,
      const Provenance& provenance,
      std::chrono::milliseconds patience = std::chrono::seconds(10));

  /// Opens a store of whatever protocol to read from it. Throws UserError when
  /// there is none or it is damaged.
  static ScoreStore read(
      const std::filesystem::path& path,
      std::chrono::milliseconds patience = std::chrono::seconds(10));

  ~ScoreStore();
  ScoreStore(ScoreStore&& other) noexcept;
  ScoreStore& operator=(ScoreStore&& other) noexcept;

  const std::filesystem::path& path() const;
  const Protocol& protocol() const;

  /// False for a store of schema version 1, in which a number that has become
  /// another number cannot be noticed.
  bool has_checksums() const;

  /// Fixes the order in which the store lists proxies and architectures: that
  /// in which they were first declared, whatever order they are scored in.
  /// `archs` is the whole list even when this run takes a part of it: then
  /// `mine(i)` says whether the i-th belongs to the part, and merged shards
  /// get the order of the whole. Optional: put() appends what it does not know.
  void declare(
      std::span<const std::string> proxies,
      std::span<const std::string> archs,
      const std::function<bool(std::size_t)>& mine = {});

  /// True when there is a record, of whatever status.
  bool has(std::string_view arch, std::string_view proxy) const;

  /// The records of these architectures (in this order; empty: all, in the
  /// store's order) and of these proxies (empty: all; in the store's order).
  std::vector<ScoreRecord> find(
      std::span<const std::string> archs = {},
      std::span<const std::string> proxies = {}) const;

  /// Adds records in one transaction: all of them are on the disk when it
  /// returns, none when it throws. Returns how many were new or replaced
  /// another. Negative zero is stored as zero.
  /// Throws std::invalid_argument for a record whose value is not finite
  /// though its status is ok; and as check_in_place(), with these records saved
  /// beside the store too.
  std::size_t put(
      std::span<const ScoreRecord> records,
      Existing existing = Existing::keep);

  /// Throws std::runtime_error when the file at path() is no longer the one
  /// that was opened, because it was deleted, renamed or replaced. All that
  /// this store holds is then saved beside it, as PATH.rescued or under the
  /// next free name like it (where temporary files go, when its folder is gone
  /// too); the text says where.
  void check_in_place();

  /// The architectures with a record, the proxies with a record.
  std::vector<std::string> archs() const;
  std::vector<std::string> proxies() const;

  /// How many records there are.
  std::int64_t size() const;

  std::vector<Run> runs() const;

  /// A row an architecture, a column a proxy; NaN where there is no score.
  /// Models are called as shown_models() does.
  tables::Table table() const;

 private:
  struct Impl;
  explicit ScoreStore(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace zcp::store
