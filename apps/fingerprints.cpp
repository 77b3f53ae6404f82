#include "apps/fingerprints.h"

#include "common/hash.h"
#include "common/parallel.h"

namespace zcp::apps {

std::vector<engine::Fingerprint> fingerprint_graphs(
    std::span<const std::string> specs,
    GraphCache& graphs,
    bool declared,
    int workers) {
  std::vector<engine::Fingerprint> prints(specs.size());
  const auto fingerprint = [&](std::size_t i) {
    const auto graph = graphs.get(specs[i], graph::Folding::functional);
    prints[i] = {graph->hash(), 0, 0, graph->macs()};
    if (declared) {
      const auto all = graphs.get(specs[i], graph::Folding::as_declared);
      prints[i].declared = all->hash();
      prints[i].declared_calls = all->declared_hash();
    }
  };
  parallel_for(prints.size(), fingerprint, {.workers = workers, .chunk = 64});
  return prints;
}

std::vector<engine::Fingerprint> fingerprint_names(
    std::span<const std::string> names) {
  std::vector<engine::Fingerprint> prints;
  prints.reserve(names.size());
  for (const std::string& name : names) {
    const std::uint64_t hash = hash64(name);
    prints.push_back({hash, hash, hash, 0});
  }
  return prints;
}

}  // namespace zcp::apps
