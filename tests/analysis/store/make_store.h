// Small stores for the tests of stores.
#pragma once

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bit>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <string>
#include <vector>

#include "analysis/store/score_store.h"
#include "tests/support/temporary.h"
#include "tests/support/test_files.h"

namespace zcp::test {

using store::Protocol;
using store::Provenance;
using store::ScoreRecord;
using store::ScoreStore;

inline constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

/// A protocol of three fields.
inline Protocol protocol(const std::string& batch_size = "64") {
  return {{"batch_size", batch_size}, {"seed", "0"}, {"space", "nats-tss"}};
}

inline Provenance provenance() {
  Provenance made = store::this_machine();
  made.version = "0.1.0";
  made.command = "zcp score --sample 2";
  made.libtorch = "1.13.1";
  made.blas = "openblas";
  made.threads = 2;
  return made;
}

/// Opens or creates a store of that protocol.
inline ScoreStore open(const std::filesystem::path& path) {
  return ScoreStore::open(path, protocol(), provenance());
}

inline ScoreRecord
score(const std::string& arch, const std::string& proxy, double value) {
  return {arch, proxy, ScoreStatus::ok, value, "", 0.25};
}

inline void put(ScoreStore& store, const ScoreRecord& record) {
  store.put({&record, 1});
}

/// A closed store with these records; returns its path.
inline std::filesystem::path store_of(
    const std::filesystem::path& path,
    const std::vector<ScoreRecord>& records) {
  open(path).put(records);
  return path;
}

/// The bytes of a file.
inline std::string bytes(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline std::size_t files_in(const std::filesystem::path& folder) {
  return static_cast<std::size_t>(
      std::distance(std::filesystem::directory_iterator(folder), {}));
}

/// True for one line that has all the parts; prints any other.
inline bool mentions(
    const std::string& text,
    const std::vector<std::string>& parts) {
  bool all = !text.empty() && text.find('\n') == std::string::npos;
  for (const std::string& part : parts) {
    all = all && text.find(part) != std::string::npos;
  }
  if (!all) MESSAGE(text);
  return all;
}

inline bool same_bits(double a, double b) {
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

inline constexpr int kBatch = 20;

/// Puts batches until it is killed and reports each to `report` once put()
/// has returned. Never returns.
[[noreturn]] inline void
write_until_killed(const std::filesystem::path& path, int life, int report) {
  try {
    ScoreStore store = open(path);
    for (int batch = 0;; ++batch) {
      std::vector<ScoreRecord> records;
      for (int i = 0; i < kBatch; ++i) {
        records.push_back(score(
            fmt::format("{}/{}/{}", life, batch, i),
            "zico",
            batch + 1.0 / (i + 1)));
      }
      store.put(records);
      if (write(report, &batch, sizeof batch) != sizeof batch) break;
    }
  } catch (...) {
  }
  _exit(1);
}

/// Starts a writer, kills it after a while and returns how many batches it
/// had reported.
inline int
live_and_die(const std::filesystem::path& path, int life, int microseconds) {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) write_until_killed(path, life, ends[1]);
  close(ends[1]);
  usleep(static_cast<useconds_t>(microseconds));
  kill(child, SIGKILL);
  int status = 0;
  waitpid(child, &status, 0);
  CHECK(WIFSIGNALED(status));
  int batches = 0;
  int batch = 0;
  while (read(ends[0], &batch, sizeof batch) == sizeof batch) ++batches;
  close(ends[0]);
  return batches;
}

}  // namespace zcp::test
