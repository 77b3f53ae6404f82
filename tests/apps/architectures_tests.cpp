#include <doctest/doctest.h>

#include "apps/architectures.h"

using Indices = std::vector<std::size_t>;
using Strings = std::vector<std::string>;

TEST_CASE("architectures: each name once, in the order it first came") {
  const auto united = zcp::apps::unite_names({"b", "a", "b", "c", "a"});
  CHECK(united.asked == Strings{"b", "a", "b", "c", "a"});
  CHECK(united.unique == Strings{"b", "a", "c"});
  CHECK(united.unique_of == Indices{0, 1, 0, 2, 1});
  CHECK(united.first_of == Indices{0, 1, 3});
}

TEST_CASE("architectures: none") {
  CHECK(zcp::apps::unite_names({}).unique.empty());
}
