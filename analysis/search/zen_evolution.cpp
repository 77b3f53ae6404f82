// ZenNAS's evolution, which ZiCo uses too (evolution_search.py in both): the
// population grows by one child at a time; the worst member goes, the first of
// equal ones; parents are drawn uniformly, whatever their scores. While the
// population has ten members or fewer a child is the start network with one
// block replaced, later a member with two. No ageing and no crossover; what
// comes twice counts twice; the start network itself is never a member.
//
// The scripts count children beyond the budget as iterations; here only what is
// evaluated counts, and how many were beyond is said at the end. They limit
// layers to 14 or 16, which is --max depth=75 or 87 here: six convolutions for
// each layer between stem and tail, those two and the classifier.
#include <algorithm>

#include "analysis/search/algorithm.h"
#include "nets/spaces/mobilenet_v2_zen.h"

namespace zcp::search {
namespace {

constexpr std::size_t kZenPopulation = 512;
constexpr std::size_t kFromStart = 10;  // members until the start is left
constexpr int kChildren = 20'000;

class ZenEvolution final : public Algorithm {
 public:
  ZenEvolution(const Problem& problem, const Settings& settings)
      : problem_(problem),
        batch_(settings.batch),
        size_(settings.population > 0 ? settings.population : kZenPopulation),
        start_(spaces::mobilenet_v2::parse(settings.start)),
        draws_(settings.seed, "zen evolution") {}

  std::vector<std::string> propose(const History& history) override {
    trim(history);
    std::vector<std::string> batch;
    while (batch.size() < batch_) {
      auto arch = feasible_child(history);
      if (!arch) break;
      batch.push_back(std::move(*arch));
    }
    return batch;
  }

  void tell(const History&, std::span<const std::size_t> records) override {
    population_.insert(population_.end(), records.begin(), records.end());
  }

 private:
  using Structure = spaces::mobilenet_v2::Structure;

  void trim(const History& history) {
    while (population_.size() > size_) {
      population_.erase(std::ranges::min_element(
          population_, {}, [&](std::size_t i) { return history.fitness(i); }));
    }
  }

  std::optional<std::string> feasible_child(const History& history) {
    for (int i = 0; i < kChildren; ++i) {
      const Structure structure = child(history);
      if (!is_member(structure)) continue;
      std::string arch = spaces::mobilenet_v2::format(structure);
      if (problem_.feasible(arch)) return arch;
    }
    return std::nullopt;
  }

  /// Channels that a spec may have; without a budget they would grow for ever.
  static bool is_member(const Structure& structure) {
    return std::ranges::all_of(structure.blocks, [](const auto& block) {
      constexpr int kMost = spaces::mobilenet_v2::kMostChannels;
      return block.out <= kMost && block.bottleneck <= kMost;
    });
  }

  Structure child(const History& history) {
    using spaces::mobilenet_v2::parse;
    using spaces::mobilenet_v2::zen_mutation;
    if (population_.size() <= kFromStart) {
      return zen_mutation(start_, 1, draws_.seed());
    }
    const std::size_t member = population_[draws_.below(population_.size())];
    return zen_mutation(parse(history.arch(member)), 2, draws_.seed());
  }

  const Problem problem_;
  const std::size_t batch_;
  const std::size_t size_;
  const Structure start_;
  Draws draws_;
  std::vector<std::size_t> population_;  // records, the oldest first
};

}  // namespace

std::unique_ptr<Algorithm> make_zen_evolution(
    const Problem& problem,
    const Settings& settings) {
  return std::make_unique<ZenEvolution>(problem, settings);
}

}  // namespace zcp::search
