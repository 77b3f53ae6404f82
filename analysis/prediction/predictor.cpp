#include "analysis/prediction/predictor.h"

#include <algorithm>
#include <numeric>

#include "analysis/statistics/columns.h"
#include "common/error.h"

namespace zcp::prediction {
namespace {

std::span<const double> checked(std::span<const double> labels) {
  if (labels.size() < statistics::kLeastRows) {
    throw UserError(
        "{} labels: expected {} or more to predict from",
        labels.size(),
        statistics::kLeastRows);
  }
  const auto [least, most] = std::ranges::minmax(labels);
  if (least == most) {
    throw UserError("every label is {}: expected some that differ", least);
  }
  return labels;
}

std::vector<std::size_t> rows_from(std::size_t first, std::size_t count) {
  std::vector<std::size_t> rows(count);
  std::iota(rows.begin(), rows.end(), first);
  return rows;
}

}  // namespace

Predictor::Predictor(
    std::vector<Block> blocks,
    std::span<const double> labels,
    const std::string& model,
    std::uint64_t seed)
    : design_(std::make_unique<Design>(blocks)), scale_(checked(labels)) {
  fitted_ = find_model(model).fit(
      *design_, rows_from(0, labels.size()), normal_scores(labels), seed);
}

std::vector<double> Predictor::predict(const std::vector<Block>& blocks) {
  const std::size_t first = design_->rows();
  design_->add_rows(blocks);
  std::vector<double> values;
  // One by one: products of matrices round in another way in other company.
  for (const std::size_t row : rows_from(first, design_->rows() - first)) {
    const Predicted said = fitted_->predict(std::vector<std::size_t>{row});
    values.push_back(scale_.label(said.mean[0]));
  }
  design_->keep_rows(first);
  return values;
}

}  // namespace zcp::prediction
