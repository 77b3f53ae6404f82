// #Params: the number of trainable values of the network, the baseline that
// every proxy has to beat.
#include "proxies/all.h"
#include "proxies/observer.h"

namespace zcp::proxies {
namespace {

class Params final : public Observer {
 public:
  explicit Params(std::int64_t params) : params_(params) {}
  Score finish() override { return Score::of(static_cast<double>(params_)); }

 private:
  std::int64_t params_;
};

}  // namespace

Descriptor params() {
  Descriptor d;
  d.name = "params";
  d.family = "size";
  d.formula = "number of trainable parameters, unread layers included";
  d.published = "higher";
  d.needs.pass = PassKind::structure;
  d.needs.folding = nets::Folding::as_declared;
  d.dtype = "int64";
  d.degenerate = "never";
  d.variant =
      "counts convolutions, BatchNorm scale and shift, linear weights and "
      "biases, as AutoDL does";
  d.paper = "https://arxiv.org/abs/2009.00437";
  d.reference = "D-X-Y/AutoDL-Projects: xautodl/utils/flop_benchmark.py";
  d.make = [](const Setting& setting) {
    return std::make_unique<Params>(setting.params);
  };
  return d;
}

}  // namespace zcp::proxies
