// The options of a study, parsed for whichever subcommand has them.
#include <doctest/doctest.h>

#include <stdexcept>

#include "apps/study_options.h"
#include "common/error.h"
#include "tests/support/temporary.h"

namespace {

namespace po = boost::program_options;
using namespace zcp::apps;
using zcp::test::user_error;
using Names = std::vector<std::string>;

StudyRequest parse(const Names& arguments, Truth truth = Truth::needed) {
  po::options_description options;
  add_study_options(
      options,
      {"scores",    "truth",   "metric",     "key",         "key-scores",
       "key-truth", "proxies", "composites", "population",  "missing",
       "top",       "bins",    "range",      "baseline",    "bootstrap",
       "interval",  "seed",    "criteria",   "differences", "ceiling"});
  po::variables_map values;
  po::store(po::command_line_parser(arguments).options(options).run(), values);
  return parse_study_request(values, truth);
}

StudyRequest parse_more(Names more) {
  more.insert(more.end(), {"--scores", "s", "--truth", "t", "--metric", "acc"});
  return parse(more);
}

}  // namespace

TEST_CASE("study options: what is not said has the documented default") {
  const StudyRequest request = parse_more({});
  CHECK(request.scores == "s");
  CHECK(request.truth == "t");
  CHECK(request.key_scores == "arch");
  CHECK(request.key_truth == "arch");
  CHECK(request.study.metrics == Names{"acc"});
  CHECK(request.study.proxies.empty());
  CHECK(request.study.baseline == "params");
  CHECK_FALSE(request.study.baseline_required);
  CHECK(request.study.population == "all");
  CHECK(request.study.top.empty());
  CHECK(request.study.draws == 1000);
  CHECK(request.study.seed == 0);
  CHECK(request.study.missing == zcp::statistics::Missing::last);
  CHECK_FALSE(request.study.criteria);
  CHECK(request.composites.empty());
}

TEST_CASE("study options: what is named twice counts once") {
  const StudyRequest request = parse(
      {"--scores",
       "s",
       "--truth",
       "t",
       "--metric",
       "a,b,a",
       "--top",
       "0.5,0.1,0.50",
       "--proxies",
       "x,sum,x",
       "--composites",
       "sum=rank_sum(x,y),log=log_rank(x,y)",
       "--ceiling",
       "r0,r1,r0"});
  CHECK(request.study.metrics == Names{"a", "b"});
  CHECK(request.study.top == std::vector<double>{0.5, 0.1});
  CHECK(request.study.proxies == Names{"x", "sum", "log"});
  CHECK(request.study.ceiling == Names{"r0", "r1"});
  CHECK(request.composites.size() == 2);
}

TEST_CASE("study options: all that is said arrives") {
  const StudyRequest request = parse_more(
      {"--key",      "index",        "--population", "connected", "--missing",
       "drop",       "--bins",       "params:4",     "--range",   "params=1:2",
       "--range",    "macs=:9",      "--baseline",   "macs",      "--bootstrap",
       "70",         "--interval",   "bca",          "--seed",    "3",
       "--criteria", "--differences"});
  const zcp::study::StudyOptions& study = request.study;
  CHECK(request.key_scores == "index");
  CHECK(request.key_truth == "index");
  const StudyRequest keys =
      parse_more({"--key-scores", "model", "--key-truth", "name"});
  CHECK(keys.key_scores == "model");
  CHECK(keys.key_truth == "name");
  CHECK(study.population == "connected");
  CHECK(study.missing == zcp::statistics::Missing::drop);
  REQUIRE(study.bins.size() == 1);
  CHECK(study.bins[0].count == 4);
  REQUIRE(study.ranges.size() == 2);
  CHECK(study.ranges[1].high == 9);
  CHECK(study.baseline == "macs");
  CHECK(study.baseline_required);
  CHECK(study.draws == 70);
  CHECK(study.interval == zcp::statistics::IntervalMethod::bca);
  CHECK(study.seed == 3);
  CHECK(study.criteria);
  CHECK(study.differences);
}

TEST_CASE("study options: what is missing or impossible is named") {
  const auto refuses = [](const Names& more, const std::string& thing) {
    const std::string text = user_error([&] { parse_more(more); });
    CAPTURE(text);
    CHECK(text.find(thing) != std::string::npos);
  };
  refuses({"--top", ","}, "--top ,: an item of the list is empty");
  refuses({"--top", "0.5,1.5"}, "--top 1.5");
  refuses({"--proxies", ","}, "--proxies");
  refuses(
      {"--proxies", "a,,b"}, "--proxies a,,b: an item of the list is empty");
  refuses({"--top", "120%"}, "--top 120%");
  refuses({"--ceiling", "r0,r0"}, "--ceiling r0: expected two columns");
  refuses({"--population", "mine"}, "expected all or connected");
  refuses({"--missing", "first"}, "expected last or drop");
  refuses({"--interval", "t"}, "expected percentile or bca");
  refuses({"--bootstrap", "-1"}, "--bootstrap -1");
  refuses({"--bootstrap", "39"}, "--bootstrap 39");
  refuses({"--composites", "votes"}, "votes");
  const auto missing = [](const Names& arguments, Truth truth) {
    return user_error([&] { parse(arguments, truth); });
  };
  CHECK(
      missing({"--scores", "s"}, Truth::needed).find("'--metric'") !=
      std::string::npos);
  CHECK(
      missing({"--scores", "s", "--metric", "a"}, Truth::needed)
          .find("'--truth'") != std::string::npos);
  CHECK(missing({}, Truth::not_needed).find("'--scores'") != std::string::npos);
  CHECK(parse({"--scores", "s"}, Truth::not_needed).truth.empty());
  po::options_description options;
  CHECK_THROWS_AS(
      add_study_options(options, {"metrics"}), std::invalid_argument);
}

TEST_CASE("study options: numbers are numbers as a whole") {
  CHECK(parse_number("1e3") == 1000);
  CHECK(parse_number("-.5") == -0.5);
  for (const char* text : {"", "x", "1x", "nan", "inf", "1e999"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_number(text).has_value());
  }
}
