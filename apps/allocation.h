// What a batch system gave this process of the machine and of the work: the
// cores and the memory of its allocation, the devices that it may see, and its
// place in an array of jobs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "apps/shard.h"

namespace zcp::apps {

/// The value of a variable of the environment; null where it is not set.
using Environment = std::function<const char*(const char* name)>;

/// The process's own.
Environment process_environment();

/// A task of a Slurm array (sbatch --array).
struct ArrayTask {
  std::uint64_t id = 0;  ///< SLURM_ARRAY_TASK_ID
  Shard shard;           ///< by its place among the ids

  /// "Slurm's array task 15 (shard 2/6)".
  std::string text() const;
};

/// The task that this process runs in; none outside of an array. The ids may
/// begin anywhere and be apart by any step (`--array=5-30:5`). Throws UserError
/// where they are listed in another way (`--array=1,2,9`): then a task's place
/// among them is not known.
std::optional<ArrayTask> array_task(
    const Environment& environment = process_environment());

/// The file that a task of an array writes in the place of `path`, beside it:
/// scores.sqlite becomes scores.15.sqlite. "-", an empty path and what is there
/// and no regular file stay as they are.
std::string task_path(const std::string& path, std::uint64_t id);

/// Makes the call a part of the array it runs in: its shard, and its own files
/// in the place of `store` and `csv`. Does nothing outside of an array and
/// where a shard was asked for. Returns what there is to tell the user, empty
/// where it did nothing. Throws as array_task().
std::string take_part_in_array(
    const std::optional<std::string>& shard_asked,
    Shard& shard,
    std::string& store,
    std::string& csv,
    const Environment& environment = process_environment());

/// Where the system tells of control groups.
struct ControlGroups {
  std::filesystem::path mount = "/sys/fs/cgroup";
  std::filesystem::path of_process = "/proc/self/cgroup";
};

/// How many cores this process may use, at least one: the fewest of those that
/// its affinity allows, the time that a control group grants (version 2 or 1; a
/// part of a core counts as one) and those that Slurm allocated
/// (SLURM_CPUS_PER_TASK, else SLURM_CPUS_ON_NODE).
int allocated_cores(
    const Environment& environment = process_environment(),
    const ControlGroups& groups = {});

/// How many bytes of memory this process may use: the fewest of the machine's,
/// those that a control group allows and those that Slurm allocated
/// (SLURM_MEM_PER_NODE, SLURM_MEM_PER_CPU).
std::int64_t allocated_memory(
    const Environment& environment = process_environment(),
    const ControlGroups& groups = {});

/// The names of the CUDA devices that CUDA_VISIBLE_DEVICES lists, as LibTorch
/// numbers them: cuda:0, cuda:1, ... None where the variable is not set.
std::optional<std::vector<std::string>> visible_devices(
    const Environment& environment = process_environment());

}  // namespace zcp::apps
