#include <doctest/doctest.h>

#include "apps/command_line.h"

using zcp::apps::command_line;

TEST_CASE("a command line keeps plain arguments as they are") {
  CHECK(command_line("score", {}) == "zcp score");
  CHECK(
      command_line("score", {"--csv", "a/b_c-1.csv", "--data=x,y:z+@%"}) ==
      "zcp score --csv a/b_c-1.csv --data=x,y:z+@%");
}

TEST_CASE("a command line quotes what a shell would read otherwise") {
  CHECK(command_line("score", {""}) == "zcp score ''");
  CHECK(command_line("score", {"a b"}) == "zcp score 'a b'");
  CHECK(command_line("score", {"|none~0|"}) == "zcp score '|none~0|'");
  CHECK(command_line("score", {"it's"}) == "zcp score 'it'\\''s'");
  CHECK(command_line("score", {"$HOME", "*"}) == "zcp score '$HOME' '*'");
}
