// Regularised evolution with ageing: Real et al., AAAI 2019,
// https://arxiv.org/abs/1802.01548, with NASLib's numbers
// (naslib/optimizers/discrete/re: a population of 30, tournaments of 10 drawn
// with replacement). The oldest member goes, whatever its fitness. Of equal
// members of a tournament the one drawn first wins.
#include <deque>

#include "analysis/search/algorithm.h"

namespace zcp::search {
namespace {

constexpr std::size_t kEvolutionPopulation = 30;

class Evolution final : public Algorithm {
 public:
  Evolution(const Problem& problem, const Settings& settings)
      : problem_(problem),
        batch_(settings.batch),
        size_(
            settings.population > 0 ? settings.population
                                    : kEvolutionPopulation),
        tournament_(
            settings.tournament > 0 ? settings.tournament
                                    : std::max<std::size_t>(1, size_ / 3)),
        start_(settings.start),
        draws_(settings.seed, "evolution") {}

  std::vector<std::string> propose(const History& history) override {
    const bool filling = born_ < size_;
    const std::size_t count =
        filling ? std::min(batch_, size_ - born_) : batch_;
    std::vector<std::string> batch;
    while (batch.size() < count) {
      auto arch = filling
                      ? first(batch.size())
                      : mutate_feasible(
                            problem_, history.arch(parent(history)), draws_);
      if (!arch) break;
      batch.push_back(std::move(*arch));
    }
    return batch;
  }

  void tell(const History&, std::span<const std::size_t> records) override {
    for (const std::size_t record : records) {
      population_.push_back(record);
      ++born_;
      if (population_.size() > size_) population_.pop_front();
    }
  }

 private:
  std::optional<std::string> first(std::size_t place) {
    if (born_ + place == 0 && !start_.empty()) return start_;
    return draw_feasible(problem_, draws_);
  }

  std::size_t parent(const History& history) {
    std::size_t best = population_[draws_.below(population_.size())];
    for (std::size_t i = 1; i < tournament_; ++i) {
      const std::size_t other = population_[draws_.below(population_.size())];
      if (history.fitness(other) > history.fitness(best)) best = other;
    }
    return best;
  }

  const Problem problem_;
  const std::size_t batch_;
  const std::size_t size_;
  const std::size_t tournament_;
  const std::string start_;
  Draws draws_;
  std::deque<std::size_t> population_;  // the oldest first
  std::size_t born_ = 0;
};

}  // namespace

std::unique_ptr<Algorithm> make_evolution(
    const Problem& problem,
    const Settings& settings) {
  const bool zen = problem.space.info().name == "mobilenet-v2";
  if (zen && !settings.start.empty()) {
    return make_zen_evolution(problem, settings);
  }
  return std::make_unique<Evolution>(problem, settings);
}

}  // namespace zcp::search
