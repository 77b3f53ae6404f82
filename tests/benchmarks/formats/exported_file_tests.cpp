// Exported programs: sound files of every layout, and damaged ones.
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "benchmarks/formats/exported_file.h"
#include "benchmarks/formats/exported_graph.h"
#include "benchmarks/formats/files.h"
#include "benchmarks/formats/model_file.h"
#include "tests/support/make_tensors.h"
#include "tests/support/temporary.h"
#include "tests/support/test_files.h"

using namespace zcp::formats;
using namespace zcp::test;

namespace {

using Files = std::vector<std::pair<std::string, std::string>>;

std::string golden_bytes(const std::string& name) {
  std::ifstream file(golden("exported/" + name), std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The entries of a golden file.
Files entries_of(const std::string& name) {
  const ZipArchive archive(bytes_in_memory(golden_bytes(name)), name);
  Files files;
  for (const auto& entry : archive.entries()) {
    files.emplace_back(entry.name, archive.content(entry));
  }
  return files;
}

std::string error_of(const std::string& bytes) {
  return user_error([&] {
    check_model("net.pt2", std::make_shared<const std::string>(bytes));
  });
}

bool says(const std::string& error, const std::string& part) {
  CAPTURE(error);
  return error.starts_with("net.pt2") &&
         error.find(part) != std::string::npos &&
         error.find('\n') == std::string::npos;
}

/// The file with one entry changed; `name` ends as the entry does.
template <typename Change>
std::string changed(
    const std::string& file,
    const std::string& name,
    const Change& change) {
  Files files = entries_of(file);
  int found = 0;
  for (auto& [entry, content] : files) {
    if (!entry.ends_with(name)) continue;
    ++found;
    change(content);
  }
  REQUIRE(found == 1);
  return make_zip(files);
}

std::string without(const std::string& file, const std::string& name) {
  Files files;
  for (auto& one : entries_of(file)) {
    if (!one.first.ends_with(name)) files.push_back(std::move(one));
  }
  return make_zip(files);
}

/// The graph's JSON with the first `old` replaced.
std::string graph_with(const std::string& old, const std::string& now) {
  return changed("residual.pt2", "models/model.json", [&](std::string& json) {
    const auto at = json.find(old);
    REQUIRE(at != std::string::npos);
    json.replace(at, old.size(), now);
  });
}

}  // namespace

TEST_CASE("exported files: three layouts hold the same program") {
  std::map<std::string, std::vector<std::int64_t>> first;
  for (const char* name :
       {"residual.pt2", "residual_saved.pt2", "residual_flat.pt2"}) {
    CAPTURE(name);
    const zcp::ModelSource file =
        read_model_file(golden(std::string("exported/") + name));
    REQUIRE(file.exported() != nullptr);
    const zcp::ExportedProgram& program = *file.exported();
    CHECK(program.graph.nodes.size() == 26);
    CHECK(program.output.kind == zcp::ExportedOutput::Kind::dict);
    CHECK(
        program.output.keys == std::vector<std::string>{"logits", "features"});
    std::map<std::string, std::vector<std::int64_t>> sizes;
    for (const auto& [tensor, held] : program.tensors) {
      sizes[tensor] = held.sizes;
      CHECK(
          held.dtype == (tensor.ends_with("tracked")   ? 4
                         : tensor == "lifted_tensor_0" ? 6
                                                       : 7));
    }
    CHECK(
        sizes.at("blocks.0.conv1.weight") ==
        std::vector<std::int64_t>{4, 4, 3, 3});
    CHECK(program.tensors.at("stem.weight").trainable);
    CHECK_FALSE(program.tensors.at("frozen").trainable);
    CHECK_FALSE(program.tensors.at("scale").trainable);
    if (first.empty()) first = sizes;
    CHECK(sizes == first);
    const auto& axes = program.meta.at("x").axes;
    REQUIRE(axes.size() == 4);
    CHECK(axes[0].size == -1);
    CHECK(axes[1].size == 3);
  }
  CHECK(first.size() > 15);
}

TEST_CASE("exported files: tied weights share their bytes") {
  const zcp::ModelSource file =
      read_model_file(golden("exported/sequence.pt2"));
  const auto& tensors = file.exported()->tensors;
  REQUIRE(tensors.contains("first.weight"));
  REQUIRE(tensors.contains("second.weight"));
  CHECK(
      tensors.at("first.weight").storage ==
      tensors.at("second.weight").storage);
  REQUIRE_FALSE(file.exported()->graphs.empty());
}

TEST_CASE("exported files: every byte counts") {
  const std::string bytes = golden_bytes("residual.pt2");
  REQUIRE(error_of(bytes).empty());
  std::string damaged = bytes;
  damaged[damaged.find("\"graph_module\"") + 2] ^= 1;
  CHECK(says(error_of(damaged), "models/model.json"));
  damaged = bytes;
  damaged[70] ^= 1;  // within the first weight
  CHECK(says(error_of(damaged), "weight_0"));
  CHECK(says(error_of(bytes.substr(0, bytes.size() / 2)), "net.pt2"));
}

TEST_CASE("exported files: weights have what the table says") {
  const auto shorter = [](std::string& content) { content.resize(8); };
  CHECK(says(
      error_of(changed("residual.pt2", "weights/weight_1", shorter)),
      "found 8 bytes, expected those of a tensor of shape [4, 3, 3, 3] of "
      "float64"));
  CHECK(says(
      error_of(without("residual.pt2", "weights/weight_1")),
      "found no entry 'data/weights/weight_1'"));
  CHECK(says(
      error_of(without("residual.pt2", "model_weights_config.json")),
      "found no entry 'data/weights/model_weights_config.json'"));
  CHECK(says(
      error_of(without("residual_flat.pt2", "serialized_state_dict.pt")),
      "found no entry 'serialized_state_dict.pt'"));
  const auto table = [](const std::string& old, const std::string& now) {
    return error_of(changed(
        "residual.pt2", "model_weights_config.json", [&](std::string& json) {
          const auto at = json.find(old);
          REQUIRE(at != std::string::npos);
          json.replace(at, old.size(), now);
        }));
  };
  CHECK(says(table("\"dtype\": 8", "\"dtype\": 30"), "numbers of type 30"));
  CHECK(says(table("\"dtype\": 8", "\"dtype\": 11"), "complex128"));
  CHECK(says(table("{\"as_int\": 27}", "{\"as_int\": -27}"), "damaged"));
  CHECK(says(
      table("{\"as_int\": 27}", "{\"as_int\": 9223372036854775807}"),
      "damaged"));
  CHECK(says(table("\"stem.weight\"", "\"stem.weights\""), "'stem.weight'"));
}

TEST_CASE("exported files: graphs that are none") {
  CHECK(says(
      error_of(graph_with("\"major\": 8", "\"major\": 9")),
      "version 9 of torch.export's schema, expected 8"));
  CHECK(says(
      error_of(graph_with("\"as_int\": 0", "\"as_int\": 0.5")),
      "expected an integer"));
  CHECK(says(
      error_of(graph_with(
          "{\"name\": \"input\", \"arg\": {\"as_tensor\": {\"name\": \"x\"}",
          "{\"name\": \"input\", \"arg\": {\"as_tensor\": {\"name\": \"z\"}")),
      "that nothing makes before"));
  CHECK(
      says(error_of(graph_with("\"nodes\"", "\"knots\"")), "found no 'nodes'"));
  const std::string deep(3000, '[');
  CHECK(says(
      error_of(graph_with("\"guards_code\": [", "\"guards_code\": [" + deep)),
      "nest deeper than 400"));
  CHECK(says(
      error_of(changed(
          "residual.pt2",
          "models/model.json",
          [](std::string& json) { json = "{"; })),
      "found no JSON"));
  CHECK(says(
      error_of(without("residual.pt2", "models/model.json")),
      "found no exported program"));
}

TEST_CASE("exported files: two programs are one too many") {
  Files files = entries_of("residual.pt2");
  for (const auto& [name, content] : entries_of("residual.pt2")) {
    if (!name.ends_with("models/model.json")) continue;
    files.emplace_back("residual/models/other.json", content);
  }
  CHECK(says(error_of(make_zip(files)), "found 2 programs"));
}
