#include "apps/train/run.h"

#include <fmt/format.h>

#include <atomic>
#include <iostream>

#include "apps/architectures.h"
#include "apps/fingerprints.h"
#include "apps/interruptible.h"
#include "apps/open_store.h"
#include "apps/progress.h"
#include "apps/provenance.h"
#include "apps/selection.h"
#include "apps/train/output.h"
#include "apps/train/plan.h"
#include "apps/train/protocol.h"
#include "apps/train/records.h"
#include "apps/training_table.h"
#include "benchmarks/tables/table.h"
#include "common/destination.h"
#include "common/error.h"
#include "common/parallel.h"
#include "nets/kernels/device_arithmetic.h"

namespace zcp::apps {
namespace {

using store::ScoreStore;

training::ExampleSource source_of(const tasks::Examples& examples) {
  return {
      examples.size(),
      [&examples](
          std::span<const std::int64_t> which,
          std::uint64_t seed,
          std::span<float> x,
          std::span<std::int64_t> y) {
        examples.gather(which, seed, 0, x, y);
      }};
}

/// The measures of all seeds, in the store's order.
std::vector<std::string> columns_of(
    const std::string& task,
    std::span<const std::uint64_t> seeds) {
  std::vector<std::string> columns;
  for (const std::uint64_t seed : seeds) {
    for (const char* measure : kTrainingMeasures) {
      columns.push_back(training_column(task, measure, seed));
    }
  }
  return columns;
}

/// Trains jobs of a plan and puts each into the store when it is complete.
class Trainer {
 public:
  /// Everything has to outlive the object.
  Trainer(
      const TrainOptions& options,
      const tasks::TrainingData& data,
      const TrainingPlan& plan,
      GraphCache& graphs,
      ScoreStore& store)
      : options_(options),
        data_(data),
        plan_(plan),
        graphs_(graphs),
        store_(store) {}

  /// False when an interrupt stopped it.
  bool train_all(const std::vector<TrainingJob>& jobs) {
    if (jobs.empty()) return true;
    double work = 0;
    for (const TrainingJob& job : jobs) work += job.work;
    Progress progress("training", std::ssize(jobs), options_.quiet, work);
    const Interruptible interruptible;
    std::atomic<bool> interrupted = false;
    const auto train_job = [&](std::size_t i) {
      const bool stopped =
          Interruptible::was_asked() ||
          !train_one(
              jobs[i], options_.devices[i % options_.devices.size()], progress);
      if (stopped) interrupted = true;
    };
    parallel_for(jobs.size(), train_job, {.workers = options_.workers});
    if (!interrupted) progress.finish();
    return !interrupted;
  }

 private:
  /// False when it was stopped.
  bool train_one(
      const TrainingJob& job,
      const std::string& device,
      Progress& progress) {
    const std::string& spec = plan_.specs[job.architecture];
    training::TrainingOptions training = options_.training;
    training.seed = job.seed;
    training.device = device;
    const double all = static_cast<double>(training.epochs) *
                       static_cast<double>(data_.train.size());
    const auto result = training::train(
        *graphs_.get(spec, graph::Folding::functional),
        source_of(data_.train),
        source_of(data_.test),
        training,
        [&](std::int64_t examples) {
          progress.advance(0, job.work * static_cast<double>(examples) / all);
          return !Interruptible::was_asked();
        });
    if (result.end == training::TrainingEnd::stopped) return false;
    store_.put(training_records(spec, data_.info.name, job.seed, result));
    progress.advance();
    if (result.end == training::TrainingEnd::diverged) {
      progress.note(fmt::format(
          "zcp: seed {} of {}: {}", job.seed, spec, divergence_reason(result)));
    }
    return true;
  }

  const TrainOptions& options_;
  const tasks::TrainingData& data_;
  const TrainingPlan& plan_;
  GraphCache& graphs_;
  ScoreStore& store_;
};

/// Writes the table of what the store has of the plan, and says how it went.
void write_table(
    const TrainOptions& options,
    const TrainingTable& table,
    std::span<const store::Run> runs) {
  write_output(options.csv, [&](std::ostream& out) {
    write_training_comments(out, runs);
    tables::write_table(out, table.table());
  });
  if (options.quiet) return;
  for (const std::string& line : table.summary()) {
    std::cerr << "zcp: " << line << "\n";
  }
}

int train_selection(
    const TrainOptions& options,
    const Selection& selection,
    const tasks::TrainingData& data,
    GraphCache& graphs) {
  const std::vector<std::string> specs = unite_names(selection.specs).unique;
  const auto prints = fingerprint_graphs(specs, graphs, false, options.workers);
  const auto seeds = options.all_seeds();
  const auto columns = columns_of(data.info.name, seeds);
  const std::vector<bool> part = options.shard.part_of(prints);
  ScoreStore store = open_store(
      options.store,
      train_protocol(options, selection, data),
      this_run(options.command_line, options.workers),
      {columns, specs, [&](std::size_t i) -> bool { return part[i]; }});
  const TrainingPlan plan = plan_training(specs, prints, part);
  const auto stored = [&] {
    return TrainingTable(data.info.name, plan.specs, plan.twin, store.find());
  };
  Trainer trainer(options, data, plan, graphs, store);
  const bool complete = trainer.train_all(missing_jobs(plan, seeds, stored()));
  write_table(options, stored(), store.runs());
  store.check_in_place();
  if (complete) return 0;
  std::cerr << fmt::format(
      "zcp: interrupted; {} keeps what is complete, the same command goes on "
      "from there\n",
      options.store);
  return 1;
}

}  // namespace

int run_train(const TrainOptions& options) {
  kernels::set_device_arithmetic(kernels::Float32Products::exact);
  if (!options.quiet && !options.note.empty()) {
    std::cerr << "zcp: " << options.note << "\n";
  }
  check_destinations({&options.csv, 1}, options.inputs(), options.store);
  if (!options.selection.space) {
    throw UserError("no architecture: expected --space");
  }
  Selection selection =
      select_architectures(options.selection, options.training.seed);
  const tasks::TrainingData data =
      tasks::open_training_data(options.task.name, options.data);
  const auto graphs = graphs_of(selection, choice_of(data.info, nullptr));
  const std::string within =
      keep_wanted(selection, graphs.get(), options.budget);
  if (!within.empty() && !options.quiet) {
    std::cerr << "zcp: " << within << "\n";
  }
  return train_selection(options, selection, data, *graphs);
}

}  // namespace zcp::apps
