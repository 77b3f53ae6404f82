#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "apps/score/score_table.h"

namespace {

using zcp::ScoreStatus;
using zcp::apps::ScoreTable;
using zcp::engine::MissingScore;
using zcp::engine::Score;
using zcp::engine::WorkItem;
using zcp::store::ScoreRecord;
using Pairs = std::vector<std::pair<std::size_t, std::size_t>>;
using Strings = std::vector<std::string>;

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

const Strings kArchs{"a", "b", "c"};

ScoreTable two_proxies() {
  return {kArchs, {"p", "q"}};
}

ScoreRecord record(const char* arch, const char* proxy, double value) {
  ScoreRecord made;
  made.arch = arch;
  made.proxy = proxy;
  made.value = value;
  return made;
}

Pairs pairs(const std::vector<MissingScore>& missing) {
  Pairs all;
  for (const auto& score : missing) {
    all.emplace_back(score.architecture, score.proxy);
  }
  return all;
}

bool every(std::size_t) {
  return true;
}

Score score_of(double value) {
  return {ScoreStatus::ok, value, "", 0.5};
}

Score no_score(const char* reason) {
  return {ScoreStatus::degenerate, 3, reason, 0.25};
}

/// Its proxies are 0 and 1, which serve those architectures.
WorkItem item(
    std::vector<std::size_t> by_first,
    std::vector<std::size_t> by_second) {
  WorkItem made{};
  made.proxies = {0, 1};
  made.architectures = {std::move(by_first), std::move(by_second)};
  return made;
}

}  // namespace

TEST_CASE("a score table knows nothing at first") {
  const ScoreTable table = two_proxies();
  CHECK(
      pairs(table.missing(every)) ==
      Pairs{{0, 0}, {0, 1}, {1, 0}, {1, 1}, {2, 0}, {2, 1}});
  CHECK(std::isnan(table.value(0, 0)));
}

TEST_CASE("a score table takes what a store has, and misses the rest") {
  ScoreTable table = two_proxies();
  ScoreRecord degenerate = record("c", "p", kNone);
  degenerate.status = ScoreStatus::degenerate;
  degenerate.reason = "no layer";
  table.add_records(std::vector<ScoreRecord>{
      record("b", "q", 4), record("elsewhere", "p", 1), degenerate});
  CHECK(table.value(1, 1) == 4);
  CHECK(std::isnan(table.value(2, 0)));
  REQUIRE(table.at(2, 0));
  CHECK(table.at(2, 0)->reason == "no layer");
  CHECK(pairs(table.missing(every)) == Pairs{{0, 0}, {0, 1}, {1, 0}, {2, 1}});
  const auto not_first = [](std::size_t i) { return i > 0; };
  CHECK(pairs(table.missing(not_first)) == Pairs{{1, 0}, {2, 1}});
}

TEST_CASE("an item's scores go to all they serve") {
  ScoreTable table = two_proxies();
  table.add_records(std::vector<ScoreRecord>{record("a", "q", 9)});
  const auto added = table.add(
      item({0, 1}, {1}), std::vector<Score>{score_of(2), no_score("why")});
  CHECK(added.completed == 2);
  CHECK(table.value(0, 0) == 2);
  CHECK(table.value(1, 0) == 2);
  CHECK(std::isnan(table.value(1, 1)));
  CHECK(pairs(table.missing(every)) == Pairs{{2, 0}, {2, 1}});
  REQUIRE(added.records.size() == 3);
  CHECK(added.records[0].arch == "a");
  CHECK(added.records[1].arch == "b");
  CHECK(added.records[1].proxy == "p");
  CHECK(added.records[1].value == 2);
  CHECK(added.records[1].seconds == 0.5);
  CHECK(added.records[2].proxy == "q");
  CHECK(added.records[2].status == ScoreStatus::degenerate);
  CHECK(added.records[2].reason == "why");
  CHECK(std::isnan(added.records[2].value));
}

TEST_CASE("an architecture is complete with its last score only") {
  ScoreTable table = two_proxies();
  WorkItem first{};
  first.proxies = {1};
  first.architectures = {{0, 2}};
  CHECK(table.add(first, std::vector<Score>{score_of(1)}).completed == 0);
  WorkItem second{};
  second.proxies = {0};
  second.architectures = {{2}};
  CHECK(table.add(second, std::vector<Score>{score_of(1)}).completed == 1);
}

TEST_CASE("what says nothing of the architecture is counted, not stored") {
  ScoreTable table = two_proxies();
  Score no_memory = no_score("out of memory");
  no_memory.status = ScoreStatus::failed;
  no_memory.transient = true;
  const auto added =
      table.add(item({0, 1}, {1}), std::vector<Score>{no_memory, score_of(2)});
  CHECK(added.completed == 1);
  CHECK(table.count_transient() == 2);
  REQUIRE(added.records.size() == 1);
  CHECK(added.records[0].proxy == "q");
}

TEST_CASE("score table: what is given up has no score and is not kept") {
  const Strings archs{"a", "b"};
  ScoreTable table(archs, {"p", "q"});
  const std::vector<zcp::store::ScoreRecord> known{
      {"a", "p", zcp::ScoreStatus::ok, 3.0, "", 0}};
  table.add_records(known);
  table.give_up(0, "hangs");
  CHECK(table.value(0, 0) == 3);
  CHECK(table.at(0, 1)->reason == "hangs");
  CHECK(table.at(0, 1)->status == zcp::ScoreStatus::failed);
  CHECK(table.count_transient() == 1);
  CHECK(table.missing([](std::size_t) { return true; }).size() == 2);
}
