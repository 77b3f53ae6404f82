// What an open store holds. Only the sources of ScoreStore include this.
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <utility>

#include "analysis/store/open_store.h"
#include "analysis/store/schema.h"
#include "analysis/store/score_store.h"
#include "analysis/store/sqlite.h"
#include "common/file_identity.h"

namespace zcp::store {

/// The value of a score that there is none of.
inline constexpr double kNoValue = std::numeric_limits<double>::quiet_NaN();

/// Where SQLite keeps the log of a store.
std::filesystem::path log_of(const std::filesystem::path& path);

struct ScoreStore::Impl {
  Impl(
      std::filesystem::path place,
      sqlite::Database connection,
      Protocol fields)
      : path(std::move(place)),
        database(std::move(connection)),
        protocol(std::move(fields)) {}

  ~Impl();

  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  /// False when `path` leads to another file than the one that is open.
  bool is_in_place() const;
  /// Saves everything, and `records` with it, beside the store. Throws.
  [[noreturn]] void rescue(
      std::span<const ScoreRecord> records,
      Existing existing);

  /// Writes the run of this writer, or the time of its latest commit.
  void write_run();
  /// Returns how many of the records were new or replaced another.
  std::size_t insert(std::span<const ScoreRecord> records, Existing existing);

  std::filesystem::path path;
  sqlite::Database database;
  Protocol protocol;
  int version = kSchemaVersion;
  std::optional<Provenance> provenance;  // of a writer
  std::int64_t run = 0;                  // 0 until the first score
  std::optional<FileIdentity> file;      // that was opened
  std::optional<FileIdentity> log;       // its log, once there is one
  std::unique_ptr<ScoreStore> rescued;   // where scores go once it is gone
  std::mutex mutex;
};

}  // namespace zcp::store
