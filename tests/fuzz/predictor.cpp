// Predictors of zcp predict --save: what is read has a label and a score of
// each proxy for each architecture, and is read again as the same.
#include <cmath>
#include <cstdlib>

#include "apps/predict/saved.h"
#include "tests/fuzz/fuzz.h"

using namespace zcp::apps;

namespace {

void parse(const std::string& text) {
  const SavedPredictor predictor = parse_predictor(text, "fuzz");
  const std::size_t rows = predictor.archs.size();
  if (predictor.labels.size() != rows) std::abort();
  if (predictor.scores.size() != predictor.proxies.size()) std::abort();
  for (const double label : predictor.labels) {
    if (!std::isfinite(label)) std::abort();
  }
  for (const auto& column : predictor.scores) {
    if (column.size() != rows) std::abort();
  }
  if (predictor.points.table) {
    for (const auto& column : predictor.points.table->values) {
      if (column.size() != predictor.points.table->arch.size()) std::abort();
    }
  }
  const std::string again = predictor_text(predictor);
  if (predictor_text(parse_predictor(again, "fuzz")) != again) std::abort();
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return zcp::fuzz::run(data, size, parse);
}
