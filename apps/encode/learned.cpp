#include <fmt/format.h>

#include <cmath>
#include <ctime>
#include <numeric>
#include <unordered_set>

#include "apps/encode/encoder.h"
#include "apps/encode/result.h"
#include "apps/interruptible.h"
#include "apps/progress.h"
#include "common/error.h"
#include "common/random.h"

namespace zcp::apps {
namespace {

using encodings::NodeGraph;
using encodings::NodeGraphs;
using training::GraphAutoencoder;

/// Graphs of the architectures, trained on or not.
struct Split {
  std::vector<std::size_t> trained;
  std::vector<std::size_t> held;
};

Split split_graphs(const NodeGraphs& graphs, const EncodeRequest& request) {
  const std::size_t count = graphs.architectures();
  const auto held = static_cast<std::size_t>(
      std::llround(request.held_out * static_cast<double>(count)));
  if (count < held + 2) {
    throw UserError(
        "--held-out {}: of {} architectures expected two or more to train on",
        request.held_out,
        count);
  }
  std::vector<bool> is_held(count, false);
  for (const std::int64_t place : sample_without_replacement(
           static_cast<std::int64_t>(count),
           static_cast<std::int64_t>(held),
           derive_seed(request.autoencoder.seed, "autoencoder-held"))) {
    is_held[static_cast<std::size_t>(place)] = true;
  }
  Split split;
  for (std::size_t g = 0; g < graphs.graphs.size(); ++g) {
    (is_held[g / graphs.each] ? split.held : split.trained).push_back(g);
  }
  return split;
}

/// Decodes random vectors and counts.
void judge_draws(
    const spaces::Space& space,
    const NodeGraphs& graphs,
    const GraphAutoencoder& autoencoder,
    const EncodeRequest& request,
    LearnedFacts& facts) {
  const encodings::NodeGraphRules rules(space, graphs);
  std::unordered_set<std::uint64_t> distinct;
  double by_authors = 0;
  double valid = 0;
  double counted = 0;
  facts.draws = request.draws;
  for (const NodeGraph& graph :
       autoencoder.sample(request.draws, request.autoencoder.seed)) {
    const auto theirs = rules.valid_by_authors(graph);
    const auto ours = rules.valid(graph);
    by_authors += theirs.value_or(false) ? 1 : 0;
    valid += ours.value_or(false) ? 1 : 0;
    if (theirs) facts.validity_by_authors = 0;
    if (ours) facts.validity = 0;
    if (!theirs.value_or(ours.value_or(false))) continue;
    counted += 1;
    distinct.insert(encodings::isomorphism_hash(graph));
  }
  const auto draws = static_cast<double>(request.draws);
  if (facts.validity_by_authors) facts.validity_by_authors = by_authors / draws;
  if (facts.validity) facts.validity = valid / draws;
  if (counted > 0) {
    facts.uniqueness = static_cast<double>(distinct.size()) / counted;
  }
}

}  // namespace

std::optional<Learned> learn_encoding(
    const spaces::Space& space,
    const NodeGraphs& graphs,
    const EncodeRequest& request) {
  const Split split = split_graphs(graphs, request);
  GraphAutoencoder autoencoder(graphs, request.autoencoder);
  Learned learned;
  learned.facts.trained = split.trained.size() / graphs.each;
  const auto shown = static_cast<std::int64_t>(split.trained.size()) *
                     request.autoencoder.epochs;
  Progress progress("train the encoder, graphs", shown, request.quiet);
  const std::clock_t start = std::clock();
  const bool complete =
      autoencoder.train(split.trained, [&](std::int64_t count) {
        progress.advance(count);
        return !Interruptible::was_asked();
      });
  if (!complete) return std::nullopt;
  progress.finish();
  learned.facts.seconds =
      static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  learned.facts.losses = autoencoder.losses();
  const auto& tested = split.held.empty() ? split.trained : split.held;
  learned.facts.tested = tested.size() / graphs.each;
  learned.facts.reconstruction = autoencoder.reconstruct(tested);
  judge_draws(space, graphs, autoencoder, request, learned.facts);
  std::vector<std::size_t> all(graphs.graphs.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  learned.codes = autoencoder.encode(all);
  learned.encoder = saved_encoder(graphs, request.autoencoder, autoencoder);
  learned.encoder.space = space.info().name;
  learned.encoder.held_out = request.held_out;
  learned.encoder.trained = learned.facts.trained;
  return learned;
}

}  // namespace zcp::apps
