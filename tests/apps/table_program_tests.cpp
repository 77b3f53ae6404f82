// The subcommands that read tables and stores, run as processes.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string>

#include "tests/support/program.h"
#include "tests/support/test_files.h"

namespace {

using namespace zcp::test;

/// A column `arch` and a proxy that agrees with the truth but for one pair.
constexpr const char* kScores =
    "arch,params,zico\na,10,1\nb,20,2\nc,30,4\nd,40,3\ne,50,\n";
constexpr const char* kTruth =
    "arch,acc,note\nf,1,x\ne,55,y\nd,54,y\nc,53,x\nb,52,x\na,51,y\n";

/// The two tables, and a store of an older kind, as files.
struct Files {
  Files()
      : scores(folder.write("scores.csv", kScores)),
        truth(folder.write("truth.csv", kTruth)),
        store(folder.path() / "store.sqlite") {
    std::filesystem::copy_file(golden("store_v1.sqlite"), store);
  }

  Strings correlate(const Strings& more) const {
    return Strings{"correlate", "--scores", scores, "--truth", truth} + more;
  }

  TemporaryFolder folder;
  std::string scores;
  std::string truth;
  std::string store;
};

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("program: help, version, and no command at all") {
  const Finished help = run_zcp({"--help"});
  CHECK(help.status == 0);
  CHECK(help.err == "");
  for (const char* command : {"spaces", "export", "merge", "correlate"}) {
    CHECK(contains(help.out, command));
  }
  CHECK(output_of({"--version"}).starts_with("zcp "));
  const Finished nothing = run_zcp({});
  CHECK(nothing.status == 2);
  CHECK(nothing.out == "");
  CHECK(nothing.err == help.out);
  check_refused({"corelate"}, "did you mean correlate?");
}

TEST_CASE("program: spaces") {
  CHECK(contains(output_of({"spaces"}), "nats-tss  15625 architectures"));
  const auto all = nlohmann::json::parse(output_of({"spaces", "--json"}));
  REQUIRE(all.is_array());
  CHECK(all[0]["name"] == "nats-tss");
  CHECK(all[0]["size"] == 15625);
  for (const char* field : {"syntax", "example", "tasks"}) {
    CHECK(all[0].contains(field));
  }
  CHECK(
      output_of({"spaces", "--format", "json"}) ==
      output_of({"spaces", "--json"}));
  const std::string csv = output_of({"spaces", "--format", "csv"});
  CHECK(csv.starts_with("space,architectures,summary,"));
  CHECK(count_lines(csv) == all.size() + 1);
  CHECK(contains(csv, "\nnats-tss,15625,"));
  const std::string latex =
      output_of({"spaces", "nats-tss", "--format", "latex"});
  CHECK(latex.starts_with("\\begin{tabular}"));
  CHECK(contains(latex, "15625"));
  check_refused({"spaces", "--format", "html"}, "--format html");
}

TEST_CASE("program: help by all its names, one space by any of its names") {
  const std::string help = output_of({"rank", "--help"});
  CHECK(output_of({"rank", "-h"}) == help);
  CHECK(output_of({"help", "rank"}) == help);
  CHECK(contains(help, "--scores FILE"));
  CHECK_FALSE(contains(help, " arg"));
  const std::string one = output_of({"spaces", "nats-tss"});
  CHECK(one.starts_with("nats-tss  15625 architectures"));
  CHECK_FALSE(contains(one, "nats-sss"));
  for (const char* name : {"nas-bench-201", "NAS-Bench-201", "nb201"}) {
    CHECK(output_of({"spaces", name}) == one);
  }
  check_refused({"spaces", "nats-ts"}, "did you mean nats-tss?");
}

TEST_CASE("program: rank with truth, cost, shares and budgets") {
  const TemporaryFolder folder;
  const std::string scores = folder.write(
      "s.csv", "arch,zico,macs\na,1,10\nb,5,40\nc,3,20\nd,4,30\ne,,5\n");
  const std::string truth = folder.write("t.csv", "arch,acc\nb,90\nd,\nc,70\n");
  const std::string costs = folder.write("c.csv", "arch,ms\nb,2\nc,1\na,9\n");
  const Strings by{"rank", "--scores", scores, "--by", "zico"};
  CHECK(
      output_of(by + Strings{"--top", "2"}) ==
      "rank,arch,score,ties\n1,b,5,1\n2,d,4,1\n");
  // A quarter of the four that have a score.
  CHECK(
      output_of(by + Strings{"--top", "25%"}) ==
      "rank,arch,score,ties\n1,b,5,1\n");
  CHECK(
      output_of(
          by +
          Strings{"--truth", truth, "--metric", "acc", "--cost", "macs"}) ==
      "rank,arch,score,ties,acc,macs\n1,b,5,1,90,40\n2,d,4,1,,30\n"
      "3,c,3,1,70,20\n4,a,1,1,,10\n");
  const Finished within = run_zcp(by + Strings{"--max", "macs=30"});
  CHECK(within.out == "rank,arch,score,ties\n1,d,4,1\n2,c,3,1\n3,a,1,1\n");
  CHECK(contains(within.err, "4 of 5 architectures are within --max macs=30"));
  CHECK(contains(within.err, "ranked 3 architectures, 1 without a score"));
  CHECK(
      output_of(by + Strings{"--costs", costs, "--max", "ms=2"}) ==
      "rank,arch,score,ties\n1,b,5,1\n2,c,3,1\n");
  const auto json =
      nlohmann::json::parse(output_of(by + Strings{"--format", "json"}));
  CHECK(json[0]["arch"] == "b");
  CHECK(json[0]["rank"] == 1);
  for (const char* top : {"0", "0.5", "0%", "101%", "some", "-3"}) {
    check_refused(by + Strings{"--top", top}, "--top");
  }
  check_refused(by + Strings{"--max", "depth=3"}, "--space");
  check_refused(by + Strings{"--format", "xml"}, "--format xml");
  check_refused(
      {"rank", "--scores", scores, "--by", "x=log_rank(zico,zico)"},
      "zico is among its members twice");
  check_refused(
      {"rank", "--scores", scores, "--by", "x=log_rank(zico,,macs)"},
      "is empty");
}

// #params of the benchmark's own table, in units here and in millions there.
TEST_CASE("program: budgets are on the networks' own sizes") {
  const TemporaryFolder folder;
  const std::string small =
      "|avg_pool_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|nor_conv_1x1~0|"
      "skip_connect~1|skip_connect~2|";
  const std::string large =
      "|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|skip_connect~0|"
      "nor_conv_3x3~1|skip_connect~2|";
  const std::string scores = folder.write(
      "s.csv",
      "arch,p,params\n" + small + ",1,0.129306\n" + large + ",2,0.802426\n");
  const std::string costs = folder.write(
      "c.csv", "arch,params,ms\n" + small + ",5,1\n" + large + ",5,1\n");
  const Strings rank{"rank", "--scores", scores, "--by", "p"};
  const Strings space{"--space", "nats-tss"};
  const auto within = [&](const std::string& most, const Strings& more) {
    const Finished run =
        run_zcp(rank + more + Strings{"--max", "params=" + most});
    CHECK(run.status == 0);
    return run;
  };
  CHECK(count_lines(within("129305", space).out) == 1);
  CHECK(count_lines(within("129306", space).out) == 2);
  CHECK(count_lines(within("802425", space).out) == 2);
  CHECK(count_lines(within("802426", space).out) == 3);
  CHECK(contains(
      within("3e5", space).err,
      "(of the networks for cifar10; the column params of"));
  // A column of --costs is none of the networks' sizes.
  CHECK(
      count_lines(
          within("3e5", space + Strings{"--costs", costs, "--max", "ms=2"})
              .out) == 2);
  // Without a space there is only the column, which is said.
  const Finished column = within("0.5", {});
  CHECK(count_lines(column.out) == 2);
  CHECK(contains(column.err, "--max params=0.5 (the column of "));
  check_refused(rank + Strings{"--max", "macs=1e6"}, "--space");
}

TEST_CASE("program: pareto prints the front by ascending cost") {
  const TemporaryFolder folder;
  // e has no score, f no cost; c is beaten by b, d equals b in both.
  const std::string scores = folder.write(
      "s.csv",
      "arch,zico,ms\na,1,10\nb,5,20\nc,4,30\nd,5,20\ne,,1\nf,9,\ng,6,50\n");
  const std::string figure = folder.path() / "f.svg";
  const Strings call{
      "pareto", "--scores", scores, "--cost", "ms", "--by", "zico"};
  const Finished run = run_zcp(call + Strings{"--figure", figure});
  CHECK(run.status == 0);
  CHECK(run.out == "arch,ms,zico\na,10,1\nb,20,5\nd,20,5\ng,50,6\n");
  CHECK(contains(run.err, "4 of 5 architectures are on the front"));
  CHECK(read_file(figure).starts_with("<svg "));
  const std::string csv = folder.path() / "front.csv";
  CHECK(output_of(call + Strings{"--csv", csv}) == "");
  CHECK(read_file(csv) == run.out);
  CHECK(output_of(call + Strings{"--csv", csv}) == "");  // again
  // Of cells the cost may be their graphs': one convolution, two, three.
  const std::string cells = folder.write(
      "cells.csv",
      "arch,p\n"
      "|nor_conv_3x3~0|+|none~0|none~1|+|none~0|none~1|nor_conv_3x3~2|,3\n"
      "|none~0|+|none~0|none~1|+|nor_conv_3x3~0|none~1|none~2|,1\n"
      "|none~0|+|none~0|none~1|+|nor_conv_1x1~0|none~1|none~2|,2\n");
  const std::string front = output_of(
      {"pareto",
       "--scores",
       cells,
       "--cost",
       "params",
       "--by",
       "p",
       "--space",
       "nb201",
       "--max",
       "depth=100"});
  // The first reaches its output through nothing: it is no deeper than none.
  CHECK(contains(front, "|none~0|+|none~0|none~1|+|nor_conv_1x1~0|none~1|"));
  CHECK_FALSE(contains(front, "|+|nor_conv_3x3~0|none~1|none~2|"));
  check_refused(
      {"pareto", "--scores", scores, "--cost", "watt", "--by", "zico"}, "watt");
}

TEST_CASE("program: completion and manual know every command") {
  const std::string bash = output_of({"completion", "bash"});
  const std::string zsh = output_of({"completion", "zsh"});
  const std::string manual = output_of({"man"});
  for (const char* command : {"rank", "correlate", "export", "pareto"}) {
    CHECK(contains(bash, fmt::format("    {}) options=", command)));
    CHECK(contains(zsh, fmt::format("    {})\n      _arguments", command)));
    CHECK(contains(manual, fmt::format(".SS zcp {}\n", command)));
  }
  CHECK(contains(bash, "--scores"));
  CHECK(manual.starts_with(".TH ZCP 1"));
  check_refused({"completion", "fish"}, "expected bash or zsh");
}

TEST_CASE("program: an output is nobody's own text") {
  const Files files;
  const std::string notes = files.folder.write("notes.txt", "Dear diary,\n");
  const Strings call =
      files.correlate({"--metric", "acc", "--quiet", "--figure", notes});
  check_refused(call, "was not made by zcp (it begins 'Dear diary,')");
  CHECK(read_file(notes) == "Dear diary,\n");
  const std::string both = files.folder.path() / "both";
  check_refused(
      {"report",
       "--scores",
       files.scores,
       "--truth",
       files.truth,
       "--metric",
       "acc",
       "--html",
       both,
       "--figures",
       both},
      "--figures");
  CHECK_FALSE(std::filesystem::exists(both));
}

TEST_CASE("program: correlate as JSON has the promised fields") {
  const Files files;
  const Finished run = run_zcp(files.correlate(
      {"--metric", "acc", "--json", "--bootstrap", "50", "--top", "0.6"}));
  CAPTURE(run.err);
  REQUIRE(run.status == 0);
  CHECK(contains(run.err, "joined 5 architectures"));
  const auto rows = nlohmann::json::parse(run.out);
  CHECK(contains(
      run.err, "fewer than 10 architectures, not shown: top 0.6 (n = 3)"));
  REQUIRE(rows.size() == 2);
  for (const auto& row : rows) {
    for (const char* field :
         {"proxy",
          "metric",
          "subset",
          "n",
          "missing",
          "kendall_tau",
          "spearman_rho",
          "pearson_r",
          "kendall_tau_low",
          "kendall_tau_high",
          "tau_minus_baseline",
          "tau_minus_baseline_low",
          "tau_minus_baseline_high"}) {
      CHECK_MESSAGE(row.contains(field), field);
    }
  }
  CHECK(rows[0]["proxy"] == "params");
  CHECK(rows[0]["subset"] == "all");
  CHECK(rows[0]["n"] == 5);
  CHECK(rows[0]["missing"] == 0);
  CHECK(rows[0]["kendall_tau"].get<double>() == doctest::Approx(1));
  CHECK(rows[0]["tau_minus_baseline"] == 0.0);
  // e, the best by truth, ranks last: ten pairs, of which five are reversed.
  CHECK(rows[1]["proxy"] == "zico");
  CHECK(rows[1]["missing"] == 1);
  CHECK(rows[1]["kendall_tau"].get<double>() == doctest::Approx(0));
  CHECK(rows[1]["tau_minus_baseline"].get<double>() == doctest::Approx(-1));
}

TEST_CASE("program: correlate and report claim nothing from five") {
  const Files files;
  const Finished run = run_zcp(files.correlate({"--metric", "acc", "--json"}));
  for (const auto& row : nlohmann::json::parse(run.out)) {
    for (const char* field :
         {"kendall_tau_low",
          "spearman_rho_high",
          "pearson_r_low",
          "tau_minus_baseline_low",
          "kendall_p",
          "spearman_p",
          "pearson_p",
          "p_beats_baseline",
          "p_beats_baseline_holm"}) {
      CHECK_MESSAGE(row.at(field).is_null(), field);
    }
  }
  CHECK(contains(
      run.err, "fewer than 10 architectures: no interval, p-value or verdict"));
  const std::string text = output_of(files.correlate({"--metric", "acc"}));
  CHECK(contains(text, "fewer than 10 architectures: no interval"));
  CHECK_FALSE(contains(text, "["));
  const Finished report = run_zcp(
      {"report",
       "--scores",
       files.scores,
       "--truth",
       files.truth,
       "--metric",
       "acc",
       "--html",
       files.folder.path() / "page.html"});
  CHECK(report.status == 0);
  CHECK(contains(report.err, "is not answered here"));
  CHECK(contains(report.err, "There are 5 architectures"));
}

TEST_CASE("program: columns that are left out, and what is no proxy") {
  const Files files;
  const std::string scores = files.folder.write(
      "mixed.csv",
      "model;index;s;params;acc\na;0;1,5;x;1\nb;1;2,5;7;2\nb;2;2,5;7;2\n");
  const Strings base = {
      "correlate",
      "--scores",
      scores,
      "--truth",
      files.truth,
      "--metric",
      "acc",
      "--key-scores",
      "model"};
  const Finished run = run_zcp(base + Strings{"--json"});
  CAPTURE(run.err);
  REQUIRE(run.status == 0);
  const auto rows = nlohmann::json::parse(run.out);
  REQUIRE(rows.size() == 1);
  CHECK(rows[0]["proxy"] == "s");
  CHECK(contains(run.err, "left out: line 2: column 'params'"));
  CHECK(contains(run.err, "no proxies by their names: index, acc"));
  CHECK(contains(run.err, "read as decimal points in s (line 2: '1,5')"));
  CHECK(contains(run.err, "taken once (line 4: 'b')"));
  CHECK(run_zcp(base + Strings{"--proxies", "s"}).status == 0);
  check_refused(base + Strings{"--proxies", "params"}, "found 'x'");
  check_refused(base + Strings{"--baseline", "params"}, "found 'x'");
}

TEST_CASE("program: correlate drops what is missing when asked to") {
  const Files files;
  const auto rows = nlohmann::json::parse(output_of(files.correlate(
      {"--metric",
       "acc",
       "--json",
       "--bootstrap",
       "0",
       "--missing",
       "drop",
       "--proxies",
       "zico"})));
  REQUIRE(rows.size() == 1);
  CHECK(rows[0]["missing"] == 1);
  // a b c d: six pairs, of which one is reversed.
  CHECK(rows[0]["kendall_tau"].get<double>() == doctest::Approx(4.0 / 6));
  CHECK(rows[0]["kendall_tau_low"].is_null());
}

TEST_CASE("program: correlate prints a table, and is quiet when asked to") {
  const Files files;
  const Strings wanted = {"--metric", "acc", "--bootstrap", "40", "--quiet"};
  const Finished run = run_zcp(files.correlate(wanted));
  CHECK(run.status == 0);
  CHECK(run.err == "");
  CHECK(run.out.starts_with("acc, all: n = 5\n"));
  CHECK(contains(run.out, "1.000"));
  CHECK(run_zcp(files.correlate(wanted)).out == run.out);
}

TEST_CASE("program: correlate reads scores from standard input") {
  const Files files;
  const Strings wanted = {
      "correlate",
      "--scores",
      "-",
      "--truth",
      files.truth,
      "--metric",
      "acc",
      "--json",
      "--quiet",
      "--bootstrap",
      "0"};
  const auto rows = nlohmann::json::parse(output_of(wanted, kScores));
  CHECK(rows.size() == 2);
}

TEST_CASE("program: rank lists the best first, without those of no score") {
  const Files files;
  const Strings by = {"rank", "--scores", files.scores, "--by"};
  const Finished run = run_zcp(by + Strings{"zico"});
  CHECK(run.status == 0);
  CHECK(
      run.out == "rank,arch,score,ties\n1,c,4,1\n2,d,3,1\n3,b,2,1\n4,a,1,1\n");
  CHECK(count_lines(run.err) == 1);
  const std::string best = output_of(by + Strings{"params", "--top", "1"});
  CHECK(best == "rank,arch,score,ties\n1,e,50,1\n");
  const std::string both =
      output_of(by + Strings{"both=rank_sum(params,zico)", "--top", "2"});
  CHECK(count_lines(both) == 3);
}

TEST_CASE("program: export a store, merge stores") {
  const Files files;
  const std::string table = output_of({"export", "--store", files.store});
  CHECK(table.starts_with("arch,"));
  const std::string file = files.folder.path() / "export.csv";
  CHECK(output_of({"export", "--store", files.store, "--csv", file}) == "");
  CHECK(read_file(file) == table);
  const auto as = [&](const std::string& format) {
    return output_of({"export", "--store", files.store, "--format", format});
  };
  CHECK(as("csv") == table);
  const auto rows = nlohmann::json::parse(as("json"));
  REQUIRE(rows.size() == count_lines(table) - 1);
  // All digits: the second line of the table, field by field.
  const std::string header = table.substr(0, table.find('\n'));
  const std::string first_proxy = header.substr(
      header.find(',') + 1,
      header.find(',', header.find(',') + 1) - header.find(',') - 1);
  const std::string line = table.substr(header.size() + 1);
  const std::string spec = rows[0]["arch"].get<std::string>();
  REQUIRE(line.starts_with(spec + ","));
  const std::string field =
      line.substr(spec.size() + 1, line.find(',', spec.size() + 1));
  REQUIRE(rows[0][first_proxy].is_number());
  CHECK(rows[0][first_proxy].get<double>() == std::stod(field));
  CHECK(as("markdown").starts_with("| arch |"));
  CHECK(as("latex").starts_with("\\begin{tabular}"));
  const std::string all = files.folder.path() / "all.sqlite";
  const Finished merged = run_zcp({"merge", "--store", all, files.store});
  CHECK(merged.status == 0);
  CHECK(count_lines(merged.err) == 1);
  CHECK(output_of({"export", "--store", all}) == table);
}

TEST_CASE("program: tables without a join, with text, stores that are newer") {
  const Files files;
  const Strings rest = {"--truth", files.truth, "--metric", "acc"};
  const std::string text =
      files.folder.write("text.csv", "arch,p\na,1\nb,two\n");
  check_refused(
      Strings{"correlate", "--scores", text} + rest,
      "text.csv: line 3: column 'p'");
  const std::string others = files.folder.write("others.csv", "arch,p\nz,1\n");
  check_refused(
      Strings{"correlate", "--scores", others} + rest,
      "no architecture is in both");
  // The version is a text of one character in the file.
  std::string bytes = read_file(files.store);
  const std::size_t at = bytes.find("schema_version1");
  REQUIRE(at != std::string::npos);
  bytes[at + 14] = '9';
  const std::string newer = files.folder.write("newer.sqlite", bytes);
  check_refused({"export", "--store", newer}, "schema version 9");
  const std::string out = files.folder.path() / "out.sqlite";
  check_refused({"merge", "--store", out, files.store, newer}, newer);
  CHECK_FALSE(std::filesystem::exists(out));
}

TEST_CASE("program: a store that was cut is not read") {
  const Files files;
  const std::string bytes = read_file(files.store);
  const std::string cut =
      files.folder.write("cut.sqlite", bytes.substr(0, bytes.size() / 2));
  const Finished run = run_zcp({"export", "--store", cut});
  CHECK(run.status != 0);
  CHECK(run.out == "");
  CHECK(contains(run.err, cut));
}

TEST_CASE("program: correlate beside published numbers") {
  const Files files;
  CHECK(contains(output_of({"correlate", "--published", "list"}), "az_nas: "));
  const std::string cells =
      "|none~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|,1,20\n"
      "|none~0|+|none~0|none~1|+|nor_conv_1x1~0|none~1|none~2|,2,30\n"
      "|none~0|+|none~0|none~1|+|nor_conv_3x3~0|none~1|none~2|,3,25\n";
  const std::string table =
      files.folder.write("cells.csv", "arch,params,cifar10_test\n" + cells);
  const Strings wanted = {
      "correlate",
      "--scores",
      table,
      "--truth",
      table,
      "--metric",
      "cifar10_test",
      "--proxies",
      "params",
      "--published",
      "az_nas"};
  CHECK(contains(
      output_of(wanted), "differs: cifar10_test: theirs: all 15625, ours: 3"));
  const auto rows =
      nlohmann::json::parse(output_of(wanted + Strings{"--json"}));
  const auto& published = rows[0]["published"];
  REQUIRE(published.size() == 1);
  CHECK(published[0]["theirs"] == 0.578);
  CHECK(published[0]["ours"].get<double>() == doctest::Approx(1.0 / 3));
  CHECK(published[0]["inside"].is_null());  // three are too few to say
  CHECK(published[0]["same_truth"] == true);
  CHECK(published[0]["same_population"] == false);
}

TEST_CASE("program: correlate in bins and ranges, with a noise ceiling") {
  const Files files;
  // Ten architectures of each kind, since fewer are not shown.
  std::string runs = "arch,p,acc,acc_seed0,acc_seed1\n";
  for (int i = 0; i < 10; ++i) {
    runs += fmt::format(
        "a{0},1,1,1,2\nb{0},2,2,2,1\nc{0},3,4,4,4\nd{0},4,3,3,3\n", i);
  }
  const std::string table = files.folder.write("runs.csv", runs);
  const Strings wanted = {
      "correlate",
      "--scores",
      table,
      "--truth",
      table,
      "--metric",
      "acc",
      "--proxies",
      "p",
      "--bins",
      "p:2",
      "--range",
      "p=2:",
      "--range",
      "acc=:2"};
  const Finished text = run_zcp(wanted);
  CHECK(text.status == 0);
  CHECK(contains(text.out, "acc, p bin 2/2, 3 to 4: n = 20"));
  CHECK(contains(text.out, "noise ceiling, 2 runs of 40 architectures"));
  const auto rows =
      nlohmann::json::parse(output_of(wanted + Strings{"--json"}));
  REQUIRE(rows.size() == 5);
  CHECK(rows[0]["ceiling_tau"].get<double>() == doctest::Approx(4.0 / 6));
  CHECK(rows[0]["ceiling_n"] == 40);
  CHECK(rows[1]["ceiling_tau"].get<double>() == doctest::Approx(-1));
  CHECK(rows[3]["subset"] == "p=2:");
  CHECK(rows[4]["n"] == 20);
}

TEST_CASE("program: correlate compares proxies and runs without a truth") {
  const Files files;
  const std::string again = files.folder.write(
      "again.csv", "arch,params,zico\na,1,1\nb,2,2\nc,3,3\nd,4,4\ne,5,9\n");
  const std::string matrix = files.folder.path() / "matrix.csv";
  const Strings wanted = {
      "correlate",
      "--scores",
      files.scores,
      "--pairs",
      "--matrix",
      matrix,
      "--repeats",
      again};
  const Finished text = run_zcp(wanted);
  CHECK(text.status == 0);
  CHECK(text.err == "");
  CHECK(contains(text.out, "every two proxies, n = 5"));
  CHECK(contains(text.out, "stability over 2 runs"));
  CHECK(read_file(matrix).starts_with("statistic,proxy,params,zico\n"));
  const auto rows =
      nlohmann::json::parse(output_of(wanted + Strings{"--json"}));
  REQUIRE(rows.size() == 2);
  CHECK(rows[0]["proxy"] == "params");
  CHECK(
      rows[0]["pairs"]["params"]["kendall_tau"].get<double>() ==
      doctest::Approx(1));
  CHECK(rows[0]["pairs"]["zico"] == rows[1]["pairs"]["params"]);
  CHECK(
      rows[0]["stability"]["kendall_tau"].get<double>() == doctest::Approx(1));
  CHECK(rows[1]["stability"]["missing"] == 1);
}

TEST_CASE("program: correlate under a cost, joined on the index") {
  const TemporaryFolder folder;
  std::string rows_of_table =
      "arch,index,p,acc\na,0,1,50\nb,1,3,60\nc,2,2,70\nd,3,5,80\n";
  std::string rows_of_costs = "index,ms\n3,4\n2,3\n1,2\n0,1\n";
  for (int i = 4; i < 13; ++i) {  // nine that the first beats in all
    rows_of_table += fmt::format("e{0},{0},0,50\n", i);
    rows_of_costs += fmt::format("{},1.5\n", i);
  }
  const std::string table = folder.write("t.csv", rows_of_table);
  const std::string costs = folder.write("c.csv", rows_of_costs);
  const Strings wanted = {
      "correlate",
      "--scores",
      table,
      "--truth",
      table,
      "--metric",
      "acc",
      "--proxies",
      "p",
      "--costs",
      costs,
      "--cost",
      "ms",
      "--limit",
      "3,4",
      "--bootstrap",
      "0"};
  CHECK(contains(output_of(wanted), "acc against ms: n = 13, 4 on the true"));
  const auto rows =
      nlohmann::json::parse(output_of(wanted + Strings{"--json"}));
  const auto& cost = rows[0]["cost"];
  CHECK(cost["column"] == "ms");
  CHECK(cost["chosen_front"] == 3);
  REQUIRE(cost["limits"].size() == 2);
  CHECK(cost["limits"][0]["limit"] == 3.0);
  CHECK(cost["limits"][0]["lost"] == 10.0);
  CHECK(cost["limits"][1]["lost"] == 0.0);
}

TEST_CASE("program: correlate chooses an ensemble and says so per run") {
  const TemporaryFolder folder;
  std::string text = "arch,p,q,acc\n";
  for (int i = 0; i < 60; ++i) {
    text += fmt::format("a{},{},{},{}\n", i, i * 7 % 60, i * 11 % 60, i);
  }
  const std::string table = folder.write("t.csv", text);
  const Strings wanted = {
      "correlate",
      "--scores",
      table,
      "--truth",
      table,
      "--metric",
      "acc",
      "--proxies",
      "p,q",
      "--ensemble",
      "2",
      "--repeats",
      table};
  CHECK(contains(output_of(wanted), "best of at most 2, chosen without fold"));
  const auto rows =
      nlohmann::json::parse(output_of(wanted + Strings{"--json"}));
  const auto& ensembles = rows[0]["ensembles"];
  REQUIRE(ensembles.size() == 4);
  CHECK(ensembles[0]["method"] == "best single");
  CHECK(ensembles[1]["chosen"].size() == 5);
  CHECK(ensembles[1]["fold_tau"].size() == 5);
  CHECK(rows[0]["stability"]["metric_tau_of_runs"].size() == 2);
  CHECK(
      rows[0]["stability"]["metric_tau_of_runs"][1] == rows[0]["kendall_tau"]);
}

TEST_CASE("program: a metric may be a sum of ranks of truths") {
  const TemporaryFolder folder;
  // Good on one task and bad on another, as ArchLock wants it: by construction
  // the sum of the ranks orders as own - other does.
  std::string scores = "arch,gap\n";
  std::string truth = "arch,own,other\n";
  for (int i = 0; i < 30; ++i) {
    const int other = i * 7 % 30;
    scores += fmt::format("a{},{}\n", i, i - other);
    truth += fmt::format("a{},{},{}\n", i, i, other);
  }
  // Without one of the truths there is no sum, and no rank is taken.
  scores += "a30,99\n";
  truth += "a30,99,\n";
  const std::string one = folder.write("scores.csv", scores);
  const std::string two = folder.write("truth.csv", truth);
  const Strings wanted{"correlate", "--scores", one, "--truth", two};
  const auto rows = nlohmann::json::parse(output_of(
      wanted +
      Strings{"--metric", "own, lock = rank_sum(own,-other)", "--json"}));
  REQUIRE(rows.size() == 2);
  CHECK(rows[0]["metric"] == "own");
  CHECK(rows[0]["n"] == 31);
  CHECK(rows[1]["metric"] == "lock");
  CHECK(rows[1]["n"] == 30);
  CHECK(rows[1]["kendall_tau"] == 1.0);
  const Finished shown = run_zcp(
      {"rank",
       "--scores",
       one,
       "--truth",
       two,
       "--by",
       "gap",
       "--metric",
       "lock=rank_sum(own,-other)",
       "--top",
       "2"});
  // a30 has no sum; of the others a26 is best: rank 27 and, of -2, rank 28.
  CHECK_MESSAGE(contains(shown.out, "55"), shown.out);
  const auto refused = [&](const std::string& metric, const std::string& text) {
    const Finished done = run_zcp(wanted + Strings{"--metric", metric});
    CHECK(done.status == 2);
    CHECK_MESSAGE(contains(done.err, text), done.err);
  };
  refused("lock=rank_sum(own,-nothing)", "nothing");
  refused("own=rank_sum(own,-other)", "has a column of that name");
  refused("-lock=rank_sum(own,-other)", "with a - before members");
  refused("lock=sum(own)", "unknown composite");
}

TEST_CASE("program: correlate composes on one table and judges on another") {
  const TemporaryFolder folder;
  std::string first = "arch,p,q,acc\n";
  std::string second = "name,task_p,task_q,task_acc,other_p\n";
  for (int i = 0; i < 60; ++i) {
    first += fmt::format("a{},{},{},{}\n", i, i, i * 7 % 60, i);
    second += fmt::format("b{},{},{},{},0\n", i, i, i * 11 % 60, i);
  }
  const std::string one = folder.write("one.csv", first);
  const std::string two = folder.write("two.csv", second);
  const Strings wanted = {"correlate",   "--compose", "--scores",     one,
                          "--truth",     one,         "--metric",     "acc",
                          "--scores",    two,         "--truth",      two,
                          "--metric",    "task_acc",  "--key-scores", "arch",
                          "--key-truth", "arch",      "--key-scores", "name",
                          "--key-truth", "name"};
  CHECK(contains(output_of(wanted), "Chosen on all: --composites"));
  const auto rows =
      nlohmann::json::parse(output_of(wanted + Strings{"--json"}));
  // Composite, single, best, baseline, az_nas, vkdnw_agg, and chosen on all.
  REQUIRE(rows.size() == 14);
  CHECK(rows[0]["role"] == "composite");
  CHECK(rows[0]["proxy"] == "p");
  CHECK(rows[0]["kendall_tau"] == 1.0);
  CHECK(rows[0]["where_chosen"] == false);
  CHECK(rows[3]["proxy"] == "params");
  CHECK(rows[3]["kendall_tau"].is_null());
  CHECK(rows[6]["role"] == "overall");
  CHECK(rows[6]["where_chosen"] == true);
  CHECK(rows[7]["metric"] == "task_acc");
  CHECK(rows[7]["proxy"] == "p");
  const auto refused = [&](const Strings& more, const std::string& text) {
    const Finished done = run_zcp(more);
    CHECK(done.status == 2);
    CHECK_MESSAGE(contains(done.err, text), done.err);
  };
  refused(wanted + Strings{"--top", "0.5"}, "expected no --top");
  refused(
      wanted + Strings{"--baseline", "nothing"},
      "--baseline nothing: found no scores with nothing");
  refused(
      wanted + Strings{"--composites", "mine=rank_sum(p,nothing)"},
      "--composites mine: found no scores with p, nothing");
  refused(wanted + Strings{"--truth", one}, "--truth is given 3 times");
  refused(
      {"correlate",
       "--scores",
       one,
       "--scores",
       two,
       "--truth",
       one,
       "--metric",
       "acc"},
      "--scores is given 2 times: expected once, or --compose");
  refused(
      {"correlate",
       "--scores",
       one,
       "--truth",
       one,
       "--metric",
       "acc",
       "--members",
       "2"},
      "--members: expected --compose as well");
}

TEST_CASE("program: --drop-dead leaves out what answers one thing to all") {
  const TemporaryFolder folder;
  // The last cell's only live path ends: nothing reaches its output.
  const std::string table = folder.write(
      "t.csv",
      "arch,p,ms,acc\n"
      "|nor_conv_3x3~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|,1,3,90\n"
      "|none~0|+|none~0|none~1|+|nor_conv_1x1~0|none~1|none~2|,2,2,80\n"
      "|nor_conv_3x3~0|+|nor_conv_3x3~0|none~1|+|none~0|none~1|none~2|,9,1,"
      "10\n");
  const Strings rank{"rank", "--scores", table, "--by", "p"};
  CHECK(contains(output_of(rank), "|none~0|none~1|none~2|,9"));
  const Finished dropped = run_zcp(rank + Strings{"--drop-dead"});
  REQUIRE(dropped.status == 0);
  CHECK_FALSE(contains(dropped.out, ",9"));
  CHECK(contains(dropped.err, "1 dead architectures left out"));
  CHECK(contains(dropped.err, "2 are left"));
  const std::string front = output_of(
      {"pareto",
       "--scores",
       table,
       "--by",
       "p",
       "--cost",
       "ms",
       "--drop-dead"});
  CHECK(contains(front, "|nor_conv_1x1~0|none~1|none~2|"));
  CHECK_FALSE(contains(front, "|none~0|none~1|none~2|,9"));
  const auto rows = nlohmann::json::parse(output_of(
      {"correlate",
       "--scores",
       table,
       "--truth",
       table,
       "--metric",
       "acc",
       "--proxies",
       "p",
       "--bootstrap",
       "0",
       "--json",
       "--drop-dead"}));
  REQUIRE(rows.size() == 1);
  CHECK(rows[0]["n"] == 2);
  const std::string names = folder.write("n.csv", "arch,p\nx,1\ny,2\n");
  const Finished unknown =
      run_zcp({"rank", "--scores", names, "--by", "p", "--drop-dead"});
  CHECK(unknown.status == 2);
  CHECK(contains(unknown.err, "--drop-dead"));
}

TEST_CASE("program: --drop-dead reads tuples as the names beside them") {
  const TemporaryFolder folder;
  // All 0 is dead in transnas-micro (0: none) and all skips in nats-tss; all 1
  // is skips there and dead here (1: none).
  const std::string scores = folder.write(
      "s.csv", "arch,p\n\"(0, 0, 0, 0, 0, 0)\",1\n\"(1, 1, 1, 1, 1, 1)\",2\n");
  const auto left = [&](const std::string& other) {
    const std::string truth = folder.write("t.csv", other);
    const Finished run = run_zcp(
        {"rank",
         "--scores",
         scores,
         "--by",
         "p",
         "--drop-dead",
         "--truth",
         truth,
         "--metric",
         "acc"});
    CHECK(contains(run.err, "1 dead architectures left out"));
    return run.out;
  };
  CHECK(contains(
      left("arch,acc\n64-41414-0_00_000,1\n64-41414-1_11_111,2\n"),
      "(1, 1, 1, 1, 1, 1)"));
  CHECK(contains(
      left("arch,acc\n"
           "|skip_connect~0|+|skip_connect~0|skip_connect~1|+|skip_connect~0|"
           "skip_connect~1|skip_connect~2|,1\n"),
      "(0, 0, 0, 0, 0, 0)"));
  const Strings alone{"rank", "--scores", scores, "--by", "p", "--drop-dead"};
  check_refused(alone, "may be of nats-tss or transnas-micro");
  CHECK(contains(
      output_of(alone + Strings{"--space", "transnas-micro"}), ",2,1"));
}

TEST_CASE("program: search --drop-dead proposes nothing that is dead") {
  const TemporaryFolder folder;
  std::string text = "arch,acc\n";
  const char* const ops[] = {"none", "skip_connect"};
  for (int i = 0; i < 64; ++i) {
    const auto op = [&](int edge) { return ops[(i >> edge) & 1]; };
    text += fmt::format(
        "|{}~0|+|{}~0|{}~1|+|{}~0|{}~1|{}~2|,{}\n",
        op(0),
        op(1),
        op(2),
        op(3),
        op(4),
        op(5),
        100 - i);
  }
  const std::string table = folder.write("t.csv", text);
  const Strings search{
      "search",
      "--space",
      "nats-tss",
      "--by",
      "acc",
      "--truth",
      table,
      "--algorithm",
      "exhaustive",
      "--csv",
      "-",
      "--store",
      (folder.path() / "s.sqlite").string()};
  const Finished all = run_zcp(search);
  const Finished live = run_zcp(search + Strings{"--drop-dead"});
  REQUIRE(all.status == 0);
  REQUIRE(live.status == 0);
  const auto lines = [](const std::string& out) {
    return std::count(out.begin(), out.end(), '\n');
  };
  CHECK(lines(all.out) == 65);
  // An architecture lives where one of the four ways through has no none.
  int alive = 0;
  for (int i = 0; i < 64; ++i) {
    const auto has = [&](int edge) { return ((i >> edge) & 1) != 0; };
    alive += has(3) || (has(0) && has(4)) || (has(1) && has(5)) ||
                     (has(0) && has(2) && has(5))
                 ? 1
                 : 0;
  }
  CHECK(lines(live.out) == alive + 1);
  CHECK(contains(live.err, "of dead architectures left out"));
}

TEST_CASE("program: no output replaces an input, however it is spelled") {
  const TemporaryFolder folder;
  const std::string base = folder.path();
  const std::string scores = folder.write("s.csv", "arch,p\na,1\nb,2\n");
  const std::string truth = folder.write("t.csv", "arch,acc\na,1\nb,2\n");
  std::filesystem::create_symlink(truth, base + "/link");
  std::filesystem::create_hard_link(scores, base + "/hard");
  std::filesystem::create_directory(base + "/figures");
  std::filesystem::create_symlink(truth, base + "/figures/similarity.svg");
  const Strings study = {
      "--scores", scores, "--truth", truth, "--metric", "acc"};
  const auto refuse = [&](const std::string& command, const Strings& more) {
    check_refused(Strings{command} + study + more, "would replace");
  };
  refuse("correlate", {"--figure", base + "/./t.csv"});
  refuse("correlate", {"--figure", base + "//link"});
  refuse("correlate", {"--matrix", base + "/hard"});
  refuse("correlate", {"--matrix", base + "/figures/../s.csv"});
  refuse(
      "correlate", {"--repeats", base + "/r.csv", "--matrix", base + "/r.csv"});
  refuse("report", {"--html", base + "/link"});
  refuse("report", {"--figures", base + "/figures"});
  check_refused(
      Strings{"correlate"} + study +
          Strings{"--figure", base + "/x", "--matrix", base + "/./x"},
      "are one file");
  check_refused(
      {"import", "hw-nas-bench", base + "/link", "--csv", truth},
      "would replace");
  CHECK(read_file(scores) == "arch,p\na,1\nb,2\n");
  CHECK(read_file(truth) == "arch,acc\na,1\nb,2\n");
}

TEST_CASE("program: streams that are closed, full or without a reader") {
  const TemporaryFolder folder;
  const std::string scores = folder.write("s.csv", "arch,p\na,1\nb,2\n");
  const auto shell = [&](const std::string& redirection) {
    return run_zcp(
        {"-c",
         "'" + program() + "' rank --by p --scores '" + scores + "' " +
             redirection},
        "",
        "/bin/sh");
  };
  const std::string ranking = shell("").out;
  CHECK(count_lines(ranking) == 3);
  for (const char* unwritable : {"2>/dev/full", "2>&-"}) {
    const Finished run = shell(unwritable);
    CHECK(run.status == 0);
    CHECK(run.out == ranking);
  }
  for (const char* unwritable : {">/dev/full", ">&-"}) {
    const Finished run = shell(unwritable);
    CHECK(run.status == 1);
    CHECK(
        run.err.find("standard output could not be written") !=
        std::string::npos);
  }
  CHECK(shell("<&-").out == ranking);
  CHECK(shell("--quiet | cat").out == ranking);
}

TEST_CASE("program: what a terminal obeys is shown escaped") {
  const TemporaryFolder folder;
  const std::string odd = "\x1b]0;owned\x07\xE2\x80\xAE";
  const std::string scores =
      folder.write("s\x1b[2J.csv", "arch,p," + odd + "\na,1,2\nb,2,1\nc,3,3\n");
  const std::string truth =
      folder.write("t.csv", "arch,acc" + odd + "\na,1\nb,2\nc,3\n");
  const std::string svg = folder.path() / "f.svg";
  const std::string html = folder.path() / "f.html";
  const Strings study = {
      "--scores", scores, "--truth", truth, "--metric", "acc" + odd};
  std::string all;
  for (const Strings& arguments :
       {Strings{"correlate"} + study +
            Strings{"--pairs", "--figure", svg, "--baseline", "p"},
        Strings{"correlate"} + study + Strings{"--json"},
        Strings{"report"} + study + Strings{"--html", html},
        Strings{"rank", "--scores", scores, "--by", "none" + odd},
        Strings{"score" + odd}}) {
    const Finished run = run_zcp(arguments);
    all += run.out + run.err;
  }
  CHECK(all.find("\\x1b]0;owned\\x07\\u202e") != std::string::npos);
  all += read_file(svg) + read_file(html);
  CHECK(all.find('\x1b') == std::string::npos);
  CHECK(all.find('\x07') == std::string::npos);
  CHECK(all.find("\xE2\x80\xAE") == std::string::npos);
}

TEST_CASE("program: endless inputs and unreasonable numbers are refused") {
  const TemporaryFolder folder;
  const std::string scores = folder.write("s.csv", "arch,p\na,1\nb,2\n");
  check_refused({"rank", "--scores", "/dev/zero", "--by", "p"}, "a device");
  check_refused({"export", "--store", "/dev/zero"}, "/dev/zero");
  check_refused({"import", "nas-bench-201", "/dev/urandom"}, "a device");
  for (const Strings& odd :
       {Strings{"--bootstrap", "1000000000"},
        Strings{"--bootstrap", "1e9"},
        Strings{"--bootstrap", "-1"},
        Strings{"--bootstrap", ""},
        Strings{"--seed", "nan"},
        Strings{"--baseline", ""},
        Strings{"--top", "1e30"},
        Strings{"--figure", ""}}) {
    check_refused(
        Strings{"correlate", "--scores", scores, "--truth", scores} +
            Strings{"--metric", "p"} + odd,
        odd[0]);
  }
}
