// Sum over the first 11 parameter tensors with 50 or more elements, and their
// first 50 entries, of a.b / n^2: a and b are the entry's centred gradients
// over the first and the second half of n minibatches, without updates between
// them. The authors take n = 50.
#include "proxies/engine/observer.h"

namespace zcp::definitions {
namespace {

constexpr std::int64_t kEntries = 50;
constexpr std::size_t kTensors = 11;

class Knas final : public engine::Observer {
 public:
  void observe(const engine::Pass& pass) override {
    std::vector<at::Tensor> entries;
    for (const std::size_t i : networks::declared_order(pass.network)) {
      const at::Tensor& value = pass.network.parameters()[i].value;
      if (value.numel() < kEntries || entries.size() == kTensors) continue;
      const at::Tensor& g = pass.gradients[i];
      entries.push_back(
          g.defined() ? g.contiguous().flatten().slice(0, 0, kEntries)
                      : at::zeros({kEntries}, value.options()));
    }
    if (!entries.empty()) rows_.push_back(at::cat(entries).to(at::kDouble));
  }

  engine::Score finish() override {
    const std::size_t half = rows_.size() / 2;
    if (half == 0) return engine::Score::degenerate("no tensor of 50 elements");
    const at::Tensor a = centred(0, half);
    const at::Tensor b = centred(half, 2 * half);
    const double n = static_cast<double>(2 * half);
    return engine::score_of(
        (a * b).sum() / (n * n), "a gradient is not finite");
  }

 private:
  at::Tensor centred(std::size_t begin, std::size_t end) const {
    const std::vector<at::Tensor> part(
        rows_.begin() + static_cast<std::ptrdiff_t>(begin),
        rows_.begin() + static_cast<std::ptrdiff_t>(end));
    const at::Tensor g = at::stack(part);
    return g - g.mean(0);
  }

  std::vector<at::Tensor> rows_;  // by minibatch
};

}  // namespace

engine::Descriptor knas() {
  engine::Descriptor d;
  d.family = "gradient statistics";
  d.formula = "Gram of centred gradients between halves of the minibatches";
  d.published = "higher";
  d.needs = {
      .pass = engine::PassKind::minibatch,
      .minibatches = 4,
      .labels = true,
      .all_minibatches = true,
      .parameter_gradients = true,
      .folding = graph::Folding::as_declared};
  d.dtype = "float64";
  d.degenerate = "a gradient that is not finite";
  d.variant = "authors'; n is --minibatches";
  d.paper = "https://arxiv.org/abs/2111.13293";
  d.reference = "Jingjing-NLP/KNAS: exps/NAS-Bench-201/functions.py";
  d.make = [](const engine::Setting&) { return std::make_unique<Knas>(); };
  return d;
}

}  // namespace zcp::definitions
