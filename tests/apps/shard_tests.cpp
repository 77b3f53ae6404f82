#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "apps/shard.h"
#include "tests/support/temporary.h"

namespace {

using zcp::apps::parse_shard;
using zcp::apps::Shard;
using zcp::apps::ShardBy;
using zcp::engine::Fingerprint;
using zcp::test::user_error;

}  // namespace

TEST_CASE("a shard is read as I/N") {
  const Shard shard = parse_shard("2/5");
  CHECK(shard.index == 2);
  CHECK(shard.count == 5);
}

TEST_CASE("shards: each hash belongs to one of them, without any to the one") {
  std::vector<Fingerprint> prints;
  for (std::uint64_t hash = 0; hash < 20; ++hash) {
    prints.push_back({hash, 0, 0, 100});
  }
  for (const ShardBy by : {ShardBy::hash, ShardBy::cost}) {
    std::vector<int> takers(20, 0);
    for (std::uint64_t i = 0; i < 3; ++i) {
      const auto part = Shard{i, 3, by}.part_of(prints);
      for (std::size_t a = 0; a < 20; ++a) takers[a] += part[a] ? 1 : 0;
    }
    CHECK(takers == std::vector<int>(20, 1));
    CHECK(Shard{0, 1, by}.part_of(prints) == std::vector<bool>(20, true));
  }
  CHECK(Shard{1, 3}.part_of(prints)[7]);
  CHECK_FALSE(Shard{1, 3}.part_of(prints)[8]);
}

TEST_CASE("shards by cost are even, whatever the order, and keep twins") {
  // 8 and 7 and 6 and 5 and 4 million, the last one three times.
  std::vector<Fingerprint> prints{
      {3, 0, 0, 8'000'000},
      {9, 0, 0, 7'000'000},
      {1, 0, 0, 6'000'000},
      {7, 0, 0, 5'000'000},
      {5, 0, 0, 4'000'000},
      {5, 0, 0, 4'000'000},
      {5, 0, 0, 4'000'000}};
  const Shard first{0, 2, ShardBy::cost};
  // Heaviest first to the part with least: 8 | 7, then 6 to 7, 5 to 8, 4 to 13.
  const std::vector<bool> part{true, false, false, true, true, true, true};
  CHECK(first.part_of(prints) == part);
  std::ranges::reverse(prints);
  std::vector<bool> backwards = first.part_of(prints);
  std::reverse(backwards.begin(), backwards.end());
  CHECK(backwards == part);
  // By their hashes, all odd, the other part would have everything.
  CHECK(Shard{0, 2}.part_of(prints) == std::vector<bool>(7, false));
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
