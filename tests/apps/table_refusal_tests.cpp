// What the subcommands that read tables and stores refuse.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "apps/commands.h"
#include "tests/support/refusals.h"
#include "tests/support/test_files.h"

namespace {

using namespace zcp::test;
using zcp::apps::Arguments;

/// Scores and a truth that can be joined, and a store.
struct Files {
  TemporaryFolder folder;
  std::string scores = folder.write("scores.csv", "arch,p,q\na,1,2\nb,2,1\n");
  std::string truth = folder.write("truth.csv", "arch,acc\na,5\nb,6\n");
  std::string store = golden("store_v1.sqlite");

  std::string gone() const { return folder.path() / "gone"; }

  void correlate(
      const Arguments& more,
      const std::string& thing,
      const std::string& other_scores = {}) const {
    Arguments arguments = {
        "--scores",
        other_scores.empty() ? scores : other_scores,
        "--truth",
        truth};
    arguments.insert(arguments.end(), more.begin(), more.end());
    check_refused_by(zcp::apps::correlate, arguments, thing);
  }

  void rank(const Arguments& more, const std::string& thing) const {
    Arguments arguments = {"--scores", scores};
    arguments.insert(arguments.end(), more.begin(), more.end());
    check_refused_by(zcp::apps::rank, arguments, thing);
  }
};

}  // namespace

TEST_CASE("correlate refuses wrong options") {
  const Files files;
  files.correlate({}, "the option '--metric' is required but missing");
  files.correlate({}, "(columns: acc)");
  files.correlate({"--metric", ","}, "--metric");
  files.correlate({"--metric", "akk"}, "did you mean acc?");
  for (const char* share : {"0", "2", "-0.1", "x", "0.5x", "nan"}) {
    files.correlate({"--metric", "acc", "--top", share}, share);
  }
  files.correlate({"--metric", "acc", "--baseline", "flops"}, "flops");
  files.correlate({"--metric", "acc", "--missing", "first"}, "first");
  files.correlate({"--metric", "acc", "--interval", "t"}, "--interval t");
  files.correlate({"--metric", "acc", "--population", "my"}, "--population my");
  files.correlate({"--metric", "acc", "--bootstrap", "-1"}, "--bootstrap -1");
  files.correlate(
      {"--metric", "acc", "--figure", "-", "--matrix", "-"}, "standard output");
  files.correlate({"--metric", "acc", "--json", "--figure", "-"}, "--json");
  files.correlate({"--metric", "acc", "--bootstrap", "1e3"}, "1e3");
  files.correlate({"--metric", "acc", "--proxies", "r"}, "r");
  files.correlate({"--metric", "acc", "--composites", "votes"}, "votes");
  files.correlate({"--metric", "acc", "--composites", "c=log_rank(p"}, "c=");
  files.correlate({"--metric", "acc", "--composites", "vote"}, "vote");
  files.correlate({"--metric", "acc", "--bins", "p"}, "--bins p");
  files.correlate({"--metric", "acc", "--bins", "r:4"}, "no column r");
  files.correlate({"--metric", "acc", "--range", "p=2"}, "--range p=2");
  files.correlate({"--metric", "acc", "--range", "p=8:9"}, "--range p=8:9");
  files.correlate({"--metric", "acc", "--ceiling", "acc"}, "--ceiling acc");
  files.correlate({"--metric", "acc", "--ceiling", "acc,b"}, "no column b");
  files.correlate({"--metric", "acc", "--published", "zicoo"}, "zicoo");
  files.correlate({"--metric", "acc", "--published", "zico"}, "zico@SPACE");
}

TEST_CASE("correlate refuses wrong options of its other tables") {
  const Files files;
  const auto refuse = [&](Arguments more, const std::string& thing) {
    more.insert(more.begin(), {"--metric", "acc"});
    files.correlate(more, thing);
  };
  refuse({"--pairs", "--alike", "1.5"}, "--alike 1.5");
  refuse({"--pairs", "--alike", "x"}, "alike");
  refuse({"--repeats", files.gone()}, files.gone());
  refuse({"--repeats", ","}, "--repeats");
  refuse({"--ensemble", "0"}, "--ensemble 0");
  refuse({"--ensemble", "11"}, "--ensemble 11");
  refuse({"--ensemble", "-1"}, "--ensemble -1");
  refuse({"--ensemble", "3"}, "2 architectures, expected 50 or more");
  refuse({"--cost", "ms"}, "no column ms");
  refuse({"--cost", "acc", "--limit", "x"}, "--limit x");
  refuse({"--cost", "acc", "--limit", "1"}, "--limit 1");
  refuse({"--costs", files.truth}, "--cost");
  refuse({"--costs", files.gone(), "--cost", "ms"}, files.gone());
  refuse({"--costs", files.truth, "--cost", "ms"}, "'ms'");
  const std::string by_index =
      files.folder.write("costs.csv", "index,ms\n0,1\n1,2\n");
  refuse({"--costs", by_index, "--cost", "ms"}, "no column index");
  refuse({"--key", "name"}, "'name'");
  const auto alone = [&](Arguments more, const std::string& thing) {
    more.insert(more.begin(), {"--scores", files.scores});
    check_refused_by(zcp::apps::correlate, more, thing);
  };
  alone({}, "--metric");
  alone({"--pairs", "--top", "0.1"}, "--metric");
  alone({"--pairs", "--metric", "acc"}, "--truth");
  alone({"--pairs", "--figure", "f.svg"}, "--metric");
  alone({"--pairs", "--proxies", "r"}, "r");
  check_refused_by(zcp::apps::correlate, {"--pairs"}, "--scores");
}

TEST_CASE("correlate --format csv refuses what has no place in a row") {
  const Files files;
  const auto refuse = [&](Arguments more, const std::string& thing) {
    more.insert(more.begin(), {"--metric", "acc", "--format", "csv"});
    files.correlate(more, thing);
  };
  refuse({"--pairs"}, "--matrix F");
  refuse({"--ensemble", "2"}, "--ensemble");
  refuse({"--differences"}, "--differences");
  refuse({"--cost", "acc"}, "--cost");
  refuse({"--repeats", files.scores}, "--repeats");
  refuse({"--published", "all"}, "--published");
}

TEST_CASE("standard input is no two tables") {
  const std::string twice = "found standard input twice";
  const Arguments both{"--scores", "-", "--truth", "-", "--metric", "acc"};
  check_refused_by(zcp::apps::correlate, both, twice);
  check_refused_by(zcp::apps::predict, both, twice);
  Arguments report = both;
  report.insert(report.end(), {"--html", "x.html"});
  check_refused_by(zcp::apps::make_report, report, twice);
  Arguments rank = both;
  rank.insert(rank.end(), {"--by", "p"});
  check_refused_by(zcp::apps::rank, rank, twice);
}

TEST_CASE("correlate refuses tables that are absent, cut or not numeric") {
  const Files files;
  const auto refuse = [&](const std::string& text, const std::string& thing) {
    const std::string scores = files.folder.write("s.csv", text);
    files.correlate({"--metric", "acc"}, thing, scores);
  };
  files.correlate({"--metric", "acc"}, files.gone(), files.gone());
  const std::string folder = files.folder.path();
  files.correlate({"--metric", "acc"}, folder, folder);
  refuse("", "s.csv");
  refuse("architecture,p\na,1\n", "s.csv: line 1");
  refuse("arch,p\na,1\nb,n.a\n", "s.csv: line 3: column 'p': found 'n.a'");
  refuse("arch,p\na,1\nb,two\n", "s.csv: line 3: column 'p': found 'two'");
  refuse("arch,p,q\na,1,2\nb,", "s.csv: line 3");
  refuse("arch,p\na,1\na,2\n", "s.csv: line 3");
  refuse("arch,p,p\na,1,2\n", "s.csv: line 1");
  refuse("arch,p\nz,1\n", "no architecture is in both");
}

TEST_CASE("rank refuses what it cannot rank by") {
  const Files files;
  files.rank({}, "--by");
  files.rank({"--by", "r"}, "no column or composite r");
  files.rank({"--by", "az_nas"}, "az_nas");
  files.rank({"--by", "p", "--top", "0"}, "--top 0");
  files.rank({"--by", "p", "--top", "ten"}, "ten");
  check_refused_by(
      zcp::apps::rank, {"--scores", files.gone(), "--by", "p"}, files.gone());
}

TEST_CASE("export refuses what is no store") {
  const Files files;
  const auto refuse = [](const std::string& store, const std::string& thing) {
    check_refused_by(zcp::apps::export_scores, {"--store", store}, thing);
  };
  check_refused_by(zcp::apps::export_scores, {}, "--store");
  refuse(files.gone(), files.gone());
  refuse(files.folder.path(), files.folder.path());
  refuse(files.scores, "not a SQLite file");
  check_refused_by(
      zcp::apps::export_scores,
      {"--store", files.store, "--csv", "/no/folder/s.csv"},
      "/no/folder");
}

TEST_CASE("merge refuses what it cannot unite") {
  const Files files;
  const std::string out = files.folder.path() / "out.sqlite";
  const auto refuse = [&](const Arguments& more, const std::string& thing) {
    Arguments arguments = {"--store", out};
    arguments.insert(arguments.end(), more.begin(), more.end());
    check_refused_by(zcp::apps::merge, arguments, thing);
    CHECK_FALSE(std::filesystem::exists(out));
  };
  refuse({}, "no stores");
  refuse({files.gone()}, files.gone());
  refuse({files.store, files.scores}, files.scores);
}

TEST_CASE("import refuses what it does not know") {
  const Files files;
  using zcp::apps::import_table;
  check_refused_by(import_table, {}, "format");
  check_refused_by(import_table, {"nats"}, "source");
  check_refused_by(import_table, {"nots", files.scores}, "'nots'");
  check_refused_by(import_table, {"nats", files.gone()}, files.gone());
  check_refused_by(import_table, {"nats", files.scores}, files.scores);
}

TEST_CASE("export does not write its table over the store") {
  const Files files;
  const auto copy = files.folder.path() / "copy.sqlite";
  std::filesystem::copy_file(files.store, copy);
  check_refused_by(
      zcp::apps::export_scores, {"--store", copy, "--csv", copy}, copy);
}
