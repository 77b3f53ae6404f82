#include "apps/dead.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

#include "analysis/study/spec_names.h"
#include "apps/graph_cache.h"
#include "apps/selection.h"
#include "apps/space_of_scores.h"
#include "apps/table_columns.h"
#include "benchmarks/tasks/task.h"
#include "common/error.h"
#include "common/parallel.h"
#include "nets/spaces/json/json_space.h"

namespace zcp::apps {
namespace {

std::shared_ptr<const spaces::Space> space_of_table(
    const tables::Table& table,
    const std::string& path,
    const std::string& asked,
    const std::function<tables::Table()>& beside) {
  if (auto known = open_space_of_scores(path, asked)) return known;
  std::vector<std::string> found = study::spaces_of(table);
  if (found.size() > 1 && beside) found = study::spaces_of(table, beside());
  if (found.size() == 1) return spaces::open_space(found.front());
  if (!found.empty()) {
    throw UserError(
        "--drop-dead: {} names architectures that may be of {} (the first is "
        "{}); expected specs in it or in the truth beside it, or --space where "
        "the command has it",
        table.source,
        fmt::join(found, " or "),
        table.arch.front());
  }
  throw UserError(
      "--drop-dead: {} names architectures of no space that is known (the "
      "first is {}); only a space's graphs tell which are dead",
      table.source,
      table.arch.empty() ? "none" : table.arch.front());
}

/// Whether a network is dead does not depend on the task; it needs one whose
/// network the space can build.
tasks::TaskInfo task_of(const spaces::Space& space) {
  const auto& own = space.info().tasks;
  return tasks::find_task(own.empty() ? "cifar10" : own.front());
}

}  // namespace

bool is_dead(const graph::Graph& graph) {
  // What is only counted has no nodes to look at.
  if (!graph.cannot_run().empty()) return false;
  std::vector<bool> reached(graph.nodes().size(), false);
  reached[0] = true;
  for (std::size_t v = 1; v < reached.size(); ++v) {
    for (const int from : graph.inputs(graph.nodes()[v])) {
      if (reached[static_cast<std::size_t>(from)]) reached[v] = true;
    }
  }
  return !reached[static_cast<std::size_t>(graph.output())];
}

void drop_dead(
    tables::Table& table,
    const std::string& path,
    const std::string& space,
    const std::function<tables::Table()>& beside) {
  const auto opened = space_of_table(table, path, space, beside);
  const tasks::TaskInfo task = task_of(*opened);
  const GraphCache graphs(
      *opened,
      task.shape,
      {task.classes > 0 ? task.classes : 10, task.head},
      {});
  std::vector<std::uint8_t> alive(table.arch.size(), 1);
  const std::vector<std::string> specs = specs_of(table, *opened);
  parallel_for(alive.size(), [&](std::size_t row) {
    if (is_dead(graphs.build(specs[row], graph::Folding::functional))) {
      alive[row] = 0;
    }
  });
  const auto dead = std::ranges::count(alive, std::uint8_t{0});
  keep_rows({alive.begin(), alive.end()}, table);
  table.notes.push_back(fmt::format(
      "{}: {} dead architectures left out, whose output does not depend on "
      "their input; {} are left",
      table.source,
      dead,
      table.arch.size()));
}

}  // namespace zcp::apps
