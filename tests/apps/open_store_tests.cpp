#include <doctest/doctest.h>

#include "apps/open_store.h"
#include "tests/support/temporary.h"

using Strings = std::vector<std::string>;

TEST_CASE("an opened store lists what was declared, in that order") {
  const zcp::test::TemporaryFolder folder;
  const std::string path = folder.path() / "s.sqlite";
  const Strings columns{"p"};
  const Strings archs{"c", "a", "b"};
  auto store = zcp::apps::open_store(
      path, {{"seed", "0"}}, {}, {columns, archs, [](std::size_t) {
                                    return true;
                                  }});
  const auto record = [](const char* arch) {
    zcp::store::ScoreRecord made;
    made.arch = arch;
    made.proxy = "p";
    made.value = 1;
    return made;
  };
  for (const char* arch : {"a", "b", "c"}) {
    store.put(std::vector{record(arch)});
  }
  CHECK(store.archs() == archs);
  CHECK(store.protocol().at("seed") == "0");
  const std::string error = zcp::test::user_error([&] {
    zcp::apps::open_store(path, {{"seed", "1"}}, {}, {columns, archs, {}});
  });
  CHECK(error.find("seed") != std::string::npos);
}
