#include <doctest/doctest.h>

#include "apps/shipped_scores.h"
#include "tests/support/temporary.h"

using namespace zcp::apps;
using zcp::test::user_error;

TEST_CASE("sweeps are files SPACE.NAME.csv.gz of the first folder with any") {
  const zcp::test::TemporaryFolder folder;
  folder.write("nats-tss.noise.csv.gz", "");
  folder.write("darts.a.csv.gz", "");
  folder.write("README.md", "");
  folder.write("nats-tss.csv.gz", "");
  const std::vector<std::filesystem::path> folders = {
      folder.path() / "absent", folder.path()};
  const auto found = shipped_scores(folders);
  REQUIRE(found.size() == 2);
  CHECK(found[0].name == "darts:a");
  CHECK(found[1].name == "nats-tss:noise");

  CHECK(
      scores_path("nats-tss:noise", folders) ==
      (folder.path() / "nats-tss.noise.csv.gz").string());
  CHECK(scores_path("mine.csv", folders) == "mine.csv");
  CHECK(scores_path("c:mine.csv", folders) == "c:mine.csv");
  CHECK(
      user_error([&] { scores_path("nats-tss:nose", folders); }) ==
      "--scores nats-tss:nose: no file and no sweep of that name; sweeps "
      "that are shipped: darts:a, nats-tss:noise");
}

TEST_CASE("sweeps say in comments how they were made") {
  const zcp::test::TemporaryFolder folder;
  folder.write(
      "nats-tss.noise.csv.gz",
      "# Scores of noise, batch 16,\n# seed 0. An empty field: no score. Made "
      "by\n#   zcp score\narch,params\na,1\n");
  const std::vector<std::filesystem::path> folders = {folder.path()};
  CHECK(
      shipped_protocol("nats-tss:noise", folders) ==
      "nats-tss:noise: Scores of noise, batch 16, seed 0");
  CHECK(shipped_protocol("mine.csv", folders).empty());
}
