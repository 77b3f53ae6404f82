#include <fmt/format.h>
#include <omp.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <filesystem>
#include <functional>
#include <iostream>
#include <limits>
#include <map>
#include <set>

#include "analysis/store/score_store.h"
#include "apps/commands.h"
#include "apps/progress.h"
#include "apps/provenance.h"
#include "apps/selection.h"
#include "apps/shard.h"
#include "apps/training_table.h"
#include "benchmarks/tables/table.h"
#include "benchmarks/tasks/training_data.h"
#include "common/atomic_file.h"
#include "common/error.h"
#include "common/parallel.h"
#include "nets/training/trainer.h"

namespace zcp::apps {
namespace {

namespace po = boost::program_options;
using store::ScoreRecord;
using store::ScoreStore;
using Strings = std::vector<std::string>;

struct TrainOptions {
  training::TrainingOptions training;  ///< the seed is the first one
  int seeds = 1;
  tasks::TrainingDataOptions data;
  std::string transform_name;
  std::string init_name;
  int workers = 1;
  std::string csv;
  std::string store;
  Shard shard;
  bool quiet = false;
  std::string command_line;
};

po::options_description describe_options() {
  po::options_description options("What");
  add_selection_options(options, false);
  po::options_description protocol("Protocol");
  add_task_options(protocol, "augment");
  protocol.add_options()(
      "train-images",
      po::value<std::int64_t>()->default_value(0),
      "to train on, the same ones in every run (0: all)")(
      "test-images",
      po::value<std::int64_t>()->default_value(0),
      "to test with, the same ones in every run (0: all)")(
      "epochs", po::value<int>()->required(), "over the training images")(
      "batch-size", po::value<int>()->default_value(128), "images a minibatch")(
      "learning-rate",
      po::value<double>()->default_value(0.1, "0.1"),
      "at the start; it falls to 0 along half a cosine")(
      "momentum", po::value<double>()->default_value(0.9, "0.9"), "Nesterov's")(
      "weight-decay",
      po::value<double>()->default_value(5e-4, "0.0005"),
      "of every parameter")(
      "init",
      po::value<std::string>()->default_value("pytorch"),
      "initialiser of the weights")(
      "seeds",
      po::value<int>()->default_value(1),
      "training runs an architecture, with --seed and the numbers after it")(
      "seed",
      po::value<std::int64_t>()->default_value(0),
      "of --sample, and the first one of weights, order and crops")(
      "workers",
      po::value<int>()->default_value(0),
      "networks at once, a core each (0: the cores); accuracies do not depend "
      "on it");
  po::options_description where("Where");
  where.add_options()(
      "csv",
      po::value<std::string>()->required(),
      "table of the accuracies (-: standard output)")(
      "store",
      po::value<std::string>(),
      "SQLite file that keeps every run; what it has is not trained again "
      "(without: the table's name with .sqlite)")(
      "shard",
      po::value<std::string>(),
      "I/N: only the I-th of N stable parts, 0 <= I < N");
  options.add(protocol).add(where);
  return options;
}

double in_range(
    const po::variables_map& values,
    const char* name,
    double low,
    double high) {
  const auto value = values[name].as<double>();
  if (!(value >= low && value <= high)) {
    throw UserError("--{} {}: expected {} to {}", name, value, low, high);
  }
  return value;
}

training::TrainingOptions read_training(const po::variables_map& values) {
  training::TrainingOptions options;
  options.epochs = at_least(values, "epochs", 1);
  options.batch_size = at_least(values, "batch-size", 1);
  options.learning_rate = in_range(values, "learning-rate", 0, 1000);
  options.momentum = in_range(values, "momentum", 0, 1);
  options.weight_decay = in_range(values, "weight-decay", 0, 1000);
  options.initialiser =
      initialisers::find_initialiser(values["init"].as<std::string>());
  options.seed = non_negative(values, "seed");
  return options;
}

std::string store_of(const po::variables_map& values) {
  namespace fs = std::filesystem;
  if (values.count("store") != 0) return values["store"].as<std::string>();
  const auto csv = values["csv"].as<std::string>();
  if (csv == "-" || (fs::exists(csv) && !fs::is_regular_file(csv))) {
    throw UserError(
        "--csv {} needs --store, a file that keeps what is trained", csv);
  }
  return std::filesystem::path(csv).replace_extension(".sqlite");
}

TrainOptions read_options(
    const po::variables_map& values,
    const Arguments& arguments) {
  TrainOptions options;
  options.training = read_training(values);
  options.seeds = at_least(values, "seeds", 1);
  if (values.count("data") != 0) {
    options.data.data = values["data"].as<std::string>();
  }
  options.data.resolution = at_least(values, "resolution", 0);
  options.data.train_size =
      static_cast<std::int64_t>(non_negative(values, "train-images"));
  options.data.test_size =
      static_cast<std::int64_t>(non_negative(values, "test-images"));
  options.data.classes = at_least(values, "classes", 0);
  options.transform_name = values["transform"].as<std::string>();
  options.data.transform = tasks::parse_transform(options.transform_name);
  options.init_name = values["init"].as<std::string>();
  const int workers = at_least(values, "workers", 0);
  options.workers = workers > 0 ? workers : omp_get_num_procs();
  options.csv = values["csv"].as<std::string>();
  options.store = store_of(values);
  if (values.count("shard") != 0) {
    options.shard = parse_shard(values["shard"].as<std::string>());
  }
  options.quiet = values.count("quiet") != 0;
  options.command_line = command_line("train", arguments);
  return options;
}

/// While it lives, an interrupt (Ctrl-C) or a request to end asks instead of
/// killing, so that the table of what is complete can be written; a second one
/// kills. What the program's caller ignores stays ignored.
class Interruptible {
 public:
  Interruptible() {
    asked = false;
    struct sigaction action {};
    action.sa_handler = [](int) { asked = true; };
    action.sa_flags = static_cast<int>(SA_RESETHAND | SA_RESTART);
    for (std::size_t i = 0; i < kSignals.size(); ++i) {
      sigaction(kSignals[i], nullptr, &before_[i]);
      if (before_[i].sa_handler == SIG_IGN) continue;
      sigaction(kSignals[i], &action, nullptr);
    }
  }
  ~Interruptible() {
    for (std::size_t i = 0; i < kSignals.size(); ++i) {
      sigaction(kSignals[i], &before_[i], nullptr);
    }
  }
  Interruptible(const Interruptible&) = delete;
  Interruptible& operator=(const Interruptible&) = delete;

  static bool was_asked() { return asked; }

 private:
  static constexpr std::array<int, 2> kSignals{SIGINT, SIGTERM};

  // A handler gets no argument of ours.
  // NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables)
  static inline std::atomic<bool> asked = false;
  static_assert(std::atomic<bool>::is_always_lock_free);

  std::array<struct sigaction, kSignals.size()> before_{};
};

/// One network to be trained.
struct Job {
  std::size_t architecture;
  std::uint64_t seed;
  double work;  ///< what time is proportional to
};

/// One call of `zcp train`.
class TrainRun {
 public:
  TrainRun(
      const TrainOptions& options,
      const Selection& selection,
      const tasks::TrainingData& data)
      : options_(options),
        selection_(selection),
        data_(data),
        task_(choice_of(data.info, nullptr)),
        store_(ScoreStore::open(
            options.store,
            protocol(),
            this_run(options.command_line, options.workers))) {
    unite_architectures();
    store_.declare(columns_of_all_seeds(), specs_, [&](std::size_t i) {
      return options_.shard.takes(hashes_[i]);
    });
    leave_my_part();
  }

  int run() {
    train_all(missing_jobs());
    const TrainingTable table = stored();
    write_output(options_.csv, [&](std::ostream& out) {
      write_comments(out);
      tables::write_table(out, table.table());
    });
    if (!options_.quiet) {
      for (const std::string& line : table.summary()) {
        std::cerr << "zcp: " << line << "\n";
      }
    }
    if (!interrupted_) return 0;
    std::cerr << fmt::format(
        "zcp: interrupted; {} keeps what is complete, the same command goes "
        "on from there\n",
        options_.store);
    return 1;
  }

 private:
  store::Protocol protocol() const {
    const training::TrainingOptions& t = options_.training;
    store::Protocol protocol{
        {"kind", "training"},
        {"space", selection_.space->info().name},
        {"task", data_.info.name},
        {"classes", std::to_string(data_.info.classes)},
        {"transform", options_.transform_name},
        {"train_images", std::to_string(data_.train.size())},
        {"test_images", std::to_string(data_.test.size())},
        {"resolution", std::to_string(data_.info.shape.height)},
        {"epochs", std::to_string(t.epochs)},
        {"batch_size", std::to_string(t.batch_size)},
        {"learning_rate", fmt::format("{}", t.learning_rate)},
        {"momentum", fmt::format("{}", t.momentum)},
        {"weight_decay", fmt::format("{}", t.weight_decay)},
        {"init", options_.init_name},
        {"data", data_.fingerprint}};
    add_skeleton(protocol, selection_.skeleton);
    return protocol;
  }

  graph::Graph build(const std::string& spec) const {
    return selection_.space->build(
        spec, task_.shape, task_.output, selection_.skeleton);
  }

  /// Every spec once, with its graph's hash and MACs.
  void unite_architectures() {
    std::set<std::string> known;
    for (const std::string& spec : selection_.specs) {
      if (known.insert(spec).second) specs_.push_back(spec);
    }
    hashes_.resize(specs_.size());
    macs_.resize(specs_.size());
    const auto hash = [&](std::size_t i) {
      const graph::Graph graph = build(specs_[i]);
      hashes_[i] = graph.hash();
      macs_[i] = static_cast<double>(graph.macs());
    };
    parallel_for(
        specs_.size(), hash, {.workers = options_.workers, .chunk = 64});
  }

  /// Drops other shards' architectures and finds equal functions.
  void leave_my_part() {
    std::size_t kept = 0;
    std::map<std::uint64_t, std::size_t> first;
    for (std::size_t i = 0; i < specs_.size(); ++i) {
      if (!options_.shard.takes(hashes_[i])) continue;
      twin_.push_back(first.try_emplace(hashes_[i], kept).first->second);
      specs_[kept] = specs_[i];
      macs_[kept] = macs_[i];
      ++kept;
    }
    specs_.resize(kept);
    macs_.resize(kept);
  }

  std::vector<std::uint64_t> seeds() const {
    std::vector<std::uint64_t> seeds;
    for (int i = 0; i < options_.seeds; ++i) {
      seeds.push_back(options_.training.seed + static_cast<std::uint64_t>(i));
    }
    return seeds;
  }

  Strings columns_of_all_seeds() const {
    Strings columns;
    for (const std::uint64_t seed : seeds()) {
      for (const char* measure : kTrainingMeasures) {
        columns.push_back(training_column(data_.info.name, measure, seed));
      }
    }
    return columns;
  }

  TrainingTable stored() const {
    return {data_.info.name, specs_, twin_, store_.find()};
  }

  /// Heaviest first, so that no core is left with a long one in the end.
  std::vector<Job> missing_jobs() const {
    const TrainingTable present = stored();
    std::vector<Job> jobs;
    for (std::size_t i = 0; i < specs_.size(); ++i) {
      if (twin_[i] != i) continue;
      for (const std::uint64_t seed : seeds()) {
        // Part of the time does not depend on the architecture.
        constexpr double kOverhead = 1e6;
        if (!present.has(i, seed)) {
          jobs.push_back({i, seed, macs_[i] + kOverhead});
        }
      }
    }
    std::ranges::stable_sort(jobs, std::greater{}, &Job::work);
    return jobs;
  }

  static training::ExampleSource source_of(const tasks::Examples& examples) {
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

  void train_all(const std::vector<Job>& jobs) {
    if (jobs.empty()) return;
    double work = 0;
    for (const Job& job : jobs) work += job.work;
    Progress progress("training", std::ssize(jobs), options_.quiet, work);
    const Interruptible interruptible;
    const auto train_job = [&](std::size_t i) {
      const bool stopped =
          Interruptible::was_asked() || !train_one(jobs[i], progress);
      if (stopped) interrupted_ = true;
    };
    parallel_for(jobs.size(), train_job, {.workers = options_.workers});
    if (!interrupted_) progress.finish();
  }

  /// False when it was stopped.
  bool train_one(const Job& job, Progress& progress) {
    training::TrainingOptions training = options_.training;
    training.seed = job.seed;
    const double all = static_cast<double>(training.epochs) *
                       static_cast<double>(data_.train.size());
    const auto result = training::train(
        build(specs_[job.architecture]),
        source_of(data_.train),
        source_of(data_.test),
        training,
        [&](std::int64_t examples) {
          progress.advance(0, job.work * static_cast<double>(examples) / all);
          return !Interruptible::was_asked();
        });
    if (result.end == training::TrainingEnd::stopped) return false;
    store_.put(records(job, result));
    progress.advance();
    if (result.end == training::TrainingEnd::diverged) {
      progress.note(fmt::format(
          "zcp: seed {} of {}: {}",
          job.seed,
          specs_[job.architecture],
          reason(result)));
    }
    return true;
  }

  static std::string reason(const training::TrainingResult& result) {
    return fmt::format(
        "the loss was not finite in epoch {}; a smaller --learning-rate may "
        "help",
        result.epochs);
  }

  /// All of a training, in one transaction.
  std::vector<ScoreRecord> records(
      const Job& job,
      const training::TrainingResult& result) const {
    const bool good = result.end == training::TrainingEnd::complete;
    const std::array<double, kTrainingMeasures.size()> values{
        result.test_accuracy,
        result.test_loss,
        result.train_accuracy,
        result.train_loss};
    std::vector<ScoreRecord> records;
    for (std::size_t i = 0; i < values.size(); ++i) {
      ScoreRecord record;
      record.arch = specs_[job.architecture];
      record.proxy =
          training_column(data_.info.name, kTrainingMeasures[i], job.seed);
      record.status = good ? ScoreStatus::ok : ScoreStatus::degenerate;
      record.value =
          good ? values[i] : std::numeric_limits<double>::quiet_NaN();
      if (!good) record.reason = reason(result);
      record.seconds = result.seconds;
      records.push_back(std::move(record));
    }
    return records;
  }

  /// Every call that left trainings, and where: a table may be made in parts.
  void write_comments(std::ostream& out) const {
    std::vector<std::string> lines;
    const std::vector<store::Run> runs = store_.runs();
    for (const store::Run& run : runs) {
      lines.push_back(run.provenance.command);
    }
    for (const store::Run& run : runs) {
      lines.push_back(fmt::format(
          "zcp {}, LibTorch {}, {}, {} workers",
          run.provenance.version,
          run.provenance.libtorch,
          run.provenance.cpu,
          run.provenance.threads));
    }
    lines.push_back(
        "_test and _train are accuracies in percent, _loss mean cross "
        "entropies, means over the seeds; train_seconds is the time of all "
        "seeds");
    std::set<std::string> said;
    for (const std::string& line : lines) {
      if (said.insert(line).second) out << "# " << line << "\n";
    }
  }

  const TrainOptions& options_;
  const Selection& selection_;
  const tasks::TrainingData& data_;
  TaskChoice task_;
  ScoreStore store_;
  Strings specs_;
  std::vector<std::size_t> twin_;  // the first row of the same function
  std::vector<std::uint64_t> hashes_;
  std::vector<double> macs_;
  std::atomic<bool> interrupted_ = false;
};

}  // namespace

int train(const Arguments& arguments) {
  po::options_description description = describe_options();
  po::variables_map values;
  if (!parse_options(
          arguments,
          "zcp train: trains architectures, for a table of accuracies of one's "
          "own",
          "  zcp train --space nats-tss --sample 100 --channels 8 --cells 3 "
          "--task fashion-mnist \\\n    --resolution 12 --train-images 5000 "
          "--epochs 6 --seeds 3 --csv accuracies.csv\n\n"
          "Killed at any moment and started again, it goes on from the runs "
          "that were complete.",
          description,
          values)) {
    return 0;
  }
  const TrainOptions options = read_options(values, arguments);
  check_destination(options.csv, options.store);
  if (values.count("space") == 0) {
    throw UserError("no architecture: expected --space");
  }
  Selection selection = select_architectures(values, options.training.seed);
  const tasks::TrainingData data =
      tasks::open_training_data(values["task"].as<std::string>(), options.data);
  keep_distinct(selection, choice_of(data.info, nullptr));
  return TrainRun(options, selection, data).run();
}

}  // namespace zcp::apps
