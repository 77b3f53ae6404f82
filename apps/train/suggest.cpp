#include "apps/train/suggest.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iostream>
#include <set>

#include "analysis/prediction/choose_labels.h"
#include "apps/architectures.h"
#include "apps/predict/graph_blocks.h"
#include "apps/selection.h"
#include "benchmarks/tables/table.h"
#include "common/error.h"

namespace zcp::apps {
namespace {

/// The architectures that the table of accuracies has, in the space's own
/// words; none before its first training.
std::set<std::string> trained(
    const TrainOptions& options,
    const spaces::Space& space) {
  namespace fs = std::filesystem;
  std::set<std::string> specs;
  if (options.csv.empty() || !fs::is_regular_file(options.csv)) return specs;
  if (fs::file_size(options.csv) == 0) return specs;
  const tables::Table table = tables::read_table(options.csv);
  const std::vector<std::string> archs = specs_of(table, space);
  for (std::size_t row = 0; row < archs.size(); ++row) {
    // A row without any number is of an architecture that still waits; older
    // tables gave it 0 seconds.
    bool empty = true;
    for (std::size_t c = 0; c < table.columns.size(); ++c) {
      const double value = table.values[c][row];
      const bool none = table.columns[c] == "train_seconds" && value == 0;
      empty = empty && (std::isnan(value) || none);
    }
    if (!empty) specs.insert(archs[row]);
  }
  return specs;
}

}  // namespace

int suggest_trainings(const TrainOptions& options) {
  if (!options.selection.space) {
    throw UserError("no architecture: expected --space");
  }
  Selection selection =
      select_architectures(options.selection, options.training.seed);
  const TaskChoice task = choose_task(options.task, false, 0);
  const auto graphs = graphs_of(selection, task);
  const std::string within =
      keep_wanted(selection, graphs.get(), options.budget);
  if (!within.empty() && !options.quiet) {
    std::cerr << "zcp: " << within << "\n";
  }
  const std::set<std::string> known = trained(options, *selection.space);
  // What is trained already tells of the others wherever it was drawn from.
  std::vector<std::string> specs(known.begin(), known.end());
  std::vector<std::size_t> labelled;
  for (std::size_t row = 0; row < specs.size(); ++row) labelled.push_back(row);
  std::vector<std::size_t> candidates;
  for (const std::string& spec : unite_names(selection.specs).unique) {
    if (known.contains(spec)) continue;
    candidates.push_back(specs.size());
    specs.push_back(spec);
  }
  if (candidates.size() < *options.suggest) {
    throw UserError(
        "--suggest {}: expected at most {}, the architectures asked for that "
        "{} does not have",
        *options.suggest,
        candidates.size(),
        options.csv.empty() ? "a table" : options.csv);
  }
  GraphBlocks blocks({*options.selection.space, options.task.name, true, true});
  const prediction::Design design(blocks.of(specs));
  for (const std::size_t row : prediction::choose_labels(
           design,
           candidates,
           labelled,
           *options.suggest,
           options.training.seed)) {
    std::cout << specs[row] << "\n";
  }
  if (!options.quiet) {
    std::cerr << fmt::format(
        "zcp: {} of {} to train next, beside {} trained; hand them to zcp "
        "train --archs\n",
        *options.suggest,
        candidates.size(),
        known.size());
  }
  return 0;
}

}  // namespace zcp::apps
