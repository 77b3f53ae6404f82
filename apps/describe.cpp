#include <fmt/ranges.h>

#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "apps/commands.h"
#include "apps/deadline.h"
#include "apps/score/sandbox.h"
#include "apps/selection.h"
#include "apps/standard_streams.h"
#include "apps/text_table.h"
#include "benchmarks/formats/model_file.h"
#include "common/error.h"
#include "common/hash.h"
#include "common/json.h"
#include "nets/networks/model_summary.h"

namespace zcp::apps {
namespace {

namespace po = boost::program_options;
using nlohmann::ordered_json;

std::string shape_text(const Shape& shape) {
  return fmt::format("{}x{}x{}", shape.channels, shape.height, shape.width);
}

ordered_json layer_json(const graph::Layer& layer) {
  return {
      {"op", graph::op_name(layer.op)},
      {"input", shape_text(layer.input)},
      {"output", shape_text(layer.output)},
      {"kernel", layer.attributes.window.kernel},
      {"stride", layer.attributes.window.stride},
      {"groups", layer.attributes.groups},
      {"params", layer.params},
      {"macs", layer.macs}};
}

/// What `describe` says of a network, wherever it comes from.
ordered_json summary_json(
    const std::string& name,
    const std::string& task,
    const Shape& input,
    int classes,
    std::int64_t params,
    std::int64_t macs,
    std::uint64_t hash,
    std::span<const graph::Layer> layers) {
  ordered_json all = ordered_json::array();
  for (const graph::Layer& layer : layers) all.push_back(layer_json(layer));
  return {
      {"arch", name},
      {"task", task},
      {"input_shape", {input.channels, input.height, input.width}},
      {"classes", classes},
      {"params", params},
      {"macs", macs},
      {"canonical_hash", hash_hex(hash)},
      {"layers", all}};
}

ordered_json describe_member(
    const Selection& selection,
    const TaskChoice& task,
    GraphCache& graphs) {
  const std::string& spec = selection.specs[0];
  const auto found = graphs.get(spec, graph::Folding::functional);
  const graph::Graph& graph = *found;
  return summary_json(
      spec,
      task.name,
      task.shape,
      task.classes,
      graph.params(),
      graph.macs(),
      graph.hash(),
      graph.layers());
}

ordered_json describe_model(
    const Selection& selection,
    const SelectionOptions& options,
    const TaskChoice& task) {
  const networks::ModelSummary model = networks::summarise_model(
      formats::read_model_file(selection.models[0]),
      task.shape,
      {.output = options.output,
       .blocks = options.blocks,
       .inputs = task.inputs});
  ordered_json summary = summary_json(
      selection.names()[0],
      task.name,
      task.shape,
      model.classes,
      model.params,
      model.macs,
      model.hash,
      model.layers);
  summary["notes"] = model.notes;
  for (const NetworkInput& input : task.inputs.all) {
    summary["inputs"].push_back({{"name", input.name}, {"sizes", input.sizes}});
  }
  return summary;
}

/// "3x32x32"; of several inputs "image 3x32x32, age 1", by their numbers where
/// they have no names.
std::string input_text(const ordered_json& summary) {
  if (!summary.contains("inputs")) {
    const auto shape = summary["input_shape"].get<std::vector<int>>();
    return fmt::format("{}", fmt::join(shape, "x"));
  }
  std::vector<std::string> all;
  for (const auto& input : summary["inputs"]) {
    const auto name = input["name"].get<std::string>();
    const auto sizes = input["sizes"].get<std::vector<std::int64_t>>();
    all.push_back(fmt::format(
        "{} {}",
        name.empty() ? std::to_string(all.size()) : name,
        sizes.empty() ? "1" : fmt::format("{}", fmt::join(sizes, "x"))));
  }
  return fmt::format("{}", fmt::join(all, ", "));
}

void print(const ordered_json& summary) {
  const PrintableStream printable(std::cout);
  std::cout << fmt::format(
      "arch            {}\ntask            {}\ninput shape     {}\n"
      "classes         {}\nparams          {}\nMACs            {}\n"
      "canonical hash  {}\n",
      summary["arch"].get<std::string>(),
      summary["task"].get<std::string>(),
      input_text(summary),
      summary["classes"].get<int>(),
      summary["params"].get<std::int64_t>(),
      summary["macs"].get<std::int64_t>(),
      summary["canonical_hash"].get<std::string>());
  if (summary.contains("notes")) {
    for (const auto& note : summary["notes"]) {
      std::cout << "note            " << note.get<std::string>() << "\n";
    }
  }
  std::cout << fmt::format(
      "\n{:<12}{:>14}{:>14}{:>8}{:>8}{:>8}{:>12}{:>14}\n",
      "layer",
      "input",
      "output",
      "kernel",
      "stride",
      "groups",
      "params",
      "MACs");
  for (const auto& layer : summary["layers"]) {
    std::cout << fmt::format(
        "{:<12}{:>14}{:>14}{:>8}{:>8}{:>8}{:>12}{:>14}\n",
        layer["op"].get<std::string>(),
        layer["input"].get<std::string>(),
        layer["output"].get<std::string>(),
        layer["kernel"].get<int>(),
        layer["stride"].get<int>(),
        layer["groups"].get<int>(),
        layer["params"].get<std::int64_t>(),
        layer["macs"].get<std::int64_t>());
  }
}

/// The layers as a table below what the whole is.
void print_as(const ordered_json& summary, TableFormat format) {
  const auto text = [](const ordered_json& value) {
    return value.is_string() ? value.get<std::string>() : value.dump();
  };
  std::vector<Cells> lines = {
      {"layer",
       "input",
       "output",
       "kernel",
       "stride",
       "groups",
       "params",
       "MACs"}};
  for (const auto& layer : summary["layers"]) {
    Cells line;
    // Its fields stand in the order of the head.
    for (const auto& value : layer) line.push_back(text(value));
    lines.push_back(std::move(line));
  }
  TableWriter out(std::cout, format);
  out.title(fmt::format(
      "{}, {}: {} classes, {} params, {} MACs",
      text(summary["arch"]),
      text(summary["task"]),
      text(summary["classes"]),
      text(summary["params"]),
      text(summary["macs"])));
  out.table(lines, 3, 0);
}

struct DescribeOptions {
  SelectionOptions selection;
  TaskOptions task;
  TableFormat format = TableFormat::text;
  bool quiet = false;
  Sandbox sandbox = Sandbox::off;
  double timeout = 0;  ///< seconds; 0: no limit
};

/// Nothing where --help was asked for, and printed.
std::optional<DescribeOptions> parse(const Arguments& arguments) {
  po::options_description options("Options");
  add_selection_options(options);
  add_task_options(options);
  options.add_options()("json", "print an object, as --format json")(
      "timeout",
      po::value<double>()->default_value(0),
      "seconds after which the command gives up (0: no limit)")(
      "sandbox",
      "refuse to read the files of --model where they cannot be kept from "
      "opening sockets and from writing. Without this option that is only "
      "tried (docs/security.md)")(
      "no-sandbox",
      "let the files of --model do everything that the user may do");
  add_format_option(options);
  po::variables_map values;
  if (!parse_options(
          arguments,
          "zcp describe: input shape, classes, #params, MACs and layers of one "
          "architecture",
          "  zcp describe --space nats-tss --arch "
          "'|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|skip_connect~0|"
          "nor_conv_3x3~1|skip_connect~2|'",
          options,
          values)) {
    return std::nullopt;
  }
  DescribeOptions described{
      parse_selection_options(values),
      parse_task_options(values),
      parse_format(values),
      is_given(values, "quiet")};
  described.sandbox = sandbox_asked_for(
      is_given(values, "sandbox"),
      is_given(values, "no-sandbox"),
      !described.selection.space,
      true);
  described.timeout = parse_timeout(values);
  return described;
}

}  // namespace

int describe(const Arguments& arguments) {
  const auto options = parse(arguments);
  if (!options) return 0;
  // Before there are other threads. Nothing is written but the output.
  sandbox_models(options->sandbox, {}, options->quiet);
  const Deadline deadline(
      options->timeout,
      fmt::format(
          "describe: took longer than --timeout {} s", options->timeout));
  Selection selection = select_architectures(options->selection, 0);
  const TaskChoice task = choose_task(options->task, false, 0);
  if (!options->quiet) {
    for (const std::string& note : task_notes(task, selection)) {
      std::cerr << "zcp: " << note << "\n";
    }
  }
  const auto graphs = graphs_of(selection, task);
  keep_distinct(selection, graphs.get());
  if (selection.names().size() != 1) {
    throw UserError(
        "describe shows one architecture, found {}", selection.names().size());
  }
  const ordered_json summary =
      graphs != nullptr ? describe_member(selection, task, *graphs)
                        : describe_model(selection, options->selection, task);
  if (options->format == TableFormat::json) {
    std::cout << json_text(summary) << "\n";
  } else if (options->format == TableFormat::text) {
    print(summary);
  } else {
    print_as(summary, options->format);
  }
  return 0;
}

}  // namespace zcp::apps
