// Composites among the names of --proxies.
#include <doctest/doctest.h>

#include "apps/proxy_names.h"
#include "tests/support/temporary.h"

TEST_CASE("proxy names: a composite stands for its ingredients") {
  using Names = std::vector<std::string>;
  Names notes;
  CHECK(
      zcp::apps::proxies_asked_for("zico,core", notes) ==
      Names{"zico", "core"});
  CHECK(notes.empty());
  CHECK(
      zcp::apps::proxies_asked_for("az_nas,x=log_rank(zico,snip)", notes) ==
      Names{
          "expressivity",
          "progressivity",
          "trainability",
          "macs",
          "zico",
          "snip"});
  REQUIRE(notes.size() == 2);
  CHECK(notes[0].find("zcp rank --by 'az_nas'") != std::string::npos);
  CHECK(notes[1].starts_with("x is made of ranks"));
  for (const char* list : {"zico,,snip", "zico,", "x=log_rank(zico,zico)"}) {
    CHECK_FALSE(zcp::test::user_error([&] {
                  zcp::apps::proxies_asked_for(list, notes);
                }).empty());
  }
}
