#include "apps/allocation.h"

#include <fmt/format.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <string_view>

#include "apps/command.h"
#include "common/error.h"
#include "common/file_identity.h"

namespace zcp::apps {
namespace {

namespace fs = std::filesystem;

constexpr double kBytesAMegabyte = 1024.0 * 1024.0;

/// The number that a text is as a whole.
template <typename Number>
std::optional<Number> parse(std::string_view text) {
  Number number{};
  const char* end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, number);
  if (result.ec != std::errc() || result.ptr != end) return std::nullopt;
  return number;
}

std::optional<std::int64_t> number_of(
    const Environment& environment,
    const char* name) {
  const char* text = environment(name);
  return text == nullptr ? std::nullopt : parse<std::int64_t>(text);
}

/// The same of a variable that an array always has.
std::int64_t array_number(const Environment& environment, const char* name) {
  if (const auto number = number_of(environment, name)) return *number;
  const char* text = environment(name);
  throw UserError(
      "{}{}: expected a whole number, as Slurm sets it in an array (--shard "
      "I/N "
      "says which part to take without it)",
      name,
      text == nullptr ? " is not set" : fmt::format("={}", text));
}

/// The first line of a file; empty where there is none.
std::string first_line_of(const fs::path& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

/// The folder of the process's group within `mount` for a controller of version
/// 1, or of version 2 where `controller` is empty; empty where it is in none.
std::string group_of(const fs::path& of_process, std::string_view controller) {
  std::ifstream file(of_process);
  for (std::string line; std::getline(file, line);) {
    // "4:cpu,cpuacct:/slurm/job_7", or "0::/slurm/job_7".
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const auto names = split_list(
        std::string_view(line).substr(first + 1, second - first - 1));
    const bool is_it =
        controller.empty()
            ? names.empty()
            : std::ranges::find(names, controller) != names.end();
    if (is_it) return line.substr(second + 1);
  }
  return {};
}

/// Calls `read` with the folder of the process's group and with all above it:
/// each may set a limit. A process that sees its group under another path than
/// the system's (a container) finds the limit at the mount.
void for_each_group(
    const fs::path& mount,
    const std::string& group,
    const std::function<void(const fs::path&)>& read) {
  fs::path relative = fs::path(group).relative_path();
  while (!relative.empty()) {
    read(mount / relative);
    relative = relative.parent_path();
  }
  read(mount);
}

/// What the control groups' folders say in version 2, then in version 1.
void for_each_limit(
    const ControlGroups& groups,
    const char* controller,
    const std::function<void(const fs::path&)>& read) {
  for_each_group(groups.mount, group_of(groups.of_process, ""), read);
  for_each_group(
      groups.mount / controller, group_of(groups.of_process, controller), read);
}

/// Cores' worth of time that the group at that path has; infinite without a
/// limit.
double quota_at(const fs::path& group) {
  const auto parts = split_list(first_line_of(group / "cpu.max"), ' ');
  std::optional<double> quota;
  std::optional<double> period;
  if (parts.size() == 2) {
    quota = parse<double>(parts[0]);  // "max" is no number
    period = parse<double>(parts[1]);
  } else {
    quota = parse<double>(first_line_of(group / "cpu.cfs_quota_us"));
    period = parse<double>(first_line_of(group / "cpu.cfs_period_us"));
  }
  if (!quota || !period || *quota <= 0 || *period <= 0) return INFINITY;
  return *quota / *period;
}

/// Bytes that the group at that path may have; infinite without a limit.
double memory_at(const fs::path& group) {
  auto limit = parse<double>(first_line_of(group / "memory.max"));
  if (!limit)
    limit = parse<double>(first_line_of(group / "memory.limit_in_bytes"));
  return limit.value_or(INFINITY);
}

int cores_of_affinity() {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  if (sched_getaffinity(0, sizeof cores, &cores) == 0) return CPU_COUNT(&cores);
  return static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN));
}

/// Cores that Slurm allocated to the task; none outside of a job.
std::optional<std::int64_t> slurm_cores(const Environment& environment) {
  if (environment("SLURM_JOB_ID") == nullptr) return std::nullopt;
  const auto cores = number_of(environment, "SLURM_CPUS_PER_TASK");
  return cores ? cores : number_of(environment, "SLURM_CPUS_ON_NODE");
}

}  // namespace

Environment process_environment() {
  return [](const char* name) { return std::getenv(name); };
}

std::string ArrayTask::text() const {
  return fmt::format(
      "Slurm's array task {} (shard {}/{})", id, shard.index, shard.count);
}

std::optional<ArrayTask> array_task(const Environment& environment) {
  if (environment("SLURM_ARRAY_TASK_ID") == nullptr) return std::nullopt;
  const auto id = array_number(environment, "SLURM_ARRAY_TASK_ID");
  const auto count = array_number(environment, "SLURM_ARRAY_TASK_COUNT");
  const auto least = array_number(environment, "SLURM_ARRAY_TASK_MIN");
  const auto step = std::max<std::int64_t>(
      number_of(environment, "SLURM_ARRAY_TASK_STEP").value_or(1), 1);
  const auto most = number_of(environment, "SLURM_ARRAY_TASK_MAX");
  const std::int64_t place = (id - least) / step;
  const bool even = count > 0 && id >= least && (id - least) % step == 0 &&
                    place < count &&
                    (!most || (*most - least) / step + 1 == count);
  if (!even) {
    throw UserError(
        "the ids of Slurm's array are not evenly spaced ({} from {}{} in steps "
        "of {}, this task is {}): expected --array=FIRST-LAST[:STEP], or "
        "--shard "
        "I/N",
        count,
        least,
        most ? fmt::format(" to {}", *most) : "",
        step,
        id);
  }
  return ArrayTask{
      static_cast<std::uint64_t>(id),
      {static_cast<std::uint64_t>(place), static_cast<std::uint64_t>(count)}};
}

std::string task_path(const std::string& path, std::uint64_t id) {
  // An open descriptor stays what it is, wherever it leads.
  if (path.empty() || path == "-" || descriptor_of(path)) return path;
  std::error_code ignored;
  const auto status = fs::status(path, ignored);
  if (fs::exists(status) && !fs::is_regular_file(status)) return path;
  const fs::path whole(path);
  return whole.parent_path() /
         fmt::format(
             "{}.{}{}", whole.stem().string(), id, whole.extension().string());
}

std::string take_part_in_array(
    const std::optional<std::string>& shard_asked,
    Shard& shard,
    std::string& store,
    std::string& csv,
    const Environment& environment) {
  if (shard_asked) return {};
  const auto task = array_task(environment);
  if (!task) return {};
  shard = task->shard;
  store = task_path(store, task->id);
  csv = task_path(csv, task->id);
  return fmt::format(
      "{}: takes its part of the architectures{} (--shard 0/1 takes all)",
      task->text(),
      store.empty() ? "" : fmt::format(" and keeps it in {}", store));
}

int allocated_cores(
    const Environment& environment,
    const ControlGroups& groups) {
  double cores = cores_of_affinity();
  for_each_limit(groups, "cpu", [&](const fs::path& group) {
    cores = std::min(cores, std::ceil(quota_at(group)));
  });
  if (const auto slurm = slurm_cores(environment); slurm && *slurm > 0) {
    cores = std::min(cores, static_cast<double>(*slurm));
  }
  return std::max(static_cast<int>(cores), 1);
}

std::int64_t allocated_memory(
    const Environment& environment,
    const ControlGroups& groups) {
  double bytes = static_cast<double>(sysconf(_SC_PHYS_PAGES)) *
                 static_cast<double>(sysconf(_SC_PAGESIZE));
  for_each_limit(groups, "memory", [&](const fs::path& group) {
    bytes = std::min(bytes, memory_at(group));
  });
  // In megabytes; 0 is the whole node.
  const auto node = number_of(environment, "SLURM_MEM_PER_NODE");
  if (node && *node > 0) {
    bytes = std::min(bytes, static_cast<double>(*node) * kBytesAMegabyte);
  }
  const auto core = number_of(environment, "SLURM_MEM_PER_CPU");
  const auto cores = slurm_cores(environment);
  if (core && cores && *core > 0 && *cores > 0) {
    bytes =
        std::min(bytes, static_cast<double>(*core * *cores) * kBytesAMegabyte);
  }
  return static_cast<std::int64_t>(bytes);
}

std::optional<std::vector<std::string>> visible_devices(
    const Environment& environment) {
  const char* text = environment("CUDA_VISIBLE_DEVICES");
  if (text == nullptr) return std::nullopt;
  std::vector<std::string> devices;
  // CUDA stops at the first name it does not know, -1 and NoDevFiles among
  // them.
  for (const std::string& name : split_list(text)) {
    if (name.starts_with('-') || name.starts_with("NoDev")) break;
    devices.push_back(fmt::format("cuda:{}", devices.size()));
  }
  return devices;
}

}  // namespace zcp::apps
