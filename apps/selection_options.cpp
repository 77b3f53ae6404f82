#include "apps/selection_options.h"

#include "apps/option_values.h"
#include "common/error.h"

namespace zcp::apps {
namespace {

namespace po = boost::program_options;
using Strings = std::vector<std::string>;

/// Specs have to fit into memory.
constexpr std::int64_t kMostSampled = 10'000'000;

}  // namespace

Strings SelectionOptions::inputs() const {
  Strings paths = models;
  if (arch_file) paths.push_back(*arch_file);
  if (space && space->ends_with(".json")) paths.push_back(*space);
  return paths;
}

void add_selection_options(po::options_description& options, bool models) {
  options.add_options()(
      "space",
      po::value<std::string>(),
      "search space (zcp spaces), or FILE.json that describes one")(
      "arch",
      po::value<Strings>()->composing(),
      "an architecture, by its spec (zcp spaces has the syntax); repeatable")(
      "archs",
      po::value<std::string>(),
      "a file of architectures: one spec a line, or a CSV with a column arch "
      "(-: standard input)")(
      "sample",
      ranged<std::int64_t>(1, kMostSampled),
      "so many architectures of the space, drawn uniformly by --seed")(
      "all", "every architecture of the space")(
      "distinct",
      "take only the first of the architectures that compute the same "
      "function; --sample draws until it has so many")(
      "channels",
      limited(kChannels),
      "channels of the first layer, for thinner networks (without: the "
      "benchmark's own)")(
      "cells",
      limited(kCells),
      "cells in each stage, for shallower networks (without: the benchmark's "
      "own)");
  if (!models) return;
  options.add_options()(
      "model",
      po::value<Strings>()->composing()->multitoken(),
      "your own networks instead of a space: TorchScript files (.pt), exported "
      "programs (torch.export.save, .pt2), or folders, of which every *.pt and "
      "*.pt2 is taken; repeatable")(
      "output",
      po::value<std::string>(),
      "which one is the output for the classes (the logits), where a model "
      "returns several tensors: an index, or a key")(
      "blocks",
      po::value<std::string>(),
      "modules of an exported program that are its blocks, in order, such as "
      "layer1.0,layer1.1 (without: they are found by its residual sums)");
}

void add_task_options(
    po::options_description& options,
    const std::string& transform) {
  options.add_options()(
      "task",
      po::value<std::string>()->default_value("cifar10"),
      "the data set, which decides input shape and number of classes (zcp "
      "spaces lists them)")(
      "data",
      po::value<std::string>(),
      "the folder or file where the task's data lie")(
      "transform",
      po::value<std::string>()->default_value(transform),
      "what is done to images: normalise, or augment (also cropped and flipped "
      "at random, by the seed)")(
      "resolution",
      limited(kResolution)->default_value(0),
      "height and width to which images are reduced (0: the task's own)")(
      "classes",
      limited(kClasses)->default_value(0),
      "number of classes, the outputs of the network (0: the task's own)");
}

SelectionOptions parse_selection_options(const po::variables_map& values) {
  SelectionOptions options;
  options.space = optional_value<std::string>(values, "space");
  options.archs = optional_value<Strings>(values, "arch").value_or(Strings());
  options.arch_file = optional_value<std::string>(values, "archs");
  options.sample = optional_value<std::int64_t>(values, "sample");
  if (options.sample.value_or(0) > kMostSampled) {
    throw UserError(
        "--sample {}: expected at most {}", *options.sample, kMostSampled);
  }
  options.all = is_given(values, "all");
  options.distinct = is_given(values, "distinct");
  options.channels = optional_value<int>(values, "channels");
  options.cells = optional_value<int>(values, "cells");
  options.models = optional_value<Strings>(values, "model").value_or(Strings());
  options.output = optional_value<std::string>(values, "output");
  if (const auto blocks = optional_value<std::string>(values, "blocks")) {
    options.blocks = split_list(*blocks);
    if (options.blocks.empty() || options.models.empty()) {
      throw UserError(
          "--blocks {}: expected modules of an exported program, with --model",
          *blocks);
    }
  }
  if (options.output && options.space) {
    throw UserError(
        "--output {}: goes with --model, the networks of a space return one "
        "tensor",
        *options.output);
  }
  return options;
}

TaskOptions parse_task_options(const po::variables_map& values) {
  TaskOptions options;
  options.name = values["task"].as<std::string>();
  options.data = optional_value<std::string>(values, "data").value_or("");
  options.transform = values["transform"].as<std::string>();
  options.resolution = values["resolution"].as<int>();
  options.classes = values["classes"].as<int>();
  return options;
}

}  // namespace zcp::apps
