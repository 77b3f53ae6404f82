#include "proxies/engine/latency.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iostream>

#include "analysis/statistics/bootstrap.h"
#include "apps/architectures.h"
#include "apps/command.h"
#include "apps/commands.h"
#include "apps/dead.h"
#include "apps/interruptible.h"
#include "apps/latency/cost_table.h"
#include "apps/progress.h"
#include "apps/selection.h"
#include "apps/study_options.h"
#include "common/destination.h"
#include "common/error.h"

namespace zcp::apps {
namespace {

namespace po = boost::program_options;
using Text = std::string;

constexpr std::string_view kUsage =
    "zcp latency: how long architectures take on this machine\n"
    "\n"
    "Runs each network forwards, one after another, and writes the median\n"
    "seconds of a pass into a column of the table. What the column has "
    "already\n"
    "is not measured again, and other columns stay, so that a table grows\n"
    "device by device; zcp devices reads it, and zcp score and zcp rank take\n"
    "it as costs. Nothing else should run on the machine meanwhile.";

constexpr std::string_view kExample =
    "  zcp latency --space nats-tss --sample 100 --csv costs.csv\n"
    "  zcp latency --space nats-tss --sample 100 --batch-size 32 --threads 4 "
    "\\\n"
    "      --csv costs.csv";

struct LatencyRequest {
  SelectionOptions selection;
  TaskOptions task;
  engine::LatencyOptions options;
  std::uint64_t seed = 0;
  Text csv;
  Text name;
  bool drop_dead = false;
  bool quiet = false;
};

po::options_description make_options() {
  po::options_description options("What");
  add_selection_options(options, false);
  po::options_description how("How");
  add_task_options(how);
  auto add = how.add_options();
  add("batch-size", po::value<int>()->default_value(1), "inputs in a pass");
  add("threads", po::value<int>()->default_value(1), "cores a pass may use");
  add("warm-up",
      po::value<int>()->default_value(5),
      "passes before the first that is measured");
  add("repetitions",
      po::value<int>()->default_value(30),
      "passes that are measured; their median is the latency");
  add("precision",
      po::value<Text>()->default_value("fp32"),
      "number format: fp32, bf16, fp64; on CUDA devices also tf32");
  add("device",
      po::value<Text>()->default_value("cpu"),
      "the device to measure: cpu or cuda:N");
  add("seed", po::value<std::int64_t>()->default_value(0), "seed of --sample");
  add("drop-dead",
      "leave out networks whose output does not depend on their input");
  po::options_description where("Where");
  auto put = where.add_options();
  put("csv",
      po::value<Text>()->default_value("-"),
      "the table to make or to add a column to (-: standard output)");
  put("name",
      po::value<Text>(),
      "name of the column (default: DEVICE_PRECISION_bBATCH_tTHREADS)");
  options.add(how).add(where);
  return options;
}

Text column_name(const engine::LatencyOptions& options) {
  Text device = options.device;
  std::erase(device, ':');
  return fmt::format(
      "{}_{}_b{}_t{}",
      device,
      options.precision,
      options.batch_size,
      options.threads);
}

LatencyRequest parse_request(const po::variables_map& values) {
  constexpr Limits kPasses{1, 1'000'000};
  LatencyRequest request;
  request.selection = parse_selection_options(values);
  if (!request.selection.space) {
    throw UserError("latency: expected --space (zcp spaces lists them)");
  }
  request.task = parse_task_options(values);
  engine::LatencyOptions& options = request.options;
  options.batch_size = whole_number(values, "batch-size", kBatchSize);
  options.threads = whole_number(values, "threads", {1, kWorkers.most});
  options.warm_up = whole_number(values, "warm-up", {0, kPasses.most});
  options.repetitions = whole_number(values, "repetitions", kPasses);
  options.precision = values["precision"].as<Text>();
  options.device = values["device"].as<Text>();
  request.seed = non_negative(values, "seed");
  request.csv = values["csv"].as<Text>();
  request.name = text_option(values, "name").value_or(column_name(options));
  check_cost_name(request.name);
  request.drop_dead = is_given(values, "drop-dead");
  request.quiet = is_given(values, "quiet");
  return request;
}

/// Everything that a column's numbers depend on but the architecture, for the
/// head of the table.
Text protocol_of(
    const LatencyRequest& request,
    const Selection& selection,
    const TaskChoice& task) {
  const engine::LatencyOptions& options = request.options;
  store::Protocol skeleton;
  add_skeleton(skeleton, selection.skeleton);
  Text space = selection.space->info().name;
  for (const auto& [what, size] : skeleton) {
    space += fmt::format(", {} {}", what, size);
  }
  Text output(kHeadNames[static_cast<std::size_t>(task.output.head)]);
  if (task.output.channels > 0) {
    output = fmt::format("{} {}", task.output.channels, output);
  }
  return fmt::format(
      "seconds; task {} {}x{}x{}, {}; space {}; batch {}; threads {}; "
      "{}; {}; median of {} after {}",
      task.name,
      task.shape.channels,
      task.shape.height,
      task.shape.width,
      output,
      space,
      options.batch_size,
      options.threads,
      options.precision,
      options.device,
      options.repetitions,
      options.warm_up);
}

/// How wide the intervals are, for the summary.
struct Noise {
  std::vector<double> widths;  ///< as shares of the medians

  void add(const engine::Latency& latency) {
    widths.push_back((latency.high - latency.low) / latency.median);
  }
  double median() {
    std::ranges::sort(widths);
    return statistics::quantile(widths, 0.5);
  }
};

void print_noise(Noise noise, int repetitions) {
  if (repetitions < engine::kLeastPasses) {
    std::cerr << fmt::format(
        "--repetitions {}: no interval of the medians; {} or more passes give "
        "one\n",
        repetitions,
        engine::kLeastPasses);
    return;
  }
  std::cerr << fmt::format(
      "a median's 95 % interval is {:.1f} % of it wide, by half of them\n",
      100 * noise.median());
}

int measure_all(const LatencyRequest& request) {
  const Selection selection =
      select_architectures(request.selection, request.seed);
  const TaskChoice task = choose_task(request.task, false, request.seed);
  const auto graphs = graphs_of(selection, task);
  CostTable table(
      request.csv,
      request.name,
      protocol_of(request, selection, task),
      *selection.space);
  std::vector<Text> missing;
  for (const Text& spec : unite_names(selection.specs).unique) {
    if (!table.has(spec)) missing.push_back(spec);
  }
  Progress progress("latency", std::ssize(missing), request.quiet);
  const Interruptible interruptible;
  using Clock = std::chrono::steady_clock;
  auto written = Clock::now();
  Noise noise;
  std::size_t dead = 0;
  for (const Text& spec : missing) {
    if (Interruptible::was_asked()) break;
    const auto graph = graphs->get(spec, graph::Folding::functional);
    progress.advance();
    if (request.drop_dead && is_dead(*graph)) {
      ++dead;
      continue;
    }
    const auto latency = engine::measure_latency(*graph, request.options);
    table.put(spec, latency.median);
    noise.add(latency);
    constexpr std::chrono::seconds kEach{10};
    if (table.is_file() && Clock::now() - written > kEach) {
      table.write();
      written = Clock::now();
    }
  }
  table.write();
  if (Interruptible::was_asked()) {
    std::cerr << "zcp: stopped; the same call goes on from here\n";
    return 1;
  }
  progress.finish();
  if (request.quiet) return 0;
  std::cerr << fmt::format(
      "measured {} architectures into {} ({} were there, {} dead left out)\n",
      noise.widths.size(),
      request.name,
      unite_names(selection.specs).unique.size() - missing.size(),
      dead);
  if (!noise.widths.empty()) print_noise(noise, request.options.repetitions);
  return 0;
}

}  // namespace

int latency(const Arguments& arguments) {
  po::options_description description = make_options();
  po::variables_map values;
  if (!parse_options(arguments, kUsage, kExample, description, values)) {
    return 0;
  }
  const LatencyRequest request = parse_request(values);
  const std::vector<Text> outputs{request.csv};
  check_destinations(outputs, request.selection.inputs());
  return measure_all(request);
}

}  // namespace zcp::apps
