#include "apps/submit/options.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <string_view>

#include "apps/command_line.h"
#include "apps/search/objective.h"
#include "common/error.h"

namespace zcp::apps {
namespace {

namespace po = boost::program_options;
namespace fs = std::filesystem;
using Strings = std::vector<std::string>;

constexpr std::array<std::string_view, 3> kDivisible{
    "score",
    "train",
    "search"};

constexpr std::string_view kUsage =
    "zcp submit [OPTIONS] -- COMMAND: a Slurm array of a command\n\n"
    "Prints a batch script in which every task of an array takes its part of\n"
    "the architectures and keeps it in a store of its own, with the job "
    "behind\n"
    "it that merges the stores. `bash FILE` submits both, as --run does;\n"
    "`sbatch FILE` submits the array alone. COMMAND is a zcp score, train or\n"
    "search as it would be typed without an array, with --store. The tasks of\n"
    "a search are its islands: a task alone searches with its part of the\n"
    "evaluations, and the last job says what they found together.";

constexpr std::string_view kExample =
    "  zcp submit --tasks 32 --cpus 16 --time 4:00:00 --run -- score \\\n"
    "    --space nats-tss --all --task cifar10 --data cifar-10-batches-bin \\\n"
    "    --proxies core --store scores.sqlite --csv scores.csv";

po::options_description job_options() {
  po::options_description options("Options");
  options.add_options()(
      "run",
      "submit the array and the jobs behind it, instead of printing the "
      "script")(
      "tasks",
      po::value<int>()->default_value(8),
      "number of tasks of the array")(
      "at-once",
      po::value<int>()->default_value(0),
      "most tasks that run at the same time (0: no limit)")(
      "cpus",
      po::value<int>()->default_value(1),
      "cores of a task, each with a worker")(
      "gpus",
      po::value<int>()->default_value(0),
      "GPUs of a task; adds --device cuda where the command names no device")(
      "memory",
      po::value<std::string>(),
      "memory of a task, as sbatch has it, such as 16G")(
      "time",
      po::value<std::string>(),
      "time limit of a task, as sbatch has it, such as 4:00:00")(
      "partition", po::value<std::string>(), "partition of the cluster")(
      "account", po::value<std::string>(), "account that pays for it")(
      "sbatch",
      po::value<Strings>()->composing(),
      "another option of sbatch, like --constraint=avx512; repeatable")(
      "stop-before",
      po::value<int>()->default_value(120),
      "seconds before the time limit when a task stops and is queued again, to "
      "go on from its store (0: it does not)")(
      "truth",
      po::value<std::string>(),
      "a table of trained accuracies; with it a report is made in the end")(
      "metric", po::value<std::string>(), "the columns of --truth to judge by")(
      "name",
      po::value<std::string>(),
      "name of the jobs (default: that of the store)")(
      "command",
      po::value<Strings>()->composing(),
      "the command to submit; it stands behind --");
  return options;
}

/// A text that stands in a line of #SBATCH.
std::string word(const po::variables_map& values, const char* name) {
  const auto text = optional_value<std::string>(values, name).value_or("");
  const bool plain = std::ranges::none_of(text, [](unsigned char c) {
    return std::isspace(c) != 0 || std::iscntrl(c) != 0;
  });
  if (!plain) throw UserError("--{} {}: expected a word", name, text);
  return text;
}

/// What sbatch takes for --mem: a number and a unit.
std::string read_memory(const po::variables_map& values) {
  const std::string text = word(values, "memory");
  const std::size_t digits = text.find_first_not_of("0123456789");
  const bool number =
      text.empty() || digits == std::string::npos ||
      (digits > 0 && digits + 1 == text.size() &&
       std::string_view("KMGT").find(text.back()) != std::string_view::npos);
  if (!number) {
    throw UserError(
        "--memory {}: expected megabytes or a number with K, M, G or T", text);
  }
  return text;
}

/// What sbatch takes for --time.
std::string read_time(const po::variables_map& values) {
  const std::string text = word(values, "time");
  if (text.find_first_not_of("0123456789:-") != std::string::npos) {
    throw UserError("--time {}: expected minutes, H:MM:SS or D-HH:MM:SS", text);
  }
  return text;
}

Resources read_resources(const po::variables_map& values) {
  Resources resources;
  resources.tasks = whole_number(values, "tasks", {1, 100000});
  resources.at_once = whole_number(values, "at-once", {0, 100000});
  resources.cpus = whole_number(values, "cpus", {1, kWorkers.most});
  resources.gpus = whole_number(values, "gpus", {0, 64});
  resources.memory = read_memory(values);
  resources.time = read_time(values);
  resources.partition = word(values, "partition");
  resources.account = word(values, "account");
  resources.others =
      optional_value<Strings>(values, "sbatch").value_or(Strings());
  for (const std::string& other : resources.others) {
    const bool line = other.find('\n') == std::string::npos;
    if (!other.starts_with("-") || !line) {
      throw UserError("--sbatch {}: expected an option of sbatch", other);
    }
  }
  resources.warning = whole_number(values, "stop-before", {0, 65535});
  return resources;
}

/// Whether an option of no value stands among the words.
bool has(const Arguments& words, const std::string& name) {
  return std::ranges::find(words, name) != words.end();
}

/// The words behind --, which have to be a command that can be divided.
Arguments read_command(const po::variables_map& values) {
  auto words = optional_value<Strings>(values, "command").value_or(Strings());
  if (!words.empty() && words[0] == "zcp") words.erase(words.begin());
  if (words.empty()) {
    throw UserError(
        "no command: expected one behind --, as in zcp submit -- score ...");
  }
  const bool known =
      std::ranges::find(kDivisible, words[0]) != kDivisible.end();
  if (!known) {
    throw UserError("{}: expected score, train or search behind --", words[0]);
  }
  for (const char* given : {"--shard", "--help"}) {
    if (has(words, given) || value_among(words, given)) {
      throw UserError(
          "{} {}: submit gives each task its part", words[0], given);
    }
  }
  return words;
}

/// The store in which the tasks' are merged.
std::string store_of(const Arguments& command) {
  if (const auto store = value_among(command, "--store")) return *store;
  const auto csv = value_among(command, "--csv");
  if (command[0] == "train" && csv && *csv != "-") {
    return fs::path(*csv).replace_extension(".sqlite");  // train's default
  }
  throw UserError(
      "{} without --store: expected one, in which the tasks' stores are merged",
      command[0]);
}

/// The other tasks that a search's objectives name, which have stores of their
/// own; none of another command.
Strings other_tasks(const Arguments& command) {
  Strings tasks;
  if (command[0] != "search") return tasks;
  const auto by = value_among(command, "--by");
  if (!by) throw UserError("search without --by: expected an objective");
  for (const Objective& objective : parse_objectives(*by)) {
    for (const std::string& column : objective.columns()) {
      const std::size_t colon = column.rfind(':');
      if (colon == std::string::npos) continue;
      tasks.push_back(column.substr(0, colon));
    }
  }
  std::ranges::sort(tasks);
  const auto again = std::ranges::unique(tasks);
  tasks.erase(again.begin(), again.end());
  return tasks;
}

void read_report(const po::variables_map& values, SubmitOptions& options) {
  options.truth = optional_value<std::string>(values, "truth").value_or("");
  options.metric = optional_value<std::string>(values, "metric").value_or("");
  if (options.truth.empty() != options.metric.empty()) {
    throw UserError("--truth and --metric go together");
  }
  if (!options.truth.empty() && options.command[0] != "score") {
    throw UserError("--truth goes with score, found {}", options.command[0]);
  }
}

}  // namespace

std::optional<std::string> value_among(
    const Arguments& words,
    const std::string& name) {
  std::optional<std::string> value;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == name && i + 1 < words.size()) value = words[i + 1];
    if (words[i].starts_with(name + "=")) {
      value = words[i].substr(name.size() + 1);
    }
  }
  return value;
}

std::optional<SubmitOptions> parse_submit_options(const Arguments& arguments) {
  po::options_description description = job_options();
  const std::string positional[] = {"command"};
  po::variables_map values;
  if (!parse_options(
          arguments, kUsage, kExample, description, positional, true, values)) {
    return std::nullopt;
  }
  SubmitOptions options;
  options.resources = read_resources(values);
  options.command = read_command(values);
  options.store = store_of(options.command);
  options.other_tasks = other_tasks(options.command);
  const std::string csv = value_among(options.command, "--csv").value_or("-");
  options.csv = csv == "-" ? "" : csv;
  if (options.resources.gpus > 0 && !value_among(options.command, "--device") &&
      options.command[0] != "train") {
    options.command.insert(options.command.end(), {"--device", "cuda"});
  }
  options.name = word(values, "name");
  if (options.name.empty()) options.name = fs::path(options.store).stem();
  std::ranges::replace_if(
      options.name, [](unsigned char c) { return std::isspace(c) != 0; }, '_');
  read_report(values, options);
  options.program = fs::read_symlink("/proc/self/exe").parent_path() / "zcp";
  options.call = command_line("submit", arguments);
  options.run = is_given(values, "run");
  options.quiet = is_given(values, "quiet");
  return options;
}

}  // namespace zcp::apps
