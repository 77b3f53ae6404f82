#include "apps/selection.h"

#include <algorithm>
#include <filesystem>
#include <unordered_set>

#include "apps/command.h"
#include "benchmarks/tables/arch_list.h"
#include "common/error.h"

namespace zcp::apps {
namespace {

namespace po = boost::program_options;
using Values = po::variables_map;
using Strings = std::vector<std::string>;

/// The one of these options that was given. Throws when there is not one.
std::string only_one(const Values& values, const Strings& names) {
  std::string given;
  for (const std::string& name : names) {
    if (values.count(name) == 0) continue;
    if (!given.empty()) {
      throw UserError("--{} and --{} exclude each other", given, name);
    }
    given = name;
  }
  if (given.empty()) {
    std::string list;
    for (const std::string& name : names) {
      list += (list.empty() ? "--" : ", --") + name;
    }
    throw UserError("no architecture: expected one of {}", list);
  }
  return given;
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
    const Values& values,
    std::uint64_t seed) {
  const std::string way = only_one(values, {"arch", "archs", "sample", "all"});
  if (way == "arch") return normalised(space, values["arch"].as<Strings>());
  if (way == "archs") {
    return normalised(
        space, tables::read_arch_list(values["archs"].as<std::string>()));
  }
  if (way == "sample") {
    return spaces::sample_specs(
        space, values["sample"].as<std::int64_t>(), seed);
  }
  return all_specs(space);
}

/// A size of the skeleton; 0 where it is not given.
int skeleton_size(const Values& values, const char* option) {
  if (values.count(option) == 0) return 0;
  const int size = values[option].as<int>();
  if (size < 1) throw UserError("--{} {}: expected 1 or more", option, size);
  return size;
}

/// --model options: each a file, no two of one name.
Strings chosen_models(const Values& values) {
  const Strings models = values["model"].as<Strings>();
  std::unordered_set<std::string> names;
  for (const std::string& path : models) {
    if (!std::filesystem::is_regular_file(path)) {
      throw UserError("--model {}: no such file", path);
    }
    if (!names.insert(std::filesystem::path(path).stem()).second) {
      throw UserError(
          "--model {}: another model has the name {}",
          path,
          std::filesystem::path(path).stem().string());
    }
  }
  return models;
}

}  // namespace

void add_selection_options(po::options_description& options, bool models) {
  options.add_options()(
      "space", po::value<std::string>(), "search space (zcp spaces)")(
      "arch", po::value<Strings>()->composing(), "a spec; repeatable")(
      "archs",
      po::value<std::string>(),
      "file with a spec a line, or a CSV with a column arch (-: standard "
      "input)")(
      "sample",
      po::value<std::int64_t>(),
      "this many, drawn uniformly by --seed")("all", "the whole space")(
      "distinct",
      "of architectures that compute the same function only the first; "
      "--sample draws until it has so many")(
      "channels",
      po::value<int>(),
      "of the stem of the space's networks, for thinner ones (without: the "
      "benchmark's)")(
      "cells",
      po::value<int>(),
      "a stage, for shallower networks (without: the benchmark's)");
  if (!models) return;
  options.add_options()(
      "model",
      po::value<Strings>()->composing(),
      "a TorchScript file instead of a space; repeatable");
}

void add_task_options(
    po::options_description& options,
    const std::string& transform) {
  options.add_options()(
      "task",
      po::value<std::string>()->default_value("cifar10"),
      "data set: input shape and classes (zcp spaces lists them)")(
      "data", po::value<std::string>(), "where the task's files lie")(
      "transform",
      po::value<std::string>()->default_value(transform),
      "normalise, or augment (crop and flip by the seed)")(
      "resolution",
      po::value<int>()->default_value(0),
      "height and width that images are reduced to (0: the task's own)")(
      "classes",
      po::value<int>()->default_value(0),
      "outputs of the network (0: the task's own)");
}

Strings Selection::names() const {
  if (space != nullptr) return specs;
  Strings names;
  for (const std::string& path : models) {
    names.push_back(std::filesystem::path(path).stem());
  }
  return names;
}

Selection select_architectures(const Values& values, std::uint64_t seed) {
  Selection selection;
  if (only_one(values, {"space", "model"}) == "model") {
    for (const char* option :
         {"arch", "archs", "sample", "all", "distinct", "channels", "cells"}) {
      if (values.count(option) != 0) {
        throw UserError("--{} goes with --space, not with --model", option);
      }
    }
    selection.models = chosen_models(values);
    return selection;
  }
  selection.space = &spaces::find_space(values["space"].as<std::string>());
  selection.specs = chosen_specs(*selection.space, values, seed);
  selection.distinct = values.count("distinct") != 0;
  selection.seed = seed;
  if (values.count("sample") != 0) {
    selection.sample = values["sample"].as<std::int64_t>();
  }
  selection.skeleton.channels = skeleton_size(values, "channels");
  selection.skeleton.cells_per_stage = skeleton_size(values, "cells");
  return selection;
}

namespace {

/// The first of each function among `specs`, at most `most`.
Strings first_of_each_function(
    const Selection& selection,
    const TaskChoice& task,
    const Strings& specs,
    std::size_t most) {
  std::unordered_set<std::uint64_t> seen;
  Strings kept;
  for (const std::string& spec : specs) {
    if (kept.size() == most) break;
    const graph::Graph graph = selection.space->build(
        spec, task.shape, task.output, selection.skeleton);
    if (seen.insert(graph.hash()).second) kept.push_back(spec);
  }
  return kept;
}

}  // namespace

void keep_distinct(Selection& selection, const TaskChoice& task) {
  if (!selection.distinct) return;
  const auto keep = [&](std::size_t most) {
    return first_of_each_function(selection, task, selection.specs, most);
  };
  if (!selection.sample) {
    selection.specs = keep(selection.specs.size());
    return;
  }
  const auto wanted = static_cast<std::size_t>(*selection.sample);
  const std::int64_t size = selection.space->info().size;
  // A sample is the beginning of a larger one.
  for (std::int64_t count = *selection.sample;; count *= 2) {
    if (size > 0) count = std::min(count, size);
    selection.specs =
        spaces::sample_specs(*selection.space, count, selection.seed);
    Strings kept = keep(wanted);
    if (kept.size() == wanted) {
      selection.specs = std::move(kept);
      return;
    }
    if (count == size) {
      throw UserError(
          "--sample {} --distinct: {} has {} functions",
          wanted,
          selection.space->info().name,
          kept.size());
    }
  }
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
      std::move(task)};
}

TaskChoice
choose_task(const Values& values, bool needs_data, std::uint64_t seed) {
  const auto name = values["task"].as<std::string>();
  const int classes = values["classes"].as<int>();
  const auto transform =
      tasks::parse_transform(values["transform"].as<std::string>());
  if (classes < 0) {
    throw UserError("--classes {}: expected 0 or more", classes);
  }
  const int resolution = at_least(values, "resolution", 0);
  tasks::TaskInfo info = tasks::find_task(name, resolution);
  std::unique_ptr<tasks::Task> task;
  // The shape of `tensors` stands in its file, the classes of `image-folder`
  // are its folders.
  const bool open_classes = info.classes == 0 && classes == 0;
  if (needs_data || info.shape.channels == 0 || open_classes) {
    const std::string data =
        values.count("data") != 0 ? values["data"].as<std::string>() : "";
    task = tasks::open_task(name, data, seed, transform, classes, resolution);
    info = task->info();
  }
  if (classes > 0) info.classes = classes;
  return choice_of(info, std::move(task));
}

}  // namespace zcp::apps
