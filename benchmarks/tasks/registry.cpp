#include "benchmarks/tasks/registry.h"

#include <fmt/ranges.h>

#include <array>
#include <vector>

#include "benchmarks/tasks/all.h"
#include "benchmarks/tasks/noise.h"
#include "common/error.h"

namespace zcp::tasks {
namespace {

std::span<const TaskSource> sources() {
  static const std::array all{
#define ZCP_TASK(name) name(),
#include "benchmarks/tasks/list.inc"
#undef ZCP_TASK
  };
  return all;
}

/// A companion for each task of known shape.
const std::vector<TaskSource>& noise_sources() {
  static const std::vector<TaskSource> all = [] {
    std::vector<TaskSource> noise;
    for (const TaskSource& source : sources()) {
      if (source.info.needs_data && source.info.shape.channels > 0) {
        noise.push_back(noise_like(source.info));
      }
    }
    return noise;
  }();
  return all;
}

}  // namespace

const TaskSource& find_source(const std::string& name) {
  std::vector<std::string> names;
  for (const TaskSource& source : sources()) {
    if (source.info.name == name) return source;
    names.push_back(source.info.name);
  }
  for (const TaskSource& source : noise_sources()) {
    if (source.info.name == name) return source;
  }
  const std::string near = nearest_name(name, names);
  throw UserError(
      "unknown task '{}'{}; the tasks are {}, and noise- before a name",
      name,
      near.empty() ? "" : ", did you mean '" + near + "'?",
      fmt::join(names, ", "));
}

std::span<const TaskInfo> all_tasks() {
  static const std::vector<TaskInfo> all = [] {
    std::vector<TaskInfo> infos;
    for (const TaskSource& source : sources()) infos.push_back(source.info);
    return infos;
  }();
  return all;
}

}  // namespace zcp::tasks
