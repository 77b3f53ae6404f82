#include "analysis/prediction/model.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "common/error.h"

namespace zcp::prediction {
namespace {

class Blend final : public Fitted {
 public:
  explicit Blend(std::vector<std::unique_ptr<Fitted>> members)
      : members_(std::move(members)) {}

  Predicted predict(std::span<const std::size_t> rows) const override {
    Predicted sum{
        std::vector<double>(rows.size(), 0),
        std::vector<double>(rows.size(), 1)};
    for (const auto& member : members_) {
      const Predicted own = member->predict(rows);
      for (std::size_t i = 0; i < rows.size(); ++i) {
        sum.mean[i] += own.mean[i] / static_cast<double>(members_.size());
      }
    }
    return sum;
  }

  std::vector<Importance> importance() const override {
    return members_.back()->importance();
  }

  std::string setting() const override {
    std::string text;
    for (const auto& member : members_) {
      text += (text.empty() ? "" : "; ") + member->setting();
    }
    return text;
  }

 private:
  std::vector<std::unique_ptr<Fitted>> members_;
};

}  // namespace

std::unique_ptr<Fitted> fit_blend(
    const Design& design,
    std::span<const std::size_t> rows,
    std::span<const double> labels,
    std::uint64_t seed) {
  std::vector<std::unique_ptr<Fitted>> members;
  for (const ModelInfo& info : models()) {
    if (info.fit != fit_blend) {
      members.push_back(info.fit(design, rows, labels, seed));
    }
  }
  return std::make_unique<Blend>(std::move(members));
}

const std::vector<ModelInfo>& models() {
  static const std::vector<ModelInfo> list{
      {"ridge", fit_ridge},
      {"gp", fit_gaussian_process},
      {"forest", fit_forest},
      {"boosting", fit_boosting},
      {"blend", fit_blend}};
  return list;
}

const ModelInfo& find_model(const std::string& name) {
  const auto found = std::ranges::find(models(), name, &ModelInfo::name);
  if (found != models().end()) return *found;
  std::vector<std::string> names;
  for (const ModelInfo& info : models()) names.push_back(info.name);
  throw UserError(
      "--model {}: expected {} or all", name, fmt::join(names, ", "));
}

std::vector<Importance> sorted_importance(
    const std::vector<std::string>& names,
    std::span<const double> weights) {
  double sum = 0;
  for (const double weight : weights) sum += weight;
  std::vector<Importance> list;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (weights[i] > 0) list.push_back({names[i], weights[i] / sum});
  }
  std::ranges::stable_sort(list, std::ranges::greater{}, &Importance::share);
  return list;
}

}  // namespace zcp::prediction
