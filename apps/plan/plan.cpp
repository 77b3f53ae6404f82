#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iostream>

#include "apps/command_line.h"
#include "apps/commands.h"
#include "apps/plan/measure.h"
#include "apps/plan/options.h"
#include "apps/progress.h"
#include "apps/submit/options.h"
#include "common/destination.h"
#include "common/json.h"

namespace zcp::apps {
namespace {

std::string bytes_text(double bytes) {
  if (bytes >= 1e9) return fmt::format("{:.1f} GB", bytes / 1e9);
  if (bytes >= 1e6) return fmt::format("{:.0f} MB", bytes / 1e6);
  return fmt::format("{:.0f} kB", std::ceil(bytes / 1e3));
}

/// "12:34" in the form that sbatch reads, with room for what was not foreseen.
std::string time_limit(double seconds) {
  constexpr double kTenMinutes = 600;
  const double limit = std::ceil((1.5 * seconds + 300) / kTenMinutes) * 10;
  const auto minutes = static_cast<std::int64_t>(limit);
  return fmt::format("{}:{:02}:00", minutes / 60, minutes % 60);
}

/// The call that submits the whole.
std::string submission(const PlanOptions& options, const Plan& plan) {
  const int workers = options.score.workers;
  const double memory = 1.3 * (plan.memory + workers * plan.worker_memory);
  Arguments words{
      "--tasks",
      std::to_string(plan.division.tasks),
      "--at-once",
      std::to_string(std::min(options.nodes, plan.division.tasks)),
      "--cpus",
      std::to_string(workers),
      "--memory",
      fmt::format("{:.0f}G", std::ceil(memory / (1 << 30))),
      "--time",
      time_limit(plan.division.longest)};
  if (options.score.device_kind() == "cuda") {
    words.insert(
        words.end(), {"--gpus", std::to_string(options.score.devices.size())});
  }
  words.insert(words.end(), {"--", "score"});
  words.insert(words.end(), options.command.begin(), options.command.end());
  if (!value_among(options.command, "--store")) {
    words.insert(words.end(), {"--store", "scores.sqlite"});
  }
  return command_line("submit", words);
}

/// The proxies that take a twentieth of the time or more, the dearest first.
std::string shares_text(const Plan& plan) {
  double all = 0;
  std::vector<std::pair<double, std::string>> shares;
  for (const auto& [name, seconds] : plan.proxy_seconds) {
    all += seconds;
    shares.emplace_back(seconds, name);
  }
  std::ranges::sort(shares, std::ranges::greater{});
  std::string text;
  double rest = 0;
  for (const auto& [seconds, name] : shares) {
    const double share = all > 0 ? seconds / all : 0;
    if (share < 0.05) {
      rest += share;
      continue;
    }
    text += fmt::format(
        "{}{} {:.0f} %", text.empty() ? "" : ", ", name, 100 * share);
  }
  if (rest > 0.005 && !text.empty()) {
    text += fmt::format(", others {:.0f} %", 100 * rest);
  }
  return text.empty() ? "no proxy takes any" : text;
}

/// What the plan says, a line each.
std::vector<Cells> plan_lines(const PlanOptions& options, const Plan& plan) {
  const bool processor = options.score.device_kind() == "cpu";
  const double whole =
      plan.network_seconds + plan.division.tasks * plan.start_seconds;
  const int nodes = options.nodes;
  const int workers = options.score.workers;
  return {
      {"architectures",
       fmt::format(
           "{} ({} networks to run)", plan.architectures, plan.networks)},
      {"measured",
       fmt::format(
           "{} networks, {:.1f} s", plan.measured, plan.measured_seconds)},
      {processor ? "processor time" : "device time",
       fmt::format(
           "{} ({:.2f} s a network, {:.1f} s to start a task)",
           format_duration(whole),
           plan.network_seconds / static_cast<double>(plan.networks),
           plan.start_seconds)},
      {"of which", shares_text(plan)},
      {"memory",
       fmt::format(
           "{} and {} a worker",
           bytes_text(plan.memory),
           bytes_text(plan.worker_memory))},
      {"store", bytes_text(plan.store_bytes)},
      {fmt::format("{} node{}", nodes, nodes > 1 ? "s" : ""),
       fmt::format(
           "{} with {} task{} of {} worker{}, the longest {}",
           format_duration(3600 * plan.hours),
           plan.division.tasks,
           plan.division.tasks > 1 ? "s" : "",
           workers,
           workers > 1 ? "s" : "",
           format_duration(plan.division.longest))}};
}

void print_text(const PlanOptions& options, const Plan& plan) {
  for (const Cells& line : plan_lines(options, plan)) {
    std::cout << fmt::format("{:<16}{}\n", line[0], line[1]);
  }
  std::cout << "\n" << submission(options, plan) << "\n";
}

void print_table(const PlanOptions& options, const Plan& plan) {
  std::vector<Cells> lines = plan_lines(options, plan);
  lines.insert(lines.begin(), {"name", "plan"});
  TableWriter out(std::cout, options.format);
  out.table(lines, 2);
  out.note(submission(options, plan), 0);
}

void print_json(const PlanOptions& options, const Plan& plan) {
  auto proxies = nlohmann::ordered_json::object();
  for (const auto& [name, seconds] : plan.proxy_seconds) {
    proxies[name] = seconds;
  }
  std::cout << json_text(nlohmann::ordered_json{
                   {"architectures", plan.architectures},
                   {"networks", plan.networks},
                   {"measured", plan.measured},
                   {"measured_seconds", plan.measured_seconds},
                   {"proxy_seconds", proxies},
                   {"network_seconds", plan.network_seconds},
                   {"longest_network_seconds", plan.longest_network},
                   {"start_seconds", plan.start_seconds},
                   {"memory_bytes", plan.memory},
                   {"worker_memory_bytes", plan.worker_memory},
                   {"store_bytes", plan.store_bytes},
                   {"nodes", options.nodes},
                   {"workers", options.score.workers},
                   {"device", options.score.device_kind()},
                   {"tasks", plan.division.tasks},
                   {"longest_task_seconds", plan.division.longest},
                   {"hours", plan.hours},
                   {"submit", submission(options, plan)}})
            << "\n";
}

}  // namespace

int plan(const Arguments& arguments) {
  const auto options = parse_plan_options(arguments);
  if (!options) return 0;
  // The store whose size is measured lies there.
  sandbox_models(
      options->score.sandbox,
      {std::filesystem::temp_directory_path()},
      options->score.quiet);
  const ScoreJob job = prepare_score(options->score);
  const Plan made = make_plan(*options, job);
  if (options->format == TableFormat::json) {
    print_json(*options, made);
  } else if (options->format == TableFormat::text) {
    print_text(*options, made);
  } else {
    print_table(*options, made);
  }
  return 0;
}

}  // namespace zcp::apps
