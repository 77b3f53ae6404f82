#include "apps/score/run.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <mutex>
#include <set>

#include "apps/interruptible.h"
#include "apps/open_store.h"
#include "apps/progress.h"
#include "apps/provenance.h"
#include "apps/score/models.h"
#include "apps/score/output.h"
#include "apps/score/protocol.h"
#include "apps/score/score_table.h"
#include "apps/score/work.h"
#include "common/destination.h"
#include "common/error.h"
#include "common/parallel.h"
#include "nets/kernels/device_arithmetic.h"
#include "proxies/engine/bfloat16.h"
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
  const double memory = static_cast<double>(sysconf(_SC_PHYS_PAGES)) *
                        static_cast<double>(sysconf(_SC_PAGESIZE));
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

std::vector<std::string> names_of(const Proxies& proxies) {
  std::vector<std::string> names;
  for (const Descriptor* proxy : proxies) names.push_back(proxy->name);
  return names;
}

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

/// Scores what is missing and keeps it in the table and in the store (null:
/// there is none), until an interrupt comes.
void compute(
    const std::vector<engine::MissingScore>& missing,
    const std::vector<WorkItem>& items,
    const Scorer& scorer,
    const ScoreOptions& options,
    ScoreTable& table,
    ScoreStore* store) {
  if (missing.empty()) return;
  double work = 0;
  for (const WorkItem& item : items) work += engine::relative_cost(item);
  Progress progress(
      "scoring", count_architectures(missing), options.quiet, work);
  const auto existing = options.retry_failed ? store::Existing::replace_failed
                                             : store::Existing::keep;
  std::mutex mutex;
  const auto keep = [&](const WorkItem& item,
                        const std::vector<engine::Score>& scores) {
    const std::scoped_lock lock(mutex);
    const ScoreTable::Added added = table.add(item, scores);
    if (store != nullptr) store->put(added.records, existing);
    return added.completed;
  };
  const Interruptible interruptible;
  const auto score_one = [&](std::size_t i) {
    if (Interruptible::was_asked()) return;
    const WorkItem& item = items[i];
    const std::int64_t completed = keep(item, scorer.score(item));
    progress.advance(completed, engine::relative_cost(item));
  };
  parallel_for(items.size(), score_one, {.workers = options.workers});
  if (!Interruptible::was_asked()) progress.finish();
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

int score_selection(
    const ScoreOptions& options,
    const Proxies& proxies,
    const Selection& selection,
    const TaskChoice& task,
    GraphCache* graphs) {
  const Architectures architectures = unite_names(selection.names());
  const auto keys = store_keys(selection, architectures);
  const Scorer scorer(options, proxies, selection, task, architectures, graphs);
  const auto prints = scorer.fingerprints();
  const auto mine = [&](std::size_t i) {
    return options.shard.takes(prints[i].functional);
  };
  ScoreTable table(architectures.unique, names_of(proxies), keys);
  auto store = use_store(
      options,
      score_protocol(options, selection, task, read_data(proxies)),
      mine,
      table);
  const auto missing = table.missing(mine);
  const auto items = engine::make_schedule(prints, proxies, missing);
  compute(missing, items, scorer, options, table, store ? &*store : nullptr);
  write_output(options.csv, [&](std::ostream& out) {
    write_score_rows(out, architectures, table, mine);
  });
  if (store) store->check_in_place();
  return conclude(
      options,
      table,
      models_not_run(selection, architectures, table),
      table.count_missing(mine));
}

}  // namespace

int run_score(const ScoreOptions& options) {
  check_destinations({&options.csv, 1}, options.inputs(), options.store);
  const Proxies proxies = proxies::select_proxies(options.proxies);
  require_served(options);
  if (options.evaluator.precision == "bf16" && !options.quiet) {
    std::cerr << "zcp: bf16: " << engine::describe_bfloat16() << "\n";
  }
  kernels::set_device_arithmetic(
      options.evaluator.precision == "tf32" ? kernels::Float32Products::tf32
                                            : kernels::Float32Products::exact);
  const std::uint64_t seed = options.evaluator.seed;
  Selection selection = select_architectures(options.selection, seed);
  const TaskChoice task = choose_task(options.task, read_data(proxies), seed);
  if (!options.quiet) {
    for (const std::string& note : task_notes(task, selection)) {
      std::cerr << "zcp: " << note << "\n";
    }
  }
  read_contents(selection);
  require_memory(options, task);
  const auto graphs = graphs_of(selection, task);
  keep_distinct(selection, graphs.get());
  return score_selection(options, proxies, selection, task, graphs.get());
}

}  // namespace zcp::apps
