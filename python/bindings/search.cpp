#include "python/bindings/search.h"

#include <pybind11/stl.h>

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <utility>

#include "analysis/latent/encoded_space.h"
#include "analysis/search/fronts.h"
#include "analysis/search/runner.h"
#include "analysis/study/objective.h"

namespace py = pybind11;

namespace zcp::python {
namespace {

/// A space whose members Python knows. Its networks are not graphs.
class CallbackSpace final : public spaces::Space {
 public:
  explicit CallbackSpace(py::object functions)
      : functions_(std::move(functions)) {
    info_.name = functions_.attr("name").cast<std::string>();
    info_.size = functions_.attr("size").cast<std::int64_t>();
  }

  const spaces::SpaceInfo& info() const override { return info_; }

  std::string spec(std::int64_t index) const override {
    return functions_.attr("spec")(index).cast<std::string>();
  }

  std::string draw(std::uint64_t seed) const override {
    return functions_.attr("draw")(seed).cast<std::string>();
  }

  std::string mutate(std::string_view spec, std::uint64_t seed) const override {
    return functions_.attr("mutate")(spec, seed).cast<std::string>();
  }

  std::vector<std::string> neighbours(std::string_view spec) const override {
    const py::object found = functions_.attr("neighbours")(spec);
    if (found.is_none()) return Space::neighbours(spec);
    return found.cast<std::vector<std::string>>();
  }

  std::vector<double> encode(std::string_view spec) const override {
    const py::object found = functions_.attr("encode")(spec);
    if (found.is_none()) return Space::encode(spec);
    return found.cast<std::vector<double>>();
  }

  std::string normalise(std::string_view spec) const override {
    return std::string(spec);
  }

  graph::Graph build(
      std::string_view,
      Shape,
      Output,
      const spaces::Skeleton&,
      graph::Folding) const override {
    throw std::logic_error("a space of Python's has no graphs");
  }

 private:
  py::object functions_;
  spaces::SpaceInfo info_;
};

std::vector<study::Objective> read_objectives(const std::string& list) {
  return study::parse_objectives(list, study::parse_objective);
}

std::vector<std::string> columns_of(
    const std::vector<study::Objective>& objectives) {
  std::vector<std::string> columns;
  for (const study::Objective& objective : objectives) {
    for (std::string& name : objective.columns()) {
      if (std::ranges::find(columns, name) != columns.end()) continue;
      columns.push_back(std::move(name));
    }
  }
  return columns;
}

/// Has columns evaluated by Python and makes objectives of them.
class CallbackEvaluator final : public search::Evaluator {
 public:
  CallbackEvaluator(
      std::vector<study::Objective> objectives,
      py::object evaluate)
      : objectives_(std::move(objectives)), evaluate_(std::move(evaluate)) {
    rows_.source = "the search";
    rows_.columns = columns_of(objectives_);
    rows_.values.resize(rows_.columns.size());
  }

  bool evaluate(std::span<const std::string> archs) override {
    const std::vector<std::string> asked(archs.begin(), archs.end());
    const auto columns =
        evaluate_(asked).cast<std::vector<std::vector<double>>>();
    if (columns.size() != rows_.values.size()) {
      throw std::logic_error("evaluate() gave another number of columns");
    }
    for (std::size_t c = 0; c < columns.size(); ++c) {
      if (columns[c].size() != archs.size()) {
        throw std::logic_error("evaluate() gave another number of rows");
      }
      rows_.values[c].insert(
          rows_.values[c].end(), columns[c].begin(), columns[c].end());
    }
    rows_.arch.insert(rows_.arch.end(), archs.begin(), archs.end());
    return true;
  }

  void update(search::History& history) override {
    for (std::size_t o = 0; o < objectives_.size(); ++o) {
      std::vector<double> values =
          study::objective_values(objectives_[o], rows_);
      if (objectives_[o].less) {
        for (double& value : values) value = -value;
      }
      history.set_values(o, std::move(values));
    }
  }

  std::vector<std::vector<double>> values() const {
    std::vector<std::vector<double>> values;
    for (const study::Objective& objective : objectives_) {
      values.push_back(
          rows_.arch.empty() ? std::vector<double>()
                             : study::objective_values(objective, rows_));
    }
    return values;
  }

 private:
  std::vector<study::Objective> objectives_;
  py::object evaluate_;
  tables::Table rows_;
};

/// The space's architectures that Python has points of, None where it has none:
/// [architecture][number].
std::unique_ptr<latent::EncodedSpace> read_points(
    const spaces::Space& space,
    const py::handle& given) {
  if (given.is_none()) return nullptr;
  auto [specs, rows] = given.cast<
      std::pair<std::vector<std::string>, std::vector<std::vector<double>>>>();
  const std::size_t width = rows.empty() ? 0 : rows.front().size();
  Eigen::MatrixXd points(
      static_cast<Eigen::Index>(width), static_cast<Eigen::Index>(rows.size()));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].size() != width) {
      throw std::logic_error("points of different lengths");
    }
    points.col(static_cast<Eigen::Index>(i)) =
        Eigen::VectorXd::Map(rows[i].data(), points.rows());
  }
  return std::make_unique<latent::EncodedSpace>(
      space, std::move(specs), std::move(points));
}

search::Settings read_settings(const py::kwargs& arguments) {
  search::Settings settings;
  settings.seed = arguments["seed"].cast<std::uint64_t>();
  settings.batch = arguments["batch"].cast<std::size_t>();
  settings.population = arguments["population"].cast<std::size_t>();
  settings.tournament = arguments["tournament"].cast<std::size_t>();
  settings.evaluations = arguments["evaluations"].cast<std::size_t>();
  settings.start = arguments["start"].cast<std::string>();
  return settings;
}

}  // namespace

std::vector<std::string> objective_columns(const std::string& objectives) {
  return columns_of(read_objectives(objectives));
}

py::dict search_space(const py::kwargs& arguments) {
  const CallbackSpace whole(arguments["space"]);
  const auto points = read_points(whole, arguments["points"]);
  const spaces::Space& space =
      points ? static_cast<const spaces::Space&>(*points) : whole;
  auto objectives =
      read_objectives(arguments["objectives"].cast<std::string>());
  std::vector<std::string> names;
  for (const study::Objective& one : objectives) names.push_back(one.name);
  CallbackEvaluator evaluator(
      std::move(objectives), py::object(arguments["evaluate"]));
  const py::object allowed = arguments["feasible"];
  const search::Feasible feasible = [&](const std::string& arch) {
    return allowed(arch).cast<bool>();
  };
  const search::Settings settings = read_settings(arguments);
  const auto algorithm = search::make_algorithm(
      arguments["algorithm"].cast<std::string>(),
      {space, feasible},
      settings,
      names.size());
  search::History history(names.size());
  const search::Outcome outcome = search::run(
      *algorithm,
      evaluator,
      history,
      settings.evaluations,
      search::Count::distinct);
  py::dict result;
  result["names"] = names;
  result["archs"] = history.archs();
  result["values"] = evaluator.values();
  result["steps"] = search::first_queries(outcome, history);
  result["front"] = search::front_of(history);
  result["best"] = history.best();
  result["exhausted"] = outcome.end == search::End::exhausted;
  return result;
}

}  // namespace zcp::python
