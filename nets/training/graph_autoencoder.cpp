#include "nets/training/graph_autoencoder.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

#include "common/random.h"
#include "nets/kernels/one_core.h"

namespace zcp::training {
namespace {

using encodings::NodeGraph;
using encodings::NodeGraphs;

std::span<float> values_of(const at::Tensor& tensor) {
  return {tensor.data_ptr<float>(), static_cast<std::size_t>(tensor.numel())};
}

/// A weight matrix and its bias.
struct Linear {
  at::Tensor weight;
  at::Tensor bias;

  at::Tensor operator()(const at::Tensor& x) const {
    return at::linear(x, weight, bias);
  }
};

/// Normalises columns by the batch in training, else by what training saw.
struct Norm {
  at::Tensor scale;
  at::Tensor shift;
  at::Tensor mean;
  at::Tensor variance;

  explicit Norm(std::int64_t width)
      : scale(at::ones({width})),
        shift(at::zeros({width})),
        mean(at::zeros({width})),
        variance(at::ones({width})) {}

  at::Tensor operator()(const at::Tensor& x, bool training) const {
    constexpr double kMomentum = 0.1;
    constexpr double kEpsilon = 1e-5;
    return at::batch_norm(
        x, scale, shift, mean, variance, training, kMomentum, kEpsilon, false);
  }
};

/// A layer of a graph isomorphism network (Xu, Hu, Leskovec, Jegelka, 2019).
struct GinLayer {
  at::Tensor epsilon;
  Linear first;
  Norm inner;
  Linear second;
  Norm outer;

  /// x: [graph, node, number]; neighbours: [graph, node, node].
  at::Tensor operator()(
      const at::Tensor& x,
      const at::Tensor& neighbours,
      bool training) const {
    const auto graphs = x.size(0);
    const auto nodes = x.size(1);
    const at::Tensor sums = (1 + epsilon) * x + at::bmm(neighbours, x);
    const at::Tensor rows = sums.reshape({graphs * nodes, x.size(2)});
    const at::Tensor hidden = inner(first(rows), training).relu();
    return outer(second(hidden), training).relu().view({graphs, nodes, -1});
  }
};

/// Adam as torch.optim.Adam computes it, with its betas and epsilon.
class Adam {
 public:
  Adam(std::vector<at::Tensor> parameters, double rate)
      : parameters_(std::move(parameters)), rate_(rate) {
    for (const at::Tensor& parameter : parameters_) {
      means_.push_back(at::zeros_like(parameter));
      squares_.push_back(at::zeros_like(parameter));
    }
  }

  const std::vector<at::Tensor>& parameters() const { return parameters_; }

  /// With gradients whose norm is at most `clip`.
  void step(std::vector<at::Tensor> gradients, double clip) {
    constexpr double kBeta1 = 0.9;
    constexpr double kBeta2 = 0.999;
    constexpr double kEpsilon = 1e-8;
    const at::NoGradGuard no_grad;
    double squares = 0;
    for (const at::Tensor& gradient : gradients) {
      const double norm = gradient.norm().item<double>();
      squares += norm * norm;
    }
    const double scale = std::min(1.0, clip / (std::sqrt(squares) + 1e-6));
    ++steps_;
    const double first = 1 - std::pow(kBeta1, steps_);
    const double second = std::sqrt(1 - std::pow(kBeta2, steps_));
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
      if (scale < 1) gradients[i].mul_(scale);
      means_[i].mul_(kBeta1).add_(gradients[i], 1 - kBeta1);
      squares_[i].mul_(kBeta2).addcmul_(gradients[i], gradients[i], 1 - kBeta2);
      const at::Tensor spread = squares_[i].sqrt().div_(second).add_(kEpsilon);
      parameters_[i].addcdiv_(means_[i], spread, -rate_ / first);
    }
  }

 private:
  std::vector<at::Tensor> parameters_;
  std::vector<at::Tensor> means_;
  std::vector<at::Tensor> squares_;
  double rate_;
  int steps_ = 0;
};

/// Graphs as tensors.
struct GraphBatch {
  at::Tensor nodes;       ///< [graph, node, number]
  at::Tensor edges;       ///< [graph, node, node], above the diagonal
  at::Tensor neighbours;  ///< edges in both directions
};

/// What a decoder makes of latent vectors: probabilities.
struct Decoded {
  at::Tensor nodes;
  at::Tensor edges;  ///< above the diagonal, 0 elsewhere
};

/// The mean of Z.mean(0) and Z.std(0), added up batch by batch.
class Moments {
 public:
  void add(const at::Tensor& values) {
    const at::Tensor wide = values.to(at::kDouble);
    const at::Tensor sum = wide.sum(0);
    const at::Tensor squares = (wide * wide).sum(0);
    sum_ = sum_.defined() ? sum_ + sum : sum;
    squares_ = squares_.defined() ? squares_ + squares : squares;
    count_ += static_cast<double>(values.size(0));
  }

  bool empty() const { return count_ == 0; }
  at::Tensor mean() const { return (sum_ / count_).to(at::kFloat); }
  at::Tensor deviation() const {
    const at::Tensor square = squares_ - sum_ * sum_ / count_;
    return (square / std::max(1.0, count_ - 1))
        .clamp_min(0)
        .sqrt()
        .to(at::kFloat);
  }

 private:
  at::Tensor sum_;
  at::Tensor squares_;
  double count_ = 0;
};

void require_sizes(const NodeGraphs& graphs, const AutoencoderOptions& o) {
  if (graphs.nodes < 2 || o.epochs < 1 || o.batch_size < 1 || o.layers < 1 ||
      o.hidden < 1 || o.latent < 1 || o.dropout < 0 || o.dropout >= 1) {
    throw std::invalid_argument("an autoencoder without nodes or layers");
  }
}

}  // namespace

class GraphAutoencoder::State {
 public:
  State(const NodeGraphs& graphs, const AutoencoderOptions& options)
      : graphs_(graphs), options_(options) {
    kernels::use_one_core();
    std::int64_t width = numbers_of_node();
    for (int l = 0; l < options.layers; ++l) {
      const std::string name = fmt::format("layer {}", l);
      GinLayer layer{
          at::zeros({1}),
          linear(name + " first", width, options.hidden),
          norm(name + " inner"),
          linear(name + " second", options.hidden, options.hidden),
          norm(name + " outer")};
      keep(name + " epsilon", layer.epsilon);
      layers_.push_back(std::move(layer));
      width = options.hidden;
    }
    mean_ = linear("mean", width, options.latent);
    spread_ = linear("spread", width, options.latent);
    words_ = linear("words", options.latent, numbers_of_node());
  }

  bool train(
      std::span<const std::size_t> which,
      const AutoencoderProgress& progress) {
    const auto order = sample_without_replacement(
        std::ssize(which),
        std::ssize(which),
        derive_seed(options_.seed, "autoencoder-order"));
    std::vector<at::Tensor> values;
    for (const auto& [name, tensor] : named_) values.push_back(tensor);
    Adam adam(values, options_.learning_rate);
    for (int epoch = 0; epoch < options_.epochs; ++epoch) {
      moments_ = {};
      double sum = 0;
      int batches = 0;
      for (std::size_t begin = 0; begin < order.size();
           begin += static_cast<std::size_t>(options_.batch_size)) {
        std::vector<std::size_t> part;
        for (std::size_t i = begin;
             i < order.size() && std::ssize(part) < options_.batch_size;
             ++i) {
          part.push_back(which[static_cast<std::size_t>(order[i])]);
        }
        sum += step(part, adam);
        ++batches;
        if (!progress(std::ssize(part))) return false;
      }
      losses_.push_back(sum / batches);
    }
    return true;
  }

  const std::vector<double>& losses() const { return losses_; }

  std::vector<std::vector<float>> encode(
      std::span<const std::size_t> which) const {
    // Products of matrices round by their sizes: filled up, every part has one.
    constexpr std::size_t kPart = 64;
    const at::NoGradGuard no_grad;
    const auto width = static_cast<std::size_t>(options_.latent);
    std::vector<std::vector<float>> codes;
    for (std::size_t begin = 0; begin < which.size(); begin += kPart) {
      const std::size_t count = std::min(kPart, which.size() - begin);
      std::vector<std::size_t> part(kPart, which[begin]);
      std::ranges::copy(which.subspan(begin, count), part.begin());
      const at::Tensor rows =
          encoded(batch_of(part), false).first.mean(1).contiguous();
      for (std::size_t i = 0; i < count; ++i) {
        const auto row = values_of(rows).subspan(i * width, width);
        codes.emplace_back(row.begin(), row.end());
      }
    }
    return codes;
  }

  Reconstruction reconstruct(std::span<const std::size_t> which) const {
    Reconstruction share;
    double nodes = 0;
    for_parts(
        which, [&](std::span<const std::size_t> part, const GraphBatch& batch) {
          const auto decoded = graphs_of(decode(encoded(batch, false).first));
          for (std::size_t i = 0; i < part.size(); ++i) {
            const NodeGraph& own = graphs_.graphs[part[i]];
            bool whole = true;
            for (std::size_t v = 0; v < own.words.size(); ++v) {
              if (own.words[v] == NodeGraph::kNoWord) continue;
              const bool right = own.words[v] == decoded[i].words[v];
              share.nodes += right ? 1 : 0;
              whole = whole && right;
              nodes += 1;
            }
            for (std::size_t e = 0; e < own.edges.size(); ++e) {
              if (e % graphs_.nodes <= e / graphs_.nodes) continue;
              const bool right = own.edges[e] == decoded[i].edges[e];
              share.edges += right ? 1 : 0;
              whole = whole && right;
            }
            share.whole += whole ? 1 : 0;
          }
        });
    const auto graphs = static_cast<double>(which.size());
    const auto size = static_cast<double>(graphs_.nodes);
    share.nodes /= nodes;
    share.edges /= graphs * size * (size - 1) / 2;
    share.whole /= graphs;
    return share;
  }

  std::vector<NodeGraph> sample(std::size_t count, std::uint64_t seed) const {
    if (moments_.empty()) throw std::logic_error("sample() before train()");
    const at::NoGradGuard no_grad;
    constexpr std::size_t kPart = 1000;
    std::vector<NodeGraph> graphs;
    for (std::size_t begin = 0; begin < count; begin += kPart) {
      const at::Tensor z = latent(std::min(kPart, count - begin));
      fill_normal(values_of(z), 1, derive_seed(seed, "autoencoder-z", begin));
      for (NodeGraph& graph :
           graphs_of(decode(z * moments_.deviation() + moments_.mean()))) {
        graphs.push_back(std::move(graph));
      }
    }
    return graphs;
  }

  std::vector<Parameter> parameters() { return spans_of(named_); }

  std::vector<Parameter> memory() {
    std::vector<Parameter> all = spans_of(named_);
    for (Parameter& each : spans_of(seen_)) all.push_back(std::move(each));
    return all;
  }

 private:
  using Named = std::vector<std::pair<std::string, at::Tensor>>;

  static std::vector<Parameter> spans_of(const Named& tensors) {
    std::vector<Parameter> all;
    for (const auto& [name, tensor] : tensors) {
      all.push_back({name, values_of(tensor)});
    }
    return all;
  }

  /// A one of the words, and a size.
  std::int64_t numbers_of_node() const {
    return std::ssize(graphs_.words) + (graphs_.sized ? 1 : 0);
  }

  at::Tensor latent(std::size_t graphs) const {
    return at::empty(
        {static_cast<std::int64_t>(graphs),
         static_cast<std::int64_t>(graphs_.nodes),
         options_.latent});
  }

  void keep(const std::string& name, at::Tensor tensor) {
    tensor.requires_grad_(true);
    named_.emplace_back(name, std::move(tensor));
  }

  /// As torch.nn.Linear draws weight and bias.
  Linear linear(const std::string& name, std::int64_t in, std::int64_t out) {
    Linear own{at::empty({out, in}), at::empty({out})};
    const float bound = 1 / std::sqrt(static_cast<float>(in));
    for (const auto& [part, tensor] :
         {std::pair{" weight", own.weight}, std::pair{" bias", own.bias}}) {
      fill_uniform(
          values_of(tensor),
          -bound,
          bound,
          derive_seed(options_.seed, "autoencoder " + name + part));
      keep(name + part, tensor);
    }
    return own;
  }

  Norm norm(const std::string& name) {
    Norm own(options_.hidden);
    keep(name + " scale", own.scale);
    keep(name + " shift", own.shift);
    seen_.emplace_back(name + " mean", own.mean);
    seen_.emplace_back(name + " variance", own.variance);
    return own;
  }

  GraphBatch batch_of(std::span<const std::size_t> which) const {
    const std::size_t nodes = graphs_.nodes;
    const auto count = static_cast<std::int64_t>(which.size());
    const auto size = static_cast<std::int64_t>(nodes);
    const auto width = static_cast<std::size_t>(numbers_of_node());
    GraphBatch batch;
    batch.nodes = at::zeros({count, size, numbers_of_node()});
    batch.edges = at::empty({count, size, size});
    float* node = batch.nodes.data_ptr<float>();
    float* edge = batch.edges.data_ptr<float>();
    for (const std::size_t g : which) {
      const NodeGraph& graph = graphs_.graphs[g];
      for (std::size_t v = 0; v < nodes; ++v, node += width) {
        if (graph.words[v] != NodeGraph::kNoWord) node[graph.words[v]] = 1;
        if (graphs_.sized) node[width - 1] = graph.sizes[v];
      }
      edge = std::ranges::copy(graph.edges, edge).out;
    }
    batch.neighbours = batch.edges + batch.edges.transpose(1, 2);
    return batch;
  }

  /// Means and log standard deviations.
  std::pair<at::Tensor, at::Tensor> encoded(
      const GraphBatch& batch,
      bool training) const {
    at::Tensor x = batch.nodes;
    for (const GinLayer& layer : layers_) {
      x = layer(x, batch.neighbours, training);
    }
    return {mean_(x), spread_(x)};
  }

  Decoded decode(const at::Tensor& z) const {
    return {
        words_(z).sigmoid(), at::bmm(z, z.transpose(1, 2)).sigmoid().triu(1)};
  }

  /// z with its noise and, for the decoder, its dropout.
  at::Tensor disturbed(const at::Tensor& mean, const at::Tensor& spread) {
    const std::uint64_t place = steps_++;
    at::Tensor noise = at::empty_like(mean, at::MemoryFormat::Contiguous);
    fill_normal(
        values_of(noise),
        1,
        derive_seed(options_.seed, "autoencoder-noise", place));
    at::Tensor z = mean + spread.exp() * noise;
    if (options_.dropout <= 0) return z;
    at::Tensor kept = at::empty_like(noise);
    fill_uniform(
        values_of(kept),
        0,
        1,
        derive_seed(options_.seed, "autoencoder-dropout", place));
    kept = kept.ge(options_.dropout).to(at::kFloat) / (1 - options_.dropout);
    return z * kept;
  }

  /// Returns the loss before the step.
  double step(std::span<const std::size_t> which, Adam& adam) {
    const GraphBatch batch = batch_of(which);
    const auto [mean, spread] = encoded(batch, true);
    moments_.add(mean.detach());
    const Decoded decoded = decode(disturbed(mean, spread));
    const double nodes = static_cast<double>(which.size() * graphs_.nodes);
    const at::Tensor divergence =
        (1 + 2 * spread - mean.pow(2) - spread.exp().pow(2)).sum(2).mean() *
        (-0.5 / nodes);
    const at::Tensor loss =
        at::binary_cross_entropy(decoded.nodes, batch.nodes) +
        at::binary_cross_entropy(decoded.edges, batch.edges) + divergence;
    const auto value = loss.item<double>();
    if (!std::isfinite(value)) {
      throw std::runtime_error(fmt::format(
          "the autoencoder's loss is {} after {} minibatches", value, steps_));
    }
    adam.step(torch::autograd::grad({loss}, adam.parameters()), options_.clip);
    return value;
  }

  /// The most likely words and edges.
  std::vector<NodeGraph> graphs_of(const Decoded& decoded) const {
    const auto words = std::ssize(graphs_.words);
    const at::Tensor likeliest =
        decoded.nodes.narrow(2, 0, words).argmax(2).contiguous();
    const at::Tensor likely = decoded.edges.gt(0.5).to(at::kByte).contiguous();
    const at::Tensor sizes = graphs_.sized
                                 ? decoded.nodes.select(2, words).contiguous()
                                 : at::Tensor();
    const std::size_t nodes = graphs_.nodes;
    const auto* word = likeliest.data_ptr<std::int64_t>();
    const auto* edge = likely.data_ptr<std::uint8_t>();
    std::vector<NodeGraph> graphs(
        static_cast<std::size_t>(decoded.nodes.size(0)));
    for (std::size_t g = 0; g < graphs.size(); ++g) {
      for (std::size_t v = 0; v < nodes; ++v) {
        graphs[g].words.push_back(static_cast<std::uint8_t>(*word++));
      }
      graphs[g].edges.assign(edge, edge + nodes * nodes);
      edge += nodes * nodes;
      if (!graphs_.sized) continue;
      const float* size = sizes.data_ptr<float>() + g * nodes;
      graphs[g].sizes.assign(size, size + nodes);
    }
    return graphs;
  }

  template <typename Use>
  void for_parts(std::span<const std::size_t> which, const Use& use) const {
    constexpr std::size_t kPart = 500;
    const at::NoGradGuard no_grad;
    for (std::size_t begin = 0; begin < which.size(); begin += kPart) {
      const auto part =
          which.subspan(begin, std::min(kPart, which.size() - begin));
      use(part, batch_of(part));
    }
  }

  const NodeGraphs& graphs_;
  const AutoencoderOptions options_;
  std::vector<GinLayer> layers_;
  Linear mean_;
  Linear spread_;
  Linear words_;
  Named named_;
  Named seen_;  // of the columns, in training
  std::vector<double> losses_;
  Moments moments_;  // of the last epoch's means
  std::uint64_t steps_ = 0;
};

GraphAutoencoder::GraphAutoencoder(
    const NodeGraphs& graphs,
    const AutoencoderOptions& options) {
  require_sizes(graphs, options);
  state_ = std::make_unique<State>(graphs, options);
}

GraphAutoencoder::~GraphAutoencoder() = default;

bool GraphAutoencoder::train(
    std::span<const std::size_t> which,
    const AutoencoderProgress& progress) {
  if (which.empty()) throw std::invalid_argument("training without graphs");
  return state_->train(which, progress);
}

const std::vector<double>& GraphAutoencoder::losses() const {
  return state_->losses();
}

std::vector<std::vector<float>> GraphAutoencoder::encode(
    std::span<const std::size_t> which) const {
  return state_->encode(which);
}

Reconstruction GraphAutoencoder::reconstruct(
    std::span<const std::size_t> which) const {
  return state_->reconstruct(which);
}

std::vector<NodeGraph> GraphAutoencoder::sample(
    std::size_t count,
    std::uint64_t seed) const {
  return state_->sample(count, seed);
}

std::vector<GraphAutoencoder::Parameter> GraphAutoencoder::parameters() {
  return state_->parameters();
}

std::vector<GraphAutoencoder::Parameter> GraphAutoencoder::memory() {
  return state_->memory();
}

}  // namespace zcp::training
