// zcp predict and zcp devices as processes.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string>

#include "tests/support/program.h"

namespace {

using namespace zcp::test;

/// Sixty architectures: accuracy follows `good`, and fifty have one.
struct Files {
  Files() {
    std::string scores_text = "arch,params,good\n";
    std::string truth_text = "arch,acc\n";
    std::string cost_text = "arch,index,near,far\n";
    for (int i = 0; i < 60; ++i) {
      scores_text += fmt::format("a{},{},{}\n", i, (i * 37) % 60, i);
      if (i % 6 != 5) truth_text += fmt::format("a{},{}\n", i, i * i);
      cost_text +=
          fmt::format("a{},{},{},{}\n", i, i, i + 1, i == 3 ? -1 : i * i + 1);
    }
    scores = folder.write("scores.csv", scores_text);
    truth = folder.write("truth.csv", truth_text);
    costs = folder.write("costs.csv", cost_text);
  }

  Finished predict(const Strings& more) const {
    Strings all{
        "predict", "--scores", scores, "--truth", truth, "--metric", "acc"};
    all.insert(all.end(), more.begin(), more.end());
    return run_zcp(all);
  }

  TemporaryFolder folder;
  std::string scores;
  std::string truth;
  std::string costs;
};

}  // namespace

TEST_CASE("zcp predict: draws that chose the same labels are one") {
  TemporaryFolder folder;
  std::string scores = "arch,good,other\n";
  std::string truth = "arch,acc\n";
  for (int i = 0; i < 60; ++i) {
    scores += fmt::format("a{},{},{}\n", i, i * i + i % 7, (i * i * 31) % 97);
    truth += fmt::format("a{},{}\n", i, i + (i * 37) % 30);
  }
  const auto run = [&](const std::string& format) {
    return run_zcp(
        {"predict",
         "--scores",
         folder.write("s.csv", scores),
         "--truth",
         folder.write("t.csv", truth),
         "--metric",
         "acc",
         "--labels",
         "20",
         "--choose",
         "spread",
         "--repeats",
         "4",
         "--model",
         "ridge",
         "--quiet",
         "--format",
         format});
  };
  const auto rows = nlohmann::json::parse(run("json").out);
  REQUIRE_EQ(rows.size(), 1);
  const double low = rows[0]["kendall_tau_low"];
  const double high = rows[0]["kendall_tau_high"];
  CHECK_GT(high - low, 0.05);  // of 40 architectures, not of equal draws
  const std::string text = run("text").out;
  CHECK(
      text.find("Where all draws chose the same labels") != std::string::npos);
}

TEST_CASE("zcp predict: the fields that scripts read, and predictions") {
  const Files files;
  const std::string csv = files.folder.path() / "said.csv";
  const Finished done = files.predict(
      {"--labels",
       "20,30",
       "--model",
       "ridge",
       "--json",
       "--csv",
       csv,
       "--quiet"});
  REQUIRE_EQ(done.status, 0);
  CHECK_EQ(done.err, "");
  const auto rows = nlohmann::json::parse(done.out);
  REQUIRE_EQ(rows.size(), 2);
  for (const char* field :
       {"labels",
        "model",
        "features",
        "kendall_tau",
        "kendall_tau_low",
        "kendall_tau_high",
        "spearman_rho",
        "best_proxy",
        "best_proxy_tau"}) {
    CHECK(rows[0].contains(field));
  }
  CHECK_EQ(rows[0]["labels"], 20);
  CHECK_EQ(rows[0]["features"], "proxies");
  CHECK_EQ(rows[0]["best_proxy"], "good");
  CHECK_EQ(rows[0]["best_proxy_tau"], 1.0);
  CHECK_GT(rows[1]["kendall_tau"], 0.8);
  // A header, and the ten architectures without a label.
  CHECK_EQ(count_lines(read_file(csv)), 11);
}

TEST_CASE("zcp predict: what cannot be done is refused in one line") {
  const Files files;
  const auto refused = [&](const Strings& more) {
    const Finished done = files.predict(more);
    CHECK_EQ(done.status, 2);
    CHECK_EQ(done.out, "");
    return done.err;
  };
  CHECK_NE(
      refused({"--labels", "45"}).find("expected at most 40"),
      std::string::npos);
  CHECK_NE(refused({"--features", "graph"}).find("--space"), std::string::npos);
  CHECK_NE(refused({"--model", "tree"}).find("boosting"), std::string::npos);
  CHECK_NE(refused({"--labels", "many"}).find("many"), std::string::npos);
  const std::string wrong = refused({"--space", "nats-tss"});
  CHECK_NE(
      wrong.find("scores.csv: expected architectures of nats-tss"),
      std::string::npos);
  CHECK_NE(wrong.find("a0"), std::string::npos);
  CHECK_NE(
      refused({"--json", "--format", "csv"})
          .find("--json and --format csv: expected one of them"),
      std::string::npos);
}

TEST_CASE("zcp predict: few labels, and intervals that a tau can have") {
  TemporaryFolder folder;
  const auto run = [&](int labelled, const Strings& more) {
    std::string scores = "arch,good\n";
    std::string truth = "arch,acc\n";
    for (int i = 0; i < 40; ++i) {
      scores += fmt::format("a{},{}\n", i, i);
      if (i < labelled) truth += fmt::format("a{},{}\n", i, i);
    }
    return run_zcp(
        Strings{
            "predict",
            "--scores",
            folder.write("s.csv", scores),
            "--truth",
            folder.write("t.csv", truth),
            "--metric",
            "acc",
            "--model",
            "ridge",
            "--quiet",
            "--json"} +
        more);
  };
  const Finished few = run(11, {});
  CHECK_EQ(few.status, 2);
  CHECK_NE(
      few.err.find("found 11 architectures with scores and acc, expected 12 or "
                   "more: 2 labels to fit and 10 that are held out"),
      std::string::npos);
  // Four fifths of fourteen would leave three to judge by.
  const auto enough = nlohmann::json::parse(run(14, {}).out);
  CHECK_EQ(enough[0]["labels"], 4);
  // Some draws rank nearly all, so that Student's interval would pass 1.
  const auto rows =
      nlohmann::json::parse(run(40, {"--labels", "2", "--repeats", "3"}).out);
  CHECK_LE(rows[0]["kendall_tau_high"], 1.0);
  CHECK_GE(rows[0]["kendall_tau_low"], -1.0);
}

TEST_CASE("zcp predict: what is asked for is told to be too little at once") {
  const Files files;
  const std::string file = files.folder.path() / "out";
  const auto refused = [&](const Strings& more, const std::string& text) {
    const Finished done = files.predict(more);
    CHECK_EQ(done.status, 2);
    CHECK_NE(done.err.find(text), std::string::npos);
    CHECK_EQ(done.err.find("predict: "), std::string::npos);  // no progress
    CHECK_FALSE(std::filesystem::exists(file));
  };
  refused({"--labels", "8", "--save", file}, "a predictor of 8 labels");
  for (const char* option : {"--csv", "--save", "--figure", "--importance"}) {
    refused({"--suggest", "3", option, file}, option);
  }
}

TEST_CASE("zcp predict: an infinite label is neither learnt nor predicted") {
  TemporaryFolder folder;
  std::string scores = "arch,good\n";
  std::string truth = "arch,acc\n";
  for (int i = 0; i < 40; ++i) {
    scores += fmt::format("a{},{}\n", i, i);
    if (i < 3) truth += fmt::format("a{},-inf\n", i);
    if (i > 4) truth += fmt::format("a{},{}\n", i, i);
  }
  const std::string csv = folder.path() / "p.csv";
  const Finished done = run_zcp(
      {"predict",
       "--scores",
       folder.write("s.csv", scores),
       "--truth",
       folder.write("t.csv", truth),
       "--metric",
       "acc",
       "--model",
       "ridge",
       "--csv",
       csv});
  REQUIRE_EQ(done.status, 0);
  CHECK_NE(
      done.err.find("3 architectures with an infinite acc are left out"),
      std::string::npos);
  CHECK_EQ(done.err.find("rank at their end"), std::string::npos);
  CHECK_NE(done.err.find("40 architectures, 35 with acc"), std::string::npos);
  const std::string table = read_file(csv);
  CHECK_EQ(count_lines(table), 3);
  CHECK_NE(table.find("\na3,"), std::string::npos);
  CHECK_NE(table.find("\na4,"), std::string::npos);
}

TEST_CASE("zcp predict: architectures to label next have none") {
  const Files files;
  const Finished done = files.predict({"--suggest", "3", "--quiet"});
  REQUIRE_EQ(done.status, 0);
  CHECK_EQ(count_lines(done.out), 3);
  CHECK_EQ(
      read_file(files.truth)
          .find(done.out.substr(0, done.out.find('\n')) + ","),
      std::string::npos);
}

TEST_CASE("zcp devices: -1 is missing, row numbers are no device") {
  const Files files;
  const Finished done = run_zcp({"devices", "--table", files.costs});
  REQUIRE_EQ(done.status, 0);
  CHECK_EQ(done.out, "device,near,far,cluster\nnear,1,1,0\nfar,1,1,0\n");
  CHECK_NE(
      done.err.find("far: 1 of 60 architectures have no measurement"),
      std::string::npos);
  const Finished without =
      run_zcp({"devices", "--table", files.costs, "--adapt", "near:far"});
  CHECK_EQ(without.status, 2);
  CHECK_NE(without.err.find("--space"), std::string::npos);
  const auto refused = [&](const Strings& more, const char* text) {
    const Finished wrong =
        run_zcp(Strings{"devices", "--table", files.costs} + more);
    CHECK_EQ(wrong.status, 2);
    CHECK_MESSAGE(wrong.err.find(text) != std::string::npos, wrong.err);
  };
  refused({"--columns", "near,near"}, "--columns: found near twice");
  refused(
      {"--space", "nats-tss", "--adapt", "near:near"},
      "--adapt near:near: expected two different devices");
  refused(
      {"--space", "nats-tss", "--adapt", "near:far"},
      "costs.csv: expected architectures of nats-tss");
}

TEST_CASE("zcp devices: one device has no pairs") {
  TemporaryFolder folder;
  const std::string costs = folder.write(
      "c.csv",
      "arch,near\n\"(4, 0, 3, 1, 4, 3)\",1\n\"(4, 0, 3, 1, 4, 1)\",2\n");
  const Finished alone = run_zcp(
      {"devices", "--table", costs, "--space", "nats-tss", "--adapt", "all"});
  CHECK_EQ(alone.status, 2);
  CHECK_NE(alone.err.find("--adapt all: found 1 device(s)"), std::string::npos);
}
