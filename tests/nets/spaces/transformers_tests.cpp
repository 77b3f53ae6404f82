// The spaces of transformers: #params of published models; MACs by
// torch.utils.flop_counter on PyTorch modules of the same structure plus the
// additions of biases; the benchmarks' own columns and correlations.
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "analysis/statistics/correlation.h"
#include "common/error.h"
#include "nets/spaces/flexibert_spec.h"
#include "nets/spaces/space.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::graph;
using namespace zcp::spaces;
using nlohmann::json;

namespace {

struct Counts {
  std::int64_t params;
  std::int64_t macs;
  bool operator==(const Counts&) const = default;
};

constexpr Shape kImage{3, 224, 224};
constexpr Shape kText{1, 512, 1};

Counts counts(const std::string& space, const std::string& spec) {
  const Graph graph =
      space == "flexibert"
          ? find_space(space).build(spec, kText, Output(0, Head::tokens))
          : find_space(space).build(spec, kImage, 1000);
  return {graph.params(), graph.macs()};
}

std::string deit(int hidden, int heads) {
  std::string spec = "e" + std::to_string(hidden);
  for (int i = 0; i < 12; ++i) spec += "-" + std::to_string(heads) + "x4";
  return spec;
}

std::string message(const std::string& space, const std::string& spec) {
  try {
    counts(space, spec);
  } catch (const UserError& error) {
    return error.what();
  }
  return "";
}

/// A file of the reference data; null where it is absent, which is said.
json shared_json(const std::string& name) {
  const auto path = test::shared("data/" + name);
  if (test::absent(path)) return nullptr;
  std::ifstream file(path);
  return json::parse(file);
}

std::string pit_spec(const json& a) {
  const auto text = [](const json& value) { return value.dump(); };
  return "b" + text(a["base_dim"]) + "-r" + text(a["mlp_ratio"]) + "-d" +
         text(a["depth"][0]) + "." + text(a["depth"][1]) + "." +
         text(a["depth"][2]) + "-h" + text(a["num_heads"][0]) + "." +
         text(a["num_heads"][1]) + "." + text(a["num_heads"][2]);
}

std::string autoformer_spec(const json& a) {
  std::string spec = "e" + a["hidden_dim"].dump();
  for (std::size_t i = 0; i < a["mlp_ratio"].size(); ++i) {
    spec += "-" + a["num_heads"][i].dump() + "x" + a["mlp_ratio"][i].dump();
  }
  return spec;
}

/// Kendall's tau of #params with a column of vit_accuracy.json.
double
tau(const json& file, const std::string& list, const std::string& column) {
  const std::map<std::string, int> classes{
      {"c100", 100}, {"flow", 102}, {"chao", 4}, {"imag", 1000}};
  const Space& space = find_space(list == "pit" ? "pit" : "autoformer");
  std::vector<double> params;
  std::vector<double> accuracy;
  for (const json& entry : file[list]) {
    const std::string spec = list == "pit" ? pit_spec(entry["arch"])
                                           : autoformer_spec(entry["arch"]);
    const Graph graph = space.build(
        spec, kImage, classes.at(column.substr(0, 4)), {}, Folding::counted);
    params.push_back(static_cast<double>(graph.params()));
    accuracy.push_back(entry[column].get<double>());
  }
  REQUIRE(params.size() == 100);
  return statistics::kendall_tau_b(params, accuracy);
}

flexibert::Encoder encoder_of(const json& entry) {
  flexibert::Encoder encoder;
  encoder.hidden = entry["hidden_size"];
  for (const json& layer : entry["encoder_layers"]) {
    const json& parameter = layer["operation_parameter"];
    encoder.layers.push_back(
        {flexibert::find_operation(
             layer["operation_type"].get<std::string>() + "-" +
             (parameter.is_string() ? parameter.get<std::string>()
                                    : parameter.dump())),
         layer["num_operation_heads"],
         layer["feed_forward_dimension"],
         layer["num_feed_forward"]});
  }
  return encoder;
}

}  // namespace

TEST_CASE("PiT: the published models' #params, and MACs by PyTorch") {
  CHECK(counts("pit", "b32-r4-d2.6.4-h2.4.8") == Counts{4847272, 701808552});
  CHECK(counts("pit", "b48-r4-d2.6.4-h2.4.8") == Counts{10618888, 1398822280});
  CHECK(counts("pit", "b48-r4-d2.6.4-h3.6.12") == Counts{23461912, 2876980312});
  CHECK(
      counts("pit", "b64-r4-d3.6.4-h4.8.16-p14.7") ==
      Counts{73764840, 12418513128});
}

TEST_CASE("AutoFormer: DeiT's #params, AutoFormer-S, and MACs by PyTorch") {
  CHECK(counts("autoformer", deit(192, 3)) == Counts{5717416, 1257806824});
  CHECK(counts("autoformer", deit(384, 6)) == Counts{22050664, 4607128552});
  // The network that Microsoft publishes, 22.9 M.
  CHECK(
      counts(
          "autoformer-small",
          "e384-6x3-6x3.5-5x3-7x3.5-5x4-5x4-5x4-6x4-6x4-7x4-7x4-6x3.5-7x4") ==
      Counts{22891432, 5170063144});
}

TEST_CASE("FlexiBERT: #params and MACs by PyTorch") {
  CHECK(
      counts(
          "flexibert",
          "h256/SA-WMA-4-1024-3/LT-DCT-2-512-3/SA-SDP-4-512-3/"
          "SA-SDP-4-1024-1") == Counts{9657088, 3311140864});
  CHECK(
      counts("flexibert", "h128/DSC-5-4-512-1/DSC-9-2-1024-3") ==
      Counts{6586707, 1405330944});
  CHECK(
      counts("flexibert", "h256/DSC-9-4-512-3/LT-DFT-4-1024-1") ==
      Counts{5621906, 911221760});
}

TEST_CASE("FlexiBERT: a graph's #params are the configuration's") {
  const Space& space = find_space("flexibert");
  CHECK(space.info().size == 10621440);
  std::set<std::string> seen;
  for (const std::string& spec : sample_specs(space, 200, 1)) {
    CHECK(space.normalise(spec) == spec);
    CHECK(
        counts("flexibert", spec).params ==
        flexibert::params(
            flexibert::parse(spec), flexibert::Reading::configured));
    seen.insert(spec);
  }
  CHECK(seen.size() == 200);
  CHECK(space.spec(0) == "h128/SA-SDP-2-512-1/SA-SDP-2-512-1");
  CHECK(
      space.spec(space.info().size - 1) ==
      "h256/DSC-9-4-1024-3/DSC-9-4-1024-3/DSC-9-4-1024-3/DSC-9-4-1024-3");
}

TEST_CASE("FlexiBERT: all 500 #params of the published table") {
  const json entries = shared_json("bert_glue_500.json");
  if (entries.is_null()) return;
  const auto path = test::shared("data/bert_scores_500.csv");
  if (test::absent(path)) return;
  std::ifstream table(path);
  std::string line;
  std::getline(table, line);
  const auto field = [](const std::string& row, int number) {
    std::size_t at = 0;
    for (int i = 0; i < number; ++i) at = row.find(',', at) + 1;
    return row.substr(at, row.find(',', at) - at);
  };
  REQUIRE(field(line, 10) == "Number of Parameters");
  REQUIRE(entries.size() == 500);
  std::map<flexibert::Reading, std::vector<double>> params;
  std::vector<double> glue;
  int different = 0;
  for (const json& entry : entries) {
    REQUIRE(std::getline(table, line));
    const flexibert::Encoder encoder = encoder_of(entry);
    for (const auto reading :
         {flexibert::Reading::configured,
          flexibert::Reading::published,
          flexibert::Reading::trained}) {
      params[reading].push_back(
          static_cast<double>(flexibert::params(encoder, reading)));
    }
    if (params[flexibert::Reading::published].back() !=
        std::stod(field(line, 10))) {
      ++different;
    }
    glue.push_back(entry["scores"]["glue"]);
  }
  CHECK(different == 0);
  const auto tau_of = [&](flexibert::Reading reading) {
    return statistics::kendall_tau_b(params[reading], glue);
  };
  // ../shared/reference/SYSTEMS.md computes them from the same files.
  CHECK(
      tau_of(flexibert::Reading::published) ==
      doctest::Approx(.4544).epsilon(1e-4));
  CHECK(
      tau_of(flexibert::Reading::configured) ==
      doctest::Approx(.4846).epsilon(1e-4));
  CHECK(
      tau_of(flexibert::Reading::trained) ==
      doctest::Approx(.5602).epsilon(1e-4));
}

TEST_CASE("vision transformers: #params against published accuracies") {
  const json file = shared_json("vit_accuracy.json");
  if (file.is_null()) return;
  const auto first = [&](const std::string& list, int i) {
    const json& arch = file[list][static_cast<std::size_t>(i)]["arch"];
    const bool pit = list == "pit";
    return find_space(pit ? "pit" : "autoformer")
        .build(pit ? pit_spec(arch) : autoformer_spec(arch), kImage, 100)
        .params();
  };
  CHECK(first("pit", 0) == 893828);
  CHECK(first("pit", 1) == 9736804);
  CHECK(first("pit", 2) == 348052);
  CHECK(first("autoformer", 0) == 5321956);
  CHECK(first("autoformer_2", 2) == 7358788);
  // ../shared/reference/SYSTEMS.md, four decimals.
  const std::vector<std::tuple<std::string, std::string, double>> expected{
      {"pit", "c100_base_acc", .7163},
      {"pit", "c100_kd_acc", .8172},
      {"pit", "flower_base_acc", .7687},
      {"pit", "flower_kd_acc", .8645},
      {"pit", "chaoyang_base_acc", .5440},
      {"pit", "chaoyang_kd_acc", .5642},
      {"autoformer", "c100_base_acc", -.3241},
      {"autoformer", "c100_kd_acc", .5480},
      {"autoformer", "flower_base_acc", .3108},
      {"autoformer", "flower_kd_acc", .6995},
      {"autoformer", "chaoyang_base_acc", .0466},
      {"autoformer", "chaoyang_kd_acc", .3151},
      {"autoformer", "imagenet_super_acc", -.2175},
      {"autoformer_2", "c100_kd_acc", .4164},
      {"autoformer_2", "flower_kd_acc", .7438},
      {"autoformer_2", "chaoyang_kd_acc", .3741},
      {"autoformer_2", "imagenet_super_acc", .0526}};
  for (const auto& [list, column, value] : expected) {
    CAPTURE(list);
    CAPTURE(column);
    CHECK(std::abs(tau(file, list, column) - value) < 6e-5);
  }
}

TEST_CASE("PiT: every member is numbered, goes both ways and is another") {
  const Space& space = find_space("pit");
  std::set<std::string> specs;
  std::set<std::uint64_t> hashes;
  for (std::int64_t i = 0; i < space.info().size; ++i) {
    const std::string spec = space.spec(i);
    CHECK(space.normalise(spec) == spec);
    CHECK(space.spec_of(space.options_of(spec)) == spec);
    specs.insert(spec);
    hashes.insert(space.build(spec, kImage, 100).hash());
  }
  CHECK(specs.size() == 4320);
  CHECK(hashes.size() == 4320);
}

TEST_CASE("transformers: hashes tell members apart") {
  for (const char* name : {"autoformer", "autoformer-small", "flexibert"}) {
    CAPTURE(name);
    const Space& space = find_space(name);
    const bool text = std::string(name) == "flexibert";
    std::set<std::uint64_t> hashes;
    const auto specs = sample_specs(space, 300, 4);
    for (const std::string& spec : specs) {
      const Graph graph =
          text ? space.build(spec, kText, Output(0, Head::tokens))
               : space.build(spec, kImage, 1000);
      hashes.insert(graph.hash());
      CHECK(graph.cannot_run().empty());
      REQUIRE(graph.program() != nullptr);
      CHECK(graph.program()->params() == graph.params());
    }
    CHECK(hashes.size() == specs.size());
  }
  // The same counts, another function.
  const auto hash = [](const std::string& operation) {
    return find_space("flexibert")
        .build(
            "h128/" + operation + "-2-512-1/SA-SDP-2-512-1",
            kText,
            Output(0, Head::tokens))
        .hash();
  };
  CHECK(hash("LT-DFT") != hash("LT-DCT"));
}

TEST_CASE("AutoFormer-S: relative positions take square images") {
  try {
    find_space("autoformer-small").build("e320-5x3", {3, 224, 192}, 10);
    FAIL("a map that is no square");
  } catch (const UserError& error) {
    CHECK(std::string(error.what()).find("224 x 192") != std::string::npos);
  }
  // Tables of as many rows, and so as many parameters, whatever the size.
  const auto params = [](int size) {
    return find_space("autoformer-small")
        .build("e320-5x3-6x3", {3, size, size}, 10)
        .program()
        ->params();
  };
  CHECK(params(448) - params(224) == (28 * 28 - 14 * 14) * 320);
}

TEST_CASE("transformers: wrong specs name the part that is wrong") {
  CHECK(
      message("pit", "b16-r4-d2.6-h2.4.8").find("'d2.6'") != std::string::npos);
  CHECK(
      message("pit", "b16-r4-d2.6.4-h8.4.2").find("4 heads after 8") !=
      std::string::npos);
  CHECK(message("pit", "b16").find("found 1 part(s)") != std::string::npos);
  CHECK(
      message("pit", "b16-r4-d2.6.4-h2.4.8-p14").find("'p14'") !=
      std::string::npos);
  CHECK(
      message("autoformer", "e192").find("found 0 blocks") !=
      std::string::npos);
  CHECK(
      message("autoformer", "e192-3x3.3").find("block 1 is '3x3.3'") !=
      std::string::npos);
  CHECK(
      message("autoformer", "e192-5x4").find("192 hidden features and 5") !=
      std::string::npos);
  CHECK(message("autoformer", "192-3x4").find("'192'") != std::string::npos);
  CHECK(
      message("flexibert", "h64/SA-SDP-2-512-1").find("'h64'") !=
      std::string::npos);
  CHECK(
      message("flexibert", "h128/SA-SDP-2-512-1").find("found 1 layer(s)") !=
      std::string::npos);
  CHECK(
      message("flexibert", "h128/SA-SDP-2-512-1/SA-XYZ-2-512-1")
          .find("layer 2 is 'SA-XYZ-2-512-1'") != std::string::npos);
  CHECK_THROWS_AS(
      find_space("flexibert")
          .build("h128/SA-SDP-2-512-1/SA-SDP-2-512-1", {3, 32, 32}, 10),
      UserError);
  CHECK_THROWS_AS(
      find_space("pit").build("b16-r4-d2.6.4-h2.4.8", {3, 8, 8}, 10),
      UserError);
  CHECK_THROWS_AS(
      find_space("nats-tss")
          .build(
              find_space("nats-tss").spec(0), kText, Output(0, Head::tokens)),
      UserError);
}

TEST_CASE("a mutation of a transformer is one edit") {
  const Space& bert = find_space("flexibert");
  const flexibert::Encoder before = flexibert::parse(bert.info().example);
  int hidden = 0;
  int depth = 0;
  int layer = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const auto after = flexibert::parse(bert.mutate(bert.info().example, seed));
    if (after.hidden != before.hidden) {
      CHECK(after.layers == before.layers);
      ++hidden;
    } else if (after.layers.size() != before.layers.size()) {
      ++depth;
    } else {
      int changed = 0;
      for (std::size_t i = 0; i < after.layers.size(); ++i) {
        changed += after.layers[i] == before.layers[i] ? 0 : 1;
      }
      CHECK(changed == 1);
      ++layer;
    }
  }
  CHECK(hidden > 10);
  CHECK(depth > 10);
  CHECK(layer > 80);
}
