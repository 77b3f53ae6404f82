// The points of a saved predictor: of any architecture, long after the call
// that saved it.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "analysis/prediction/design.h"
#include "apps/encode/saved.h"
#include "apps/predict/saved.h"
#include "nets/spaces/space.h"

namespace zcp::apps {

/// The block of a design that points are.
prediction::Block points_block(tables::Table points);

class PointBlock {
 public:
  /// `points` have to outlive the object; `space` is the predictor's. Throws
  /// UserError for a space that there is not or that the encoder was not
  /// trained on, and for an encoder without `encode`.
  PointBlock(
      const SavedPoints& points,
      const std::string& space,
      EncodePoints encode);

  /// Whether an architecture of the space has a point: the encoder has seen
  /// what it consists of, or the table has it.
  bool has(const std::string& arch) const;

  /// Throws UserError for an architecture that has none.
  prediction::Block of(const std::vector<std::string>& archs) const;

 private:
  prediction::Block of_table(const std::vector<std::string>& specs) const;

  const SavedPoints& points_;
  EncodePoints encode_;
  std::shared_ptr<const spaces::Space> space_;
  std::unordered_map<std::string, std::size_t> rows_;  // of the table
};

}  // namespace zcp::apps
