#include <doctest/doctest.h>

#include "apps/search/options.h"
#include "tests/support/temporary.h"

using namespace zcp;
using namespace zcp::apps;
using Strings = std::vector<std::string>;

namespace {

SearchOptions options_of(const Arguments& more) {
  Arguments arguments{"--space", "nats-tss", "--by", "zico"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return *parse_search_options(arguments);
}

std::string refusal_of(const Arguments& more) {
  return test::user_error([&] { options_of(more); });
}

}  // namespace

TEST_CASE("search options: defaults and values") {
  const SearchOptions none = options_of({});
  CHECK(none.algorithms == Strings{"evolution"});
  CHECK_FALSE(none.evaluations);
  CHECK_FALSE(none.count);
  CHECK(none.settings.batch == 0);
  CHECK(none.score.task.name == "cifar10");
  CHECK(none.score.evaluator.batch_size == 64);
  CHECK(none.score.store.empty());
  const SearchOptions some = options_of({"--algorithm",   "random,local",
                                         "--evaluations", "7",
                                         "--seed",        "3",
                                         "--population",  "9",
                                         "--count",       "queries",
                                         "--proposals",   "4",
                                         "--batch-size",  "8",
                                         "--task",        "gaussian",
                                         "--store",       "s.sqlite",
                                         "--max",         "params=1e6",
                                         "--workers",     "2",
                                         "--quiet"});
  CHECK(some.algorithms == Strings{"random", "local"});
  CHECK(some.evaluations == 7);
  CHECK(some.settings.seed == 3);
  CHECK(some.score.evaluator.seed == 3);
  CHECK(some.settings.population == 9);
  CHECK(some.settings.batch == 4);
  CHECK(some.count == search::Count::queries);
  CHECK(some.score.evaluator.batch_size == 8);
  CHECK(some.score.store == "s.sqlite");
  CHECK(some.score.workers == 2);
  CHECK(some.score.quiet);
  CHECK(some.budget.bounds.size() == 1);
  CHECK(some.score.command_line.find("search") != std::string::npos);
}

TEST_CASE("search options: a metric may ask for less") {
  const SearchOptions options =
      options_of({"--truth", "t.csv", "--metric", "-error", "--key", "net"});
  CHECK(options.metric == "error");
  CHECK(options.less);
  CHECK(options.key_truth == "net");
  CHECK(options.key_scores == "net");
}

TEST_CASE("search options: what is refused") {
  CHECK(refusal_of({"--metric", "x"}) == "--metric: goes with --truth");
  CHECK(refusal_of({"--repeats", "2"}) == "--repeats: goes with --truth");
  CHECK(
      refusal_of({"--evaluations", "0"}) ==
      "--evaluations 0: expected a number from 1 to 100000000");
  CHECK(
      refusal_of({"--count", "all"}) ==
      "--count all: expected distinct or queries");
  CHECK(
      refusal_of({"--json", "--csv", "-"}) ==
      "--json and --csv -: both go to standard output");
  CHECK(
      refusal_of({"--algorithm", "local,local"}) ==
      "--algorithm local: comes twice");
  CHECK(
      refusal_of({"--task-data", "cifar100"}) ==
      "--task-data cifar100: expected TASK=PATH");
  CHECK(
      refusal_of({"--batch-size", "0"}) ==
      "--batch-size 0: expected 1 or more");
  CHECK(refusal_of({"--seed", "-1"}) == "--seed -1: expected 0 or more");
  const auto refusal_by = [](const char* objectives) {
    return test::user_error([&] {
      parse_search_options({"--space", "nats-tss", "--by", objectives});
    });
  };
  CHECK(
      refusal_by("zico,-step") ==
      "--by step: the search's own table has a column step; expected another "
      "name");
  CHECK(refusal_by("on_front=log_rank(zico,zen)")
            .starts_with("--by on_front: the search's own table has a column"));
  CHECK(
      refusal_of({"--costs", "c.csv", "--max", "island=3"})
          .starts_with("--max island=3: the search's own table has a column"));
  CHECK(test::user_error([] {
          parse_search_options({"--space", "nats-tss"});
        }).find("'--by' is required") != std::string::npos);
}

TEST_CASE("search options: islands and shards") {
  CHECK(options_of({}).islands == 1);
  const SearchOptions shard = options_of({"--shard", "1/3"});
  CHECK(shard.islands == 3);
  CHECK(shard.score.shard.index == 1);
  CHECK(shard.score.shard.count == 3);
  CHECK(options_of({"--shard", "0/2", "--islands", "7"}).islands == 7);
  CHECK(
      refusal_of({"--shard", "2/3", "--islands", "2"}) ==
      "--shard 2/3: has none of 2 islands; expected at most as many shards as "
      "--islands");
  CHECK(
      refusal_of({"--islands", "5", "--evaluations", "4"}) ==
      "--evaluations 4: expected one or more for each of 5 islands");
  CHECK(
      refusal_of(
          {"--islands", "2", "--repeats", "3", "--truth", "t", "--metric=a"}) ==
      "--repeats: replays are not divided into islands, found 2");
}

TEST_CASE("search options: wishes, pages and stored searches") {
  const SearchOptions options = options_of(
      {"--fix",
       "1=none",
       "--fix",
       "2=none",
       "--forbid",
       "none",
       "--prefer=none",
       "--html",
       "page.html",
       "--store",
       "s.sqlite",
       "--stored"});
  CHECK(options.fix == Strings{"1=none", "2=none"});
  CHECK(options.forbid == Strings{"none"});
  CHECK(options.prefer == Strings{"none"});
  CHECK(options.html == "page.html");
  CHECK(options.stored);
  CHECK_FALSE(refusal_of({"--stored"}).empty());
  CHECK_FALSE(refusal_of({"--html", "-", "--json"}).empty());
  CHECK_FALSE(refusal_of({"--html", "-", "--csv", "-"}).empty());
}
