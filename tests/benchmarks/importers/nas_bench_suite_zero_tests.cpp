#include <cmath>

#include "tests/support/import_test.h"

using namespace zcp::importers;
using namespace zcp::tables;
using namespace zcp::test;

namespace {

const std::string kFormat = "nas-bench-suite-zero";

Imported import_text(
    std::string_view text,
    const std::string& name = "f.json") {
  const TemporaryFolder folder;
  return import_file(kFormat, folder.write(name, text));
}

}  // namespace

TEST_CASE("import nas-bench-suite-zero: scores under NATS-TSS specs") {
  const Table table = import_text(
      R"-({"ImageNet16-120": {"(0, 2, 3, 2, 4, 1)": {
           "idx": "5", "val_accuracy": 40.5,
           "synflow": {"score": 41.5, "time": 0.4},
           "snip": {"score": NaN}, "NaN \" x": {"score": -Infinity}}}})-");
  CHECK(
      table.arch == std::vector<std::string>{
                        "|skip_connect~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+"
                        "|nor_conv_1x1~0|avg_pool_3x3~1|none~2|"});
  CHECK(value(table, "imagenet16_120_synflow", 0) == 41.5);
  CHECK(value(table, "imagenet16_120_valid", 0) == 40.5);
  CHECK(std::isnan(value(table, "imagenet16_120_snip", 0)));
  CHECK(value(table, "imagenet16_120_NaN \" x", 0) == -HUGE_VAL);
  const std::string error =
      import_error(kFormat, R"-({"cifar10": {"(0, 2, 9)": {}}})-");
  CHECK(
      error.find("found the architecture '(0, 2, 9)', expected one such as") !=
      std::string::npos);
}

TEST_CASE(
    "import nas-bench-suite-zero: params and accuracies are those of the "
    "specs") {
  const auto path = shared("data/nas_bench_suite_zero_nb201.json");
  const auto truth_path = shared("data/nats_tss_accuracy.csv");
  if (absent(path) || absent(truth_path)) return;
  const Table table = import_file(kFormat, path);
  const Table truth = read_table(truth_path);
  REQUIRE(table.arch.size() == 725);
  std::size_t near = 0;
  for (std::size_t row = 0; row < table.arch.size(); ++row) {
    const auto index = static_cast<std::size_t>(
        std::ranges::find(truth.arch, table.arch[row]) - truth.arch.begin());
    REQUIRE(index < truth.arch.size());
    CHECK(
        std::round(value(table, "cifar10_params", row) * 1e6) ==
        value(truth, "params_cifar10", index));
    const double difference = value(table, "cifar10_valid", row) -
                              value(truth, "cifar10_valid", index);
    if (std::abs(difference) < 1.0) ++near;
  }
  CHECK(near > 700);
}

namespace {

/// A file of one data set with those tuples, whose accuracies count from 1.
std::string tuples(
    const std::string& dataset,
    const std::vector<std::string>& archs) {
  std::string text;
  for (const std::string& arch : archs) {
    text += text.empty() ? "" : ", ";
    text += "\"" + arch + "\": {\"val_accuracy\": " +
            std::to_string(1 + std::ranges::count(text, '{')) +
            ", \"synflow\": {\"score\": Infinity, \"time\": 1}}";
  }
  return "{\"" + dataset + "\": {" + text + "}}";
}

using Specs = std::vector<std::string>;

}  // namespace

TEST_CASE("import nas-bench-suite-zero: the space of each of the five files") {
  CHECK(
      import_text(tuples("cifar10", {"(0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 4, 1)"}))
          .arch == Specs{"011-001-000|input,conv3x3-bn-relu,output"});
  CHECK(
      import_text(tuples("svhn", {"(4, 0, 3, 1, 4, 3)"})).arch ==
      Specs{"|avg_pool_3x3~0|+|skip_connect~0|none~1|+|nor_conv_1x1~0|"
            "avg_pool_3x3~1|nor_conv_1x1~2|"});
  CHECK(
      import_text(
          tuples(
              "cifar10",
              {"(((0, 6), (1, 4), (0, 0), (1, 5), (1, 4), (3, 2), (0, 6), (3, "
               "2)), ((0, 1), (1, 4), (0, 1), (1, 4), (2, 6), (3, 4), (1, 5), "
               "(2, 1)))"}))
          .arch ==
      Specs{"normal:dil_conv_5x5~0,sep_conv_5x5~1|max_pool_3x3~0,"
            "dil_conv_3x3~1|sep_conv_5x5~1,skip_connect~3|dil_conv_5x5~0,"
            "skip_connect~3;reduce:avg_pool_3x3~0,sep_conv_5x5~1|"
            "avg_pool_3x3~0,sep_conv_5x5~1|dil_conv_5x5~2,sep_conv_5x5~3|"
            "dil_conv_3x3~1,avg_pool_3x3~2"});
  // One tuple that has a zero inside cannot be of modules.
  CHECK(
      import_text(
          tuples("jigsaw", {"(1, 0, 2, 3, 3, 3)", "(2, 3, 2, 3, 2, 3)"}))
          .arch == Specs{"64-41414-1_02_333", "64-41414-2_32_323"});
  CHECK(
      import_text(tuples("normal", {"(1, 2, 4, 2, 0, 0)", "(2, 3, 1, 4)"}))
          .arch == Specs{"64-1242-basic", "64-2314-basic"});
  // Where both can be meant, the file's name says which.
  const std::string either = tuples("jigsaw", {"(2, 3, 2, 3, 2, 3)"});
  CHECK(
      import_text(either, "zc_transbench101_macro.json").arch ==
      Specs{"64-232323-basic"});
  CHECK(
      import_text(either, "zc_transbench101_micro.json").arch ==
      Specs{"64-41414-2_32_323"});
  CHECK(
      import_error(kFormat, either) ==
      "f: found tuples that can be of transbench101_micro and of "
      "transbench101_macro; expected the one that is meant in the file's name");
}

TEST_CASE("import nas-bench-suite-zero: files that are of no space") {
  const auto error = [](const std::string& text) {
    return import_error(kFormat, text);
  };
  // Never cells of NATS-TSS under a data set that these have not.
  CHECK(error(tuples("jigsaw", {"(4, 0, 3, 1, 4, 3)", "(0, 1, 2, 3, 0, 1)"}))
            .starts_with("f: found the architecture '(4, 0, 3, 1, 4, 3)', "
                         "expected one such as"));
  CHECK(error(tuples("cifar10", {"(0, 2, 3, 2, 3, 1)", "(2, 3, 1, 4)"}))
            .starts_with("f: found the architecture '(2, 3, 1, 4)'"));
  CHECK(error(tuples("mnist", {"(0, 2, 3, 2, 3, 1)"}))
            .starts_with("f: found 'mnist' as data sets, expected some of "
                         "cifar10, "));
  CHECK(error(R"-({"cifar10": {"(0, 2, 3, 2, 3, 1)": {}},
                   "jigsaw": {"(0, 2, 3, 2, 3, 1)": {}}})-")
            .starts_with("f: found 'cifar10' and 'jigsaw' as data sets"));
  CHECK_FALSE(error(R"({"cifar10": {}})").empty());
  CHECK_FALSE(error(R"({"cifar10": [1, 2]})").empty());
  CHECK_FALSE(error(R"({"cifar10": 5})").empty());
  CHECK(
      error(R"-({"cifar10": {"(0, 2, 3, 2, 3, 1)": 5}})-") ==
      "f: cifar10 '(0, 2, 3, 2, 3, 1)': found number, expected an object of "
      "scores");
}

TEST_CASE("import nas-bench-suite-zero: what has no place is said") {
  const auto table = import_text(
      R"-({"cifar10": {
           "(0, 2, 3, 2, 3, 1)": {"val_accuracy": 80, "snip": {"score": 1},
                                  "nwot": {"score": 7}},
           "(0,2,3,2,3,1)": {"val_accuracy": 80, "snip": {"score": 2}},
           "(1, 1, 1, 1, 1, 1)": {"idx": "5", "snip": {"score": NaN}}},
          "mine": {"x": {}}})-");
  REQUIRE(table.arch.size() == 2);
  const std::size_t row = table.arch[0].starts_with("|skip") ? 0 : 1;
  CHECK(std::isnan(value(table, "cifar10_snip", row)));
  CHECK(value(table, "cifar10_nwot", row) == 7.0);
  CHECK(value(table, "cifar10_valid", row) == 80.0);
  const std::string spec = table.arch[row];
  CHECK(
      table.unused.lines() ==
      std::vector<std::string>{
          "values that contradict each other, left empty: 1, first "
          "cifar10_snip of " +
              spec + ": 1 and 2",
          "architectures without a validation accuracy: 1, first " +
              table.arch[1 - row] + " on cifar10",
          "values that are no number, left empty: 1, first cifar10_snip of " +
              table.arch[1 - row],
          "data sets that are not known: 1, first mine"});
}

TEST_CASE("import nas-bench-suite-zero: isomorphic cells keep the first row") {
  // The second matrix has a vertex that leads nowhere. The scores are as in a
  // first form of the files, without times.
  const std::string other =
      "(0, 1, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 2, 1)";
  const auto table = import_text(
      R"-({"nasbench101": {"cifar10": {
           "(0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 4, 1)":
               {"val_accuracy": 90, "snip": 1.5},
           ")-" +
      other + R"-(": {"val_accuracy": 91, "snip": 4.5}}}})-");
  CHECK(table.arch == Specs{"010-001-000|input,conv3x3-bn-relu,output"});
  CHECK(value(table, "cifar10_snip", 0) == 1.5);
  CHECK(value(table, "cifar10_valid", 0) == 90.0);
  CHECK(
      table.unused.lines() ==
      std::vector<std::string>{
          "tuples of an architecture that has come as another tuple, left "
          "out: 1, first " +
          other});
}
