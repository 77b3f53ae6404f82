#include <set>

#include "nets/spaces/space.h"
#include "tests/support/import_test.h"

using namespace zcp;
using namespace zcp::importers;
using namespace zcp::tables;
using namespace zcp::test;

namespace {

const std::string kFormat = "auto-prox";

constexpr const char* kFile = R"({
  "pit": [
    {"arch": {"base_dim": 16, "mlp_ratio": 6, "depth": [2, 8, 4],
              "num_heads": [2, 4, 4]}, "c100_base_acc": 68.33},
    {"arch": {"base_dim": 32, "mlp_ratio": 4, "depth": [1, 6, 6],
              "num_heads": [2, 8, 8]}, "c100_base_acc": null,
     "flower_kd_acc": 69.5}],
  "autoformer": [
    {"arch": {"hidden_dim": 192, "mlp_ratio": [3.5, 4.0], "depth": 2,
              "num_heads": [4, 3]}, "imagenet_super_acc": 74.25}]
})";

}  // namespace

TEST_CASE("import auto-prox: the list that is asked for") {
  const TemporaryFolder folder;
  const auto path = folder.write("f.json", kFile);
  const Table pit = import_file(kFormat, path, "pit");
  CHECK(
      pit.arch ==
      std::vector<std::string>{"b16-r6-d2.8.4-h2.4.4", "b32-r4-d1.6.6-h2.8.8"});
  CHECK(value(pit, "c100_base_acc", 0) == 68.33);
  CHECK(value(pit, "flower_kd_acc", 1) == 69.5);
  const Table autoformer = import_file(kFormat, path, "autoformer");
  CHECK(autoformer.arch == std::vector<std::string>{"e192-4x3.5-3x4"});
  CHECK(value(autoformer, "imagenet_super_acc", 0) == 74.25);
}

TEST_CASE("import auto-prox: files and lists that are none") {
  CHECK(
      import_error(kFormat, kFile) ==
      "auto-prox: found no --space, expected --space with one of pit, "
      "autoformer, autoformer_2");
  CHECK(import_error(kFormat, kFile, "pitt")
            .starts_with("auto-prox: found --space pitt, expected"));
  CHECK(
      import_error(kFormat, kFile, "autoformer_2") ==
      "f: found no 'autoformer_2', expected one");
  CHECK(
      import_error(kFormat, R"({"pit": []})", "pit") ==
      "f: 'pit': found an empty one, expected a list of networks");
  CHECK(
      import_error(
          kFormat, R"({"pit": [{"arch": {"base_dim": 16}}]})", "pit") ==
      "f: pit[0]: found no 'mlp_ratio', expected one");
  CHECK(
      import_error(
          kFormat,
          R"({"pit": [{"arch": {"base_dim": 16, "mlp_ratio": 4,
                "depth": [1, 2], "num_heads": [2, 2, 2]}}]})",
          "pit") == "f: pit[0]: depth: found 2 number(s), expected 3");
  CHECK(import_error(
            kFormat,
            R"({"pit": [{"arch": {"base_dim": 16.5, "mlp_ratio": 4,
                "depth": [1, 2, 3], "num_heads": [2, 2, 2]}}]})",
            "pit")
            .starts_with("f: pit[0]: no member of pit: spec "
                         "'b16.5-r4-d1.2.3-h2.2.2': found 'b16.5'"));
  CHECK(
      import_error(
          kFormat,
          R"({"autoformer": [{"arch": {"hidden_dim": 192, "depth": 3,
                "mlp_ratio": [4, 4], "num_heads": [3, 3]}}]})",
          "autoformer") ==
      "f: autoformer[0]: mlp_ratio: found 2 number(s), expected 3");
  CHECK(
      import_error("nas-bench-macro", "{}", "pit") ==
      "--space pit: a file of nas-bench-macro has one table, expected no "
      "--space");
}

TEST_CASE("import auto-prox: the whole file") {
  const auto path = shared("data/vit_accuracy.json");
  if (absent(path)) return;
  std::set<std::string> members;
  for (const char* list : {"pit", "autoformer", "autoformer_2"}) {
    const Table table = import_file(kFormat, path, list);
    CHECK(table.arch.size() == 100);
    members.insert(table.arch.begin(), table.arch.end());
  }
  CHECK(members.size() == 300);
}
