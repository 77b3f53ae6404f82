// The graphs of a space's members for one task.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "nets/spaces/space.h"

namespace zcp::apps {

/// Builds graphs and keeps the first of them, so that an architecture whose
/// hash was asked for is not built again when it is scored. How many it keeps
/// is bounded: a whole space would not fit into memory. Its functions may be
/// called from several threads.
class GraphCache {
 public:
  /// `space` has to outlive the object.
  GraphCache(
      const spaces::Space& space,
      Shape shape,
      Output output,
      const spaces::Skeleton& skeleton);

  /// A graph that is not kept. Throws as spaces::Space::build().
  graph::Graph build(const std::string& spec, graph::Folding folding) const;

  /// The same graph, kept while there is room. Throws as build().
  std::shared_ptr<const graph::Graph> get(
      const std::string& spec,
      graph::Folding folding);

  /// How many graphs are kept, at most kMost.
  std::size_t size() const;

  /// A graph takes tens of kilobytes.
  static constexpr std::size_t kMost = 256;

 private:
  using Key = std::pair<std::string, graph::Folding>;

  const spaces::Space& space_;
  const Shape shape_;
  const Output output_;
  const spaces::Skeleton skeleton_;
  mutable std::mutex mutex_;
  std::map<Key, std::shared_ptr<const graph::Graph>> graphs_;
};

}  // namespace zcp::apps
