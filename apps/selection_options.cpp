#include "apps/selection_options.h"

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
  return paths;
}

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
      "a TorchScript file, or an exported program (torch.export.save, .pt2), "
      "instead of a space; repeatable")(
      "output",
      po::value<std::string>(),
      "which of the tensors that a model returns are its logits: an index, or "
      "a key")(
      "blocks",
      po::value<std::string>(),
      "modules of an exported program that are its blocks, in order: "
      "layer1.0,layer1.1 (without: those that its residual sums tell)");
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
