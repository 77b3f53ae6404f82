// What the graphs of architectures tell a model that learns from few labels.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "analysis/prediction/design.h"
#include "nets/encodings/features.h"
#include "nets/spaces/space.h"

namespace zcp::apps {

/// prediction::Block::weight of the proxies, beside those of graphs.
inline constexpr double kProxyWeight = 2;

/// Which blocks of features there are.
struct GraphFeatures {
  std::string space;  ///< a name or a file, as open_space() has it
  std::string task;   ///< whose input networks have; empty: the space's own
  bool graph = false;
  bool encoding = false;
};

class GraphBlocks {
 public:
  /// Throws UserError for a space or a task that there is not.
  explicit GraphBlocks(GraphFeatures features);

  const spaces::Space& space() const { return *space_; }

  /// The blocks of a pool, which decides what columns there are. Throws
  /// UserError for an architecture that is none of the space.
  std::vector<prediction::Block> of(const std::vector<std::string>& pool);

  /// The same columns for other architectures, after of(). None where they
  /// would change what the pool's columns say: one has an operation or a size
  /// that no member of the pool has.
  std::optional<std::vector<prediction::Block>> more(
      const std::vector<std::string>& archs) const;

 private:
  prediction::Block network_block(const std::vector<std::string>& archs) const;
  std::vector<prediction::Block> shared_blocks(
      const encodings::GraphPool& graphs,
      std::size_t paths) const;

  GraphFeatures features_;
  std::shared_ptr<const spaces::Space> space_;
  std::vector<std::string> names_;  // of the graphs
  encodings::GraphPool pool_;
  std::vector<prediction::Block> blocks_;  // of the pool
};

}  // namespace zcp::apps
