#include "apps/score/options.h"

#include <algorithm>

#include "apps/allocation.h"
#include "apps/command_line.h"
#include "apps/deadline.h"
#include "apps/device_option.h"
#include "apps/option_values.h"
#include "apps/proxy_names.h"
#include "common/error.h"

namespace zcp::apps {
namespace {

namespace po = boost::program_options;
using Strings = std::vector<std::string>;

constexpr Limits kMinibatches{1, 10000};

}  // namespace

po::options_description score_options() {
  po::options_description options("What");
  add_selection_options(options);
  add_budget_options(options);
  po::options_description protocol("Protocol");
  protocol.add_options()(
      "proxies",
      po::value<std::string>()->required(),
      "names, or the groups core, suite-zero, all, separated by commas (zcp "
      "proxies lists them); az_nas and other composites stand for the proxies "
      "that they are made of");
  add_task_options(protocol);
  protocol.add_options()(
      "batch-size",
      limited(kBatchSize)->default_value(64),
      "images in a minibatch")(
      "minibatches",
      limited(kMinibatches)->default_value(2),
      "minibatches for the proxies that look at several; the others use the "
      "first")(
      "seed",
      ranged<std::int64_t>(0)->default_value(0),
      "seed of the weights, the minibatches, the noise and --sample")(
      "init",
      po::value<std::string>()->default_value("default"),
      "how weights are drawn; default: for each proxy the initialiser that it "
      "was published with, and a model's own weights")(
      "precision",
      po::value<std::string>()->default_value("fp32"),
      "number format of weights and activations: fp32, bf16 or fp64; on CUDA "
      "devices also tf32, which is fp32 with products rounded to 10 bits");
  add_device_option(protocol);
  protocol.add_options()(
      "workers",
      limited(kWorkers)->default_value(0),
      "architectures that are scored at once on each device (0: as many as "
      "there are cores for this process, or their share); scores do not depend "
      "on it")(
      "memory",
      ranged<std::int64_t>(0)->default_value(0),
      "memory in bytes that a proxy may need for a network; one that needs "
      "more has no score and a reason (0: no limit)")(
      "sandbox",
      "refuse to run the files of --model where they cannot be kept from "
      "opening sockets and from writing anywhere but where the store and the "
      "table lie (Linux 5.13 or later). Without this option that is only "
      "tried, on processors (docs/security.md)")(
      "no-sandbox",
      "let the files of --model do everything that the user may do")(
      "timeout",
      po::value<double>()->default_value(0),
      "seconds that the proxies of a network may take together; a network that "
      "takes longer has no scores and a reason (0: no limit)");
  po::options_description where("Where");
  where.add_options()(
      "csv",
      po::value<std::string>()->default_value("-"),
      "the file for the table of scores (-: standard output)")(
      "store",
      po::value<std::string>(),
      "an SQLite file that keeps the scores; what it has already is not "
      "computed again")(
      "retry-failed",
      "compute again what failed according to the store; scores that are "
      "degenerate, a property of the network, stay");
  add_shard_options(where);
  options.add(protocol).add(where);
  return options;
}

ScoreOptions read_score_values(
    const po::variables_map& values,
    const Arguments& arguments) {
  ScoreOptions options;
  options.selection = parse_selection_options(values);
  options.task = parse_task_options(values);
  options.proxies =
      proxies_asked_for(values["proxies"].as<std::string>(), options.notes);
  options.budget = parse_budget(values);
  options.evaluator.seed = non_negative(values, "seed");
  options.evaluator.batch_size = whole_number(values, "batch-size", kBatchSize);
  options.evaluator.minibatches =
      whole_number(values, "minibatches", kMinibatches);
  options.init = values["init"].as<std::string>();
  if (options.init != "default") {
    options.evaluator.initialiser =
        initialisers::find_initialiser(options.init);
  }
  options.evaluator.memory_limit =
      static_cast<std::int64_t>(non_negative(values, "memory"));
  options.sandbox = sandbox_asked_for(
      is_given(values, "sandbox"),
      is_given(values, "no-sandbox"),
      !options.selection.space,
      values["device"].as<std::string>() == "cpu");
  options.timeout = parse_timeout(values);
  options.evaluator.output = options.selection.output;
  options.evaluator.blocks = options.selection.blocks;
  options.evaluator.precision = values["precision"].as<std::string>();
  options.devices = parse_devices(values);
  options.workers =
      worker_count(whole_number(values, "workers", kWorkers), options.devices);
  options.csv = values["csv"].as<std::string>();
  options.store = optional_value<std::string>(values, "store").value_or("");
  options.retry_failed = is_given(values, "retry-failed");
  if (options.retry_failed && options.store.empty()) {
    throw UserError("--retry-failed goes with --store");
  }
  const auto shard = optional_value<std::string>(values, "shard");
  options.shard = parse_shard_options(values);
  options.note =
      take_part_in_array(shard, options.shard, options.store, options.csv);
  options.quiet = is_given(values, "quiet");
  options.command_line = command_line("score", arguments);
  return options;
}

std::string ScoreOptions::device_kind() const {
  return kind_of(devices);
}

Strings ScoreOptions::inputs() const {
  Strings paths = selection.inputs();
  paths.push_back(task.data);
  if (!budget.costs.empty()) paths.push_back(budget.costs);
  return paths;
}

std::optional<ScoreOptions> parse_score_options(const Arguments& arguments) {
  po::options_description description = score_options();
  po::variables_map values;
  if (!parse_options(
          arguments,
          "zcp score: scores architectures without training them\n"
          "\n"
          "Give the architectures (--space with --arch, --archs, --sample or "
          "--all; or your own networks with --model) and the proxies. The "
          "default task cifar10 needs its images (--data); --task gaussian "
          "takes random noise instead and needs no file. Prints a CSV with a "
          "row for each architecture and a column for each proxy. A field is "
          "empty where there is no score, and the reason goes to standard "
          "error. With --store, a run that was stopped goes on where it "
          "stopped.",
          "  zcp score --space nats-tss --sample 20 --task gaussian "
          "--proxies core\n\n"
          "  zcp score --space nats-tss --sample 100 --task cifar10 "
          "--data cifar-10-batches-bin \\\n    --proxies core "
          "--store scores.sqlite --csv scores.csv",
          description,
          values)) {
    return std::nullopt;
  }
  return read_score_values(values, arguments);
}

}  // namespace zcp::apps
