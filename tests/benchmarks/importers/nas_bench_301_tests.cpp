#include <cmath>
#include <numeric>

#include "benchmarks/formats/files.h"
#include "benchmarks/importers/nas_bench_301.h"
#include "tests/support/bytes.h"
#include "tests/support/import_test.h"

using namespace zcp::formats;
using namespace zcp::importers;
using namespace zcp::tables;
using namespace zcp::test;

namespace {

const std::string kFormat = "nas-bench-301";

/// Architecture and numbers of the official results_fidelity_0/results_0.json
/// (automl/nasbench301, Apache-2.0), without the settings of the training.
std::string official_result() {
  return read_bytes(golden("formats/nas_bench_301.json"));
}

const std::string kOfficialSpec =
    "normal:skip_connect~0,sep_conv_3x3~1|sep_conv_3x3~0,skip_connect~1|"
    "dil_conv_3x3~0,dil_conv_5x5~2|sep_conv_3x3~1,skip_connect~2;"
    "reduce:max_pool_3x3~0,avg_pool_3x3~1|skip_connect~0,dil_conv_5x5~1|"
    "sep_conv_3x3~1,sep_conv_5x5~2|sep_conv_3x3~2,dil_conv_3x3~3";

/// DARTS_V2 as cnn/genotypes.py of quark0/darts prints it.
const std::string kDartsV2 =
    "Genotype(normal=[('sep_conv_3x3', 0), ('sep_conv_3x3', 1), "
    "('sep_conv_3x3', 0), ('sep_conv_3x3', 1), ('sep_conv_3x3', 1), "
    "('skip_connect', 0), ('skip_connect', 0), ('dil_conv_3x3', 2)], "
    "normal_concat=[2, 3, 4, 5], reduce=[('max_pool_3x3', 0), "
    "('max_pool_3x3', 1), ('skip_connect', 2), ('max_pool_3x3', 1), "
    "('max_pool_3x3', 0), ('skip_connect', 2), ('skip_connect', 2), "
    "('max_pool_3x3', 1)], reduce_concat=[2, 3, 4, 5])";

const std::string kDartsV2Spec =
    "normal:sep_conv_3x3~0,sep_conv_3x3~1|sep_conv_3x3~0,sep_conv_3x3~1|"
    "sep_conv_3x3~1,skip_connect~0|skip_connect~0,dil_conv_3x3~2;"
    "reduce:max_pool_3x3~0,max_pool_3x3~1|skip_connect~2,max_pool_3x3~1|"
    "max_pool_3x3~0,skip_connect~2|skip_connect~2,max_pool_3x3~1";

/// What is said of a table with that genotype, from its line on.
std::string genotype_error(const std::string& from, const std::string& to) {
  return import_error(kFormat, "\"" + replaced(kDartsV2, from, to) + "\",90\n");
}

}  // namespace

TEST_CASE("import nas-bench-301: a genotype's spec") {
  CHECK(
      parse_genotype_table("\"" + kDartsV2 + "\",90\n", "f").arch ==
      std::vector<std::string>{kDartsV2Spec});
  const auto says = [](const std::string& error, const std::string& what) {
    CAPTURE(error);
    return error.starts_with("f:1: no member of darts: genotype ") &&
           error.find(what) != std::string::npos;
  };
  CHECK(says(genotype_error("Genotype(", "Gene("), "found 'Gene(normal=["));
  CHECK(says(
      genotype_error("('max_pool_3x3', 1)],", "],"),
      "found '], reduce_concat"));
  CHECK(says(genotype_error("'max_pool_3x3', 1)]", "'max"), "'max'"));
  CHECK(says(
      genotype_error("dil_conv_3x3", "dil_conv_9x9"),
      "unknown operation 'dil_conv_9x9', expected none, max_pool_3x3"));
  CHECK(says(
      genotype_error("('max_pool_3x3', 0)", "('max_pool_3x3', 2)"),
      "node 2 reads '2', expected an input from 0 to 1"));
  CHECK_FALSE(
      genotype_error("('max_pool_3x3', 0)", "('max_pool_3x3', -1)").empty());
}

TEST_CASE("import nas-bench-301: the official result of one architecture") {
  const TemporaryFolder folder;
  const auto path = folder.write("f", official_result());
  const Table table = import_file(kFormat, path);
  CHECK(table.arch == std::vector<std::string>{kOfficialSpec});
  CHECK(value(table, "cifar10_test", 0) == 97.54);
  CHECK(value(table, "cifar10_valid", 0) == 97.68);
  CHECK(value(table, "params", 0) == 6369358.0);
  CHECK(value(table, "epochs", 0) == 1488.0);
  CHECK(value(table, "training_seconds", 0) == 365136.0);
}

TEST_CASE("import nas-bench-301: a folder, and means of repeated trainings") {
  const TemporaryFolder folder;
  const std::string one = official_result();
  folder.write("rs/results_fidelity_0/results_0.json", one);
  folder.write("readme.txt", "no result");
  folder.write(
      "rs/results_fidelity_0/results_1.json",
      replaced(one, "\"test_accuracy\": 97.54", "\"test_accuracy\": 97.04"));
  folder.write(
      "darts/results_fidelity_0/results_7.json",
      replaced(
          one, "edge_reduce_6\": \"sep_conv_3x3", "edge_reduce_6\": \"none"));
  const Table table = import_file(kFormat, folder.path());
  REQUIRE(table.arch.size() == 2);
  CHECK(
      table.arch[0] == replaced(
                           kOfficialSpec,
                           "|sep_conv_3x3~1,sep_conv_5x5~2",
                           "|none~1,sep_conv_5x5~2"));
  CHECK(table.arch[1] == kOfficialSpec);
  CHECK(value(table, "runs", 0) == 1.0);
  CHECK(value(table, "runs", 1) == 2.0);
  CHECK(value(table, "cifar10_test", 1) == doctest::Approx(97.29));
}

TEST_CASE("import nas-bench-301: what results must not be") {
  const std::string good = official_result();
  const auto error = [&](const std::string& from, const std::string& to) {
    return import_error(kFormat, replaced(good, from, to));
  };
  CHECK(
      import_error(kFormat, good.substr(0, 900)) ==
      "f: found no JSON (a cut file?), expected an object with entries");
  CHECK(
      error("hyperparamater", "hyperparameter") ==
      "f: found no 'optimized_hyperparamater_config', expected one");
  CHECK(
      error("edge_normal_11", "edge_normal_12") ==
      "f: found no 'NetworkSelectorDatasetInfo:darts:edge_normal_11', expected "
      "one");
  CHECK(
      error("\"1_2\"", "\"1_5\"").find("'1_5', expected two inputs such as") <
      100);
  CHECK(error("\"1_2\"", "12").find("'', expected two inputs such as") < 100);
  CHECK(
      error("\"dil_conv_3x3\"", "[]").find("unknown operation 'array'") !=
      std::string::npos);
  CHECK(
      error("97.68, \"epochs\"", "\"x\", \"epochs\"") ==
      "f: found string, expected a number");
  CHECK(error("[{", "{\"a\": [{").find("no JSON") < 20);
  const TemporaryFolder folder;
  CHECK(user_error([&] {
          import_file(kFormat, folder.path());
        }).find("found no .json file") != std::string::npos);
}

TEST_CASE("import nas-bench-301: a table of genotypes") {
  const TemporaryFolder folder;
  const std::string line = "\"" + kDartsV2 + "\",";
  const auto path = folder.write(
      "f",
      line + "90.5\n\"" + replaced(kDartsV2, "dil_conv_3x3", "none") +
          "\",80\n" + line + "91.5\n");
  const Table table = import_file(kFormat, path);
  REQUIRE(table.arch.size() == 2);
  CHECK(table.arch[0] == kDartsV2Spec);
  CHECK(value(table, "cifar10_accuracy", 0) == 91.0);
  CHECK(value(table, "runs", 0) == 2.0);
  CHECK(value(table, "cifar10_accuracy", 1) == 80.0);
  CHECK(import_error(kFormat, "") == "f: found no line, expected genotypes");
  CHECK(
      import_error(kFormat, line + "90.5\n" + line + "good\n") ==
      "f:2: found 2 fields, expected a genotype and its accuracy, a number");
  CHECK(
      import_error(kFormat, "\"" + kDartsV2 + "\"\n") ==
      "f:1: found 1 fields, expected a genotype and its accuracy, a number");
  CHECK(
      import_error(kFormat, "arch,accuracy\n") ==
      "f: found no line, expected genotypes");
}

TEST_CASE("import nas-bench-301: 1,000 genotypes") {
  const auto path = shared("data/darts_cifar10_1000.csv");
  if (absent(path)) return;
  const Table table = import_file(kFormat, path);
  CHECK(table.arch.size() == 1000);
  CHECK(value(table, "cifar10_accuracy", 0) == 85.0);
  const auto& accuracy = table.values.at(1);
  CHECK(
      std::accumulate(accuracy.begin(), accuracy.end(), 0.0) ==
      doctest::Approx(79180.5480709076).epsilon(1e-12));
}

TEST_CASE("import nas-bench-301: a table of genotypes with a header") {
  const TemporaryFolder folder;
  const std::string genotype = "\"" + kDartsV2 + "\"";
  const auto read = [&](const std::string& text) {
    return import_file(kFormat, folder.write("f", text));
  };
  const auto two = read("genotype,accuracy\n" + genotype + ",94.1\n");
  CHECK(two.arch == std::vector<std::string>{kDartsV2Spec});
  CHECK(value(two, "cifar10_accuracy", 0) == 94.1);
  CHECK(two.unused.empty());
  const auto more = read(
      "\xEF\xBB\xBF,Val Acc,Genotype,seed\n0,94.5," + genotype +
      ",777\n1,93.5," + genotype + ",888\n");
  CHECK(more.arch == std::vector<std::string>{kDartsV2Spec});
  CHECK(value(more, "cifar10_accuracy", 0) == 94.0);
  CHECK(value(more, "runs", 0) == 2.0);
  CHECK(
      more.unused.lines() ==
      std::vector<std::string>{
          "columns that are neither genotype nor accuracy: 2, first ''",
          "rows of a genotype before, taken into its mean: 1, first " +
              (folder.path() / "f").string() + ":3"});
  // The last of several would be a guess.
  CHECK(
      import_error(
          kFormat, "genotype,val_acc,test_acc\n" + genotype + ",1,2\n") ==
      "f:1: found the header genotype,val_acc,test_acc, expected one column "
      "with 'acc' in its name");
  CHECK(
      import_error(kFormat, "genotype,seed\n" + genotype + ",1\n") ==
      "f:1: found the header genotype,seed, expected one column with 'acc' in "
      "its name");
  CHECK(
      import_error(kFormat, "genotype,accuracy\n" + genotype + ",1,2\n") ==
      "f:2: found 3 fields, expected a genotype and its accuracy, a number");
}

TEST_CASE("import nas-bench-301: what trainings cannot differ in") {
  const TemporaryFolder folder;
  const std::string one = official_result();
  folder.write("results_0.json", one);
  folder.write("results_1.json", replaced(one, "6369358", "6369359"));
  folder.write("results_2.json", replaced(one, "1488", "200"));
  folder.write("results_3.json", replaced(one, "6369358", "NaN"));
  folder.write("notes.txt", "no result");
  const auto table = import_file(kFormat, folder.path());
  REQUIRE(table.arch.size() == 1);
  CHECK(value(table, "runs", 0) == 4.0);
  CHECK(std::isnan(value(table, "params", 0)));
  CHECK(std::isnan(value(table, "epochs", 0)));
  CHECK(value(table, "cifar10_test", 0) == 97.54);
  CHECK(
      table.unused.lines() ==
      std::vector<std::string>{
          "files that are no .json: 1, first " +
              (folder.path() / "notes.txt").string(),
          "values that contradict each other, left empty: 2, first params of " +
              kOfficialSpec + ": 6369358 and 6369359",
          "values that are no number, left empty: 1, first params of " +
              kOfficialSpec});
}
