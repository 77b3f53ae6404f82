#include <fmt/format.h>
#include <fmt/ranges.h>

#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "apps/commands.h"
#include "apps/shipped_scores.h"
#include "apps/text_table.h"
#include "benchmarks/tasks/task.h"
#include "common/json.h"
#include "nets/spaces/json/json_space.h"
#include "nets/spaces/space.h"
#include "nets/spaces/space_names.h"

namespace zcp::apps {
namespace {

namespace po = boost::program_options;

/// The names of the sweeps of this space that come with the program.
std::vector<std::string> shipped_for(const std::string& space) {
  std::vector<std::string> names;
  for (const ShippedScores& shipped : shipped_scores(shipped_folders())) {
    if (shipped.name.starts_with(space + ":")) names.push_back(shipped.name);
  }
  return names;
}

nlohmann::ordered_json to_json(const spaces::SpaceInfo& info) {
  return {
      {"name", info.name},
      {"summary", info.summary},
      {"size", info.size},
      {"syntax", info.syntax},
      {"example", info.example},
      {"paper", info.paper},
      {"tasks", info.tasks},
      {"scores", shipped_for(info.name)}};
}

void print(const spaces::SpaceInfo& info) {
  std::cout << fmt::format(
      "{}  {}\n  {}\n  spec     {}\n  example  {}\n",
      info.name,
      info.size > 0 ? fmt::format("{} architectures", info.size)
                    : "to be sampled: too many to number",
      info.summary,
      info.syntax,
      info.example);
  // A space that a file describes may have neither.
  if (!info.tasks.empty()) {
    std::cout << fmt::format("  tasks    {}\n", fmt::join(info.tasks, ", "));
  }
  if (!info.paper.empty()) std::cout << "  paper    " << info.paper << "\n";
  const auto shipped = shipped_for(info.name);
  if (!shipped.empty()) {
    std::cout << fmt::format("  scores   {}\n", fmt::join(shipped, ", "));
  }
  std::cout << "\n";
}

/// What to do with one space.
void print_next_steps(const spaces::SpaceInfo& info) {
  const auto names = spaces::other_space_names(info.name);
  if (!names.empty()) {
    std::cout << fmt::format("also called {}\n\n", fmt::join(names, ", "));
  }
  std::cout << fmt::format(
      "to score ten of them without any data:\n"
      "  zcp score --space {} --sample 10 --task noise-{} --proxies core\n",
      info.name,
      info.tasks.empty() ? "cifar10" : info.tasks.front());
}

/// What is asked for each input.
std::string outputs(const tasks::TaskInfo& task) {
  const std::string count =
      task.classes == 0 ? "own" : std::to_string(task.classes);
  switch (task.head) {
    case Head::classes:
      return count + " classes";
    case Head::vector:
      return count + " numbers";
    case Head::pixel_classes:
      return count + " classes a pixel";
    case Head::tokens:
      return "features of each token";
    case Head::pixels:
      break;
  }
  return count + " number(s) a pixel";
}

/// As far as it is known without the data.
std::string task_size(const tasks::TaskInfo& task) {
  const auto& shape = task.shape;
  if (shape.channels == 0) return "from the file";
  return fmt::format(
      "{}x{}x{}, {}", shape.channels, shape.height, shape.width, outputs(task));
}

void print_tasks() {
  std::cout << "tasks:\n";
  for (const auto& task : tasks::all_tasks()) {
    std::cout << fmt::format(
        "  {:<16}{:<32}{}\n", task.name, task_size(task), task.summary);
  }
  std::cout << fmt::format(
      "  {:<16}{:<32}{}\n",
      "noise-TASK",
      "as of the task",
      "noise in the shapes of any other task, no data");
}

/// A row a space.
void print_as(const std::vector<spaces::SpaceInfo>& infos, TableFormat format) {
  std::vector<Cells> lines = {
      {"space",
       "architectures",
       "summary",
       "spec",
       "example",
       "tasks",
       "paper"}};
  for (const spaces::SpaceInfo& info : infos) {
    lines.push_back(
        {info.name,
         info.size > 0 ? fmt::format("{}", info.size) : "-",
         info.summary,
         info.syntax,
         info.example,
         fmt::format("{}", fmt::join(info.tasks, ", ")),
         info.paper});
  }
  TableWriter(std::cout, format).table(lines, lines.front().size(), 0);
}

struct SpacesOptions {
  TableFormat format = TableFormat::text;
  std::optional<std::string> space;  ///< only this one
};

/// Nothing where --help was asked for, and printed.
std::optional<SpacesOptions> parse(const Arguments& arguments) {
  po::options_description options("Options");
  options.add_options()("json", "print an array of objects, as --format json")(
      "space",
      po::value<std::string>(),
      "only this one: a name, or FILE.json that describes one");
  add_format_option(options);
  const std::string positional[] = {"space"};
  po::variables_map values;
  if (!parse_options(
          arguments,
          "zcp spaces [SPACE]: every search space, or one: its size, spec "
          "syntax and tasks",
          "  zcp spaces nats-tss\n  zcp spaces nats_tss.json",
          options,
          positional,
          false,
          values)) {
    return std::nullopt;
  }
  return SpacesOptions{
      parse_format(values), optional_value<std::string>(values, "space")};
}

}  // namespace

int list_spaces(const Arguments& arguments) {
  const auto options = parse(arguments);
  if (!options) return 0;
  std::vector<spaces::SpaceInfo> infos;
  if (options->space) {
    infos.push_back(spaces::open_space(*options->space)->info());
  } else {
    for (const auto& space : spaces::all_spaces()) {
      infos.push_back(space->info());
    }
  }
  if (options->format == TableFormat::json) {
    auto all = nlohmann::ordered_json::array();
    for (const auto& info : infos) all.push_back(to_json(info));
    std::cout << json_text(all) << "\n";
    return 0;
  }
  if (options->format != TableFormat::text) {
    print_as(infos, options->format);
    return 0;
  }
  for (const auto& info : infos) print(info);
  if (options->space) {
    print_next_steps(infos.front());
  } else {
    print_tasks();
  }
  return 0;
}

}  // namespace zcp::apps
