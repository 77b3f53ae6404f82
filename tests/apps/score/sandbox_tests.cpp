#include <filesystem>

#include "apps/score/sandbox.h"
#include "tests/support/temporary.h"
#include "tests/support/test_files.h"

namespace fs = std::filesystem;

TEST_CASE("sandbox: the folder of a file that is not there yet") {
  CHECK(zcp::apps::folder_of("new.sqlite") == fs::current_path());
  CHECK(zcp::apps::folder_of("./new.sqlite") == fs::current_path());
  CHECK(zcp::apps::folder_of("-").empty());
  CHECK(zcp::apps::folder_of("").empty());
}

TEST_CASE("sandbox: the folder lies where the links lead") {
  const zcp::test::TemporaryFolder folder;
  const fs::path real = fs::canonical(folder.path()) / "real";
  fs::create_directory(real);
  fs::create_directory_symlink(real, folder.path() / "link");
  CHECK(
      zcp::apps::folder_of((folder.path() / "link" / "new.csv").string()) ==
      real);
}
