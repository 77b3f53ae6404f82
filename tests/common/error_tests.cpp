#include <doctest/doctest.h>

#include "common/error.h"

using zcp::nearest_name;
using zcp::UserError;

TEST_CASE("user error: one line, whatever names the text holds") {
  CHECK(std::string(UserError("a\nb\tc\x7f").what()) == "a b c\\x7f");
  CHECK(
      std::string(UserError("\x1b[2J\xE2\x80\xAE").what()) ==
      "\\x1b[2J\\u202e");
  CHECK(std::string(UserError("{} of {}", 3, "x\r").what()) == "3 of x ");
  // UTF-8 stays as it is.
  CHECK(std::string(UserError("\xC3\xA9").what()) == "\xC3\xA9");
}

TEST_CASE("nearest name: the fewest edits, within a third of the length") {
  // kitten and sitting are three edits apart (Levenshtein's own example).
  CHECK(nearest_name("kitten", {"sitting"}) == "sitting");
  CHECK(nearest_name("kitte", {"sitting"}).empty());
  CHECK(nearest_name("synflo", {"snip", "synflow", "zen"}) == "synflow");
  CHECK(nearest_name("zne", {"zen"}) == "zen");
  CHECK(nearest_name("xyz", {"abc"}).empty());
  // Of equally near ones the first.
  CHECK(nearest_name("cat", {"bat", "rat"}) == "bat");
  CHECK(nearest_name("cat", {}).empty());
  CHECK(nearest_name("", {"a", "abc"}) == "a");
}
