#include "benchmarks/formats/files.h"
#include "tests/support/import_test.h"

using namespace zcp::formats;
using namespace zcp::tables;
using namespace zcp::test;

namespace {

const std::string kFormat = "hw-nas-bench";

/// Files that Python's pickle wrote (tests/reference/make_formats.py).
std::filesystem::path official(int protocol) {
  return golden("formats/hw_nas_bench_" + std::to_string(protocol) + ".pickle");
}

std::string error_after(const std::string& from, const std::string& to) {
  std::string bytes = read_bytes(official(4));
  const std::size_t at = bytes.find(from);
  REQUIRE(at != std::string::npos);
  return import_error(kFormat, bytes.replace(at, from.size(), to));
}

}  // namespace

TEST_CASE("import hw-nas-bench: numbers of every kind") {
  for (const int protocol : {2, 3, 4}) {
    const Table table = import_file(kFormat, official(protocol));
    REQUIRE(table.arch.size() == 3);
    CHECK(table.arch[1] == "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|");
    CHECK(table.columns.size() == 15);
    const std::pair<const char*, double> sets[] = {
        {"cifar10_", 1.0}, {"cifar100_", 20.0}, {"imagenet16_120_", 300.0}};
    for (const auto& [set, base] : sets) {
      const std::string prefix = set;
      for (std::size_t row = 0; row < 3; ++row) {
        const auto i = static_cast<double>(row);
        CHECK(value(table, prefix + "edgegpu_latency", row) == base + i / 8);
        CHECK(value(table, prefix + "edgegpu_energy", row) == base + i);
        CHECK(value(table, prefix + "raspi4_latency", row) == base + i);
        CHECK(value(table, prefix + "fpga_energy", row) == i);
        CHECK(value(table, prefix + "eyeriss_arithmetic_intensity", row) == i);
      }
    }
  }
}

TEST_CASE("import hw-nas-bench: what the file must not be") {
  const std::string good = read_bytes(official(3));
  for (std::size_t size = 0; size < good.size(); size += 61) {
    INFO(size);
    CHECK(
        import_error(kFormat, good.substr(0, size)).find("(a cut file?)") <
        200);
  }
  CHECK(
      error_after("nasbench201", "nasbench202") ==
      "f: found a dict, expected one with the key 'nasbench201'");
  CHECK(
      error_after("config", "konfig") ==
      "f: found a dict, expected one with the key 'config'");
  CHECK(
      error_after("arch_str", "arch_stR") ==
      "f: found a dict, expected one with the key 'arch_str'");
  CHECK(
      error_after("_reconstruct", "_reconstrukt")
          .find("_reconstrukt', which is refused") < 100);
  CHECK(
      error_after(
          "\x8c\x02"
          "f4",
          "\x8c\x02"
          "c8")
          .find("expected a NumPy type f8, f4, i8 or i4") < 50);
}

TEST_CASE("import hw-nas-bench: what has no columns is said") {
  const TemporaryFolder folder;
  std::string bytes = read_bytes(official(4));
  // A data set of another name, of as many letters.
  const std::size_t at = bytes.find("cifar100");
  REQUIRE(at != std::string::npos);
  bytes.replace(at, 8, "mnist100");
  const auto table = import_file(kFormat, folder.write("f", bytes));
  CHECK(table.columns.size() == 10);
  CHECK(
      table.unused.lines() ==
      std::vector<std::string>{
          "data sets that are not known: 1, first mnist100"});
  CHECK(import_file(kFormat, official(4)).unused.empty());
}

TEST_CASE("import hw-nas-bench: cells of another space") {
  CHECK(error_after("|none~0|+|none~0", "|none~1|+|none~0")
            .starts_with("f: no member of nats-tss: spec "));
}
