// zcp encode, and what takes its tables.
#include <doctest/doctest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "benchmarks/tables/table.h"
#include "tests/support/program.h"

namespace {

using namespace zcp::test;
using nlohmann::json;

zcp::tables::Table table_of(const std::string& text) {
  return zcp::tables::parse_table(text, "encoding");
}

const Strings kFew{
    "encode",
    "--space",
    "nats-tss",
    "--sample",
    "60",
    "--epochs",
    "2",
    "--hidden",
    "16",
    "--latent",
    "4",
    "--draws",
    "50",
    "--quiet"};

/// A conv, then accuracies that follow its number.
std::string truth_of(const zcp::tables::Table& table) {
  std::string text = "arch,acc\n";
  for (const std::string& arch : table.arch) {
    int convolutions = 0;
    for (std::size_t at = arch.find("nor_conv"); at != std::string::npos;
         at = arch.find("nor_conv", at + 1)) {
      ++convolutions;
    }
    text += arch + "," + std::to_string(10 * convolutions) + "\n";
  }
  return text;
}

}  // namespace

TEST_CASE("zcp encode: a learned table, what is known of it, by the seed") {
  const TemporaryFolder folder;
  const std::string csv = (folder.path() / "learned.csv").string();
  const json found =
      json::parse(output_of(kFew + Strings{"--csv", csv, "--json"}));
  CHECK_EQ(found["space"], "nats-tss");
  CHECK_EQ(found["encoding"], "learned");
  CHECK_EQ(found["architectures"], 60);
  CHECK_EQ(found["columns"], 4);
  CHECK_EQ(found["trained"], 54);
  CHECK_EQ(found["tested"], 6);
  CHECK_EQ(found["losses"].size(), 2);
  for (const char* share :
       {"reconstruction_operations",
        "reconstruction_edges",
        "reconstruction_graphs",
        "validity_arch2vec",
        "validity"}) {
    CAPTURE(share);
    CHECK_GE(found[share].get<double>(), 0);
    CHECK_LE(found[share].get<double>(), 1);
  }
  // A share of the valid ones, where there are any.
  CHECK_EQ(
      found["uniqueness"].is_null(),
      found["validity_arch2vec"].get<double>() == 0);
  CHECK_EQ(found["smoothness"]["by_distance"].size(), 10);
  const std::string first = read_file(csv);
  const auto table = table_of(first);
  CHECK_EQ(table.arch.size(), 60);
  CHECK_EQ(table.columns.front(), "latent_0");
  CHECK_EQ(table.columns.size(), 4);
  // To the bit again, and otherwise with another seed.
  CHECK_EQ(output_of(kFew + Strings{"--csv", "-"}), first);
  CHECK_NE(output_of(kFew + Strings{"--csv", "-", "--dropout", "0"}), first);
}

TEST_CASE("zcp encode: adjacency and paths of two cells by hand") {
  const TemporaryFolder folder;
  const std::string archs = folder.write(
      "archs.txt",
      "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|none~0|none~1|skip_connect~2|"
      "\n"
      "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|none~0|none~1|nor_conv_1x1~2|"
      "\n");
  const Strings call{
      "encode", "--space", "nats-tss", "--archs", archs, "--csv", "-"};
  const auto adjacency =
      table_of(output_of(call + Strings{"--encoding", "adjacency"}));
  REQUIRE_EQ(adjacency.columns.size(), 2);
  CHECK_EQ(adjacency.columns[0], "node 5 nor_conv_1x1");
  CHECK(adjacency.values[0] == std::vector<double>{0, 1});
  CHECK_EQ(adjacency.columns[1], "node 5 skip_connect");
  CHECK(adjacency.values[1] == std::vector<double>{1, 0});
  // Paths that one of two cells has are too rare to be columns.
  check_refused(call + Strings{"--encoding", "path"}, "do not differ");
}

TEST_CASE("zcp encode: spaces without cells and with two of them") {
  for (const char* space : {"pit", "darts", "nats-sss", "nas-bench-101"}) {
    CAPTURE(space);
    Strings call = kFew;
    call[2] = space;
    const auto table = table_of(output_of(call + Strings{"--csv", "-"}));
    CHECK_EQ(table.arch.size(), 60);
    const bool two = space == std::string("darts");
    CHECK_EQ(table.columns.size(), two ? 8 : 4);
    if (two) CHECK_EQ(table.columns[4], "reduce latent_0");
  }
}

TEST_CASE("zcp encode: figure, truth, and searches and predictions of it") {
  const TemporaryFolder folder;
  const std::string csv = (folder.path() / "learned.csv").string();
  output_of(kFew + Strings{"--csv", csv});
  const auto table = table_of(read_file(csv));
  const std::string truth = folder.write("truth.csv", truth_of(table));
  const std::string figure = (folder.path() / "latent.svg").string();
  const std::string printed = output_of(
      kFew + Strings{"--truth", truth, "--metric", "acc", "--figure", figure});
  CHECK(printed.find("difference in acc") != std::string::npos);
  const std::string svg = read_file(figure);
  CHECK(svg.starts_with("<svg"));
  CHECK(svg.find("first principal component") != std::string::npos);
  CHECK(svg.find("acc") != std::string::npos);
  // A search sees the table's architectures and no others.
  const auto searched = table_of(output_of(
      {"search",
       "--space",
       "nats-tss",
       "--encodings",
       csv,
       "--by",
       "params",
       "--algorithm",
       "bayes",
       "--evaluations",
       "30",
       "--csv",
       "-",
       "--quiet"}));
  const std::set<std::string> known(table.arch.begin(), table.arch.end());
  CHECK_EQ(searched.arch.size(), 30);
  for (const std::string& arch : searched.arch) CHECK(known.contains(arch));
  // A model learns from its columns alone.
  const std::string importance = (folder.path() / "importance.csv").string();
  output_of({"predict", "--scores",     csv,        "--truth",
             truth,     "--metric",     "acc",      "--encodings",
             csv,       "--features",   "points",   "--labels",
             "30",      "--model",      "ridge",    "--repeats",
             "2",       "--importance", importance, "--quiet"});
  const std::string columns = read_file(importance);
  CHECK(columns.find("latent_3") != std::string::npos);
  CHECK(columns.find("params") == std::string::npos);
}

TEST_CASE("zcp encode and its tables: what is refused") {
  const TemporaryFolder folder;
  const std::string csv = folder.write(
      "points.csv",
      "arch,x\n|none~0|+|none~0|none~1|+|none~0|none~1|none~2|,1\n"
      "|none~0|+|none~0|none~1|+|none~0|none~1|skip_connect~2|,\n");
  const Strings encode{"encode", "--space", "nats-tss", "--sample", "9"};
  check_refused({"encode"}, "--space");
  check_refused(encode + Strings{"--encoding", "hash"}, "adjacency, path");
  check_refused(
      encode + Strings{"--encoding", "path", "--epochs", "3"}, "--epochs");
  check_refused(encode + Strings{"--most-paths", "3"}, "--most-paths");
  check_refused(encode + Strings{"--metric", "acc"}, "--truth");
  check_refused(encode + Strings{"--dropout", "1"}, "--dropout 1");
  check_refused(encode + Strings{"--held-out", "0.99"}, "--held-out");
  check_refused(encode + Strings{"--csv", "-", "--json"}, "--csv -");
  const Strings search{
      "search", "--space", "nats-tss", "--by", "params", "--encodings"};
  check_refused(search + Strings{csv}, "x of |none~0|");
  check_refused(
      search + Strings{csv, "--fix", "1=nor_conv_3x3"}, "--encodings");
  check_refused(search + Strings{csv, "--html", "page.html"}, "--encodings");
  check_refused(
      {"search",
       "--space",
       "nats-tss",
       "--by",
       "params",
       "--key-encodings",
       "x"},
      "--key-encodings");
  check_refused(
      {"predict",
       "--scores",
       csv,
       "--truth",
       csv,
       "--metric",
       "x",
       "--features",
       "points"},
      "--encodings");
}
