// `zcp train` as a process, on images that the test makes.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <string>

#include "tests/support/make_idx.h"
#include "tests/support/program.h"
#include "tests/support/test_files.h"

namespace {

using namespace zcp::test;

constexpr const char* kConv =
    "|none~0|+|none~0|none~1|+|nor_conv_3x3~0|none~1|none~2|";
constexpr const char* kSkip =
    "|none~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|";
// A node that nothing reads: the function of kSkip.
constexpr const char* kSkipToo =
    "|nor_conv_1x1~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|";
constexpr const char* kPool =
    "|none~0|+|none~0|none~1|+|avg_pool_3x3~0|none~1|none~2|";

/// Data, and a protocol that takes a moment.
class Workshop {
 public:
  Workshop() { write_fashion_mnist(folder_, 60, 40); }

  Strings train(const Strings& more, const char* epochs = "2") const {
    return Strings{
               "train",
               "--space",
               "nats-tss",
               "--channels",
               "4",
               "--cells",
               "1",
               "--task",
               "fashion-mnist",
               "--data",
               folder_.path(),
               "--resolution",
               "12",
               "--batch-size",
               "16",
               "--epochs",
               epochs} +
           more;
  }

  std::string path(const std::string& name) const {
    return folder_.path() / name;
  }

 private:
  TemporaryFolder folder_;
};

/// The rows of a table behind its comments.
std::vector<Strings> table_rows(const std::string& text) {
  std::vector<Strings> rows = csv_rows(text);
  std::erase_if(
      rows, [](const Strings& row) { return row[0].starts_with("#"); });
  return rows;
}

std::size_t column_of(const std::vector<Strings>& rows, const char* name) {
  const auto found = std::ranges::find(rows.at(0), name);
  REQUIRE(found != rows[0].end());
  return static_cast<std::size_t>(found - rows[0].begin());
}

/// A table without the times, which differ.
std::vector<Strings> timeless(const std::string& text) {
  std::vector<Strings> rows = table_rows(text);
  const std::size_t seconds = column_of(rows, "train_seconds");
  for (Strings& row : rows) {
    row.erase(row.begin() + static_cast<std::ptrdiff_t>(seconds));
  }
  return rows;
}

}  // namespace

TEST_CASE("train: a table with means, seeds and how it was made") {
  const Workshop shop;
  const std::string csv = shop.path("t.csv");
  const Finished run = run_zcp(shop.train(
      {"--arch", kConv, "--arch", kSkip, "--seeds", "2", "--csv", csv}));
  CAPTURE(run.err);
  CHECK(run.status == 0);
  CHECK(run.out == "");
  CHECK(run.err.find("2 architectures trained") != std::string::npos);
  CHECK(run.err.find("agree with a mean tau of") != std::string::npos);
  const std::string text = read_file(csv);
  CHECK(text.starts_with("# zcp train --space nats-tss --channels 4"));
  CHECK(text.find("'|none~0|+|none~0|none~1|") != std::string::npos);
  CHECK(text.find("LibTorch") != std::string::npos);
  const auto rows = table_rows(text);
  REQUIRE(rows.size() == 3);
  CHECK(rows[1][0] == kConv);
  CHECK(rows[2][0] == kSkip);
  const auto number = [&](std::size_t row, const char* name) {
    return std::stod(rows[row].at(column_of(rows, name)));
  };
  for (const std::size_t row : {1U, 2U}) {
    const double mean = number(row, "fashion_mnist_test");
    const double first = number(row, "fashion_mnist_test_seed0");
    const double second = number(row, "fashion_mnist_test_seed1");
    CHECK(mean == doctest::Approx((first + second) / 2));
    CHECK(mean >= 0);
    CHECK(mean <= 100);
    CHECK(number(row, "fashion_mnist_train_loss") > 0);
    CHECK(number(row, "fashion_mnist_test_loss") > 0);
    CHECK(number(row, "train_seconds") > 0);
  }
  // As truth it is read like any other.
  const std::string study = output_of(
      {"correlate",
       "--quiet",
       "--scores",
       csv,
       "--truth",
       csv,
       "--metric",
       "fashion_mnist_test",
       "--proxies",
       "fashion_mnist_train_loss",
       "--baseline",
       "fashion_mnist_train_loss",
       "--bootstrap",
       "0"});
  CHECK(study.find("n = 2") != std::string::npos);
}

TEST_CASE("train: neither workers, order nor parts change an accuracy") {
  const Workshop shop;
  const auto run = [&](const std::string& name, const Strings& more) {
    const std::string csv = shop.path(name + ".csv");
    output_of(shop.train(more + Strings{"--quiet", "--csv", csv}));
    return timeless(read_file(csv));
  };
  const Strings both{"--arch", kConv, "--arch", kPool, "--seeds", "2"};
  const auto whole = run("whole", both + Strings{"--workers", "1"});
  CHECK(run("two", both + Strings{"--workers", "2"}) == whole);
  const auto turned =
      run("turned", {"--arch", kPool, "--arch", kConv, "--seeds", "2"});
  CHECK(turned[1] == whole[2]);
  CHECK(turned[2] == whole[1]);
  // One architecture and seed at a time, into one store.
  const Strings store{"--store", shop.path("parts.sqlite")};
  run("a", Strings{"--arch", kPool} + store);
  run("b", Strings{"--arch", kPool, "--seed", "1"} + store);
  run("c", Strings{"--arch", kConv} + store);
  CHECK(run("d", both + store) == whole);
  // What the store has is not trained again.
  const auto before = read_file(shop.path("d.csv"));
  run("d", both + store);
  const auto seconds = [&](const std::string& text) {
    const auto rows = table_rows(text);
    return rows[1][column_of(rows, "train_seconds")];
  };
  CHECK(seconds(read_file(shop.path("d.csv"))) == seconds(before));
}

TEST_CASE("train: shards are merged into the whole") {
  const Workshop shop;
  const Strings cells{"--sample", "4", "--distinct", "--quiet"};
  output_of(shop.train(cells + Strings{"--csv", shop.path("whole.csv")}));
  for (const char* shard : {"0", "1"}) {
    const std::string name = shop.path(std::string("part") + shard);
    output_of(shop.train(
        cells +
        Strings{"--shard", std::string(shard) + "/2", "--csv", name + ".csv"}));
  }
  output_of(
      {"merge",
       "--quiet",
       "--store",
       shop.path("merged.sqlite"),
       shop.path("part0.sqlite"),
       shop.path("part1.sqlite")});
  output_of(shop.train(
      cells + Strings{
                  "--store",
                  shop.path("merged.sqlite"),
                  "--csv",
                  shop.path("merged.csv")}));
  CHECK(
      timeless(read_file(shop.path("merged.csv"))) ==
      timeless(read_file(shop.path("whole.csv"))));
}

TEST_CASE("train: equal functions are trained once, --distinct leaves one") {
  const Workshop shop;
  const Strings same{"--arch", kSkip, "--arch", kSkipToo};
  const std::string csv = shop.path("t.csv");
  const Finished run = run_zcp(shop.train(same + Strings{"--csv", csv}));
  CHECK(run.err.find("1 architecture trained") != std::string::npos);
  const auto rows = table_rows(read_file(csv));
  REQUIRE(rows.size() == 3);
  CHECK(
      Strings(rows[1].begin() + 1, rows[1].end()) ==
      Strings(rows[2].begin() + 1, rows[2].end()));
  output_of(shop.train(same + Strings{"--quiet", "--distinct", "--csv", csv}));
  CHECK(table_rows(read_file(csv)).size() == 2);
  const auto sampled = csv_rows(output_of(
      {"score",
       "--quiet",
       "--space",
       "nats-tss",
       "--sample",
       "300",
       "--distinct",
       "--task",
       "gaussian",
       "--proxies",
       "params"}));
  CHECK(sampled.size() == 301);
  check_refused(
      {"score",
       "--space",
       "nats-tss",
       "--sample",
       "15000",
       "--distinct",
       "--task",
       "gaussian",
       "--proxies",
       "params"},
      "nats-tss has 5260 functions");
}

TEST_CASE(
    "train: a loss that is not finite leaves an empty field and says so") {
  const Workshop shop;
  const std::string csv = shop.path("t.csv");
  const Finished run = run_zcp(shop.train(
      {"--arch",
       kConv,
       "--learning-rate",
       "1000",
       "--weight-decay",
       "1000",
       "--csv",
       csv}));
  CAPTURE(run.err);
  CHECK(run.status == 0);
  CHECK(run.err.find("the loss was not finite in epoch") != std::string::npos);
  CHECK(run.err.find("1 run diverged") != std::string::npos);
  const auto rows = table_rows(read_file(csv));
  REQUIRE(rows.size() == 2);
  CHECK(rows[1].at(column_of(rows, "fashion_mnist_test")) == "");
}

TEST_CASE("train: wrong use is refused before anything is trained") {
  const Workshop shop;
  const std::string csv = shop.path("t.csv");
  const auto refuse = [&](const Strings& more, const std::string& thing) {
    check_refused(shop.train(more), thing);
  };
  const Strings cell{"--arch", kConv};
  refuse(cell, "--csv");
  refuse(cell + Strings{"--csv", "-"}, "--store");
  refuse(cell + Strings{"--csv", "/dev/null"}, "--store");
  refuse(cell + Strings{"--csv", csv, "--seeds", "0"}, "--seeds 0");
  refuse(
      cell + Strings{"--csv", csv, "--learning-rate", "-1"},
      "--learning-rate -1");
  refuse(
      cell + Strings{"--csv", csv, "--train-images", "61"},
      "--train-images 61: found 60 images");
  refuse(
      cell + Strings{"--csv", csv, "--classes", "5"},
      "has 10 classes, found 5");
  refuse({"--model", golden("net_resnet.pt"), "--csv", csv}, "--model");
  check_refused(
      Strings{
          "train",
          "--space",
          "nats-tss",
          "--epochs",
          "1",
          "--task",
          "gaussian",
          "--csv",
          csv} +
          cell,
      "fashion-mnist");
  output_of(shop.train(cell + Strings{"--quiet", "--csv", csv}));
  check_refused(
      shop.train(cell + Strings{"--csv", csv}, "3"),
      "epochs is '2' there, '3' was asked for");
}

TEST_CASE("train: a cell of the table that is shipped") {
  const std::filesystem::path data = "/usr/share/datasets/fashion-mnist";
  const std::filesystem::path table =
      std::filesystem::path(ZCP_TABLES_DIR) / "fashion_mnist_tss.csv";
  if (absent(data)) return;
  const std::string text = read_file(table);
  const auto rows = table_rows(text);
  REQUIRE(rows.size() > 400);
  // The first cell, as the table's first line says that it was trained.
  const TemporaryFolder folder;
  const std::string csv = folder.path() / "one.csv";
  Strings command{"train", "--space", "nats-tss", "--arch", rows[1][0]};
  std::istringstream words(text.substr(0, text.find('\n')));
  const Strings kept{
      "--channels",
      "--cells",
      "--task",
      "--resolution",
      "--train-images",
      "--epochs",
      "--batch-size",
      "--transform"};
  for (std::string word; words >> word;) {
    if (std::ranges::count(kept, word) == 0) continue;
    command.push_back(word);
    words >> word;
    command.push_back(word);
  }
  CHECK(command.size() == 5 + 2 * kept.size());
  output_of(command + Strings{"--quiet", "--csv", csv});
  const auto found = table_rows(read_file(csv));
  const double accuracy =
      std::stod(found[1].at(column_of(found, "fashion_mnist_test")));
  // Another processor rounds otherwise and so draws another run from the same
  // distribution: it lies within three runs' range widened by that range four
  // times of five, so the range is widened once more.
  std::vector<double> runs;
  for (const char* seed :
       {"fashion_mnist_test_seed0",
        "fashion_mnist_test_seed1",
        "fashion_mnist_test_seed2"}) {
    runs.push_back(std::stod(rows[1].at(column_of(rows, seed))));
  }
  const auto [low, high] = std::ranges::minmax(runs);
  CHECK(accuracy >= low - 2 * (high - low));
  CHECK(accuracy <= high + 2 * (high - low));
}

TEST_CASE("program: train --suggest names cells that the table does not have") {
  const auto contains = [](const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  };
  const TemporaryFolder folder;
  const std::string table = folder.write(
      "t.csv", std::string("arch,acc\n") + kConv + ",90\n" + kSkipToo + ",\n");
  const std::string archs = folder.write(
      "a.txt",
      std::string(kConv) + "\n" + kSkip + "\n" + kSkipToo + "\n" +
          "|nor_conv_3x3~0|+|none~0|none~1|+|nor_conv_3x3~0|none~1|none~2|\n");
  const Strings asked{
      "train", "--space", "nats-tss", "--archs", archs, "--csv", table};
  const Finished done = run_zcp(asked + Strings{"--suggest", "2"});
  REQUIRE(done.status == 0);
  CHECK(std::count(done.out.begin(), done.out.end(), '\n') == 2);
  CHECK_FALSE(contains(done.out, kConv));
  CHECK(contains(done.err, "2 of 3 to train next, beside 1 trained"));
  CHECK(read_file(table).ends_with(",90\n" + std::string(kSkipToo) + ",\n"));
  const Finished many = run_zcp(asked + Strings{"--suggest", "4"});
  CHECK(many.status == 2);
  CHECK(contains(many.err, "--suggest 4: expected at most 3"));
  // A training that was interrupted leaves rows that wait; one that diverged
  // has its seconds alone.
  folder.write(
      "t.csv",
      std::string("arch,acc,train_seconds\n") + kConv + ",90,7\n" + kSkip +
          ",,\n" + kSkipToo + ",,0\n");
  const Finished waiting = run_zcp(asked + Strings{"--suggest", "3"});
  CHECK(waiting.status == 0);
  CHECK(contains(waiting.err, "3 of 3 to train next, beside 1 trained"));
  folder.write(
      "t.csv",
      std::string("arch,acc,train_seconds\n") + kConv + ",90,7\n" + kSkip +
          ",,5\n");
  const Finished diverged = run_zcp(asked + Strings{"--suggest", "2"});
  CHECK(contains(diverged.err, "2 of 2 to train next, beside 2 trained"));
  const Finished without = run_zcp(asked);
  CHECK(without.status == 2);
  CHECK(contains(without.err, "'--epochs' is required"));
}
