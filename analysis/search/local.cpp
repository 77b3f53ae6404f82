// Local search: White et al., UAI 2021, https://arxiv.org/abs/2005.02960, as
// NASLib has it (naslib/optimizers/discrete/ls): ten random architectures; then
// all neighbours of the best, in a random order; then those of the best seen,
// and where that is no better than its neighbours' centre a new random start.
// A restart that NASLib forgets to take into its history counts here.
#include <algorithm>

#include "analysis/search/algorithm.h"

namespace zcp::search {
namespace {

constexpr std::size_t kLocalStarts = 10;

class Local final : public Algorithm {
 public:
  Local(const Problem& problem, const Settings& settings)
      : problem_(problem),
        starts_(settings.population > 0 ? settings.population : kLocalStarts),
        start_(settings.start),
        draws_(settings.seed, "local") {}

  std::vector<std::string> propose(const History& history) override {
    if (!started_) return first();
    for (;;) {
      const bool climbs = best_ && (!centre_ || history.fitness(*best_) >
                                                    history.fitness(*centre_));
      if (!climbs) return restart(history);
      centre_ = best_;
      auto near = problem_.space.neighbours(history.arch(*centre_));
      std::erase_if(near, [&](const std::string& arch) {
        return !problem_.feasible(arch);
      });
      draws_.shuffle(near);
      if (!near.empty()) return near;
    }
  }

  void tell(const History& history, std::span<const std::size_t> records)
      override {
    started_ = true;
    for (const std::size_t record : records) {
      if (!best_ || history.fitness(record) > history.fitness(*best_)) {
        best_ = record;
      }
    }
  }

 private:
  std::vector<std::string> first() {
    std::vector<std::string> batch;
    if (!start_.empty()) return {start_};
    while (batch.size() < starts_) {
      auto arch = draw_feasible(problem_, draws_);
      if (!arch) break;
      batch.push_back(std::move(*arch));
    }
    return batch;
  }

  std::vector<std::string> restart(const History& history) {
    best_.reset();
    centre_.reset();
    auto arch = all_known_ ? draw_feasible(problem_, draws_)
                           : draw_new(problem_, history, draws_);
    if (!arch) return {};
    all_known_ = history.find(*arch).has_value();
    return {std::move(*arch)};
  }

  const Problem problem_;
  const std::size_t starts_;
  const std::string start_;
  Draws draws_;
  bool started_ = false;
  bool all_known_ = false;             // looking for new ones was in vain
  std::optional<std::size_t> best_;    // of this climb
  std::optional<std::size_t> centre_;  // whose neighbours were evaluated
};

}  // namespace

std::unique_ptr<Algorithm> make_local(
    const Problem& problem,
    const Settings& settings) {
  return std::make_unique<Local>(problem, settings);
}

}  // namespace zcp::search
