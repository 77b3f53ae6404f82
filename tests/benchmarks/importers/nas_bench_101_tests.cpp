#include <cmath>

#include "benchmarks/formats/files.h"
#include "benchmarks/formats/tf_records.h"
#include "benchmarks/importers/nas_bench_101.h"
#include "benchmarks/importers/nas_bench_101_record.h"
#include "tests/support/import_test.h"
#include "tests/support/make_tensors.h"

using namespace zcp::formats;
using namespace zcp::importers;
using namespace zcp::tables;
using namespace zcp::test;
using namespace std::string_literals;

namespace {

const std::string kFormat = "nas-bench-101";

/// Files whose metrics protoc wrote (tests/reference/make_formats.py).
std::filesystem::path official(const std::string& name) {
  return golden("formats/nas_bench_101_" + name + ".tfrecord");
}

/// The validation accuracy in percent that make_formats.py gives a training.
double valid(int epochs, int repeat, int cell) {
  return 100.0 *
         (0.5 + epochs / 1000.0 + repeat / 100.0 + 2 / 8.0 + cell / 256.0);
}

/// A record in its frame.
std::string framed(const std::string& data) {
  const std::string size = little_endian(data.size(), 8);
  return size + little_endian(masked_crc32c(size), 4) + data +
         little_endian(masked_crc32c(data), 4);
}

std::string first_record() {
  const std::string file = read_bytes(official("only108"));
  TfRecords records(bytes_in_memory(file), "f");
  return std::string(*records.next());
}

/// The error for the first record after a change, from its place on.
std::string record_error(const std::string& from, const std::string& to) {
  std::string data = first_record();
  const std::size_t at = data.find(from);
  REQUIRE(at != std::string::npos);
  const std::string error =
      import_error(kFormat, framed(data.replace(at, from.size(), to)));
  const std::string place = "f: record at byte 0: ";
  REQUIRE_MESSAGE(error.starts_with(place), error);
  return error.substr(place.size());
}

}  // namespace

TEST_CASE("import nas-bench-101: every training of the full file") {
  const Table table = import_file(kFormat, official("full"));
  REQUIRE(table.arch.size() == 2);
  CHECK(
      table.arch[0] ==
      "0111010-0000001-0000001-0000100-0000001-0000001-0000000|input,"
      "conv1x1-bn-relu,conv3x3-bn-relu,conv3x3-bn-relu,conv3x3-bn-relu,"
      "maxpool3x3,output");
  CHECK(table.arch[1] == "010-001-000|input,conv1x1-bn-relu,output");
  for (int cell = 0; cell < 2; ++cell) {
    const auto row = static_cast<std::size_t>(cell);
    const auto near = [&](const std::string& column, double expected) {
      CHECK(
          value(table, column, row) ==
          doctest::Approx(expected).epsilon(1e-12));
    };
    CHECK(value(table, "params", row) == 2694282.0 + cell);
    for (const int epochs : {4, 12, 36, 108}) {
      const std::string rest = std::to_string(epochs);
      near("cifar10_valid_" + rest, valid(epochs, 1, cell));
      near("cifar10_test_" + rest, valid(epochs, 1, cell) - 100.0 / 64);
    }
    for (int repeat = 0; repeat < 3; ++repeat) {
      const std::string rest = "_108_repeat" + std::to_string(repeat + 1);
      near("cifar10_valid" + rest, valid(108, repeat, cell));
      near("cifar10_test" + rest, valid(108, repeat, cell) - 100.0 / 64);
    }
    near("training_seconds_108", 1081.0);
  }
}

TEST_CASE("import nas-bench-101: the file of 108 epochs") {
  const Table table = import_file(kFormat, official("only108"));
  CHECK(
      table.columns == std::vector<std::string>{
                           "params",
                           "cifar10_test_108",
                           "cifar10_test_108_repeat1",
                           "cifar10_test_108_repeat2",
                           "cifar10_test_108_repeat3",
                           "cifar10_valid_108",
                           "cifar10_valid_108_repeat1",
                           "cifar10_valid_108_repeat2",
                           "cifar10_valid_108_repeat3",
                           "training_seconds_108"});
}

TEST_CASE("import nas-bench-101: architectures that lack trainings") {
  const std::string file = read_bytes(official("full"));
  TfRecords records(bytes_in_memory(file), "f");
  std::string some;
  for (int i = 0; i < 5; ++i) some += framed(std::string(*records.next()));
  const TemporaryFolder folder;
  const auto table = import_file(kFormat, folder.write("f", some));
  CHECK(table.arch.size() == 2);
  CHECK(value(table, "cifar10_valid_4", 1) == doctest::Approx(valid(4, 0, 1)));
  CHECK(std::isnan(value(table, "cifar10_valid_108", 1)));
  CHECK(std::isnan(value(table, "cifar10_valid_108_repeat1", 1)));
  CHECK(std::isnan(value(table, "training_seconds_108", 1)));
  CHECK(std::isnan(value(table, "cifar10_valid_108_repeat2", 0)));
  // One of each length of the first cell, and one of 4 epochs of the second.
  const std::string lacks = "architectures without three trainings of ";
  const std::string first = table.arch[0] + " with 1";
  CHECK(
      table.unused.lines() == std::vector<std::string>{
                                  lacks + "4 epochs: 2, first " + first,
                                  lacks + "12 epochs: 2, first " + first,
                                  lacks + "36 epochs: 2, first " + first,
                                  lacks + "108 epochs: 2, first " + first});
  CHECK(import_file(kFormat, official("full")).unused.empty());
}

TEST_CASE("import nas-bench-101: what the file must not be") {
  const std::string file = read_bytes(official("only108"));
  const auto error = [](const std::string& bytes) {
    return import_error(kFormat, bytes);
  };
  CHECK(error("") == "f: found no record, expected a TFRecord file");
  CHECK(
      error(file.substr(0, 7)) ==
      "f: record at byte 0: found the end of the file, expected 5 more bytes "
      "(a cut file?)");
  CHECK(error(file.substr(0, file.size() - 1))
            .ends_with("expected 1 more bytes (a cut file?)"));
  std::string broken = file;
  broken[100] ^= 1;
  CHECK(error(broken).find("found checksum ") < 30);
  CHECK(error("{\"a\": [1, 2, 3, 4]}").find("or no TFRecord)") < 120);
  const std::string huge = little_endian(1U << 30U, 8);
  CHECK(
      error(huge + little_endian(masked_crc32c(huge), 4)) ==
      "f: record at byte 0: found 1073741824 bytes, expected at most 1048576");
  const std::string good = framed(first_record());
  CHECK(
      error(good + good + good + good).find("found a training more of 108") <
      40);
  // Another architecture under the same hash.
  std::string data = first_record();
  const std::size_t at = data.find("maxpool3x3");
  REQUIRE(at != std::string::npos);
  data.replace(at, 10, "conv1x1-bn-relu");
  const std::string other = error(good + framed(data));
  CHECK(other.find("conv1x1-bn-relu,output' under a hash, expected '") < 300);
  CHECK(other.find("maxpool3x3,output' as before") < 600);
}

TEST_CASE("import nas-bench-101: numbers of parameters that contradict") {
  // The metrics' field 2 is the number of parameters, a varint; its last byte
  // in base64 is part of the four letters before the end of the field.
  const std::string good = first_record();
  const TemporaryFolder folder;
  const Table table = import_file(kFormat, folder.write("f", framed(good)));
  const double params = value(table, "params", 0);
  std::string data;
  double other = params;
  for (std::size_t at = good.rfind('"') - 1; at > good.size() / 2; --at) {
    if (good[at] < 'B' || good[at] > 'Y') continue;
    data = good;
    ++data[at];
    const auto path = folder.write("g", framed(data));
    if (!user_error([&] { import_file(kFormat, path); }).empty()) continue;
    other = value(import_file(kFormat, path), "params", 0);
    if (other != params) break;
  }
  REQUIRE(other != params);
  const auto both =
      import_file(kFormat, folder.write("h", framed(good) + framed(data)));
  REQUIRE(both.arch.size() == 1);
  CHECK(std::isnan(value(both, "params", 0)));
  CHECK(
      value(both, "cifar10_valid_108", 0) ==
      value(table, "cifar10_valid_108", 0));
  REQUIRE(both.unused.lines().size() == 2);  // and two trainings of three
  CHECK(
      both.unused.lines()[0].find("contradict each other, left empty: 1, "
                                  "first params of ") < 30);
}

TEST_CASE("import nas-bench-101: matrices that are no cell of the space") {
  CHECK(
      record_error("\"0111010", "\"0000000")
          .find("no member of nas-bench-101: spec '") == 0);
}

TEST_CASE("import nas-bench-101: what a record must not be") {
  const std::string expected =
      ", expected an array of hash, epochs, matrix, operations and metrics";
  CHECK(record_error("[", "{") == "found no JSON" + expected);
  CHECK(record_error("108,", "") == "found another JSON value" + expected);
  CHECK(
      record_error("108,", "107,") ==
      "found 107 epochs, expected 4, 12, 36 or 108");
  CHECK(
      record_error("00005c14", "0000zc14") ==
      "found the hash '0000zc142e6f48ac74fdcf73e3439874', expected 32 "
      "hexadecimal digits");
  CHECK(
      record_error("\"0111010", "\"011101").find("', expected the rows of an") <
      80);
  CHECK(
      record_error("0000000\"", "1000000\"")
          .find("expected the rows of an upper triangular one of 0 and 1") <
      90);
  CHECK(record_error("maxpool3x3", "maxpool5x5").find("expected 7 from") < 130);
  CHECK(record_error(",output", "").find("expected 7 from input") < 130);
  CHECK(
      record_error("=\\n\"", "\\n\"") ==
      "found metrics that are no base64, expected a protobuf in base64");
  CHECK(
      record_error("\", \"C", "\", \"_") ==
      "found metrics that are no base64, expected a protobuf in base64");
  CHECK(
      record_error("\", \"C", "\", \"D") ==
      "found broken metrics, expected a protobuf ModelMetrics with 3");
  CHECK(
      record_error("\"input", "5, \"input").find("found another JSON value") ==
      0);
}
