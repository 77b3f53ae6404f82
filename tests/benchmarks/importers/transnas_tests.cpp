#include <cmath>

#include "benchmarks/formats/files.h"
#include "tests/support/bytes.h"
#include "tests/support/import_test.h"

using namespace zcp::formats;
using namespace zcp::tables;
using namespace zcp::test;

namespace {

const std::string kFormat = "transnas";

/// Files of PyTorch and Python (tests/reference/make_formats.py).
std::filesystem::path official(const std::string& extension) {
  return golden("formats/transnas." + extension);
}

/// What make_formats.py gives an architecture on a task: its metrics count up
/// from there, by their place in the file.
double base(int arch, int task) {
  return 100.0 * arch + 10.0 * task;
}

}  // namespace

TEST_CASE("import transnas: each task's metric, last and best") {
  for (const char* extension : {"pth", "json"}) {
    const Table table = import_file(kFormat, official(extension));
    CHECK(
        table.arch == std::vector<std::string>{
                          "64-1234-basic",
                          "64-2311-basic",
                          "64-41414-1_02_333",
                          "64-41414-0_00_000"});
    CHECK(table.columns.size() == 49);
    // Where the metric stands among the task's: valid, test.
    struct Place {
      const char* task;
      int valid;
      int test;
    };
    const Place places[] = {
        {"class_scene", 3, 6},
        {"class_object", 3, 6},
        {"room_layout", 3, 5},
        {"jigsaw", 3, 6},
        {"segmentsemantic", 5, 8},
        {"normal", 2, 4},
        {"autoencoder", 2, 4}};
    for (int arch = 0; arch < 4; ++arch) {
      const auto row = static_cast<std::size_t>(arch);
      for (int task = 0; task < 7; ++task) {
        const auto& [name, valid, test] = places[task];
        const std::string prefix = std::string(name) + "_";
        const double first = base(arch, task);
        CHECK(value(table, prefix + "valid", row) == first + valid + 0.25);
        CHECK(value(table, prefix + "valid_best", row) == first + valid + 0.5);
        CHECK(value(table, prefix + "test", row) == first + test + 0.25);
        CHECK(value(table, prefix + "test_best", row) == first + test + 0.5);
        CHECK(value(table, prefix + "inference_seconds", row) == first);
        CHECK(value(table, prefix + "params", row) == first + 0.5);
        CHECK(value(table, prefix + "macs", row) == first + 0.75);
      }
    }
  }
}

TEST_CASE("import transnas: losses that are negative and values not measured") {
  const TemporaryFolder folder;
  const auto path = folder.write(
      "f",
      R"({"data": {"micro": {"64-41414-0_00_000": {"room_layout": {
          "model_info": {"model_params": ""},
          "metrics": {"valid_neg_loss": [-1.5, -1.25, -1.375],
                      "valid_loss": [1.5, 1.25, 1.375]}},
          "another": {"metrics": {"valid_top1": [1]}}}}}})");
  const Table table = import_file(kFormat, path);
  CHECK(value(table, "room_layout_valid", 0) == -1.375);
  CHECK(value(table, "room_layout_valid_best", 0) == -1.25);
  CHECK(std::isnan(value(table, "room_layout_test", 0)));
  CHECK(std::isnan(value(table, "room_layout_params", 0)));
  CHECK(std::isnan(value(table, "class_scene_valid", 0)));
}

TEST_CASE("import transnas: what the file must not be") {
  const std::string json = read_bytes(official("json"));
  const std::string pth = read_bytes(official("pth"));
  const auto error = [](const std::string& bytes) {
    return import_error(kFormat, bytes);
  };
  CHECK(error("").find("found neither a zip archive") < 10);
  CHECK(
      error(json.substr(0, 5000)) ==
      "f: byte 5001: found no JSON (a cut file?), expected an object with "
      "'data'");
  CHECK(error("{}").starts_with("f: found no metric of an architecture"));
  CHECK(error(R"({"data": [1, [2]], "x": {"y": {"z": {"class_scene": 4}}}})")
            .starts_with("f: found no metric of an architecture"));
  CHECK(
      error(replaced(json, "64-2311-basic", "64-1234-basic")) ==
      "f: found the architecture '64-1234-basic' twice, expected it once");
  CHECK(
      error(pth.substr(0, 9000)) ==
      "f: found no zip archive, expected one (a cut file?)");
  std::string broken = pth;
  broken[4000] ^= 1;
  CHECK(error(broken).find("data.pkl': found checksum") < 40);
}

TEST_CASE("import transnas: keys that come twice, specs of other spaces") {
  const auto error = [](const std::string& task) {
    return import_error(
        kFormat, R"({"data": {"micro": {"64-41414-0_00_000": )" + task + "}}}");
  };
  CHECK(
      error(R"({"jigsaw": {}, "normal": {}, "jigsaw": {}})") ==
      "f: found the key 'jigsaw' twice in an object, expected it once");
  CHECK(
      error(
          R"({"jigsaw": {"metrics": {"test_top1": [1], "test_top1": [2]}}})") ==
      "f: found the key 'test_top1' twice in an object, expected it once");
  CHECK(
      error(R"({"jigsaw": {"model_info": {"model_params": 1,
                                          "model_params": 2}}})") ==
      "f: found the key 'model_params' twice in an object, expected it once");
  for (const std::string spec :
       {"64-41414-0_00_00", "64-41414-0_00_004", "64-1111-basic", "(1, 2)"}) {
    CAPTURE(spec);
    CHECK(import_error(
              kFormat,
              R"({"data": {"micro": {")" + spec +
                  R"(": {"jigsaw": {"metrics": {"test_top1": [1]}}}}}})")
              .starts_with("f: no member of transnas-m"));
  }
}
