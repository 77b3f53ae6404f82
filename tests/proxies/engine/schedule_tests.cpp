#include <set>

#include "proxies/engine/schedule.h"
#include "proxies/registry.h"
#include "tests/support/test_files.h"

using namespace zcp::engine;
using namespace zcp::proxies;
using zcp::graph::Folding;

namespace {

std::vector<MissingScore> all_targets(std::size_t archs, std::size_t proxies) {
  std::vector<MissingScore> targets;
  for (std::size_t a = 0; a < archs; ++a) {
    for (std::size_t p = 0; p < proxies; ++p) targets.push_back({a, p});
  }
  return targets;
}

/// How often each (architecture, proxy) is served.
std::multiset<std::pair<std::size_t, std::size_t>> served(
    const std::vector<WorkItem>& items) {
  std::multiset<std::pair<std::size_t, std::size_t>> all;
  for (const WorkItem& item : items) {
    for (std::size_t p = 0; p < item.proxies.size(); ++p) {
      for (const std::size_t a : item.architectures[p]) {
        all.insert({a, item.proxies[p]});
      }
    }
  }
  return all;
}

}  // namespace

TEST_CASE("functionally equal architectures run once, the heaviest first") {
  const std::vector<const Descriptor*> proxies{
      &find_proxy("grad_norm"), &find_proxy("synflow")};
  const std::vector<Fingerprint> prints{
      {1, 10, 100, 5}, {2, 20, 200, 50}, {1, 11, 110, 5}};
  const auto items = make_schedule(prints, proxies, all_targets(3, 2));
  REQUIRE(items.size() == 2);
  CHECK(items[0].macs == 50);
  CHECK(items[1].representative == 0);
  CHECK(items[1].architectures[0] == std::vector<std::size_t>{0, 2});
  CHECK(served(items).size() == 6);
}

TEST_CASE("a declared graph without unread layers shares its passes") {
  const std::vector<const Descriptor*> proxies{
      &find_proxy("naswot"), &find_proxy("nwot")};
  // 0: everything is read; 1: the same function with an unread layer.
  const std::vector<Fingerprint> prints{{1, 1, 100, 5}, {1, 7, 107, 6}};
  const auto items = make_schedule(prints, proxies, all_targets(2, 2));
  REQUIRE(items.size() == 2);
  const WorkItem& shared = items[0].proxies.size() == 2 ? items[0] : items[1];
  const WorkItem& other = items[0].proxies.size() == 2 ? items[1] : items[0];
  CHECK(shared.representative == 0);
  CHECK(shared.folding == Folding::as_declared);
  CHECK(shared.architectures[0] == std::vector<std::size_t>{0, 1});
  CHECK(shared.architectures[1] == std::vector<std::size_t>{0});
  CHECK(other.proxies == std::vector<std::size_t>{1});
  const auto all = served(items);
  CHECK(all.size() == 4);
  CHECK(std::set(all.begin(), all.end()).size() == 4);
}
