// Uniform draws without replacement. Within a budget the architectures of the
// budget have equal chances.
//
// NASLib's random search draws with replacement and never draws the 245 cells
// of NATS-TSS whose input or output edges are all `none`; this one draws them.
#include "analysis/search/algorithm.h"

namespace zcp::search {
namespace {

constexpr int kMostTried = 200'000;  // one after the other, of a large space

class Random final : public Algorithm {
 public:
  Random(const Problem& problem, const Settings& settings)
      : problem_(problem),
        batch_(settings.batch),
        islands_(settings.islands),
        left_out_(settings.island),
        order_(problem.space.info().size, settings.seed),
        draws_(settings.seed, "random") {}

  std::vector<std::string> propose(const History& history) override {
    std::vector<std::string> batch;
    while (batch.size() < batch_) {
      auto arch = problem_.space.info().size > 0
                      ? next_numbered()
                      : draw_new(problem_, history, draws_);
      if (!arch || history.find(*arch)) break;  // of a few, all are known
      batch.push_back(std::move(*arch));
    }
    return batch;
  }

  void tell(const History&, std::span<const std::size_t>) override {}

 private:
  std::optional<std::string> next_numbered() {
    const bool large = problem_.space.info().size > kMostListed;
    for (int tried = 0; !order_.done(); ++tried) {
      if (large && tried == kMostTried) return std::nullopt;
      std::string arch = problem_.space.spec(order_.next());
      if (!problem_.feasible(arch)) continue;
      if (left_out_-- > 0) continue;
      left_out_ = islands_ - 1;
      return arch;
    }
    return std::nullopt;
  }

  const Problem problem_;
  const std::size_t batch_;
  const std::size_t islands_;
  std::size_t left_out_;  // how many belong to other islands before the next
  Permutation order_;
  Draws draws_;
};

}  // namespace

std::unique_ptr<Algorithm> make_random(
    const Problem& problem,
    const Settings& settings) {
  return std::make_unique<Random>(problem, settings);
}

}  // namespace zcp::search
