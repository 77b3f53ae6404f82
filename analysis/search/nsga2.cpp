// NSGA-II: Deb et al. 2002, https://doi.org/10.1109/4235.996017, with the
// numbers that ELO-Lab/MF-NAS uses for architectures (algos/monas/nsga2.py,
// utils/genetic_operators.py): a population of 20, binary tournaments by front
// and crowding distance, two-point crossover with probability 0.9, mutation of
// each choice with probability one in their number, nobody twice.
//
// MF-NAS mutates the parents and so loses what crossover made; here the
// offspring are mutated. In spaces that are no product of choices there is no
// crossover, and a child is one mutation of a parent. Of equal members the
// earlier one is preferred, where MF-NAS draws.
#include <algorithm>
#include <numeric>
#include <set>

#include "analysis/search/algorithm.h"
#include "analysis/search/fronts.h"

namespace zcp::search {
namespace {

constexpr std::size_t kNsga2Population = 20;
constexpr double kCrossover = 0.9;
constexpr int kNsga2Attempts = 200;

class Nsga2 final : public Algorithm {
 public:
  Nsga2(const Problem& problem, const Settings& settings)
      : problem_(problem),
        size_(settings.population > 0 ? settings.population : kNsga2Population),
        start_(settings.start),
        choices_(problem.space.choices()),
        draws_(settings.seed, "nsga2") {}

  std::vector<std::string> propose(const History& history) override {
    std::vector<std::string> batch;
    std::set<std::string> seen;
    if (population_.empty() && !start_.empty()) {
      batch.push_back(start_);
      seen.insert(start_);
    }
    rank(history);
    while (batch.size() < size_) {
      auto arch = new_one(history, seen);
      if (!arch) break;
      seen.insert(*arch);
      batch.push_back(std::move(*arch));
    }
    return batch;
  }

  void tell(const History& history, std::span<const std::size_t> records)
      override {
    population_.insert(population_.end(), records.begin(), records.end());
    if (population_.size() <= size_) return;
    rank(history);
    std::vector<std::size_t> order(population_.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(
        order, [&](std::size_t a, std::size_t b) { return better(a, b); });
    order.resize(size_);
    std::vector<std::size_t> kept;
    for (const std::size_t i : order) kept.push_back(population_[i]);
    population_ = std::move(kept);
  }

 private:
  void rank(const History& history) {
    ranks_ = front_ranks(history, population_);
    distances_ = crowding(history, population_, ranks_);
  }

  /// By place in the population.
  bool better(std::size_t a, std::size_t b) const {
    if (ranks_[a] != ranks_[b]) return ranks_[a] < ranks_[b];
    return distances_[a] > distances_[b];
  }

  /// An architecture that is neither in the history nor in this generation, if
  /// one is found.
  std::optional<std::string> new_one(
      const History& history,
      const std::set<std::string>& seen) {
    const auto is_new = [&](const std::string& arch) {
      return !seen.contains(arch) && !history.find(arch);
    };
    for (int i = 0; i < kNsga2Attempts && !population_.empty(); ++i) {
      std::string arch = child(history);
      if (is_new(arch) && problem_.feasible(arch)) return arch;
    }
    std::optional<std::string> arch;
    for (int i = 0; i < kNsga2Attempts; ++i) {
      arch = draw_feasible(problem_, draws_);
      if (!arch || is_new(*arch)) return arch;
    }
    return std::nullopt;
  }

  const std::string& parent(const History& history) {
    const std::size_t a = draws_.below(population_.size());
    const std::size_t b = draws_.below(population_.size());
    return history.arch(population_[better(b, a) ? b : a]);
  }

  std::string child(const History& history) {
    const std::string& first = parent(history);
    if (choices_.empty()) return problem_.space.mutate(first, draws_.seed());
    std::vector<int> options = problem_.space.options_of(first);
    const auto other = problem_.space.options_of(parent(history));
    if (draws_.uniform() < kCrossover) cross(options, other);
    for (std::size_t i = 0; i < options.size(); ++i) {
      if (draws_.below(options.size()) == 0) mutate(options, i);
    }
    return problem_.space.spec_of(options);
  }

  /// What lies between two points comes from the other parent.
  void cross(std::vector<int>& options, const std::vector<int>& other) {
    std::size_t from = draws_.below(options.size() + 1);
    std::size_t to = draws_.below(options.size() + 1);
    if (from > to) std::swap(from, to);
    for (std::size_t i = from; i < to; ++i) options[i] = other[i];
  }

  void mutate(std::vector<int>& options, std::size_t i) {
    if (choices_[i] < 2) return;
    const auto others = static_cast<std::size_t>(choices_[i] - 1);
    const int step = 1 + static_cast<int>(draws_.below(others));
    options[i] = (options[i] + step) % choices_[i];
  }

  const Problem problem_;
  const std::size_t size_;
  const std::string start_;
  const std::vector<int> choices_;
  Draws draws_;
  std::vector<std::size_t> population_;
  std::vector<std::size_t> ranks_;  // of the population
  std::vector<double> distances_;
};

}  // namespace

std::unique_ptr<Algorithm> make_nsga2(
    const Problem& problem,
    const Settings& settings) {
  return std::make_unique<Nsga2>(problem, settings);
}

}  // namespace zcp::search
