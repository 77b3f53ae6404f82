#include <cmath>

#include "benchmarks/formats/files.h"
#include "tests/support/bytes.h"
#include "tests/support/import_test.h"

using namespace zcp::formats;
using namespace zcp::tables;
using namespace zcp::test;

namespace {

const std::string kFormat = "nas-bench-201";

/// Files that PyTorch wrote (tests/reference/make_formats.py).
std::filesystem::path official(const std::string& name) {
  return golden("formats/nas_bench_201_" + name + ".pth");
}

/// The accuracy that make_formats.py gives a run: epochs of training, and the
/// evaluation's number among all of the run.
double accuracy(int seed, int epochs, int number) {
  return 10.0 + seed / 100.0 + epochs / 10.0 + number / 8.0;
}

}  // namespace

TEST_CASE("import nas-bench-201: both kinds of torch.save's files") {
  const Table table = import_file(kFormat, official("legacy"));
  const Table zipped = import_file(kFormat, official("zip"));
  CHECK(table.arch == zipped.arch);
  CHECK(table.columns == zipped.columns);
  REQUIRE(table.arch.size() == 3);
  CHECK(table.arch[1] == "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|");
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    for (std::size_t row = 0; row < 3; ++row) {
      const double a = table.values[c][row];
      const double b = zipped.values[c][row];
      CHECK((a == b || (std::isnan(a) && std::isnan(b))));
    }
  }
}

TEST_CASE("import nas-bench-201: values after the last epoch, and means") {
  const Table table = import_file(kFormat, official("legacy"));
  const auto near = [&](const std::string& column, double expected) {
    CHECK(value(table, column, 0) == doctest::Approx(expected).epsilon(1e-12));
  };
  near("cifar10_test_4_seed777", accuracy(777, 4, 3));
  near("cifar10_test_4_seed888", accuracy(888, 4, 3));
  near("cifar10_test_4", (accuracy(777, 4, 3) + accuracy(888, 4, 3)) / 2);
  near("cifar10_valid_4", accuracy(777, 4, 3));
  near("cifar10_half_test_4", accuracy(777, 4, 7));
  near("cifar10_valid_2_seed111", accuracy(111, 2, 1));
  near("cifar100_valid_4", accuracy(777, 4, 3));
  near("cifar100_test_4", accuracy(777, 4, 7));
  near("cifar100_valid_and_test_4", accuracy(777, 4, 11));
  near("imagenet16_120_test_4_seed777", accuracy(777, 4, 3));
  CHECK(value(table, "index", 2) == 2.0);
  CHECK(value(table, "params_cifar10", 1) == 73306.0);
  CHECK(value(table, "macs_cifar100", 1) == 7782810.0);
  CHECK(std::isnan(value(table, "cifar10_test_4_seed888", 1)));
  CHECK(
      value(table, "cifar10_test_4_seed999", 1) ==
      doctest::Approx(accuracy(999, 4, 3)));
}

TEST_CASE("import nas-bench-201: a file with one architecture") {
  const Table table = import_file(kFormat, official("one"));
  CHECK(table.arch.size() == 1);
  CHECK(
      value(table, "cifar10_test_4_seed777", 0) ==
      doctest::Approx(accuracy(777, 4, 3)));
}

TEST_CASE("import nas-bench-201: what the file must not be") {
  const std::string legacy = read_bytes(official("legacy"));
  const std::string zip = read_bytes(official("zip"));
  const auto error = [](const std::string& bytes) {
    return import_error(kFormat, bytes);
  };
  CHECK(
      error("") ==
      "f: found neither a zip archive nor torch's magic number, expected a "
      "file of torch.save");
  CHECK(error("BZh9").starts_with("f: found neither a zip archive"));
  for (std::size_t size = 30; size < legacy.size() - 300; size += 97) {
    INFO(size);
    CHECK(error(legacy.substr(0, size)).find("(a cut file?)") < 200);
  }
  CHECK(
      error(zip.substr(0, zip.size() / 2)) ==
      "f: found no zip archive, expected one (a cut file?)");
  std::string broken = zip;
  broken[3000] ^= 1;
  CHECK(error(broken).find("data.pkl': found checksum") < 60);
  CHECK(
      error(replaced(legacy, "_rebuild_tensor_v2", "_rebuild_tensor_v9"))
          .find("'torch._utils._rebuild_tensor_v9', which is refused") < 100);
  CHECK(
      error(replaced(legacy, "meta_archs", "meta_arcks")) ==
      "f: found a dict, expected one with the key 'meta_archs'");
  CHECK(
      error(replaced(legacy, "arch2infos", "arck2infos")) ==
      "f: found a dict, expected one with the key 'arch2infos'");
  CHECK(error(replaced(legacy, "|none~0|+", "|zone~0|+"))
            .starts_with("f: no member of nats-tss: spec |zone~0|+"));
  CHECK(
      error(replaced(legacy, "x-valid", "y-valid"))
          .find("not 'y-valid' of 'cifar10-valid'") < 100);
  CHECK(user_error([] {
          import_file(kFormat, "/no/such.pth");
        }) == "/no/such.pth: no such file");
}
