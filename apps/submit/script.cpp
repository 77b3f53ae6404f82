#include "apps/submit/script.h"

#include <fmt/format.h>

#include <filesystem>

#include "apps/command_line.h"
#include "apps/search/options.h"

namespace zcp::apps {
namespace {

namespace fs = std::filesystem;

std::string directive(std::string_view name, const std::string& value) {
  return value.empty() ? "" : fmt::format("#SBATCH --{}={}\n", name, value);
}

std::string array_of(const Resources& resources) {
  std::string text = fmt::format("0-{}", resources.tasks - 1);
  if (resources.at_once > 0) text += fmt::format("%{}", resources.at_once);
  return text;
}

/// What the array and the jobs behind it have in common.
std::string common_directives(const Resources& resources) {
  return directive("partition", resources.partition) +
         directive("account", resources.account);
}

std::string array_directives(const SubmitOptions& options) {
  const Resources& r = options.resources;
  std::string text = "#!/bin/bash\n" + directive("job-name", options.name) +
                     directive("array", array_of(r)) +
                     directive("cpus-per-task", std::to_string(r.cpus));
  if (r.gpus > 0) text += directive("gres", fmt::format("gpu:{}", r.gpus));
  text += directive("mem", r.memory) + directive("time", r.time) +
          common_directives(r);
  if (r.warning > 0) {
    text += directive("signal", fmt::format("B:USR1@{}", r.warning));
  }
  text += "#SBATCH --requeue\n#SBATCH --open-mode=append\n" +
          directive("output", options.name + ".%a.log");
  for (const std::string& other : r.others) text += "#SBATCH " + other + "\n";
  return text;
}

/// The names of the tasks' stores, as a shell expands them. `part` stands
/// before the extension.
std::string task_stores(
    const SubmitOptions& options,
    const std::string& part = "") {
  const fs::path store(options.store);
  const fs::path stem = store.parent_path() / store.stem();
  const std::string ids =
      options.resources.tasks == 1
          ? "0"
          : fmt::format("{{0..{}}}", options.resources.tasks - 1);
  return fmt::format(
      "{}.{}{}{}",
      shell_word(stem),
      ids,
      part.empty() ? "" : "." + shell_word(part),
      store.has_extension() ? shell_word(store.extension()) : "");
}

std::string job_directives(const SubmitOptions& options, const char* job) {
  const std::string name = options.name + "-" + job;
  return "#!/bin/bash\n" + directive("job-name", name) +
         common_directives(options.resources) +
         directive("output", name + ".log") + "set -euo pipefail\n";
}

/// Merges the tasks' stores into one.
std::string merge_of(const std::string& store, const std::string& stores) {
  return fmt::format(
      "stores=()\n"
      "if [[ -e {0} ]]; then stores=({0}); fi\n"
      "for store in {1}; do\n"
      "  if [[ -e $store ]]; then\n"
      "    stores+=(\"$store\")\n"
      "  else\n"
      "    echo \"$store is missing: its task has not begun\" >&2\n"
      "    missing=1\n"
      "  fi\n"
      "done\n"
      "\"$zcp\" merge --store {0} \"${{stores[@]}}\"\n",
      store,
      stores);
}

/// The job that merges whatever the tasks have stored.
std::string merge_job(const SubmitOptions& options) {
  const std::string store = shell_word(options.store);
  std::string text = job_directives(options, "merge") + "missing=0\n" +
                     merge_of(store, task_stores(options));
  for (const std::string& task : options.other_tasks) {
    text += merge_of(
        shell_word(store_of_task(options.store, task)),
        task_stores(options, task));
  }
  if (!options.csv.empty() && options.command[0] == "score") {
    text += fmt::format(
        "\"$zcp\" export --store {} --csv {}\n",
        store,
        shell_word(options.csv));
  }
  return text + "exit $missing\n";
}

/// What is done when every task has all its architectures; empty where there is
/// nothing to do.
std::string last_job(const SubmitOptions& options) {
  const std::string store = shell_word(options.store);
  if (!options.truth.empty()) {
    return job_directives(options, "report") +
           fmt::format(
               "\"$zcp\" report --scores {} --truth {} --metric {} --html {}\n",
               store,
               shell_word(options.truth),
               shell_word(options.metric),
               shell_word(fs::path(options.store).replace_extension(".html")));
  }
  const bool search = options.command[0] == "search";
  if (search || (options.command[0] == "train" && !options.csv.empty())) {
    // Everything is in the store: this writes the table.
    std::string text = job_directives(options, "table") + "\"$zcp\"";
    for (const std::string& one : options.command) {
      text += " " + shell_word(one);
    }
    if (search && !value_among(options.command, "--islands")) {
      text += fmt::format(" --islands {}", options.resources.tasks);
    }
    return text + " --shard 0/1\n";
  }
  return {};
}

/// A job behind others, as a command that prints its number. `zcp` is exported,
/// since the text of the job is taken as it stands.
std::string submit_job(
    const char* variable,
    const std::string& dependency,
    const std::string& job) {
  return fmt::format(
      "  {}=$(sbatch --parsable --dependency={} --kill-on-invalid-dep=yes "
      "<<'JOB'\n{}JOB\n  )\n",
      variable,
      dependency,
      job);
}

/// Run by a shell, the script submits itself and what comes behind it.
std::string submission(const SubmitOptions& options) {
  std::string text =
      "if [[ -z ${SLURM_ARRAY_TASK_ID:-} ]]; then\n"
      "  array=$(sbatch --parsable \"$0\")\n"
      "  array=${array%%;*}\n" +
      submit_job("merge", "afterany:\"$array\"", merge_job(options)) +
      "  merge=${merge%%;*}\n";
  const std::string last = last_job(options);
  std::string said = "array $array, merge $merge";
  if (!last.empty()) {
    text += submit_job("last", "afterok:\"$array\":\"$merge\"", last);
    said +=
        options.truth.empty() ? ", table ${last%%;*}" : ", report ${last%%;*}";
  }
  return text + fmt::format("  echo \"submitted: {}\"\n  exit\nfi\n", said);
}

/// The part of a task.
std::string task(const SubmitOptions& options) {
  std::string command = "\"$zcp\"";
  for (const std::string& one : options.command) {
    command += " " + shell_word(one);
  }
  // All tasks have the same command, so that their parts can be even.
  if (options.command[0] != "search" &&
      !value_among(options.command, "--shard-by")) {
    command += " --shard-by cost";
  }
  // The table of a part belongs into no log.
  if (options.csv.empty()) command += " >/dev/null";
  std::string text = command + " &\nprocess=$!\n";
  const bool again = options.resources.warning > 0;
  if (again) {
    text += "trap 'out_of_time=1; kill -TERM $process' USR1\n";
  }
  text +=
      "trap 'kill -TERM $process' TERM INT\n"
      "status=0\n"
      "wait $process || status=$?\n"
      "if ((status > 128)); then # a signal came while it waited\n"
      "  status=0\n"
      "  wait $process || status=$?\n"
      "fi\n";
  if (again) {
    text +=
        "if [[ -n ${out_of_time:-} && $status != 0 ]]; then\n"
        "  echo \"out of time: queued again, to go on from the store\" >&2\n"
        "  scontrol requeue \"$SLURM_JOB_ID\"\n"
        "fi\n";
  }
  return text + "exit $status\n";
}

}  // namespace

std::string submit_script(const SubmitOptions& options) {
  std::string text = fmt::format(
      "{}\n# Made by: {}\n"
      "# `bash FILE` submits the array and the jobs that depend on it; `sbatch "
      "FILE`\n# submits the array alone.\n"
      "set -euo pipefail\n"
      "export zcp={}\n\n{}\n"
      "# A task takes its part of the architectures by its number in the "
      "array, "
      "and\n# keeps it in a store of its own.\n",
      array_directives(options),
      options.call,
      shell_word(options.program),
      submission(options));
  if (options.resources.warning > 0) {
    text += fmt::format(
        "# {} seconds before the limit of time it finishes the networks at "
        "work, and\n# is queued again where some are left.\n",
        options.resources.warning);
  }
  return text + task(options);
}

}  // namespace zcp::apps
