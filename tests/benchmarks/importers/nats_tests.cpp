#include <cmath>
#include <sstream>

#include "tests/support/import_test.h"
#include "tests/support/make_nats.h"

using namespace zcp::importers;
using namespace zcp::tables;
using namespace zcp::test;

namespace {

Table import_nats(const std::filesystem::path& folder) {
  return import_file("nats", folder);
}

/// A cell of NATS-TSS for each letter.
std::string cell(char letter) {
  const std::string op = letter == 'a'   ? "none"
                         : letter == 'b' ? "skip_connect"
                                         : "nor_conv_3x3";
  return "|" + op + "~0|+|none~0|none~1|+|none~0|none~1|none~2|";
}

std::string nats_error(const TemporaryFolder& folder) {
  return user_error([&] { import_nats(folder.path()); });
}

}  // namespace

TEST_CASE("import nats: a folder in the official layout") {
  const TemporaryFolder folder;
  folder.write(
      "meta.pickle.pbz2", bzip2(nats_meta({cell('a'), cell('b'), cell('c')})));
  folder.write("README.txt", "not a record");
  folder.write(
      "000002.pickle.pbz2",
      bzip2(nats_record(
          2,
          cell('c'),
          {nats_run("cifar10", 777, 200, "ori-test", 91.25),
           nats_run("cifar10", 888, 200, "ori-test", 91.75)})));
  folder.write(
      "000000.pickle.pbz2",
      bzip2(nats_record(
          0,
          cell('a'),
          {nats_run("cifar10-valid", 777, 200, "x-valid", 80.5)})));
  std::size_t last = 0;
  const Table table = find_importer("nats").read(
      folder.path(), [&](std::size_t done, std::size_t total) {
        CHECK(done == ++last);
        CHECK(total == 2);
      });
  CHECK(last == 2);
  CHECK(table.arch == std::vector<std::string>{cell('a'), cell('c')});
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
  folder.write("meta.pickle.pbz2", bzip2(nats_meta({cell('a'), cell('b')})));
  CHECK(
      nats_error(folder).find("found no record such as 000000.pickle.pbz2") !=
      std::string::npos);

  const std::string run = nats_run("cifar10", 777, 200, "ori-test", 90);
  const std::string good = nats_record(1, cell('b'), {run});
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
      bzip2(nats_record(0, cell('a'), {run})),
      "found architecture 0 '" + cell('a') + "', expected 1 '" + cell('b') +
          "' as in the meta file");
  refused(
      bzip2(nats_record(1, cell('a'), {run})),
      "found architecture 1 '" + cell('a') + "', expected 1 '" + cell('b') +
          "'");
  refused(
      bzip2(nats_record(
          1, cell('b'), {nats_run("svhn", 777, 200, "ori-test", 90)})),
      "not 'ori-test' of 'svhn'");
  refused(
      bzip2("\x80\x04\x8c\x02os\x8c\x06system\x93."),
      "'os.system', which is refused");
  refused(bzip2("\x80\x04]."), "found a list, expected a dict");
}

TEST_CASE("import nats: two bzip2 streams in one file") {
  const TemporaryFolder folder;
  const std::string meta = nats_meta({cell('a')});
  folder.write(
      "meta.pickle.pbz2", bzip2(meta.substr(0, 9)) + bzip2(meta.substr(9)));
  folder.write(
      "000000.pickle.pbz2",
      bzip2(nats_record(
          0, cell('a'), {nats_run("cifar100", 888, 12, "x-test", 30)})));
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
    std::size_t compared = 0;
    for (const std::string& column : truth.columns) {
      if (column == "index" || column == "params_cifar10") continue;
      ++compared;
      const double ours = value(table, column + "_200", row);
      CHECK(std::abs(ours - value(truth, column, index)) < 1e-4);
    }
    CHECK(compared > 0);
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

TEST_CASE("import nats: what contradicts itself, and what is not used") {
  const TemporaryFolder folder;
  folder.write(
      "meta.pickle.pbz2", bzip2(nats_meta({cell('a'), cell('b'), cell('c')})));
  folder.write("README.txt", "not a record");
  const auto run = [](int seed, double params, double accuracy) {
    std::string bytes = nats_run("cifar10", seed, 200, "ori-test", accuracy);
    const std::string own = pickled(0.802426);
    return bytes.replace(bytes.find(own), own.size(), pickled(params));
  };
  for (const auto& [number, letter] : {std::pair{0, 'a'}, {2, 'c'}}) {
    folder.write(
        "00000" + std::to_string(number) + ".pickle.pbz2",
        bzip2(nats_record(
            number,
            cell(letter),
            {run(777, 0.802426, 91.0),
             run(888, 0.802426, 92.0),
             run(999, 0.316346, 93.0),
             run(1000, 0.802426, 94.0)})));
  }
  const auto table = import_file("nats", folder.path());
  REQUIRE(table.arch.size() == 2);
  for (std::size_t row = 0; row < 2; ++row) {
    CHECK(std::isnan(value(table, "params_cifar10", row)));
    CHECK(value(table, "macs_cifar10", row) == 113951370.0);
    CHECK(value(table, "cifar10_test_200", row) == 92.5);
  }
  CHECK(
      table.unused.lines() ==
      std::vector<std::string>{
          "files that are no record: 1, first " +
              (folder.path() / "README.txt").string(),
          "architectures of the meta file without a record: 1, first 1 '" +
              cell('b') + "'",
          "values that contradict each other, left empty: 2, first "
          "params_cifar10 of " +
              cell('a') + ": 802426 and 316346"});
}

TEST_CASE("import nats: specs are of one of the two spaces") {
  const TemporaryFolder folder;
  const auto error = [&](const std::vector<std::string>& specs) {
    folder.write("meta.pickle.pbz2", bzip2(nats_meta(specs)));
    return nats_error(folder);
  };
  CHECK(
      error({cell('a'), cell('b') + "+"})
          .find("no member of nats-tss: spec '") != std::string::npos);
  CHECK(
      error({cell('a'), "8:8:8:8:8"}).find("no member of nats-tss") !=
      std::string::npos);
  CHECK(
      error({"8:8:8:8:8", cell('a')}).find("no member of nats-sss") !=
      std::string::npos);
  CHECK(
      error({"64-41414-0_00_000"}).find("no member of nats-tss") !=
      std::string::npos);
  CHECK(
      error({}).find("found a list, expected architectures") !=
      std::string::npos);
}

TEST_CASE("import nats: two files of one number") {
  const TemporaryFolder folder;
  folder.write("meta.pickle.pbz2", bzip2(nats_meta({cell('a'), cell('b')})));
  const std::string record = bzip2(nats_record(
      1, cell('b'), {nats_run("cifar10", 777, 200, "ori-test", 90)}));
  folder.write("000001.pickle.pbz2", record);
  folder.write("1.pickle.pbz2", record);
  CHECK(
      nats_error(folder).find("found architecture 1 also in ") !=
      std::string::npos);
}
