// A model that was fitted once and is asked about architectures that come one
// after another, as a search does.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "analysis/prediction/design.h"
#include "analysis/prediction/label_scale.h"
#include "analysis/prediction/model.h"

namespace zcp::prediction {

class Predictor {
 public:
  /// `blocks` has a row an architecture that was fitted to, all with a label.
  /// The same input gives the same predictor. Throws UserError for fewer than
  /// ten labels, for labels that are all equal and for a model that there is
  /// not; and as Design.
  Predictor(
      std::vector<Block> blocks,
      std::span<const double> labels,
      const std::string& model,
      std::uint64_t seed);

  /// The labels that the model expects, in their own unit. `blocks` are those
  /// of the constructor with other rows. What is said of an architecture does
  /// not depend on the others: ranks, means and variances are those of the
  /// fitted ones. Not for several threads at once.
  std::vector<double> predict(const std::vector<Block>& blocks);

 private:
  std::unique_ptr<Design> design_;
  LabelScale scale_;
  std::unique_ptr<Fitted> fitted_;
};

}  // namespace zcp::prediction
