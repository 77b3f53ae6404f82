// Random forests and gradient boosting by XGBoost, whose C interface is
// included here alone.
#include <fmt/format.h>
#include <xgboost/c_api.h>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <utility>

#include "analysis/prediction/model.h"
#include "analysis/prediction/numbers.h"
#include "common/random.h"

namespace zcp::prediction {
namespace {

/// Calls XGBoost as the first thread of a team of one. With one thread it opens
/// no team of its own, and inside of another it would take the number of its
/// thread there, beyond what it has room for.
template <typename Call>
void check(const Call& call) {
  int status = 0;
#pragma omp parallel num_threads(1)
  status = call();
  if (status != 0) {
    throw std::runtime_error(std::string("XGBoost: ") + XGBGetLastError());
  }
}

/// What is given to XGBoost, which takes settings as text.
using Settings = std::vector<std::pair<std::string, std::string>>;

class Matrix {
 public:
  Matrix(const Design& design, std::span<const std::size_t> rows) {
    const Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>
        numbers = rows_of(design, rows).cast<float>();
    check([&] {
      return XGDMatrixCreateFromMat(
          numbers.data(),
          static_cast<bst_ulong>(numbers.rows()),
          static_cast<bst_ulong>(numbers.cols()),
          std::numeric_limits<float>::quiet_NaN(),
          &handle_);
    });
  }
  ~Matrix() { XGDMatrixFree(handle_); }
  Matrix(const Matrix&) = delete;
  Matrix& operator=(const Matrix&) = delete;

  void set_labels(std::span<const double> labels) {
    const std::vector<float> numbers(labels.begin(), labels.end());
    check([&] {
      return XGDMatrixSetFloatInfo(
          handle_, "label", numbers.data(), numbers.size());
    });
  }

  DMatrixHandle get() const { return handle_; }

 private:
  DMatrixHandle handle_ = nullptr;
};

class Trees {
 public:
  Trees(const Matrix& data, const Settings& settings, std::uint64_t seed) {
    const DMatrixHandle known = data.get();
    check([&] { return XGBoosterCreate(&known, 1, &handle_); });
    set("objective", "reg:squarederror");
    set("base_score", "0");
    set("tree_method", "hist");
    // One thread: sums of floats then have one order.
    set("nthread", "1");
    set("verbosity", "0");
    set("seed", std::to_string(seed % 2147483647));
    for (const auto& [name, value] : settings) set(name, value);
  }
  ~Trees() { XGBoosterFree(handle_); }
  Trees(const Trees&) = delete;
  Trees& operator=(const Trees&) = delete;

  void grow(const Matrix& data, int rounds) {
    for (int i = 0; i < rounds; ++i) {
      check([&] {
        return XGBoosterUpdateOneIter(handle_, grown_++, data.get());
      });
    }
  }

  std::vector<double> predict(const Matrix& data) const {
    bst_ulong const* shape = nullptr;
    bst_ulong dimensions = 0;
    const float* values = nullptr;
    check([&] {
      return XGBoosterPredictFromDMatrix(
          handle_,
          data.get(),
          R"({"type":0,"training":false,"iteration_begin":0,)"
          R"("iteration_end":0,"strict_shape":false})",
          &shape,
          &dimensions,
          &values);
    });
    return {values, values + shape[0]};
  }

  /// The gain of all splits of each column.
  std::vector<double> gains(std::size_t columns) const {
    std::vector<double> gains(columns, 0);
    bst_ulong count = 0;
    bst_ulong dimensions = 0;
    char const** names = nullptr;
    bst_ulong const* shape = nullptr;
    float const* scores = nullptr;
    check([&] {
      return XGBoosterFeatureScore(
          handle_,
          R"({"importance_type":"total_gain"})",
          &count,
          &names,
          &dimensions,
          &shape,
          &scores);
    });
    for (bst_ulong i = 0; i < count; ++i) {
      // Without names of their own, columns are called f0, f1, ...
      const auto at = static_cast<std::size_t>(std::stoul(names[i] + 1));
      if (at < columns) gains[at] = static_cast<double>(scores[i]);
    }
    return gains;
  }

 private:
  void set(const std::string& name, const std::string& value) {
    check([&] {
      return XGBoosterSetParam(handle_, name.c_str(), value.c_str());
    });
  }

  BoosterHandle handle_ = nullptr;
  int grown_ = 0;
};

/// What cross-validation chooses among.
struct Candidate {
  std::string name;
  Settings settings;
  int rounds = 1;  ///< at most
  int each = 1;    ///< rounds after which the error is looked at
};

class FittedTrees final : public Fitted {
 public:
  FittedTrees(
      const Design& design,
      std::unique_ptr<Trees> trees,
      std::string setting)
      : design_(design),
        trees_(std::move(trees)),
        setting_(std::move(setting)) {}

  Predicted predict(std::span<const std::size_t> rows) const override {
    return {
        trees_->predict(Matrix(design_, rows)),
        std::vector<double>(rows.size(), 1)};
  }
  std::vector<Importance> importance() const override {
    return sorted_importance(
        design_.column_names(), trees_->gains(design_.columns()));
  }
  std::string setting() const override { return setting_; }

 private:
  const Design& design_;
  std::unique_ptr<Trees> trees_;
  std::string setting_;
};

/// The rows of one fold, and the others.
struct Fold {
  std::vector<std::size_t> rows;
  std::vector<double> labels;
  std::vector<std::size_t> held;
  std::vector<double> held_labels;
};

std::vector<Fold> folds_of(
    std::span<const std::size_t> rows,
    std::span<const double> labels,
    std::uint64_t seed) {
  constexpr std::size_t kFolds = 5;
  const auto order = sample_without_replacement(
      std::ssize(rows), std::ssize(rows), derive_seed(seed, "folds"));
  std::vector<Fold> folds(std::min(kFolds, rows.size()));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto at = static_cast<std::size_t>(order[i]);
    for (std::size_t f = 0; f < folds.size(); ++f) {
      const bool held = i % folds.size() == f;
      (held ? folds[f].held : folds[f].rows).push_back(rows[at]);
      (held ? folds[f].held_labels : folds[f].labels).push_back(labels[at]);
    }
  }
  return folds;
}

/// A candidate with the number of rounds that did best on held rows.
struct Choice {
  const Candidate* candidate = nullptr;
  int rounds = 0;
  double error = std::numeric_limits<double>::infinity();
};

Choice choose(
    const Design& design,
    const std::vector<Fold>& folds,
    const std::vector<Candidate>& candidates,
    std::uint64_t seed) {
  Choice best;
  for (const Candidate& candidate : candidates) {
    const auto looks =
        static_cast<std::size_t>(candidate.rounds / candidate.each);
    std::vector<double> errors(looks, 0);
    for (const Fold& fold : folds) {
      Matrix data(design, fold.rows);
      data.set_labels(fold.labels);
      const Matrix held(design, fold.held);
      Trees trees(data, candidate.settings, seed);
      for (double& error : errors) {
        trees.grow(data, candidate.each);
        const std::vector<double> means = trees.predict(held);
        for (std::size_t i = 0; i < means.size(); ++i) {
          error += std::pow(means[i] - fold.held_labels[i], 2);
        }
      }
    }
    for (std::size_t look = 0; look < looks; ++look) {
      if (errors[look] >= best.error) continue;
      const int rounds = static_cast<int>(look + 1) * candidate.each;
      best = {&candidate, rounds, errors[look]};
    }
  }
  return best;
}

std::unique_ptr<Fitted> fit_trees(
    const Design& design,
    std::span<const std::size_t> rows,
    std::span<const double> labels,
    const std::vector<Candidate>& candidates,
    std::uint64_t seed) {
  Choice choice;
  if (rows.size() >= 5) {
    choice = choose(design, folds_of(rows, labels, seed), candidates, seed);
  }
  if (choice.candidate == nullptr) {
    choice = {&candidates.front(), candidates.front().rounds, 0};
  }
  Matrix data(design, rows);
  data.set_labels(labels);
  auto trees = std::make_unique<Trees>(data, choice.candidate->settings, seed);
  trees->grow(data, choice.rounds);
  return std::make_unique<FittedTrees>(
      design,
      std::move(trees),
      fmt::format("{}, {} round(s)", choice.candidate->name, choice.rounds));
}

}  // namespace

std::unique_ptr<Fitted> fit_forest(
    const Design& design,
    std::span<const std::size_t> rows,
    std::span<const double> labels,
    std::uint64_t seed) {
  std::vector<Candidate> candidates;
  for (const char* share : {"0.33", "0.1", "1"}) {
    candidates.push_back(
        {fmt::format("{} of the columns a split", share),
         {{"num_parallel_tree", "300"},
          {"eta", "1"},
          {"lambda", "0"},
          {"subsample", "0.632"},
          {"colsample_bynode", share},
          {"max_depth", "14"},
          {"min_child_weight", "1"}}});
  }
  return fit_trees(design, rows, labels, candidates, seed);
}

std::unique_ptr<Fitted> fit_boosting(
    const Design& design,
    std::span<const std::size_t> rows,
    std::span<const double> labels,
    std::uint64_t seed) {
  std::vector<Candidate> candidates;
  for (const char* depth : {"3", "6"}) {
    candidates.push_back(
        {fmt::format("depth {}", depth),
         {{"eta", "0.05"},
          {"lambda", "1"},
          {"subsample", "0.7"},
          {"colsample_bynode", "0.2"},
          {"max_depth", depth},
          {"min_child_weight", "2"}},
         500,
         50});
  }
  return fit_trees(design, rows, labels, candidates, seed);
}

}  // namespace zcp::prediction
