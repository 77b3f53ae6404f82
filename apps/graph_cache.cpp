#include "apps/graph_cache.h"

namespace zcp::apps {

GraphCache::GraphCache(
    const spaces::Space& space,
    Shape shape,
    Output output,
    const spaces::Skeleton& skeleton)
    : space_(space), shape_(shape), output_(output), skeleton_(skeleton) {}

graph::Graph GraphCache::build(const std::string& spec, graph::Folding folding)
    const {
  return space_.build(spec, shape_, output_, skeleton_, folding);
}

std::shared_ptr<const graph::Graph> GraphCache::get(
    const std::string& spec,
    graph::Folding folding) {
  const Key key{spec, folding};
  {
    const std::scoped_lock lock(mutex_);
    const auto found = graphs_.find(key);
    if (found != graphs_.end()) return found->second;
  }
  // Other threads go on while this one builds; a graph that two of them build
  // at the same time is kept once.
  auto graph = std::make_shared<const graph::Graph>(build(spec, folding));
  const std::scoped_lock lock(mutex_);
  if (graphs_.size() < kMost) graphs_.try_emplace(key, graph);
  return graph;
}

std::size_t GraphCache::size() const {
  const std::scoped_lock lock(mutex_);
  return graphs_.size();
}

}  // namespace zcp::apps
