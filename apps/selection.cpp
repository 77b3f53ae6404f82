#include "apps/selection.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <initializer_list>
#include <unordered_set>

#include "benchmarks/tables/arch_list.h"
#include "common/error.h"
#include "nets/spaces/json/json_space.h"

namespace zcp::apps {
namespace {

using Strings = std::vector<std::string>;

/// An option's name, and whether it was given.
struct Choice {
  const char* name;
  bool given;
};

/// The one of these options that was given. Throws when there is not one.
std::string only_one(std::initializer_list<Choice> choices) {
  std::string found;
  std::string all;
  for (const auto& [name, given] : choices) {
    all += fmt::format("{}--{}", all.empty() ? "" : ", ", name);
    if (!given) continue;
    if (!found.empty()) {
      throw UserError("--{} and --{} exclude each other", found, name);
    }
    found = name;
  }
  if (found.empty()) {
    throw UserError("no architecture: expected one of {}", all);
  }
  return found;
}

Strings all_specs(const spaces::Space& space) {
  constexpr std::int64_t kMostListed = 100'000'000;
  if (space.info().size == 0 || space.info().size > kMostListed) {
    throw UserError(
        "--all: {} has too many architectures, expected --sample N or --arch",
        space.info().name);
  }
  Strings specs;
  for (std::int64_t i = 0; i < space.info().size; ++i) {
    specs.push_back(space.spec(i));
  }
  return specs;
}

Strings normalised(const spaces::Space& space, const Strings& specs) {
  Strings result;
  for (const std::string& spec : specs) result.push_back(space.normalise(spec));
  return result;
}

Strings chosen_specs(
    const spaces::Space& space,
    const SelectionOptions& options,
    std::uint64_t seed) {
  const std::string way = only_one(
      {{"arch", !options.archs.empty()},
       {"archs", options.arch_file.has_value()},
       {"sample", options.sample.has_value()},
       {"all", options.all}});
  if (way == "arch") return normalised(space, options.archs);
  if (way == "archs") {
    return normalised(space, tables::read_arch_list(*options.arch_file));
  }
  if (way == "sample") {
    return spaces::sample_specs(space, *options.sample, seed);
  }
  return all_specs(space);
}

/// A size of the skeleton; 0 where it is not given.
int skeleton_size(std::optional<int> size, const char* option, Limits limits) {
  return size ? in_limits(option, *size, limits) : 0;
}

/// Options that choose or change members of a space.
void refuse_with_models(const SelectionOptions& options) {
  const Choice choices[] = {
      {"arch", !options.archs.empty()},
      {"archs", options.arch_file.has_value()},
      {"sample", options.sample.has_value()},
      {"all", options.all},
      {"distinct", options.distinct},
      {"channels", options.channels.has_value()},
      {"cells", options.cells.has_value()}};
  for (const auto& [name, given] : choices) {
    if (given) {
      throw UserError("--{} goes with --space, not with --model", name);
    }
  }
}

void require_regular_file(const std::string& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (std::filesystem::is_regular_file(status)) return;
  if (!std::filesystem::exists(status)) {
    throw UserError("--model {}: no such file", path);
  }
  throw UserError(
      "--model {}: found a {}, expected a TorchScript file",
      path,
      std::filesystem::is_directory(status) ? "folder" : "pipe or a device");
}

/// The models in each folder by name; files as they are.
Strings expanded(const Strings& paths) {
  namespace fs = std::filesystem;
  Strings models;
  for (const std::string& path : paths) {
    std::error_code none;
    if (!fs::is_directory(path, none)) {
      models.push_back(path);
      continue;
    }
    Strings inside;
    for (const auto& entry : fs::directory_iterator(path)) {
      const std::string ending = entry.path().extension();
      if (ending == ".pt" || ending == ".pt2") inside.push_back(entry.path());
    }
    if (inside.empty()) {
      throw UserError(
          "--model {}: the folder has no *.pt or *.pt2, expected TorchScript "
          "files or exported programs",
          path);
    }
    std::ranges::sort(inside);
    models.insert(models.end(), inside.begin(), inside.end());
  }
  return models;
}

/// --model options: no two of one name. What is wrong with one of several is
/// found out when its turn comes, so that the others are scored.
void check_models(const Strings& models) {
  std::unordered_set<std::string> names;
  for (const std::string& path : models) {
    if (models.size() == 1) require_regular_file(path);
    if (!names.insert(std::filesystem::path(path).stem()).second) {
      throw UserError(
          "--model {}: another model has the name {}",
          path,
          std::filesystem::path(path).stem().string());
    }
  }
}

}  // namespace

Strings Selection::names() const {
  if (space != nullptr) return specs;
  Strings names;
  for (const std::string& path : models) {
    names.push_back(std::filesystem::path(path).stem());
  }
  return names;
}

std::vector<std::string> specs_of(
    const tables::Table& table,
    const spaces::Space& space) {
  std::vector<std::string> specs;
  specs.reserve(table.arch.size());
  for (const std::string& arch : table.arch) {
    try {
      specs.push_back(space.normalise(arch));
    } catch (const UserError& error) {
      throw UserError(
          "{}: expected architectures of {}: {}",
          table.source,
          space.info().name,
          error.what());
    }
  }
  return specs;
}

Selection select_architectures(
    const SelectionOptions& options,
    std::uint64_t seed) {
  Selection selection;
  const std::string source = only_one(
      {{"space", options.space.has_value()},
       {"model", !options.models.empty()}});
  if (source == "model") {
    refuse_with_models(options);
    selection.models = expanded(options.models);
    check_models(selection.models);
    return selection;
  }
  selection.kept = spaces::open_space(*options.space);
  selection.space = selection.kept.get();
  selection.specs = chosen_specs(*selection.space, options, seed);
  selection.distinct = options.distinct;
  selection.seed = seed;
  selection.sample = options.sample;
  selection.skeleton.channels =
      skeleton_size(options.channels, "channels", kChannels);
  selection.skeleton.cells_per_stage =
      skeleton_size(options.cells, "cells", kCells);
  return selection;
}

void require_one_input(const TaskChoice& task) {
  if (task.inputs.empty()) return;
  throw UserError(
      "{}: found {} in a tuple or a dict 'x', expected one tensor: networks of "
      "spaces take one input (--model takes several)",
      task.inputs.source,
      task.inputs.all.size() == 1
          ? std::string("an input")
          : fmt::format("{} inputs", task.inputs.all.size()));
}

std::unique_ptr<GraphCache> graphs_of(
    const Selection& selection,
    const TaskChoice& task) {
  if (selection.space == nullptr) return nullptr;
  require_one_input(task);
  return std::make_unique<GraphCache>(
      *selection.space, task.shape, task.output, selection.skeleton);
}

namespace {

/// What members of a space are to be like.
class Filter {
 public:
  Filter(const Selection& selection, GraphCache& graphs, const Budget& budget)
      : graphs_(graphs),
        distinct_(selection.distinct),
        budget_(budget),
        costs_(budget, selection.space) {}

  /// Those of `specs`, at most `most`, in their order.
  Strings operator()(const Strings& specs, std::size_t most) const {
    std::unordered_set<std::uint64_t> seen;
    Strings kept;
    for (const std::string& spec : specs) {
      if (kept.size() == most) break;
      if (!is_within(spec)) continue;
      if (distinct_ && !seen.insert(graph_of(spec)->hash()).second) continue;
      kept.push_back(spec);
    }
    return kept;
  }

 private:
  std::shared_ptr<const graph::Graph> graph_of(const std::string& spec) const {
    return graphs_.get(spec, graph::Folding::functional);
  }

  bool is_within(const std::string& spec) const {
    if (budget_.empty()) return true;
    graph::Sizes sizes;
    if (budget_.needs_graphs()) sizes = graph::sizes_of(*graph_of(spec));
    return budget_.first_broken([&](const std::string& column) {
      return is_size(column) ? size_value(sizes, column)
                             : costs_.value(spec, column);
    }) == nullptr;
  }

  GraphCache& graphs_;
  bool distinct_;
  const Budget& budget_;
  Costs costs_;
};

/// "--distinct --max macs=3e+08": why a sample finds so few.
std::string filter_text(const Selection& selection, const Budget& budget) {
  std::string text = selection.distinct ? " --distinct" : "";
  for (const Bound& bound : budget.bounds) text += " " + bound.text();
  return text;
}

/// A sample is the beginning of a larger one, so it is drawn on until enough of
/// it are kept.
Strings sample_kept(
    const Selection& selection,
    const Filter& filter,
    const Budget& budget) {
  const auto wanted = static_cast<std::size_t>(*selection.sample);
  const std::int64_t size = selection.space->info().size;
  // Of a space that is not numbered nobody knows whether there are enough.
  const std::int64_t patience =
      std::max<std::int64_t>(200'000, 100 * *selection.sample);
  for (std::int64_t count = *selection.sample;; count *= 2) {
    count = std::min(count, size > 0 ? size : patience);
    const Strings kept = filter(
        spaces::sample_specs(*selection.space, count, selection.seed), wanted);
    if (kept.size() == wanted) return kept;
    if (count < size || (size == 0 && count < patience)) continue;
    const std::string asked =
        fmt::format("--sample {}{}", wanted, filter_text(selection, budget));
    if (budget.empty() && size > 0) {
      throw UserError(
          "{}: {} has {} functions",
          asked,
          selection.space->info().name,
          kept.size());
    }
    throw UserError(
        "{}: {} of {}{} architectures of {} are such",
        asked,
        kept.size(),
        size > 0 ? "the " : "the first ",
        count,
        selection.space->info().name);
  }
}

}  // namespace

std::string
keep_wanted(Selection& selection, GraphCache* graphs, const Budget& budget) {
  if (!selection.distinct && budget.empty()) return {};
  if (selection.space == nullptr) {
    if (budget.empty()) return {};
    throw UserError(
        "{}: goes with --space, not with --model",
        budget.bounds.front().text());
  }
  const std::size_t asked = selection.specs.size();
  const Filter filter(selection, *graphs, budget);
  selection.specs = selection.sample
                        ? sample_kept(selection, filter, budget)
                        : filter(selection.specs, selection.specs.size());
  if (budget.empty()) return {};
  if (selection.specs.empty()) {
    throw UserError(
        "none of {} architectures is within{}", asked, filter_text({}, budget));
  }
  if (selection.sample) return {};
  return fmt::format(
      "{} of {} architectures are within{}",
      selection.specs.size(),
      asked,
      filter_text(selection, budget));
}

void keep_distinct(Selection& selection, GraphCache* graphs) {
  keep_wanted(selection, graphs, {});
}

void add_skeleton(store::Protocol& protocol, const spaces::Skeleton& skeleton) {
  if (skeleton.channels > 0) {
    protocol["channels"] = std::to_string(skeleton.channels);
  }
  if (skeleton.cells_per_stage > 0) {
    protocol["cells"] = std::to_string(skeleton.cells_per_stage);
  }
}

TaskChoice choice_of(
    const tasks::TaskInfo& info,
    std::unique_ptr<tasks::Task> task) {
  return {
      info.name,
      info.shape,
      info.classes,
      {info.classes, info.head},
      info.loss,
      std::move(task),
      info.notes,
      info.guess,
      info.inputs};
}

std::vector<std::string> task_notes(
    const TaskChoice& task,
    const Selection& selection) {
  std::vector<std::string> notes;
  for (const std::string& note : task.notes) {
    notes.push_back(fmt::format("task {}: {}", task.name, note));
  }
  if (selection.space != nullptr && !task.guess.empty()) {
    notes.push_back(fmt::format("task {}: {}", task.name, task.guess));
  }
  return notes;
}

TaskChoice
choose_task(const TaskOptions& options, bool needs_data, std::uint64_t seed) {
  const auto transform = tasks::parse_transform(options.transform);
  in_limits("classes", options.classes, kClasses);
  if (options.classes == 1) {
    throw UserError(
        "--classes 1: expected 2 or more, or 0 (the task's own): a loss of one "
        "class is 0 for every network");
  }
  in_limits("resolution", options.resolution, kResolution);
  tasks::TaskInfo info = tasks::find_task(options.name, options.resolution);
  std::unique_ptr<tasks::Task> task;
  // The shape of `tensors` stands in its file, the classes of `image-folder`
  // are its folders.
  const bool open_classes = info.classes == 0 && options.classes == 0;
  if (needs_data || info.shape.channels == 0 || open_classes) {
    task = tasks::open_task(
        options.name,
        options.data,
        seed,
        transform,
        options.classes,
        options.resolution);
    info = task->info();
  }
  if (options.classes > 0) tasks::set_classes(info, options.classes);
  return choice_of(info, std::move(task));
}

}  // namespace zcp::apps
