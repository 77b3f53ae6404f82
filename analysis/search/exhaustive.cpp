// Every architecture within the budget, in the order in which the space numbers
// them.
#include "analysis/search/algorithm.h"

namespace zcp::search {
namespace {

class Exhaustive final : public Algorithm {
 public:
  Exhaustive(const Problem& problem, const Settings& settings)
      : problem_(problem),
        batch_(settings.batch),
        islands_(settings.islands),
        left_out_(settings.island) {}

  std::vector<std::string> propose(const History&) override {
    std::vector<std::string> batch;
    while (batch.size() < batch_ && next_ < problem_.space.info().size) {
      std::string arch = problem_.space.spec(next_++);
      if (!problem_.feasible(arch)) continue;
      if (left_out_-- > 0) continue;
      left_out_ = islands_ - 1;
      batch.push_back(std::move(arch));
    }
    return batch;
  }

  void tell(const History&, std::span<const std::size_t>) override {}

 private:
  const Problem problem_;
  const std::size_t batch_;
  const std::size_t islands_;
  std::size_t left_out_;  // how many belong to other islands before the next
  std::int64_t next_ = 0;
};

}  // namespace

std::unique_ptr<Algorithm> make_exhaustive(
    const Problem& problem,
    const Settings& settings) {
  return std::make_unique<Exhaustive>(problem, settings);
}

}  // namespace zcp::search
