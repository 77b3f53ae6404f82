// What `zcp encode` found, before it is printed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "analysis/latent/smoothness.h"
#include "apps/encode/request.h"
#include "apps/encode/saved.h"
#include "benchmarks/tables/table.h"
#include "nets/encodings/node_graph.h"
#include "nets/training/graph_autoencoder.h"

namespace zcp::apps {

/// Of an autoencoder.
struct LearnedFacts {
  std::string encoder;      ///< the file that it is from; empty: trained here
  std::size_t trained = 0;  ///< architectures
  /// Of which reconstruction is measured: those held out, or all where none
  /// are, and all where the encoder is from a file.
  std::size_t tested = 0;
  std::vector<double> losses;
  training::Reconstruction reconstruction;
  std::size_t draws = 0;  ///< 0: validity and uniqueness are not measured
  /// Shares of the decoded random vectors; none where it is not known which
  /// graphs are architectures.
  std::optional<double> validity_by_authors;
  std::optional<double> validity;
  /// Graphs that are not isomorphic, a valid one: as the authors count or,
  /// where that is not known, with its edges. None without valid ones.
  std::optional<double> uniqueness;
  double seconds = 0;  ///< of the processor, for training here
};

struct EncodeResult {
  std::string space;
  tables::Table table;  ///< the encoding
  std::optional<LearnedFacts> learned;
  SavedEncoder encoder;  ///< of a training
  std::optional<latent::Smoothness> smoothness;
  std::vector<double> truth;  ///< by row of the table; empty without one
};

struct Learned {
  std::vector<std::vector<float>> codes;  ///< [graph][number]
  LearnedFacts facts;
  SavedEncoder encoder;  ///< of a training, without its call
};

/// Trains on the graphs and encodes all architectures. None where an interrupt
/// came. Throws UserError where nothing is left to train on.
std::optional<Learned> learn_encoding(
    const spaces::Space& space,
    const encodings::NodeGraphs& graphs,
    const EncodeRequest& request);

/// Tables of what was found.
void print_encoding(const EncodeResult& result, const EncodeRequest& request);
void print_encoding_json(
    const EncodeResult& result,
    const EncodeRequest& request);

}  // namespace zcp::apps
