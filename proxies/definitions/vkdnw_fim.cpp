// F = mean_n (L^T J_n)^T (L^T J_n), with the symbols that vkdnw.cpp explains.
#include "proxies/definitions.h"
#include "proxies/engine/observer.h"
#include "proxies/reductions/fisher_spectrum.h"

namespace zcp::definitions {

engine::Descriptor vkdnw_fim() {
  engine::Descriptor d = engine::variant_of(vkdnw());
  d.variant = "the true Fisher information";
  d.make = engine::from_setting([](const engine::Setting& setting) {
    return reductions::fisher_spectrum_score(setting, true);
  });
  return d;
}

}  // namespace zcp::definitions
