#include <doctest/doctest.h>
#include <fmt/format.h>

#include <map>

#include "apps/allocation.h"
#include "tests/support/temporary.h"

namespace {

using namespace zcp::apps;
using Strings = std::vector<std::string>;
using Variables = std::map<std::string, std::string>;
using zcp::test::TemporaryFolder;
using zcp::test::user_error;

Environment environment(const Variables& variables) {
  return [variables](const char* name) -> const char* {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  };
}

/// As Slurm sets them for `--array=least-most:step`.
Variables array(int id, int least, int most, int step) {
  return {
      {"SLURM_ARRAY_TASK_ID", std::to_string(id)},
      {"SLURM_ARRAY_TASK_COUNT", std::to_string((most - least) / step + 1)},
      {"SLURM_ARRAY_TASK_MIN", std::to_string(least)},
      {"SLURM_ARRAY_TASK_MAX", std::to_string(most)},
      {"SLURM_ARRAY_TASK_STEP", std::to_string(step)}};
}

/// A tree of control groups, in a folder of its own.
struct Groups {
  TemporaryFolder folder;
  ControlGroups groups{folder.path() / "mount", folder.path() / "of_process"};

  void write(const std::string& name, const std::string& text) const {
    folder.write(name, text);
  }
  int cores(const Variables& variables = {}) const {
    return allocated_cores(environment(variables), groups);
  }
  std::int64_t memory(const Variables& variables = {}) const {
    return allocated_memory(environment(variables), groups);
  }
};

}  // namespace

TEST_CASE("array tasks: each has the shard of its place, whatever the ids") {
  for (const auto& [least, most, step] :
       {std::tuple{0, 5, 1}, {1, 6, 1}, {5, 30, 5}, {3, 17, 4}, {7, 7, 1}}) {
    CAPTURE(least);
    const int count = (most - least) / step + 1;
    for (int i = 0; i < count; ++i) {
      const int id = least + i * step;
      const auto task = array_task(environment(array(id, least, most, step)));
      REQUIRE(task);
      CHECK(task->id == static_cast<std::uint64_t>(id));
      CHECK(task->shard.index == static_cast<std::uint64_t>(i));
      CHECK(task->shard.count == static_cast<std::uint64_t>(count));
    }
  }
  // --array=0-6:4 has the tasks 0 and 4, and Slurm says that the last is 4.
  CHECK(array_task(environment(array(4, 0, 4, 4)))->shard.count == 2);
}

TEST_CASE("array tasks: none outside of an array") {
  CHECK_FALSE(array_task(environment({})));
  CHECK_FALSE(array_task(environment({{"SLURM_JOB_ID", "7"}})));
}

TEST_CASE("array tasks: ids whose places are not known are refused") {
  // --array=1,2,9
  Variables listed = array(9, 1, 9, 1);
  listed["SLURM_ARRAY_TASK_COUNT"] = "3";
  CHECK(
      user_error([&] { array_task(environment(listed)); }) ==
      "the ids of Slurm's array are not evenly spaced (3 from 1 to 9 in steps "
      "of 1, this task is 9): expected --array=FIRST-LAST[:STEP], or --shard "
      "I/N");
  Variables between = array(6, 5, 30, 5);
  CHECK(user_error([&] { array_task(environment(between)); }) != "");
  Variables broken = array(1, 0, 3, 1);
  broken["SLURM_ARRAY_TASK_COUNT"] = "four";
  CHECK(user_error([&] {
          array_task(environment(broken));
        }).starts_with("SLURM_ARRAY_TASK_COUNT=four: expected a whole number"));
  broken.erase("SLURM_ARRAY_TASK_COUNT");
  CHECK(user_error([&] {
          array_task(environment(broken));
        }).starts_with("SLURM_ARRAY_TASK_COUNT is not set: expected"));
}

TEST_CASE("a task's files lie beside the ones asked for") {
  CHECK(task_path("scores.sqlite", 3) == "scores.3.sqlite");
  CHECK(task_path("runs/a.b/s.v2.sqlite", 12) == "runs/a.b/s.v2.12.sqlite");
  CHECK(task_path("runs/scores", 0) == "runs/scores.0");
  CHECK(task_path("-", 3) == "-");
  CHECK(task_path("", 3).empty());
  CHECK(task_path("/dev/null", 3) == "/dev/null");
  CHECK(task_path("/dev/stdout", 3) == "/dev/stdout");
}

TEST_CASE("a call in an array takes its part, unless it says which") {
  Shard shard;
  std::string store = "s.sqlite";
  std::string csv = "t.csv";
  const auto in_array = environment(array(20, 5, 30, 5));
  CHECK(take_part_in_array("0/1", shard, store, csv, in_array).empty());
  CHECK(take_part_in_array({}, shard, store, csv, environment({})).empty());
  CHECK(shard.count == 1);
  CHECK(store == "s.sqlite");
  CHECK(
      take_part_in_array({}, shard, store, csv, in_array) ==
      "Slurm's array task 20 (shard 3/6): takes its part of the architectures "
      "and keeps it in s.20.sqlite (--shard 0/1 takes all)");
  CHECK(shard.index == 3);
  CHECK(shard.count == 6);
  CHECK(store == "s.20.sqlite");
  CHECK(csv == "t.20.csv");
}

TEST_CASE("allocated cores: those of version 2's quota, of any group above") {
  const Groups tree;
  const int all = tree.cores();
  CHECK(all >= 1);
  CHECK(all <= sysconf(_SC_NPROCESSORS_ONLN));
  tree.write("of_process", "0::/slurm/job_7/step_0\n");
  tree.write("mount/slurm/job_7/step_0/cpu.max", "max 100000\n");
  CHECK(tree.cores() == all);
  tree.write("mount/slurm/job_7/cpu.max", "100000 100000\n");
  CHECK(tree.cores() == 1);
  tree.write(
      "mount/slurm/job_7/cpu.max", fmt::format("{} 100000", all * 100000));
  CHECK(tree.cores() == all);
  // Half a core is one.
  tree.write("mount/cpu.max", "50000 100000\n");
  CHECK(tree.cores() == 1);
}

TEST_CASE("allocated cores: those of version 1's quota") {
  const Groups tree;
  const int all = tree.cores();
  tree.write("of_process", "9:memory:/m\n4:cpu,cpuacct:/docker/7\n");
  tree.write("mount/cpu/docker/7/cpu.cfs_quota_us", "-1\n");
  tree.write("mount/cpu/docker/7/cpu.cfs_period_us", "100000\n");
  CHECK(tree.cores() == all);
  tree.write("mount/cpu/docker/7/cpu.cfs_quota_us", "90000\n");
  CHECK(tree.cores() == 1);
  // In a container the group lies at the mount.
  const Groups container;
  container.write("of_process", "4:cpu,cpuacct:/docker/7\n");
  container.write("mount/cpu/cpu.cfs_quota_us", "20000\n");
  container.write("mount/cpu/cpu.cfs_period_us", "100000\n");
  CHECK(container.cores() == 1);
}

TEST_CASE("allocated cores: those of Slurm, in a job only") {
  const Groups tree;
  const int all = tree.cores();
  CHECK(tree.cores({{"SLURM_CPUS_PER_TASK", "1"}}) == all);
  CHECK(tree.cores({{"SLURM_JOB_ID", "7"}, {"SLURM_CPUS_PER_TASK", "1"}}) == 1);
  CHECK(
      tree.cores({{"SLURM_JOB_ID", "7"}, {"SLURM_CPUS_PER_TASK", "9999"}}) ==
      all);
  CHECK(tree.cores({{"SLURM_JOB_ID", "7"}, {"SLURM_CPUS_ON_NODE", "1"}}) == 1);
}

TEST_CASE("allocated memory: the least of groups and Slurm") {
  const Groups tree;
  const std::int64_t all = tree.memory();
  CHECK(all > 0);
  tree.write("of_process", "9:memory:/m\n0::/two\n");
  tree.write("mount/memory/m/memory.limit_in_bytes", "9223372036854771712\n");
  CHECK(tree.memory() == all);
  tree.write("mount/memory/m/memory.limit_in_bytes", "300000000\n");
  CHECK(tree.memory() == 300000000);
  tree.write("mount/two/memory.max", "200000000\n");
  CHECK(tree.memory() == 200000000);
  CHECK(tree.memory({{"SLURM_MEM_PER_NODE", "100"}}) == 100 << 20);
  CHECK(
      tree.memory(
          {{"SLURM_JOB_ID", "7"},
           {"SLURM_MEM_PER_CPU", "30"},
           {"SLURM_CPUS_PER_TASK", "2"}}) == 60 << 20);
}

TEST_CASE("visible devices are numbered from 0") {
  const auto of = [](const char* text) {
    return *visible_devices(environment({{"CUDA_VISIBLE_DEVICES", text}}));
  };
  CHECK_FALSE(visible_devices(environment({})));
  CHECK(of("3") == Strings{"cuda:0"});
  CHECK(of("2,GPU-8f1") == Strings{"cuda:0", "cuda:1"});
  CHECK(of("1,-1,2") == Strings{"cuda:0"});
  CHECK(of("").empty());
  CHECK(of("-1").empty());
  CHECK(of("NoDevFiles").empty());
}
