#include <doctest/doctest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <string>

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
    put(file.temporary(), "new");
    CHECK(content(path) == "old");
    CHECK(entries(folder.path()) == 1);
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
    CHECK(content(file.temporary()) == "half");
    CHECK(entries(folder.path()) == 0);  // it has no name yet
    const AtomicFile named(folder.path() / "g", AtomicFile::Kind::named);
    put(named.temporary(), "half");
    CHECK(entries(folder.path()) == 1);
    CHECK(named.temporary().parent_path() == fs::canonical(folder.path()));
  }
  CHECK(entries(folder.path()) == 0);
}

TEST_CASE("atomic file: a new one takes no other's place") {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "f";
  {
    AtomicFile first(path);
    AtomicFile second(path);
    AtomicFile third(path, AtomicFile::Kind::named);
    put(first.temporary(), "first");
    put(second.temporary(), "second");
    put(third.temporary(), "third");
    CHECK(first.publish_new());
    CHECK_FALSE(second.publish_new());
    CHECK_FALSE(third.publish_new());
  }
  CHECK(content(path) == "first");
  CHECK(entries(folder.path()) == 1);
  AtomicFile named(folder.path() / "g", AtomicFile::Kind::named);
  put(named.temporary(), "named");
  CHECK(named.publish_new());
  CHECK(content(folder.path() / "g") == "named");
}

TEST_CASE("atomic file: through a symbolic link the file itself is written") {
  const TemporaryFolder folder;
  const fs::path target = folder.write("real/f", "old");
  const fs::path link = folder.path() / "link";
  fs::create_symlink(target, link);
  for (const auto kind :
       {AtomicFile::Kind::nameless, AtomicFile::Kind::named}) {
    fs::remove(target);  // then the link leads to a file that is yet to come
    for (const std::string text : {"first", "second"}) {
      AtomicFile file(link, kind);
      put(file.temporary(), text);
      CHECK(entries(folder.path()) == 2);
      file.replace();
      CHECK(fs::is_symlink(link));
      CHECK(content(target) == text);
    }
  }
  CHECK(entries(target.parent_path()) == 1);
}

TEST_CASE("atomic file: mode and owner of what it replaces stay") {
  const TemporaryFolder folder;
  const fs::path path = folder.write("f", "old");
  REQUIRE(::chmod(path.c_str(), 0640) == 0);
  const bool root = ::geteuid() == 0;
  if (root) REQUIRE(::chown(path.c_str(), 65534, 65534) == 0);
  struct stat before {};
  REQUIRE(::stat(path.c_str(), &before) == 0);
  {
    AtomicFile file(path);
    put(file.temporary(), "new");
    file.replace();
  }
  struct stat after {};
  REQUIRE(::stat(path.c_str(), &after) == 0);
  CHECK(content(path) == "new");
  CHECK(after.st_mode == before.st_mode);
  CHECK(after.st_uid == before.st_uid);
  CHECK(after.st_gid == before.st_gid);
  CHECK(after.st_ino != before.st_ino);
}

TEST_CASE("atomic file: where the owner cannot be kept the file is rewritten") {
  if (::geteuid() != 0) return zcp::test::skip("only root owns others' files");
  const TemporaryFolder folder;
  REQUIRE(::chmod(folder.path().c_str(), 0777) == 0);
  const fs::path path = folder.write("f", std::string(100000, 'x'));
  REQUIRE(::chmod(path.c_str(), 0666) == 0);
  struct stat before {};
  REQUIRE(::stat(path.c_str(), &before) == 0);
  REQUIRE(::seteuid(65534) == 0);
  {
    AtomicFile file(path);
    put(file.temporary(), "new");
    file.replace();
  }
  REQUIRE(::seteuid(0) == 0);
  struct stat after {};
  REQUIRE(::stat(path.c_str(), &after) == 0);
  CHECK(content(path) == "new");
  CHECK(after.st_ino == before.st_ino);
  CHECK(after.st_uid == before.st_uid);
  CHECK(entries(folder.path()) == 1);
}

TEST_CASE("atomic file: a new one has what the umask leaves") {
  const TemporaryFolder folder;
  const mode_t before = ::umask(027);
  for (const auto kind :
       {AtomicFile::Kind::nameless, AtomicFile::Kind::named}) {
    const fs::path path =
        folder.path() / std::to_string(static_cast<int>(kind));
    AtomicFile file(path, kind);
    put(file.temporary(), "new");
    CHECK(file.publish_new());
    CHECK(
        fs::status(path).permissions() ==
        (fs::perms::owner_read | fs::perms::owner_write |
         fs::perms::group_read));
  }
  ::umask(before);
}

TEST_CASE("atomic file: nothing is left of it when the process is killed") {
  const TemporaryFolder folder;
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGKILL}) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      ::signal(signal, SIG_DFL);
      AtomicFile file(folder.path() / "f");
      put(file.temporary(), "half");
      ::raise(signal);
      ::_exit(1);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(WIFSIGNALED(status));
    CHECK(entries(folder.path()) == 0);
  }
}

TEST_CASE("atomic file: folders, and files in folders that are absent") {
  const TemporaryFolder folder;
  CHECK(user_error([&] {
          const AtomicFile file(folder.path());
        }).ends_with("is a folder, a file was expected"));
  CHECK(user_error([&] {
          const AtomicFile file(folder.path() / "none" / "f");
        }).ends_with("none does not exist"));
  CHECK(user_error([] {
          const AtomicFile file("");
        }).find("''") != std::string::npos);
  CHECK(user_error([] {
          const AtomicFile file("/proc/f");
        }).find("/proc/f cannot be written") != std::string::npos);
}

TEST_CASE("atomic file: what a killed process left is removed, no more") {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "f";
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const AtomicFile file(path, AtomicFile::Kind::named);
    fs::path journal = file.temporary();
    journal += "-journal";
    put(journal, "of SQLite");
    ::raise(SIGKILL);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFSIGNALED(status));
  REQUIRE(entries(folder.path()) == 2);
  folder.write("f.00000000-1-00000000.tmp", "of another machine");
  folder.write("f.tmp", "the user's");
  folder.write("g.csv", "the user's");
  const AtomicFile living(path, AtomicFile::Kind::named);
  {
    const AtomicFile file(path, AtomicFile::Kind::named);
    CHECK(entries(folder.path()) == 5);
  }
  CHECK(fs::exists(living.temporary()));
  CHECK(entries(folder.path()) == 4);
}
