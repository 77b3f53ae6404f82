#include "apps/plan/measure.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <numeric>
#include <optional>

#include "apps/allocation.h"
#include "apps/deadline.h"
#include "apps/fingerprints.h"
#include "apps/open_store.h"
#include "apps/progress.h"
#include "apps/provenance.h"
#include "apps/score/models.h"
#include "apps/score/protocol.h"
#include "apps/score/score_table.h"
#include "common/error.h"
#include "common/parallel.h"
#include "proxies/registry.h"

namespace zcp::apps {
namespace {

namespace fs = std::filesystem;

double seconds_of(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) +
         1e-9 * static_cast<double>(now.tv_nsec);
}

/// A field of /proc/self/status that is in kB, in bytes.
double status_bytes(std::string_view field) {
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(field)) {
      return 1024 * std::strtod(line.c_str() + field.size() + 1, nullptr);
    }
  }
  return 0;
}

/// Makes the peak of the resident memory that of now.
void reset_peak_memory() {
  std::ofstream("/proc/self/clear_refs") << "5";
}

/// What was seen of the networks that were run.
struct Seen {
  std::vector<double> seconds;  ///< by stratum
  std::vector<double> proxy_seconds;
  std::vector<store::ScoreRecord> records;
  double memory = 0;
  double worker_memory = 0;
};

/// The scores that a store will keep.
void keep_records(
    const ScoreJob& job,
    const engine::WorkItem& item,
    const std::vector<engine::Score>& scores,
    Seen& seen) {
  for (std::size_t i = 0; i < scores.size(); ++i) {
    const engine::Score& score = scores[i];
    seen.proxy_seconds[item.proxies[i]] += score.seconds;
    if (score.transient) continue;
    const bool ok = score.status == ScoreStatus::ok;
    seen.records.push_back(
        {"",
         job.proxies[item.proxies[i]]->name,
         score.status,
         ok ? score.value : std::nan(""),
         score.reason,
         score.seconds});
  }
}

/// The scores of an item of these networks. One that is over its limit of time
/// ends the command.
std::vector<engine::Score> score_in_time(
    const Scorer& scorer,
    const engine::WorkItem& item,
    const std::vector<std::string>& names,
    double limit) {
  const Deadline deadline(
      limit,
      fmt::format(
          "{}: took longer than --timeout {} s; nothing is planned",
          names[item.representative],
          limit));
  return scorer.score(item);
}

/// Runs the networks chosen, as many at once as a run would on this machine.
Seen run_chosen(
    const PlanOptions& options,
    const ScoreJob& job,
    const Scorer& scorer,
    const std::vector<engine::WorkItem>& items,
    const std::vector<Stratum>& strata,
    const std::vector<std::string>& names) {
  Seen seen;
  const double limit = options.score.timeout;
  seen.seconds.resize(strata.size());
  seen.proxy_seconds.resize(job.proxies.size());
  const bool processor = options.score.device_kind() == "cpu";
  const int workers = processor
                          ? std::min(options.score.workers, allocated_cores())
                          : options.score.workers;
  Progress progress("measuring", std::ssize(strata) + 1, options.score.quiet);
  // The heaviest one alone: what a worker needs, and what is done once in a
  // process is done.
  seen.memory = status_bytes("VmRSS");
  reset_peak_memory();
  score_in_time(scorer, items.front(), names, limit);
  seen.worker_memory = status_bytes("VmHWM") - seen.memory;
  progress.advance();
  std::mutex mutex;
  const auto measure = [&](std::size_t s) {
    const engine::WorkItem& item = items[strata[s].chosen];
    // Only this thread works for the network, and others may use the cores.
    const clockid_t clock =
        processor ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC;
    const double start = seconds_of(clock);
    const auto scores = score_in_time(scorer, item, names, limit);
    const double seconds = seconds_of(clock) - start;
    const std::scoped_lock lock(mutex);
    seen.seconds[s] = std::max(seconds, 1e-9);
    keep_records(job, item, scores, seen);
    progress.advance();
  };
  parallel_for(strata.size(), measure, {.workers = workers});
  progress.finish();
  const double peak = status_bytes("VmHWM") - seen.memory;
  seen.worker_memory = std::max(
      seen.worker_memory,
      peak / std::min<double>(workers, static_cast<double>(strata.size())));
  return seen;
}

/// A folder that goes with the object.
class TemporaryFolder {
 public:
  TemporaryFolder() : path_(fs::temp_directory_path() / "zcp-plan-XXXXXX") {
    std::string name = path_;
    if (mkdtemp(name.data()) == nullptr) {
      throw UserError(
          "cannot make a folder in {}", path_.parent_path().string());
    }
    path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

/// The size of a store of all scores: one is made of the names of some
/// architectures, with the scores of those that were run.
double store_bytes(
    const PlanOptions& options,
    const ScoreJob& job,
    std::span<const std::string> keys,
    const std::vector<store::ScoreRecord>& records) {
  constexpr std::size_t kMost = 2000;
  if (records.empty() || keys.empty()) return 0;
  const std::size_t some = std::min(keys.size(), kMost);
  std::vector<std::string> proxies;
  for (const auto* proxy : job.proxies) proxies.push_back(proxy->name);
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "store.sqlite";
  {
    auto store = open_store(
        path,
        score_protocol(
            options.score, job.selection, job.task, read_data(job.proxies)),
        this_run(options.score.command_line, options.score.workers),
        {proxies, keys.subspan(0, some), [](std::size_t) { return true; }});
    std::vector<store::ScoreRecord> all;
    std::map<std::string, std::vector<const store::ScoreRecord*>> of;
    for (const auto& record : records) of[record.proxy].push_back(&record);
    for (std::size_t i = 0; i < some; ++i) {
      for (const auto& [proxy, ones] : of) {
        all.push_back(*ones[i % ones.size()]);
        all.back().arch = keys[i];
      }
    }
    store.put(all);
  }
  return static_cast<double>(fs::file_size(path)) *
         static_cast<double>(keys.size()) / static_cast<double>(some);
}

/// MACs of models, which are known when they have been run once; they decide
/// the order and the shares.
void find_macs(
    const PlanOptions& options,
    const ScoreJob& job,
    const Architectures& architectures,
    std::vector<engine::Fingerprint>& prints) {
  constexpr std::size_t kMost = 500;
  if (job.selection.space != nullptr) return;
  if (prints.size() > kMost) {
    for (std::size_t i = 0; i < prints.size(); ++i) {
      std::error_code error;
      const auto bytes =
          fs::file_size(job.selection.models[architectures.first_of[i]], error);
      prints[i].macs = error ? 0 : static_cast<std::int64_t>(bytes);
    }
    return;
  }
  const Proxies macs{&proxies::find_proxy("macs")};
  const Scorer scorer(
      options.score, macs, job.selection, job.task, architectures, nullptr);
  std::vector<engine::MissingScore> all;
  for (std::size_t i = 0; i < prints.size(); ++i) all.push_back({i, 0});
  const auto items = engine::make_schedule(prints, macs, all);
  parallel_for(
      items.size(),
      [&](std::size_t i) {
        const auto score =
            score_in_time(
                scorer, items[i], architectures.unique, options.score.timeout)
                .front();
        prints[items[i].representative].macs =
            score.status == ScoreStatus::ok
                ? static_cast<std::int64_t>(score.value)
                : 0;
      },
      {.workers = options.score.workers});
}

double sum(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

/// Processor seconds of the process so far.
double process_seconds() {
  return seconds_of(CLOCK_PROCESS_CPUTIME_ID);
}

void divide_work(
    const PlanOptions& options,
    const std::vector<engine::Fingerprint>& prints,
    const std::vector<engine::WorkItem>& items,
    const std::vector<double>& seconds,
    Plan& plan) {
  plan.network_seconds = sum(seconds);
  plan.longest_network = *std::ranges::max_element(seconds);
  const int workers = options.score.workers;
  plan.division = divide(
      seconds,
      options.nodes,
      workers,
      plan.start_seconds,
      [&](std::size_t i, std::size_t count) {
        return static_cast<std::size_t>(
            prints[items[i].representative].functional % count);
      });
  const double rounds =
      std::ceil(static_cast<double>(plan.division.tasks) / options.nodes);
  // Nodes take tasks as they come free; the last one ends no later than this.
  const double mean = (plan.network_seconds / workers +
                       plan.division.tasks * plan.start_seconds) /
                      std::min(options.nodes, plan.division.tasks);
  plan.hours =
      (rounds > 1 ? mean + plan.division.longest / 2 : plan.division.longest) /
      3600;
}

}  // namespace

Plan make_plan(const PlanOptions& options, const ScoreJob& job) {
  const Architectures architectures = unite_names(job.selection.names());
  const auto keys = store_keys(job.selection, architectures);
  const Scorer scorer(
      options.score,
      job.proxies,
      job.selection,
      job.task,
      architectures,
      job.graphs.get());
  auto prints = scorer.fingerprints();
  Plan plan;
  plan.start_seconds = process_seconds();
  find_macs(options, job, architectures, prints);
  ScoreTable table(architectures.unique, {}, keys);
  std::vector<engine::MissingScore> all;
  for (std::size_t a = 0; a < prints.size(); ++a) {
    for (std::size_t p = 0; p < job.proxies.size(); ++p) all.push_back({a, p});
  }
  const auto items = engine::make_schedule(prints, job.proxies, all);
  if (items.empty()) throw UserError("nothing to plan: no architecture");
  std::vector<double> costs;
  for (const auto& item : items) costs.push_back(engine::relative_cost(item));
  const auto strata =
      choose_strata(costs, static_cast<std::size_t>(options.measured));
  const Seen seen =
      run_chosen(options, job, scorer, items, strata, architectures.unique);
  plan.architectures = architectures.unique.size();
  plan.networks = items.size();
  plan.measured = strata.size();
  plan.measured_seconds = sum(seen.seconds);
  plan.memory = seen.memory;
  plan.worker_memory = seen.worker_memory;
  plan.store_bytes = store_bytes(options, job, keys, seen.records);
  for (std::size_t p = 0; p < job.proxies.size(); ++p) {
    plan.proxy_seconds[job.proxies[p]->name] = seen.proxy_seconds[p];
  }
  divide_work(
      options, prints, items, predict_items(costs, strata, seen.seconds), plan);
  return plan;
}

}  // namespace zcp::apps
