// export and merge on stores that are damaged, hostile or in the way.
#include <doctest/doctest.h>

#include <string>

#include "tests/support/program.h"
#include "tests/support/test_files.h"

namespace {

using namespace zcp::test;

/// Copies of the golden stores, which may be written to.
struct Stores {
  Stores() {
    for (const char* name : {"store_v1.sqlite", "store_v2.sqlite"}) {
      std::filesystem::copy_file(golden(name), folder.path() / name);
    }
  }

  std::string path(const std::string& name) const {
    return folder.path() / name;
  }

  TemporaryFolder folder;
  std::string old = path("store_v1.sqlite");
  std::string store = path("store_v2.sqlite");
};

}  // namespace

TEST_CASE("program: a store with checksums is exported without a word") {
  const Stores stores;
  const Finished run = run_zcp({"export", "--store", stores.store});
  CHECK(run.status == 0);
  CHECK(run.err == "");
  CHECK(count_lines(run.out) == 3);
  const Finished old = run_zcp({"export", "--store", stores.old});
  CHECK(old.status == 0);
  CHECK(old.out == run.out);
  CHECK(count_lines(old.err) == 1);
  CHECK(old.err.find("without checksums") != std::string::npos);
  CHECK(run_zcp({"export", "--quiet", "--store", stores.old}).err == "");
}

TEST_CASE("program: one changed byte of a value is an error") {
  const Stores stores;
  std::string bytes = read_file(stores.store);
  // 1e61, the score of an architecture, as SQLite writes it.
  const std::string value("\x4c\x98\xe4\x5e\x1d\xf3\xb0\x15", 8);
  const std::size_t place = bytes.find(value);
  REQUIRE(place != std::string::npos);
  bytes[place + 7] ^= 1;
  const std::string damaged = stores.folder.write("damaged", bytes);
  check_refused({"export", "--store", damaged}, "damaged is damaged");
  check_refused(
      {"merge", "--store", stores.path("out"), damaged}, "damaged is damaged");
  CHECK_FALSE(std::filesystem::exists(stores.path("out")));
}

TEST_CASE("program: no table replaces a store, however it is spelled") {
  const Stores stores;
  const std::string before = read_file(stores.store);
  const std::string folder = stores.folder.path();
  std::filesystem::create_symlink(stores.store, folder + "/link");
  std::filesystem::create_hard_link(stores.store, folder + "/hard");
  for (const std::string& csv :
       {stores.store,
        folder + "/./store_v2.sqlite",
        folder + "/link",
        folder + "/hard",
        stores.store + "-wal",
        stores.old}) {
    check_refused(
        {"export", "--store", stores.store, "--csv", csv},
        csv == stores.old ? "a SQLite database" : "would replace");
  }
  CHECK(read_file(stores.store) == before);
}

TEST_CASE("program: streams as outputs, and names that no store can have") {
  const Stores stores;
  const std::string table = output_of({"export", "--store", stores.store});
  for (const char* csv : {"-", "/dev/stdout", "/dev/fd/1"}) {
    CHECK(
        output_of({"export", "--store", stores.store, "--csv", csv}) == table);
  }
  for (const char* name : {"", "-", "/dev/zero", "/"}) {
    check_refused({"export", "--store", name}, name);
  }
  check_refused({"merge", "--store", "", stores.store}, "''");
}
