// What an open store holds. Only the sources of ScoreStore include this.
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <mutex>
#include <optional>
#include <span>
#include <utility>

#include "analysis/store/open_store.h"
#include "analysis/store/score_store.h"
#include "analysis/store/sqlite.h"

namespace zcp::store {

/// The value of a score that there is none of.
inline constexpr double kNoValue = std::numeric_limits<double>::quiet_NaN();

struct ScoreStore::Impl {
  Impl(std::filesystem::path file, sqlite::Database connection, Protocol fields)
      : path(std::move(file)),
        database(std::move(connection)),
        protocol(std::move(fields)) {}

  ~Impl() {
    if (provenance) close_writer(database);
  }

  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  /// Writes the run of this writer, or the time of its latest commit.
  void start_run();
  /// Returns how many of the records were new.
  std::size_t insert(std::span<const ScoreRecord> records);

  std::filesystem::path path;
  sqlite::Database database;
  Protocol protocol;
  std::optional<Provenance> provenance;  // of a writer
  std::int64_t run = 0;                  // 0 until the first score
  std::mutex mutex;
};

}  // namespace zcp::store
