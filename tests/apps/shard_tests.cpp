#include <doctest/doctest.h>

#include "apps/shard.h"
#include "tests/support/temporary.h"

namespace {

using zcp::apps::parse_shard;
using zcp::apps::Shard;
using zcp::test::user_error;

}  // namespace

TEST_CASE("a shard is read as I/N") {
  const Shard shard = parse_shard("2/5");
  CHECK(shard.index == 2);
  CHECK(shard.count == 5);
}

TEST_CASE("shards: each hash belongs to one of them, without any to the one") {
  for (std::uint64_t hash = 0; hash < 20; ++hash) {
    int takers = 0;
    for (std::uint64_t i = 0; i < 3; ++i) {
      takers += Shard{i, 3}.takes(hash) ? 1 : 0;
    }
    CHECK(takers == 1);
    CHECK(Shard{}.takes(hash));
  }
  CHECK(Shard{1, 3}.takes(7));
  CHECK_FALSE(Shard{1, 3}.takes(8));
}

TEST_CASE("what is no shard is refused by name") {
  for (const char* text : {"", "1", "1/2/3", "a/2", "1/b", "1/2x", "-1/2"}) {
    CHECK(user_error([&] {
            parse_shard(text);
          }) == std::string("--shard ") + text + ": expected I/N, like 0/4");
  }
  for (const char* text : {"2/2", "0/0", "3/2"}) {
    CHECK(user_error([&] {
            parse_shard(text);
          }) == std::string("--shard ") + text + ": expected 0 <= I < N");
  }
}
