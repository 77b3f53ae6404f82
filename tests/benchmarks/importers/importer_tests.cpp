#include <set>

#include "benchmarks/formats/files.h"
#include "tests/support/import_test.h"
#include "tests/support/make_nats.h"

using namespace zcp::importers;
using namespace zcp::test;

TEST_CASE("import: formats by name") {
  CHECK(user_error([] { find_importer("nat"); })
            .starts_with("unknown format 'nat', did you mean 'nats'?; the "
                         "formats are nats"));
}

TEST_CASE("import: every format says what it reads and what it gives") {
  std::set<std::string> names;
  for (const Importer& importer : all_importers()) {
    names.insert(importer.name);
    CAPTURE(importer.name);
    CHECK(&find_importer(importer.name) == &importer);
    CHECK_FALSE(importer.summary.empty());
    CHECK_FALSE(importer.source.empty());
    CHECK_FALSE(importer.columns.empty());
    // Whatever it reads is not there.
    CHECK(user_error([&] {
            std::optional<std::string> space;
            if (!importer.spaces.empty()) space = importer.spaces[0];
            import_file(importer.name, "/no/such", space);
          }).starts_with("/no/such: no such f"));
  }
  CHECK(names.size() == 10);
}

namespace {

struct Sample {
  std::string format;
  std::filesystem::path path;
};

const std::string kGenotype =
    "normal:none~0,none~1|none~0,none~1|none~0,none~1|none~0,none~1;"
    "reduce:none~0,none~1|none~0,none~1|none~0,none~1|none~0,none~1";

/// A file or folder of each format, of each kind that it reads.
std::vector<Sample> samples(const TemporaryFolder& folder) {
  std::vector<Sample> all;
  const auto add = [&](const std::string& format, const std::string& golden) {
    all.push_back({format, zcp::test::golden("formats/" + golden)});
  };
  for (const char* kind : {"legacy", "zip", "one"}) {
    add("nas-bench-201", std::string("nas_bench_201_") + kind + ".pth");
  }
  add("nas-bench-101", "nas_bench_101_full.tfrecord");
  add("nas-bench-101", "nas_bench_101_only108.tfrecord");
  add("nas-bench-301", "nas_bench_301.json");
  add("transnas", "transnas.pth");
  add("transnas", "transnas.json");
  for (const char* protocol : {"2", "3", "4"}) {
    add("hw-nas-bench", std::string("hw_nas_bench_") + protocol + ".pickle");
  }
  const auto write = [&](const std::string& format,
                         const std::string& name,
                         const std::string& text) {
    all.push_back({format, folder.write(name, text)});
  };
  write("nas-bench-301", "genotypes.csv", "\"" + kGenotype + "\",90\n");
  write("nas-bench-301", "h.csv", "arch,acc\n\"" + kGenotype + "\",90\n");
  write(
      "nas-bench-macro",
      "macro.json",
      R"({"02012100": {"test_acc": [89.5], "mean_acc": 89.5, "params": 890666,
          "flops": 47327744}})");
  write(
      "auto-prox",
      "vit.json",
      R"({"pit": [{"arch": {"base_dim": 16, "mlp_ratio": 4, "depth": [1, 2, 3],
          "num_heads": [2, 2, 2]}, "c100_kd_acc": 70}]})");
  write(
      "bert",
      "bert.json",
      R"([{"scores": {"glue": 60}, "hidden_size": 128, "encoder_layers": [
          {"operation_type": "SA", "operation_parameter": "SDP",
           "num_operation_heads": 2, "feed_forward_dimension": 512,
           "num_feed_forward": 1},
          {"operation_type": "LT", "operation_parameter": "DFT",
           "num_operation_heads": 4, "feed_forward_dimension": 1024,
           "num_feed_forward": 3}]}])");
  const std::pair<const char*, const char*> tuples[] = {
      {"cifar10", "(4, 0, 3, 1, 4, 3)"},
      {"cifar10", "(0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 4, 1)"},
      {"jigsaw", "(1, 0, 2, 3, 3, 3)"},
      {"jigsaw", "(1, 2, 4, 2)"}};
  for (const auto& [dataset, tuple] : tuples) {
    write(
        "nas-bench-suite-zero",
        std::string("zero") + std::to_string(all.size()) + ".json",
        fmt::format(
            R"({{"{}": {{"{}": {{"val_accuracy": 9, "snip": {{"score": 1}}}}}}}})",
            dataset,
            tuple));
  }
  const std::pair<const char*, const char*> spaces[] = {
      {"tss", "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|"},
      {"sss", "8:8:8:8:8"}};
  for (const auto& [name, spec] : spaces) {
    const std::string in = std::string(name) + "/";
    folder.write(in + "meta.pickle.pbz2", bzip2(nats_meta({spec})));
    write(
        "nats",
        in + "000000.pickle.pbz2",
        bzip2(nats_record(
            0, spec, {nats_run("cifar10", 777, 200, "ori-test", 90)})));
    all.back().path = folder.path() / name;
  }
  folder.write(
      "results/results_0.json",
      zcp::formats::read_bytes(golden("formats/nas_bench_301.json")));
  all.push_back({"nas-bench-301", folder.path() / "results"});
  return all;
}

}  // namespace

TEST_CASE("import: a file of another format or space is refused") {
  const TemporaryFolder folder;
  const std::vector<Sample> all = samples(folder);
  std::set<std::string> formats;
  std::size_t refused = 0;
  for (const Sample& sample : all) {
    formats.insert(sample.format);
    for (const Importer& importer : all_importers()) {
      CAPTURE(importer.name);
      CAPTURE(sample.path.string());
      std::optional<std::string> space;
      if (!importer.spaces.empty()) space = importer.spaces[0];
      const std::string error =
          user_error([&] { import_file(importer.name, sample.path, space); });
      CAPTURE(error);
      if (importer.name == sample.format) {
        CHECK(error.empty());
        continue;
      }
      // One line that begins with the file, or with one in the folder.
      CHECK(error.starts_with(sample.path.string()));
      CHECK(error.find('\n') == std::string::npos);
      ++refused;
    }
  }
  CHECK(formats.size() == all_importers().size());
  CHECK(refused == all.size() * (all_importers().size() - 1));
}
