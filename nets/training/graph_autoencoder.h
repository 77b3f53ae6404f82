// arch2vec's variational graph autoencoder: architectures as points, learnt
// without labels. Yan, Zheng, Ao, Zeng, Zhang, NeurIPS 2020;
// AIoT-MLSys-Lab/arch2vec: models/model.py, pretraining_nasbench201.py.
// No LibTorch in this header.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "nets/encodings/node_graph.h"

namespace zcp::training {

/// What arch2vec has for NAS-Bench-201.
struct AutoencoderOptions {
  int epochs = 10;
  int batch_size = 32;
  double learning_rate = 1e-3;  ///< of Adam
  double clip = 5;              ///< greatest norm of the gradient
  double dropout = 0.3;         ///< of the latent vectors, before decoding
  int layers = 4;               ///< of the graph isomorphism network
  int hidden = 128;             ///< numbers of a node in a layer
  int latent = 16;              ///< numbers of a node in the latent space
  std::uint64_t seed = 0;       ///< of weights, order, noise and dropout
};

/// Shares, 0 to 1. A node counts where its most likely word is its own, a pair
/// of nodes where the probability of an edge is on the right side of 1/2.
struct Reconstruction {
  double nodes = 0;  ///< right words, nodes that are not there left out
  double edges = 0;  ///< right pairs above the diagonal
  double whole = 0;  ///< graphs without an error
};

/// Called after each minibatch with the number of graphs shown since the last
/// call; false ends the training.
using AutoencoderProgress = std::function<bool(std::int64_t graphs)>;

/// Encoder: x = ReLU(BN(MLP((1 + e) x + (A + A') x))) in every layer, e learnt
/// and 0 at first, MLP = Linear, BN, ReLU, Linear; then a Linear each for mean
/// and log standard deviation of a node's latent vector. Decoder: sigmoid of a
/// Linear for words (and size), sigmoid(z z') for edges. Everything is computed
/// on one core, and the same options and graphs give the same numbers on one
/// machine.
class GraphAutoencoder {
 public:
  /// For graphs with the words, nodes and sizes of `graphs`, with fresh
  /// weights. `graphs` have to outlive the object. Throws std::invalid_argument
  /// for sizes that are not positive.
  GraphAutoencoder(
      const encodings::NodeGraphs& graphs,
      const AutoencoderOptions& options);
  ~GraphAutoencoder();
  GraphAutoencoder(const GraphAutoencoder&) = delete;
  GraphAutoencoder& operator=(const GraphAutoencoder&) = delete;

  /// Trains on those graphs, in one order in all epochs. The loss is the binary
  /// cross entropy of words and of the upper triangle in the whole matrix, and
  /// the divergence of the latent vectors from N(0, 1), which arch2vec divides
  /// by the number of nodes in the batch. Returns false where `progress` ended
  /// it. Throws std::runtime_error when the loss is not finite.
  bool train(
      std::span<const std::size_t> which,
      const AutoencoderProgress& progress);

  /// The mean loss of each epoch's minibatches.
  const std::vector<double>& losses() const;

  /// The means of those graphs' latent vectors, averaged over all nodes,
  /// [graph][number]. What it says of a graph does not depend on how many
  /// others there are.
  std::vector<std::vector<float>> encode(
      std::span<const std::size_t> which) const;

  /// Of the means of those graphs' latent vectors, decoded.
  Reconstruction reconstruct(std::span<const std::size_t> which) const;

  /// Graphs that are decoded from vectors of N(0, 1), which are moved and
  /// scaled, node by node, as the means that the last epoch of training had
  /// (Z.mean(0), Z.std(0)). Throws std::logic_error before training.
  std::vector<encodings::NodeGraph> sample(
      std::size_t count,
      std::uint64_t seed) const;

  /// A weight matrix (row-major), bias, scale, shift or e, by its name; the
  /// span stays valid, and what is written to it counts.
  struct Parameter {
    std::string name;
    std::span<float> values;
  };
  std::vector<Parameter> parameters();

  /// All that encode() and reconstruct() know beside the graphs: the
  /// parameters, then mean and variance of the columns as training saw them.
  /// An autoencoder with the same options, whose graphs are laid out alike, is
  /// a copy of this one once this is written to it, but for sample() and
  /// losses(), which go by its own training.
  std::vector<Parameter> memory();

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace zcp::training
