#include "proxies/engine/descriptor.h"

#include <utility>

namespace zcp::engine {

Score Score::of(double value) {
  return {ScoreStatus::ok, value, "", 0};
}

Score Score::degenerate(std::string reason) {
  return {ScoreStatus::degenerate, 0, std::move(reason), 0};
}

Score Score::failed(std::string reason) {
  return {ScoreStatus::failed, 0, std::move(reason), 0};
}

Descriptor variant_of(Descriptor proxy) {
  proxy.name.clear();
  proxy.aliases.clear();
  proxy.core = false;
  proxy.suite_zero.clear();
  proxy.bfloat16_tau.reset();
  return proxy;
}

}  // namespace zcp::engine
