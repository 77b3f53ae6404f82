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

const std::string& own_work_of(const Descriptor& proxy) {
  const bool shares =
      proxy.needs.pass == PassKind::own && !proxy.needs.detail.empty();
  return shares ? proxy.needs.detail : proxy.name;
}

}  // namespace zcp::engine
