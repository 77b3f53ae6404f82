#include <doctest/doctest.h>

#include <iterator>
#include <ostream>
#include <stdexcept>

#include "common/atomic_file.h"
#include "tests/support/temporary.h"
#include "tests/support/test_files.h"

using namespace zcp;
using zcp::test::TemporaryFolder;
using zcp::test::user_error;

namespace fs = std::filesystem;

namespace {

std::string content(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  REQUIRE(in.good());
  return {std::istreambuf_iterator<char>(in), {}};
}

std::ptrdiff_t entries(const fs::path& folder) {
  return std::distance(fs::directory_iterator(folder), {});
}

void put(const fs::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

}  // namespace

TEST_CASE("atomic file: it replaces what was there, and leaves nothing else") {
  const TemporaryFolder folder;
  const fs::path path = folder.write("f", "old");
  {
    AtomicFile file(path);
    CHECK_FALSE(fs::exists(file.temporary()));
    put(file.temporary(), "new");
    CHECK(content(path) == "old");
    file.replace();
  }
  CHECK(content(path) == "new");
  CHECK(entries(folder.path()) == 1);
}

TEST_CASE("atomic file: what is not published goes") {
  const TemporaryFolder folder;
  {
    const AtomicFile file(folder.path() / "f");
    put(file.temporary(), "half");
    CHECK(entries(folder.path()) == 1);
  }
  CHECK(entries(folder.path()) == 0);
}

TEST_CASE("atomic file: a new one takes no other's place") {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "f";
  AtomicFile first(path);
  AtomicFile second(path);
  put(first.temporary(), "first");
  put(second.temporary(), "second");
  CHECK(first.publish_new());
  CHECK_FALSE(second.publish_new());
  CHECK(content(path) == "first");
}

TEST_CASE("atomic file: through a symbolic link the file itself is written") {
  const TemporaryFolder folder;
  const fs::path target = folder.write("real/f", "old");
  const fs::path link = folder.path() / "link";
  fs::create_symlink(target, link);
  AtomicFile file(link);
  CHECK(file.temporary().parent_path() == fs::canonical(target.parent_path()));
  put(file.temporary(), "new");
  file.replace();
  CHECK(fs::is_symlink(link));
  CHECK(content(target) == "new");
}

TEST_CASE("atomic file: folders, and files in folders that are absent") {
  const TemporaryFolder folder;
  CHECK(user_error([&] {
          const AtomicFile file(folder.path());
        }).ends_with("is a folder, a file was expected"));
  CHECK(user_error([&] {
          const AtomicFile file(folder.path() / "none" / "f");
        }).ends_with("none does not exist"));
}

TEST_CASE("destinations: what would be lost is refused before the work") {
  const TemporaryFolder folder;
  const fs::path store = folder.write("s.sqlite", "store");
  CHECK(
      user_error([&] {
        check_destination(store, store);
      }).ends_with("the table would replace the store; give it another name"));
  CHECK(user_error([&] {
          check_destination(folder.path() / "." / "s.sqlite", store);
        }).find("would replace") != std::string::npos);
  CHECK(user_error([&] {
          check_destination(folder.path(), {});
        }).ends_with("is a folder, a file was expected"));
  CHECK(user_error([&] { check_destination("-", store); }).empty());
  CHECK(user_error([&] { check_destination("/dev/null", store); }).empty());
  const fs::path fresh = folder.path() / "t.csv";
  CHECK(user_error([&] { check_destination(fresh, store); }).empty());
  CHECK_FALSE(fs::exists(fresh));
  CHECK(content(store) == "store");
}

TEST_CASE("output: complete, or as it was before") {
  const TemporaryFolder folder;
  const fs::path path = folder.write("f", "old");
  CHECK_THROWS_AS(
      write_output(
          path,
          [](std::ostream& out) {
            out << "half";
            throw std::logic_error("broken off");
          }),
      std::logic_error);
  CHECK(content(path) == "old");
  write_output(path, [](std::ostream& out) { out << "new"; });
  CHECK(content(path) == "new");
  CHECK(entries(folder.path()) == 1);
}

TEST_CASE("output: what the disk does not take is an error") {
  if (zcp::test::absent("/dev/full")) return;
  CHECK_THROWS_WITH_AS(
      write_output(
          "/dev/full", [](std::ostream& out) { out << "text" << std::flush; }),
      "/dev/full could not be written to its end",
      std::runtime_error);
}
