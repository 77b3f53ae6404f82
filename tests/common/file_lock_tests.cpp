#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <thread>
#include <vector>

#include "common/file_lock.h"
#include "tests/support/temporary.h"

using namespace zcp;

TEST_CASE("file lock: those who change a file take turns") {
  const test::TemporaryFolder folder;
  const auto path = folder.write("count", "0");
  constexpr int kThreads = 4;
  constexpr int kTurns = 100;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int turn = 0; turn < kTurns; ++turn) {
        const FileLock lock(path);
        int count = 0;
        std::ifstream(path) >> count;
        std::ofstream(path) << count + 1;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  int count = 0;
  std::ifstream(path) >> count;
  CHECK(count == kThreads * kTurns);
  // Nothing else is left in the folder.
  const std::filesystem::directory_iterator entries(folder.path());
  CHECK(std::distance(begin(entries), end(entries)) == 1);
}

TEST_CASE("file lock: what a process that was killed has left is no obstacle") {
  const test::TemporaryFolder folder;
  const auto left = folder.write("f.lock", "");
  { const FileLock lock(folder.path() / "f"); }
  CHECK_FALSE(std::filesystem::exists(left));
  CHECK(
      test::user_error([&] {
        const FileLock lock(folder.path() / "no" / "f");
      }).find("f.lock cannot be made: No such file or directory") !=
      std::string::npos);
}
