#include "apps/encode/encoder.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "common/error.h"
#include "nets/encodings/vocabulary.h"

namespace zcp::apps {
namespace {

using encodings::NodeGraphs;
using training::GraphAutoencoder;

/// The shortest decimal text of a number of 32 bits, as a double.
double shortest(float value) {
  return std::stod(fmt::format("{}", value));
}

UserError not_whole(const SavedEncoder& encoder, const std::string& why) {
  return UserError(
      "{}: no whole encoder: {}; expected a file of zcp encode --save",
      encoder.source,
      why);
}

}  // namespace

SavedEncoder saved_encoder(
    const encodings::NodeLayout& layout,
    const training::AutoencoderOptions& options,
    GraphAutoencoder& autoencoder) {
  SavedEncoder encoder;
  encoder.options = options;
  encoder.losses = autoencoder.losses();
  encoder.layout = layout;
  for (const auto& [name, values] : autoencoder.memory()) {
    encoder.weights.emplace_back(
        name, std::vector<float>(values.begin(), values.end()));
  }
  return encoder;
}

void restore(const SavedEncoder& encoder, GraphAutoencoder& autoencoder) {
  const auto memory = autoencoder.memory();
  if (memory.size() != encoder.weights.size()) {
    throw not_whole(
        encoder,
        fmt::format(
            "its options have {} weights, found {}",
            memory.size(),
            encoder.weights.size()));
  }
  for (std::size_t i = 0; i < memory.size(); ++i) {
    const auto& [name, values] = encoder.weights[i];
    if (name != memory[i].name || values.size() != memory[i].values.size()) {
      throw not_whole(
          encoder,
          fmt::format(
              "its options have {} numbers of {}, found {} of {}",
              memory[i].values.size(),
              memory[i].name,
              values.size(),
              name));
    }
    std::ranges::copy(values, memory[i].values.begin());
  }
}

NodeGraphs graphs_for(
    const SavedEncoder& encoder,
    const encodings::GraphPool& pool,
    const std::vector<std::string>& specs) {
  for (std::size_t row = 0; row < pool.size(); ++row) {
    const auto why = encodings::misfit(pool[row], encoder.layout);
    if (!why) continue;
    throw UserError(
        "{}: {} {}: the encoder has seen nothing like it; expected one that "
        "was trained on more architectures",
        encoder.source,
        specs[row],
        *why);
  }
  return encodings::node_graphs(pool, encoder.layout);
}

void append_codes(
    const std::vector<std::vector<float>>& codes,
    const std::vector<std::string>& names,
    tables::Table& table) {
  const std::size_t each = names.size();
  for (std::size_t g = 0; g < each; ++g) {
    for (std::size_t i = 0; i < codes.front().size(); ++i) {
      table.columns.push_back(
          fmt::format("{}latent_{}", encodings::name_prefix(names[g]), i));
      std::vector<double>& values = table.values.emplace_back();
      for (std::size_t row = 0; row < table.arch.size(); ++row) {
        values.push_back(shortest(codes[row * each + g][i]));
      }
    }
  }
}

tables::Table encode_points(
    const SavedEncoder& encoder,
    const spaces::Space& space,
    const std::vector<std::string>& specs) {
  const NodeGraphs graphs =
      graphs_for(encoder, encodings::encoded_pool(space, specs), specs);
  GraphAutoencoder autoencoder(graphs, encoder.options);
  restore(encoder, autoencoder);
  std::vector<std::size_t> all(graphs.graphs.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  tables::Table table;
  table.source = encoder.source;
  table.arch = specs;
  append_codes(autoencoder.encode(all), encodings::graph_names(space), table);
  table.notes.push_back(fmt::format(
      "{}: {} architectures as points of {} numbers, by the encoder of {}",
      encoder.source,
      specs.size(),
      table.columns.size(),
      encoder.space));
  return table;
}

}  // namespace zcp::apps
