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

TEST_CASE("the words of a command line are its arguments") {
  const zcp::apps::Arguments words{
      "--arch", "|none~0|+|a b~1|", "it's", "", "a\\b", "--by=c=x(a,b)", "-"};
  std::string line = command_line("score", words);
  line.erase(0, std::string("zcp score ").size());
  CHECK(zcp::apps::shell_words(line) == words);
  CHECK(zcp::apps::shell_words("").empty());
  CHECK(zcp::apps::shell_words("  a  b ") == zcp::apps::Arguments{"a", "b"});
}
