#include "apps/score/run.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <omp.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <memory>
#include <mutex>
#include <numeric>
#include <set>

#include "apps/allocation.h"
#include "apps/interruptible.h"
#include "apps/open_store.h"
#include "apps/progress.h"
#include "apps/provenance.h"
#include "apps/score/handoff.h"
#include "apps/score/models.h"
#include "apps/score/output.h"
#include "apps/score/protocol.h"
#include "apps/score/sandbox.h"
#include "apps/score/score_table.h"
#include "apps/score/times.h"
#include "apps/score/watch.h"
#include "apps/score/work.h"
#include "common/destination.h"
#include "common/error.h"
#include "common/parallel.h"
#include "nets/kernels/device_arithmetic.h"
#include "proxies/engine/bfloat16.h"
#include "proxies/engine/cost.h"
#include "proxies/registry.h"

namespace zcp::apps {
namespace {

using engine::Descriptor;
using engine::WorkItem;
using store::ScoreStore;

bool is_group(const std::string& name) {
  return name == "all" ||
         std::ranges::find(proxies::groups(), name, &proxies::Group::name) !=
             proxies::groups().end();
}

}  // namespace

void require_served(const ScoreOptions& options) {
  for (const std::string& name : options.proxies) {
    if (is_group(name)) continue;
    const Descriptor& proxy = proxies::find_proxy(name);
    if (options.evaluator.minibatches < proxy.needs.minibatches) {
      throw UserError(
          "{} needs --minibatches {} or more, found {}",
          name,
          proxy.needs.minibatches,
          options.evaluator.minibatches);
    }
    if (options.evaluator.precision != "bf16") continue;
    if (const auto refusal = engine::refusal_in_bfloat16(proxy)) {
      throw UserError(
          "--precision bf16: {} {}; expected fp32 or fp64", name, *refusal);
    }
  }
}

void require_memory(const ScoreOptions& options, const TaskChoice& task) {
  const double pixels = static_cast<double>(task.shape.channels) *
                        task.shape.height * task.shape.width;
  const double images = static_cast<double>(options.evaluator.batch_size) *
                        options.evaluator.minibatches;
  const double needed = pixels * images * sizeof(float);
  const auto memory = static_cast<double>(allocated_memory());
  if (needed <= memory) return;
  throw UserError(
      "--batch-size {} --minibatches {}: the images take {:.1f} GB, this "
      "machine has {:.1f} GB",
      options.evaluator.batch_size,
      options.evaluator.minibatches,
      needed / 1e9,
      memory / 1e9);
}

namespace {

/// How many architectures have a score to come. `missing` is in their order.
std::int64_t count_architectures(
    const std::vector<engine::MissingScore>& missing) {
  std::int64_t count = 0;
  for (std::size_t i = 0; i < missing.size(); ++i) {
    const bool another =
        i == 0 || missing[i].architecture != missing[i - 1].architecture;
    if (another) ++count;
  }
  return count;
}

/// What a call is made of once its architectures are known.
struct Run {
  const ScoreOptions& options;
  const Scorer& scorer;
  const std::vector<WorkItem>& items;
  const std::vector<std::string>& prefixes;  ///< of reasons, by architecture
  ScoreTable& table;
  ScoreStore* store;  ///< null: there is none
  Handoff* handoff;   ///< null: nothing is watched
};

/// Scores items that are missing, until an interrupt comes or one is late.
class Computation {
 public:
  Computation(const Run& run, Progress& progress, RunTimes& times)
      : run_(run),
        progress_(progress),
        times_(times),
        existing_(
            run.options.retry_failed ? store::Existing::replace_failed
                                     : store::Existing::keep),
        left_(run.items.size()) {
    std::iota(left_.begin(), left_.end(), std::size_t{0});
    if (run.handoff == nullptr) return;
    watch_ = std::make_unique<Watch>(
        *run.handoff,
        WatchOptions{
            run.options.timeout,
            run.options.selection.space == std::nullopt,
            run.options.workers},
        Watch::Names{
            [this](std::size_t i) -> std::string_view {
              return run_.table.keys()[run_.items[i].representative];
            },
            [this](std::size_t i) -> std::string_view {
              return run_.prefixes[run_.items[i].representative];
            }},
        [this](const std::string& line) { progress_.note(line); });
  }

  void compute() {
    while (!left_.empty() && !Interruptible::was_asked()) {
      std::vector<std::size_t> skipped;
      parallel_for(
          left_.size(),
          [&](std::size_t i) {
            if (Interruptible::was_asked()) return;
            if (watch_ && watch_->stopping()) {
              const std::scoped_lock lock(mutex_);
              skipped.push_back(left_[i]);
              return;
            }
            score_one(left_[i]);
          },
          {.workers = run_.options.workers});
      // The one that was late has ended after all.
      std::ranges::sort(skipped);
      left_ = std::move(skipped);
    }
  }

 private:
  void score_one(std::size_t i) {
    std::optional<Watch::AtWork> at_work;
    if (watch_) at_work.emplace(*watch_, omp_get_thread_num(), i);
    const WorkItem& item = run_.items[i];
    const auto begin = std::chrono::steady_clock::now();
    const std::int64_t completed = keep(item, run_.scorer.score(item), begin);
    progress_.advance(completed, engine::relative_cost(item));
  }

  std::int64_t keep(
      const WorkItem& item,
      const std::vector<engine::Score>& scores,
      std::chrono::steady_clock::time_point begin) {
    const std::scoped_lock lock(mutex_);
    const ScoreTable::Added added = run_.table.add(item, scores);
    if (run_.store != nullptr) {
      run_.store->put(added.records, existing_);
    } else if (run_.handoff != nullptr) {
      run_.handoff->add_scores(added.records);
    }
    double inside = 0;
    for (std::size_t p = 0; p < scores.size(); ++p) {
      times_.proxies[item.proxies[p]] += scores[p].seconds;
      inside += scores[p].seconds;
    }
    // Proxies of one network may run at once.
    const double elapsed =
        seconds_between(begin, std::chrono::steady_clock::now());
    times_.busy +=
        std::clamp(inside, elapsed, elapsed * run_.options.evaluator.threads);
    return added.completed;
  }

  const Run& run_;
  Progress& progress_;
  RunTimes& times_;
  const store::Existing existing_;
  std::vector<std::size_t> left_;  ///< indices of items
  std::mutex mutex_;
  std::unique_ptr<Watch> watch_;
};

/// Scores what is missing and keeps it in the table and in the store, until an
/// interrupt comes.
RunTimes compute(
    const std::vector<engine::MissingScore>& missing,
    const Run& run) {
  RunTimes times;
  times.proxies.resize(run.table.proxies().size());
  times.workers = run.options.workers;
  times.threads = run.options.evaluator.threads;
  if (missing.empty()) return times;
  double work = 0;
  for (const WorkItem& item : run.items) work += engine::relative_cost(item);
  Progress progress(
      "scoring", count_architectures(missing), run.options.quiet, work);
  const Interruptible interruptible;
  const auto begin = std::chrono::steady_clock::now();
  Computation(run, progress, times).compute();
  times.wall = seconds_between(begin, std::chrono::steady_clock::now());
  if (!Interruptible::was_asked()) progress.finish();
  return times;
}

/// What reasons of a model begin with: its path.
std::vector<std::string> reason_prefixes(
    const Selection& selection,
    const Architectures& architectures) {
  std::vector<std::string> prefixes(architectures.unique.size());
  if (selection.space != nullptr) return prefixes;
  for (std::size_t a = 0; a < prefixes.size(); ++a) {
    prefixes[a] = selection.models[architectures.first_of[a]] + ": ";
  }
  return prefixes;
}

/// Takes over what a former process of this call left. A network that it gave
/// up is given up for all architectures of the same function.
void take_over(
    const Handoff& handoff,
    const std::vector<engine::Fingerprint>& prints,
    ScoreTable& table) {
  table.add_records(handoff.scores());
  for (const GivenUp& given_up : handoff.given_up()) {
    const auto found = std::ranges::find(table.keys(), given_up.key);
    if (found == table.keys().end()) continue;
    const auto at = static_cast<std::size_t>(found - table.keys().begin());
    for (std::size_t a = 0; a < prints.size(); ++a) {
      if (prints[a].functional == prints[at].functional) {
        table.give_up(a, given_up.reason);
      }
    }
  }
}

/// Says which proxy takes more than half of the time, before it does.
void warn_of_costs(
    const ScoreOptions& options,
    const Proxies& proxies,
    const TaskChoice& task) {
  const engine::PassCounts counts{
      options.evaluator.batch_size,
      options.evaluator.minibatches,
      std::max(task.classes, 1)};
  const double all = engine::relative_cost(proxies, counts);
  for (const Descriptor* proxy : proxies) {
    Proxies others = proxies;
    std::erase(others, proxy);
    const double rest = engine::relative_cost(others, counts);
    if (rest <= 0 || all - rest <= 0.5 * all) continue;
    std::cerr << fmt::format(
        "zcp: about {:.0f} % of the time goes to {} (zcp proxies lists "
        "costs)\n",
        100 * (all - rest) / all,
        proxy->name);
  }
}

/// What the table takes from the store; failures are asked for again where they
/// are to be retried.
std::vector<store::ScoreRecord> known_scores(
    const ScoreStore& store,
    const ScoreOptions& options,
    const ScoreTable& table) {
  auto records = store.find({}, table.proxies());
  if (options.retry_failed) {
    std::erase_if(records, [](const store::ScoreRecord& record) {
      return record.status == ScoreStatus::failed;
    });
  }
  return records;
}

/// Stores of older programs do not say which content of a file they scored.
void say_unknown_contents(
    const std::string& store,
    const std::vector<store::ScoreRecord>& records,
    const ScoreTable& table) {
  const std::set<std::string> asked(table.archs().begin(), table.archs().end());
  std::set<std::string> names;
  for (const store::ScoreRecord& record : records) {
    if (asked.contains(record.arch)) names.insert(record.arch);
  }
  if (names.empty()) return;
  std::cerr << fmt::format(
      "zcp: {} does not say which content of {} its scores are of; they stay "
      "there, and the files are scored anew\n",
      store,
      fmt::join(names, ", "));
}

/// The store with what the table has of it, where there is to be one.
std::optional<ScoreStore> use_store(
    const ScoreOptions& options,
    const store::Protocol& protocol,
    const std::function<bool(std::size_t)>& mine,
    ScoreTable& table) {
  std::optional<ScoreStore> store;
  if (options.store.empty()) return store;
  store.emplace(open_store(
      options.store,
      protocol,
      this_run(options.command_line, options.workers),
      {table.proxies(), table.keys(), mine}));
  const auto records = known_scores(*store, options, table);
  table.add_records(records);
  if (protocol.at("space") == "models" && !options.quiet) {
    say_unknown_contents(options.store, records, table);
  }
  return store;
}

/// Says what is missing and why. Returns the exit status.
int conclude(
    const ScoreOptions& options,
    const ScoreTable& table,
    const std::vector<std::string>& not_run,
    std::size_t unknown) {
  const std::size_t transient = table.count_transient();
  if (!options.quiet) {
    for (const std::string& line : missing_score_lines(table)) {
      std::cerr << "zcp: " << line << "\n";
    }
  }
  if (!not_run.empty() && !options.quiet) {
    std::cerr << fmt::format(
        "zcp: {} of {} networks could not be run: {}\n",
        not_run.size(),
        table.archs().size(),
        fmt::join(not_run, ", "));
  }
  if (transient > 0 && !options.quiet) {
    std::cerr << fmt::format(
        "zcp: {} scores are missing for a reason outside the architectures; "
        "no store keeps them, the same command computes them again\n",
        transient);
  }
  if (unknown > 0) {
    std::cerr << fmt::format(
        "zcp: interrupted; {} scores were not computed{}\n",
        unknown,
        options.store.empty()
            ? std::string()
            : fmt::format(
                  ", {} keeps the others, the same command goes on from there",
                  options.store));
  }
  return transient > 0 || !not_run.empty() || unknown > 0 ? 1 : 0;
}

/// Where there are fewer networks than workers, each of them uses several.
ScoreOptions with_threads(const ScoreOptions& options, std::size_t networks) {
  ScoreOptions spread = options;
  const int count = static_cast<int>(std::clamp<std::size_t>(
      networks, 1, static_cast<std::size_t>(options.workers)));
  spread.evaluator.threads = options.workers / count;
  return spread;
}

int score_selection(
    const ScoreOptions& asked,
    const Proxies& proxies,
    const Selection& selection,
    const TaskChoice& task,
    GraphCache* graphs,
    Handoff* handoff) {
  const Architectures architectures = unite_names(selection.names());
  const ScoreOptions options = with_threads(asked, architectures.unique.size());
  const auto keys = store_keys(selection, architectures);
  const Scorer scorer(options, proxies, selection, task, architectures, graphs);
  const auto prints = scorer.fingerprints();
  const std::vector<bool> part = options.shard.part_of(prints);
  const auto mine = [&](std::size_t i) -> bool { return part[i]; };
  ScoreTable table(architectures.unique, names_of(proxies), keys);
  auto store = use_store(
      options,
      score_protocol(options, selection, task, read_data(proxies)),
      mine,
      table);
  if (handoff != nullptr) take_over(*handoff, prints, table);
  auto missing = table.missing(mine);
  if (handoff != nullptr && handoff->interrupted()) missing.clear();
  const auto items = engine::make_schedule(prints, proxies, missing);
  if (!items.empty() && !options.quiet && !options.continues) {
    warn_of_costs(options, proxies, task);
  }
  const auto prefixes = reason_prefixes(selection, architectures);
  const RunTimes times = compute(
      missing,
      {options,
       scorer,
       items,
       prefixes,
       table,
       store ? &*store : nullptr,
       handoff});
  write_output(options.csv, [&](std::ostream& out) {
    write_score_rows(out, architectures, table, mine);
  });
  if (store) store->check_in_place();
  if (!options.quiet && times.wall >= 1) {
    std::cerr << "zcp: " << times_line(times, table.proxies()) << "\n";
  }
  return conclude(
      options,
      table,
      models_not_run(selection, architectures, table),
      table.count_missing(mine));
}

}  // namespace

ScoreJob prepare_score(const ScoreOptions& options) {
  const bool quiet = options.quiet || options.continues;
  if (!quiet && !options.note.empty()) {
    std::cerr << "zcp: " << options.note << "\n";
  }
  const Proxies proxies = proxies::select_proxies(options.proxies);
  if (!quiet) {
    for (const std::string& note : options.notes) {
      std::cerr << "zcp: " << note << "\n";
    }
  }
  require_served(options);
  if (options.evaluator.precision == "bf16" && !quiet) {
    std::cerr << "zcp: bf16: " << engine::describe_bfloat16() << "\n";
  }
  kernels::set_device_arithmetic(
      options.evaluator.precision == "tf32" ? kernels::Float32Products::tf32
                                            : kernels::Float32Products::exact);
  const std::uint64_t seed = options.evaluator.seed;
  ScoreJob job{
      proxies,
      select_architectures(options.selection, seed),
      choose_task(options.task, read_data(proxies), seed),
      nullptr};
  if (!quiet) {
    for (const std::string& note : task_notes(job.task, job.selection)) {
      std::cerr << "zcp: " << note << "\n";
    }
  }
  read_contents(job.selection);
  require_memory(options, job.task);
  job.graphs = graphs_of(job.selection, job.task);
  const std::string within =
      keep_wanted(job.selection, job.graphs.get(), options.budget);
  if (!within.empty() && !quiet) std::cerr << "zcp: " << within << "\n";
  return job;
}

int run_score(const ScoreOptions& asked) {
  check_destinations({&asked.csv, 1}, asked.inputs(), asked.store);
  ScoreOptions options = asked;
  std::optional<Handoff> handoff;
  if (options.timeout > 0 || !options.selection.space) {
    handoff.emplace();
    options.continues = handoff->continues();
    if (!handoff->specs().empty()) {
      options.selection.arch_file.reset();
      options.selection.archs = handoff->specs();
    }
  }
  // Before there are other threads.
  // What goes on for another process has the sandbox of that one.
  if (!options.continues) {
    sandbox_models(
        options.sandbox,
        {folder_of(options.store), folder_of(options.csv)},
        options.quiet);
  }
  const ScoreJob job = prepare_score(options);
  if (handoff && !handoff->continues() && options.selection.arch_file) {
    handoff->add_specs(job.selection.specs);
  }
  return score_selection(
      options,
      job.proxies,
      job.selection,
      job.task,
      job.graphs.get(),
      handoff ? &*handoff : nullptr);
}

}  // namespace zcp::apps
