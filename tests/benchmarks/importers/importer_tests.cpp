#include <algorithm>
#include <cmath>
#include <sstream>

#include "benchmarks/importers/importer.h"
#include "tests/support/make_nats.h"
#include "tests/support/temporary.h"
#include "tests/support/test_files.h"

using namespace zcp::importers;
using namespace zcp::tables;
using namespace zcp::test;

namespace {

Table import_nats(const std::filesystem::path& folder) {
  return find_importer("nats").read(folder, [](std::size_t, std::size_t) {});
}

double value(const Table& table, const std::string& column, std::size_t row) {
  const auto found = std::ranges::find(table.columns, column);
  REQUIRE_MESSAGE(found != table.columns.end(), column);
  return table
      .values[static_cast<std::size_t>(found - table.columns.begin())][row];
}

std::string nats_error(const TemporaryFolder& folder) {
  return user_error([&] { import_nats(folder.path()); });
}

}  // namespace

TEST_CASE("import: formats by name") {
  CHECK(user_error([] { find_importer("nat"); })
            .starts_with("unknown format 'nat', did you mean 'nats'?; the "
                         "formats are nats"));
}

TEST_CASE("import nats: a folder in the official layout") {
  const TemporaryFolder folder;
  folder.write("meta.pickle.pbz2", bzip2(nats_meta({"a", "b", "c"})));
  folder.write("README.txt", "not a record");
  folder.write(
      "000002.pickle.pbz2",
      bzip2(nats_record(
          2,
          "c",
          {nats_run("cifar10", 777, 200, "ori-test", 91.25),
           nats_run("cifar10", 888, 200, "ori-test", 91.75)})));
  folder.write(
      "000000.pickle.pbz2",
      bzip2(nats_record(
          0, "a", {nats_run("cifar10-valid", 777, 200, "x-valid", 80.5)})));
  std::size_t last = 0;
  const Table table = find_importer("nats").read(
      folder.path(), [&](std::size_t done, std::size_t total) {
        CHECK(done == ++last);
        CHECK(total == 2);
      });
  CHECK(table.arch == std::vector<std::string>{"a", "c"});
  CHECK(
      table.columns == std::vector<std::string>{
                           "index",
                           "macs_cifar10",
                           "params_cifar10",
                           "cifar10_test_200",
                           "cifar10_test_200_seed777",
                           "cifar10_test_200_seed888",
                           "cifar10_valid_200",
                           "cifar10_valid_200_seed777"});
  CHECK(value(table, "index", 1) == 2.0);
  CHECK(value(table, "cifar10_test_200", 1) == 91.5);
  CHECK(value(table, "cifar10_test_200_seed888", 1) == 91.75);
  CHECK(std::isnan(value(table, "cifar10_test_200", 0)));
  CHECK(value(table, "cifar10_valid_200_seed777", 0) == 80.5);
  CHECK(value(table, "params_cifar10", 1) == 802426.0);
  CHECK(value(table, "macs_cifar10", 1) == 113951370.0);

  std::ostringstream csv;
  write_table(csv, table);
  const auto path = folder.write("t.csv", csv.str());
  const Table again = read_table(path);
  CHECK(again.arch == table.arch);
  CHECK(again.columns == table.columns);
  CHECK(value(again, "cifar10_test_200", 1) == 91.5);
}

TEST_CASE("import nats: what the folder must not be") {
  const TemporaryFolder folder;
  CHECK(user_error([] {
          import_nats("/no/such");
        }).starts_with("/no/such: no such folder, expected a folder NATS-tss"));
  CHECK(
      nats_error(folder).find("meta.pickle.pbz2: no such file") !=
      std::string::npos);
  folder.write("meta.pickle.pbz2", bzip2(nats_meta({"a", "b"})));
  CHECK(
      nats_error(folder).find("found no record such as 000000.pickle.pbz2") !=
      std::string::npos);

  const std::string run = nats_run("cifar10", 777, 200, "ori-test", 90);
  const std::string good = nats_record(1, "b", {run});
  const std::string record = "000001.pickle.pbz2";
  const auto refused = [&](const std::string& bytes, const std::string& why) {
    folder.write(record, bytes);
    const std::string error = nats_error(folder);
    INFO(error);
    CHECK(error.find(record) != std::string::npos);
    CHECK(error.find(why) != std::string::npos);
  };
  refused("not bzip2", "the bzip2 data are cut, broken");
  refused(bzip2(good).substr(0, 60), "the bzip2 data are cut, broken");
  refused(bzip2(good.substr(0, 60)), "(a cut file?)");
  refused(
      bzip2(std::string(std::size_t{1} << 26U, 'x')),
      "larger than 33554432 bytes");
  refused(
      bzip2(nats_record(0, "a", {run})),
      "found architecture 0 'a', expected 1 'b' as in the meta file");
  refused(
      bzip2(nats_record(1, "a", {run})),
      "found architecture 1 'a', expected 1 'b'");
  refused(
      bzip2(nats_record(1, "b", {nats_run("svhn", 777, 200, "ori-test", 90)})),
      "not 'ori-test' of 'svhn'");
  refused(
      bzip2("\x80\x04\x8c\x02os\x8c\x06system\x93."),
      "'os.system', which is refused");
  refused(bzip2("\x80\x04]."), "found a list, expected a dict");
}

TEST_CASE("import nats: two bzip2 streams in one file") {
  const TemporaryFolder folder;
  const std::string meta = nats_meta({"a"});
  folder.write(
      "meta.pickle.pbz2", bzip2(meta.substr(0, 9)) + bzip2(meta.substr(9)));
  folder.write(
      "000000.pickle.pbz2",
      bzip2(
          nats_record(0, "a", {nats_run("cifar100", 888, 12, "x-test", 30)})));
  CHECK(
      value(import_nats(folder.path()), "cifar100_test_12_seed888", 0) == 30.0);
}

TEST_CASE("import nats: the official topology records") {
  const auto folder = shared("data/nats/NATS-tss-v1_0-3ffb9-simple");
  const auto truth_path = shared("data/nats_tss_accuracy.csv");
  if (absent(folder) || absent(truth_path)) return;
  const Table table = import_nats(folder);
  const Table truth = read_table(truth_path);
  REQUIRE(table.arch.size() == 3);
  for (std::size_t row = 0; row < 3; ++row) {
    const auto index = static_cast<std::size_t>(value(table, "index", row));
    CHECK(table.arch[row] == truth.arch[index]);
    for (const std::string& column : truth.columns) {
      if (column == "index" || column == "params_cifar10") continue;
      const double ours = value(table, column + "_200", row);
      CHECK(std::abs(ours - value(truth, column, index)) < 1e-4);
    }
    CHECK(
        value(table, "params_cifar10", row) ==
        value(truth, "params_cifar10", index));
  }
  CHECK(value(table, "cifar10_test_200_seed777", 1) == 91.79);
  CHECK(value(table, "cifar10_half_test_12_seed111", 1) == 62.48);
  CHECK(
      value(table, "imagenet16_120_valid_and_test_200_seed888", 2) ==
      32.499999994913736);
  CHECK(value(table, "macs_imagenet16_120", 2) == 2936440.0);
}

TEST_CASE("import nats: the official size records") {
  const auto folder = shared("data/nats/NATS-sss-v1_0-50262-simple");
  if (absent(folder)) return;
  const Table table = import_nats(folder);
  CHECK(
      table.arch ==
      std::vector<std::string>{"8:8:8:8:8", "8:8:8:16:32", "8:8:40:32:40"});
  CHECK(value(table, "cifar10_test_90", 1) == 85.77);
  CHECK(value(table, "cifar10_test_12_seed888", 1) == 79.23);
  CHECK(value(table, "cifar10_test_1", 1) == 47.22);
  CHECK(value(table, "params_cifar100", 1) == 52172.0);
}

namespace {

Table import_json(const std::string& format, std::string_view text) {
  const TemporaryFolder folder;
  return find_importer(format).read(
      folder.write("f.json", text), [](std::size_t, std::size_t) {});
}

std::string json_error(const std::string& format, std::string_view text) {
  const std::string error = user_error([&] { import_json(format, text); });
  return error.substr(std::min(error.find("f.json"), error.size()));
}

}  // namespace

TEST_CASE("import nas-bench-macro: a file in the official layout") {
  const Table table = import_json(
      "nas-bench-macro",
      R"({"02012100": {"test_acc": [89.5, 88.75, 89.25], "mean_acc": 89.2,
           "std": 0.3, "params": 890666, "flops": 47327744},
          "11111221": {"test_acc": [92, 92.5, 93], "mean_acc": 92.5,
           "std": 0.5, "params": 2181386, "flops": 65012224}})");
  CHECK(table.arch == std::vector<std::string>{"02012100", "11111221"});
  CHECK(
      table.columns == std::vector<std::string>{
                           "accuracy_mean",
                           "accuracy_seed0",
                           "accuracy_seed1",
                           "accuracy_seed2",
                           "macs",
                           "params"});
  CHECK(value(table, "accuracy_seed1", 0) == 88.75);
  CHECK(value(table, "macs", 1) == 65012224.0);
  CHECK(
      json_error("nas-bench-macro", "{\"a\": {\"test_acc\": [1]") ==
      "f.json: found no JSON (a cut file?), expected an object with entries");
  CHECK(
      json_error("nas-bench-macro", "[1]") ==
      "f.json: found array, expected an object with entries");
  CHECK(
      json_error("nas-bench-macro", R"({"a": {"test_acc": ["x"]}})") ==
      "f.json: 'a': found string, expected a number");
  CHECK(
      json_error("nas-bench-macro", R"({"a": 1})") ==
      "f.json: 'a': found no 'test_acc', expected one");
}

TEST_CASE("import nas-bench-suite-zero: scores under NATS-TSS specs") {
  const std::string format = "nas-bench-suite-zero";
  const Table table = import_json(
      format,
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
  CHECK(std::isnan(value(table, "imagenet16_120_NaN \" x", 0)));
  const std::string error =
      json_error(format, R"-({"cifar10": {"(0, 2, 9)": {}}})-");
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
  const Table table = find_importer("nas-bench-suite-zero")
                          .read(path, [](std::size_t, std::size_t) {});
  const Table truth = read_table(truth_path);
  CHECK(table.arch.size() == 725);
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
