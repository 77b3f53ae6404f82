// What importers could not use.
#include "benchmarks/importers/unused.h"
#include "tests/support/test_files.h"

using namespace zcp::importers;
using Lines = std::vector<std::string>;

TEST_CASE("unused: counts by kind, in the order they came, the first of each") {
  Unused unused;
  CHECK(unused.empty());
  CHECK(unused.lines().empty());
  unused.add("rows", "line 3");
  unused.add("columns", "'x'");
  unused.add("rows", "line 2");
  CHECK_FALSE(unused.empty());
  CHECK(
      unused.lines() ==
      Lines{"rows: 2, first line 3", "columns: 1, first 'x'"});
}

TEST_CASE("unused: a kind is a line, whatever names hold") {
  Unused unused;
  unused.add("rows", "a\nb\tc");
  CHECK(unused.lines() == Lines{"rows: 1, first a b c"});
}

TEST_CASE("unused: another's come behind") {
  Unused first;
  first.add("rows", "a");
  Unused second;
  second.add("files", "f");
  second.add("rows", "b");
  second.add("rows", "c");
  first.add(second);
  first.add(Unused());
  CHECK(first.lines() == Lines{"rows: 3, first a", "files: 1, first f"});
}
