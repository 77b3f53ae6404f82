// zcp report in this process: what it writes, what it refuses.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "apps/commands.h"
#include "tests/support/refusals.h"
#include "tests/support/test_files.h"

namespace {

using namespace zcp::test;
using zcp::apps::Arguments;
namespace fs = std::filesystem;

struct Files {
  TemporaryFolder folder;
  std::string scores = folder.write(
      "scores.csv",
      "arch,params,\"p,1\"\na,1,2\nb,2,1\nc,3,\nd,4,4\n");
  std::string truth =
      folder.write("truth.csv", "arch,acc,ms\na,5,1\nb,6,2\nc,6,3\nd,8,\n");
  std::string html = folder.path() / "page.html";

  Arguments with(const Arguments& more) const {
    Arguments arguments = {"--scores", scores, "--truth", truth};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }

  void refuse(const Arguments& more, const std::string& thing) const {
    check_refused_by(zcp::apps::make_report, with(more), thing);
    CHECK_FALSE(fs::exists(html));
  }
};

std::string read(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("report writes a page and figures") {
  const Files files;
  const fs::path figures = files.folder.path() / "figures";
  const Arguments arguments = files.with(
      {"--metric",
       "acc,acc",
       "--html",
       files.html,
       "--figures",
       figures,
       "--composites",
       "both=rank_sum(params,p,1)",
       "--quiet"});
  CHECK(user_error([&] { zcp::apps::make_report(arguments); }) != "");
  const Arguments right = files.with(
      {"--metric",
       "acc,acc",
       "--html",
       files.html,
       "--figures",
       figures,
       "--composites",
       "both=rank_sum(params)",
       "--cost",
       "ms",
       "--title",
       "A trial",
       "--bootstrap",
       "40",
       "--quiet"});
  CHECK(zcp::apps::make_report(right) == 0);
  const std::string page = read(files.html);
  CHECK(page.find("<title>A trial</title>") != std::string::npos);
  CHECK(page.find("\"metrics\":[\"acc\"]") != std::string::npos);
  CHECK(page.find("\"name\":\"both\"") != std::string::npos);
  CHECK(fs::exists(figures / "scatter-acc-p_1.svg"));
  CHECK(fs::exists(figures / "pareto-acc-ms.svg"));
  CHECK_FALSE(fs::exists(figures / "pareto-acc-params.svg"));
}

TEST_CASE("report says of scores that are shipped how they were made") {
  const TemporaryFolder folder;
  const std::string truth = folder.write(
      "truth.csv",
      "arch,acc\n"
      "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|,10\n"
      "|nor_conv_3x3~0|+|none~0|none~1|+|none~0|none~1|none~2|,11\n");
  const fs::path html = folder.path() / "page.html";
  const Arguments arguments = {
      "--scores",
      "nats-tss:gaussian",
      "--truth",
      truth,
      "--metric",
      "acc",
      "--bootstrap",
      "0",
      "--html",
      html,
      "--quiet"};
  CHECK(zcp::apps::make_report(arguments) == 0);
  CHECK(
      read(html).find(
          "\"described\":\"nats-tss:gaussian: Scores of all 15,625 cells") !=
      std::string::npos);
}

TEST_CASE("report puts several studies on one page") {
  const Files files;
  const std::string other =
      files.folder.write("other.csv", "arch,params,q\na,3,2\nb,2,1\nc,1,4\n");
  const fs::path figures = files.folder.path() / "both";
  const Arguments arguments = files.with(
      {"--scores",
       other,
       "--metric",
       "acc",
       "--bootstrap",
       "0",
       "--html",
       files.html,
       "--figures",
       figures,
       "--quiet"});
  CHECK(zcp::apps::make_report(arguments) == 0);
  const std::string page = read(files.html);
  CHECK(page.find("<title>scores / other</title>") != std::string::npos);
  CHECK(page.find("\"others\":[{\"name\":\"other\"") != std::string::npos);
  CHECK(fs::exists(figures / "scores" / "similarity.svg"));
  CHECK(fs::exists(figures / "other" / "scatter-acc-q.svg"));
  // Each study takes the metrics that its own truth has.
  const std::string second =
      files.folder.write("second.csv", "arch,other_acc\na,1\nb,2\nc,3\n");
  const auto with_metric = [&](const std::string& metric) {
    return files.with(
        {"--scores",
         other,
         "--truth",
         second,
         "--metric",
         metric,
         "--bootstrap",
         "0",
         "--html",
         files.html,
         "--quiet"});
  };
  CHECK(zcp::apps::make_report(with_metric("acc,other_acc")) == 0);
  const std::string both = read(files.html);
  CHECK(both.find("\"metrics\":[\"acc\"]") != std::string::npos);
  CHECK(both.find("\"metrics\":[\"other_acc\"]") != std::string::npos);
  check_refused_by(zcp::apps::make_report, with_metric("acc,other"), "other");
  check_refused_by(zcp::apps::make_report, with_metric("acc"), "second.csv");
  fs::remove(files.html);
  files.refuse(
      {"--scores",
       other,
       "--scores",
       other,
       "--truth",
       files.truth,
       "--metric",
       "acc",
       "--html",
       files.html},
      "--truth is given 2 times and --scores 3");
}

TEST_CASE("studies of names that are one in files have a folder each") {
  const Files files;
  const std::string text = "arch,params,q\na,3,2\nb,2,1\nc,1,4\n";
  const std::string comma = files.folder.write("a,b.csv", text);
  const std::string space = files.folder.write("a b.csv", text);
  const std::string line = files.folder.write("a_b.csv", text);
  const fs::path figures = files.folder.path() / "figures";
  const Arguments arguments{
      "--scores",
      comma,
      "--scores",
      space,
      "--scores",
      line,
      "--truth",
      files.truth,
      "--metric",
      "acc",
      "--figures",
      figures,
      "--bootstrap",
      "0",
      "--quiet"};
  CHECK(zcp::apps::make_report(arguments) == 0);
  for (const char* name : {"a_b", "a_b-2", "a_b-3"}) {
    CHECK(fs::exists(figures / name / "similarity.svg"));
  }
}

TEST_CASE("a page of a store shows its protocol") {
  const Files files;
  const std::string truth = files.folder.write(
      "t.csv",
      "arch,acc\n"
      "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|"
      "nor_conv_3x3~1|nor_conv_3x3~2|,94\n"
      "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|,10\n");
  CHECK(
      zcp::apps::make_report(
          {"--scores",
           golden("store_v1.sqlite"),
           "--truth",
           truth,
           "--metric",
           "acc",
           "--html",
           files.html,
           "--quiet"}) == 0);
  const std::string page = read(files.html);
  CHECK(page.find("\"task\":\"cifar10\"") != std::string::npos);
  CHECK(page.find("no gradient reaches a layer") != std::string::npos);
}

TEST_CASE("report refuses wrong options before any work") {
  const Files files;
  files.refuse({"--metric", "acc"}, "--html or --figures");
  const Arguments html = {"--html", files.html};
  const auto refuse = [&](Arguments more, const std::string& thing) {
    more.insert(more.end(), html.begin(), html.end());
    files.refuse(more, thing);
  };
  refuse({}, "--metric");
  refuse({"--metric", ","}, "--metric");
  refuse({"--metric", "akk"}, "did you mean acc?");
  refuse({"--metric", "acc", "--top", "0.5,2"}, "--top 2");
  refuse({"--metric", "acc", "--missing", "first"}, "--missing first");
  refuse({"--metric", "acc", "--interval", "t"}, "--interval t");
  refuse({"--metric", "acc", "--population", "my"}, "--population my");
  refuse({"--metric", "acc", "--population", "functions"}, "NATS-TSS");
  refuse({"--metric", "acc", "--bootstrap", "-1"}, "--bootstrap -1");
  refuse({"--metric", "acc", "--seed", "-1"}, "-1");
  refuse({"--metric", "acc", "--proxies", "zico"}, "zico");
  refuse({"--metric", "acc", "--baseline", "flops"}, "flops");
  refuse({"--metric", "acc", "--cost", "mss"}, "--cost mss");
  refuse({"--metric", "acc", "--cost", ","}, "--cost");
  refuse({"--metric", "acc", "--composites", "votes"}, "votes");
  files.refuse(
      {"--metric", "acc", "--html", "/no/folder/page.html"}, "/no/folder");
  files.refuse({"--metric", "acc", "--html", files.scores}, files.scores);
  files.refuse({"--metric", "acc", "--html", files.truth}, files.truth);
  files.refuse({"--metric", "acc", "--figures", files.truth}, "--figures");
  CHECK(read(files.scores).starts_with("arch,params"));
}

TEST_CASE("report refuses tables that cannot be joined") {
  const Files files;
  const std::string other = files.folder.write("o.csv", "arch,p\nz,1\n");
  check_refused_by(
      zcp::apps::make_report,
      {"--scores",
       other,
       "--truth",
       files.truth,
       "--metric",
       "acc",
       "--html",
       files.html},
      "no architecture is in both");
  check_refused_by(
      zcp::apps::make_report,
      {"--scores",
       files.folder.path() / "gone",
       "--truth",
       files.truth,
       "--metric",
       "acc",
       "--html",
       files.html},
      "gone");
  CHECK_FALSE(fs::exists(files.html));
}
