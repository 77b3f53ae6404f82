#include <fmt/format.h>

#include <iostream>
#include <nlohmann/json.hpp>

#include "apps/commands.h"
#include "benchmarks/task.h"
#include "nets/space.h"

namespace zcp::apps {
namespace {

namespace po = boost::program_options;

std::vector<std::string> task_names() {
  std::vector<std::string> names;
  for (const auto& task : benchmarks::tasks()) names.push_back(task.name);
  return names;
}

nlohmann::ordered_json to_json(const nets::SpaceInfo& info) {
  return {
      {"name", info.name},
      {"summary", info.summary},
      {"size", info.size},
      {"syntax", info.syntax},
      {"example", info.example},
      {"paper", info.paper},
      {"tasks", task_names()}};
}

void print(const nets::SpaceInfo& info) {
  std::cout << fmt::format(
      "{}  {} architectures\n  {}\n  spec     {}\n  example  {}\n"
      "  paper    {}\n\n",
      info.name,
      info.size,
      info.summary,
      info.syntax,
      info.example,
      info.paper);
}

/// The shape of an input and the number of classes, as far as they are known
/// without the data.
std::string task_size(const benchmarks::TaskInfo& task) {
  const auto& shape = task.shape;
  if (shape.channels == 0) return "from the file";
  const std::string classes =
      task.classes == 0 ? "own" : std::to_string(task.classes);
  return fmt::format(
      "{}x{}x{}, {} classes",
      shape.channels,
      shape.height,
      shape.width,
      classes);
}

void print_tasks() {
  std::cout << "tasks (any space on any of them):\n";
  for (const auto& task : benchmarks::tasks()) {
    std::cout << fmt::format(
        "  {:<16}{:<24}{}\n", task.name, task_size(task), task.summary);
  }
}

}  // namespace

int list_spaces(const Arguments& arguments) {
  po::options_description options("Options");
  options.add_options()("json", "as an array of objects");
  po::variables_map values;
  if (!parse_options(
          arguments,
          "zcp spaces: every search space, its size, spec syntax and tasks",
          "  zcp spaces --json",
          options,
          values)) {
    return 0;
  }
  if (values.count("json") != 0) {
    auto all = nlohmann::ordered_json::array();
    for (const auto& space : nets::spaces())
      all.push_back(to_json(space->info()));
    std::cout << all.dump(2) << "\n";
    return 0;
  }
  for (const auto& space : nets::spaces()) print(space->info());
  print_tasks();
  return 0;
}

}  // namespace zcp::apps
