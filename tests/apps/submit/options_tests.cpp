#include <doctest/doctest.h>

#include "apps/commands.h"
#include "apps/submit/options.h"
#include "tests/support/temporary.h"

namespace {

using namespace zcp::apps;
using Strings = std::vector<std::string>;

SubmitOptions parse(Arguments options, const Arguments& command) {
  options.emplace_back("--");
  options.insert(options.end(), command.begin(), command.end());
  const auto parsed = parse_submit_options(options);
  REQUIRE(parsed);
  return *parsed;
}

const Arguments
    kScore{"score", "--space", "nats-tss", "--all", "--store", "runs/s.sqlite"};

std::string refusal(
    const Arguments& options,
    const Arguments& command = kScore) {
  return zcp::test::user_error([&] { parse(options, command); });
}

}  // namespace

TEST_CASE("submit options: the command keeps its words") {
  const SubmitOptions options = parse({"--tasks", "3", "--name=a"}, kScore);
  CHECK(options.command == kScore);
  CHECK(options.store == "runs/s.sqlite");
  CHECK(options.csv.empty());
  CHECK(options.name == "a");
  CHECK(options.resources.tasks == 3);
  CHECK(options.resources.cpus == 1);
  CHECK_FALSE(options.run);
  // "zcp score ..." copied from a terminal is the same.
  CHECK(parse({}, {"zcp", "score", "--store", "s"}).command[0] == "score");
  CHECK(parse({}, {"score", "--store", "my s.sqlite"}).name == "my_s");
}

TEST_CASE("submit options: the store and the table of the command") {
  CHECK(parse({}, {"score", "--store=x", "--csv=t.csv"}).csv == "t.csv");
  CHECK(parse({}, {"score", "--store", "x", "--csv", "-"}).csv.empty());
  CHECK(parse({}, {"train", "--csv", "runs/t.csv"}).store == "runs/t.sqlite");
  CHECK(value_among({"--a", "1", "--a=2"}, "--a") == "2");
  CHECK_FALSE(value_among({"--ab=1", "--a"}, "--a"));
}

TEST_CASE("submit options: a device for tasks that have one") {
  const Strings words = parse({"--gpus", "2"}, kScore).command;
  CHECK(words.size() == kScore.size() + 2);
  CHECK(words.back() == "cuda");
  Arguments named = kScore;
  named.insert(named.end(), {"--device", "cuda:0"});
  CHECK(parse({"--gpus", "2"}, named).command == named);
}

TEST_CASE("submit options: what is refused") {
  CHECK(
      refusal({}, {}) ==
      "no command: expected one behind --, as in zcp submit -- score ...");
  CHECK(
      refusal({}, {"rank"}) ==
      "rank: expected score, train or search behind --");
  CHECK(
      refusal({}, {"score", "--all"}) ==
      "score without --store: expected one, in which the tasks' stores are "
      "merged");
  CHECK(
      refusal({}, {"score", "--store", "s", "--shard", "0/2"}) ==
      "score --shard: submit gives each task its part");
  CHECK(
      refusal({}, {"score", "--store", "s", "--shard=0/2"}) ==
      "score --shard: submit gives each task its part");
  CHECK(refusal({"--tasks", "0"}) == "--tasks 0: expected 1 or more");
  CHECK(refusal({"--memory", "4 G"}) == "--memory 4 G: expected a word");
  CHECK(
      refusal({"--memory", "4GB"}) ==
      "--memory 4GB: expected megabytes or a number with K, M, G or T");
  CHECK(
      refusal({"--time", "4h"}) ==
      "--time 4h: expected minutes, H:MM:SS or D-HH:MM:SS");
  CHECK(
      refusal({"--partition", "a\n#SBATCH --x"}).find("expected a word") !=
      std::string::npos);
  CHECK(
      refusal({"--sbatch", "mem"}) ==
      "--sbatch mem: expected an option of sbatch");
  CHECK(refusal({"--truth", "t.csv"}) == "--truth and --metric go together");
}

TEST_CASE("submit: what is wrong with the command is said at once") {
  const auto said = [](const Arguments& words) {
    return zcp::test::user_error([&] { submit(words); });
  };
  CHECK(
      said({"--", "score", "--store", "s", "--proxis", "core"}) ==
      "unknown option --proxis, did you mean --proxies? (--help lists the "
      "options)");
  CHECK(
      said({"--", "train", "--store", "s", "--csv", "t", "--epochs", "0"}) ==
      "--epochs 0: expected 1 or more");
  const auto of_search = [&](const Arguments& more) {
    Arguments words{
        "--", "search", "--space", "nats-tss", "--by", "zico", "--store", "s"};
    words.insert(words.end(), more.begin(), more.end());
    return said(words);
  };
  CHECK(
      of_search({"--truth", "t", "--metric", "a", "--repeats", "9"}) ==
      "--repeats: replays are not divided into islands, found 8");
  CHECK(
      of_search({"--islands", "3"}) ==
      "--shard 7/8: has none of 3 islands; expected at most as many shards as "
      "--islands");
}

TEST_CASE("submit options: the tasks that a search's objectives name") {
  const SubmitOptions options = parse(
      {},
      {"search",
       "--by",
       "zico,-cifar100:naswot,m=log_rank(cifar100:zen,svhn:zen)",
       "--store",
       "s.sqlite"});
  CHECK(options.other_tasks == Strings{"cifar100", "svhn"});
  CHECK(parse({}, {"search", "--by=zico", "--store=s"}).other_tasks.empty());
  CHECK(
      refusal({}, {"search", "--store", "s"}) ==
      "search without --by: expected an objective");
  CHECK(
      refusal({}, {"search", "--by", "zico", "--shard", "0/2"}) ==
      "search --shard: submit gives each task its part");
}
