#include <fmt/format.h>
#include <omp.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <iostream>
#include <limits>
#include <map>
#include <mutex>
#include <numeric>
#include <set>

#include "analysis/atomic_file.h"
#include "analysis/ceiling.h"
#include "analysis/score_store.h"
#include "apps/commands.h"
#include "apps/progress.h"
#include "apps/provenance.h"
#include "apps/run_parallel.h"
#include "apps/selection.h"
#include "apps/shard.h"
#include "apps/version.h"
#include "benchmarks/table.h"
#include "benchmarks/training_data.h"
#include "common/error.h"
#include "nets/one_core.h"
#include "nets/trainer.h"

namespace zcp::apps {
namespace {

namespace po = boost::program_options;
using analysis::ScoreRecord;
using analysis::ScoreStatus;
using analysis::ScoreStore;
using Strings = std::vector<std::string>;

/// What is kept of a training run, each under TASK_NAME_seedN.
constexpr std::array<const char*, 4> kMeasures{
    "test",
    "test_loss",
    "train",
    "train_loss"};

struct TrainOptions {
  nets::TrainingOptions training;  ///< the seed is the first one
  int seeds = 1;
  benchmarks::TrainingDataOptions data;
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
  add_selection_options(options);
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

nets::TrainingOptions read_training(const po::variables_map& values) {
  nets::TrainingOptions options;
  options.epochs = at_least(values, "epochs", 1);
  options.batch_size = at_least(values, "batch-size", 1);
  options.learning_rate = in_range(values, "learning-rate", 0, 1000);
  options.momentum = in_range(values, "momentum", 0, 1);
  options.weight_decay = in_range(values, "weight-decay", 0, 1000);
  options.initialiser =
      nets::find_initialiser(values["init"].as<std::string>());
  options.seed = non_negative(values, "seed");
  return options;
}

std::string store_of(const po::variables_map& values) {
  if (values.count("store") != 0) return values["store"].as<std::string>();
  const auto csv = values["csv"].as<std::string>();
  if (csv == "-") {
    throw UserError("--csv - needs --store, a file that keeps what is trained");
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
  options.transform_name = values["transform"].as<std::string>();
  options.data.transform = benchmarks::parse_transform(options.transform_name);
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
/// kills.
class Interruptible {
 public:
  Interruptible() {
    asked = 0;
    for (const int signal : kSignals) std::signal(signal, note);
  }
  ~Interruptible() {
    for (const int signal : kSignals) std::signal(signal, SIG_DFL);
  }
  Interruptible(const Interruptible&) = delete;
  Interruptible& operator=(const Interruptible&) = delete;

  static bool was_asked() { return asked != 0; }

 private:
  static constexpr std::array<int, 2> kSignals{SIGINT, SIGTERM};

  static void note(int signal) {
    asked = 1;
    std::signal(signal, SIG_DFL);
  }

  // All that a signal handler may write to.
  // NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables)
  static inline volatile std::sig_atomic_t asked = 0;
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
      const TaskChoice& task,
      const benchmarks::TrainingData& data,
      const std::string& task_name)
      : options_(options),
        selection_(selection),
        task_(task),
        data_(data),
        store_(ScoreStore::open(
            options.store,
            protocol(task_name),
            this_run(options.command_line, options.workers))) {
    stem_ = task_name;
    std::ranges::replace(stem_, '-', '_');
    unite_architectures();
    store_.declare(columns_of_all_seeds(), specs_, [&](std::size_t i) {
      return options_.shard.takes(hashes_[i]);
    });
  }

  int run() {
    const std::vector<Job> jobs = missing_jobs();
    train_all(jobs);
    analysis::write_output(
        options_.csv, [&](std::ostream& out) { write_table(out); });
    return report(jobs.size());
  }

 private:
  analysis::Protocol protocol(const std::string& task_name) const {
    const nets::TrainingOptions& t = options_.training;
    analysis::Protocol protocol{
        {"kind", "training"},
        {"space", selection_.space->info().name},
        {"task", task_name},
        {"classes", std::to_string(task_.classes)},
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
    const nets::Skeleton& skeleton = selection_.skeleton;
    if (skeleton.channels > 0) {
      protocol["channels"] = std::to_string(skeleton.channels);
    }
    if (skeleton.cells_per_stage > 0) {
      protocol["cells"] = std::to_string(skeleton.cells_per_stage);
    }
    return protocol;
  }

  nets::Graph build(const std::string& spec) const {
    return selection_.space->build(
        spec, task_.shape, task_.output, selection_.skeleton);
  }

  /// Every spec once, with the one that is trained for it: the first one that
  /// computes the same function.
  void unite_architectures() {
    std::set<std::string> known;
    std::map<std::uint64_t, std::size_t> first;
    for (const std::string& spec : selection_.specs) {
      if (!known.insert(spec).second) continue;
      const nets::Graph graph = build(spec);
      const auto [found, is_new] =
          first.try_emplace(graph.hash(), specs_.size());
      trained_.push_back(found->second);
      specs_.push_back(spec);
      hashes_.push_back(graph.hash());
      macs_.push_back(static_cast<double>(graph.macs()));
    }
  }

  std::string column(const char* measure, std::uint64_t seed) const {
    return fmt::format("{}_{}_seed{}", stem_, measure, seed);
  }

  Strings columns_of_all_seeds() const {
    Strings columns;
    for (int i = 0; i < options_.seeds; ++i) {
      const auto seed = options_.training.seed + static_cast<unsigned>(i);
      for (const char* measure : kMeasures) {
        columns.push_back(column(measure, seed));
      }
    }
    return columns;
  }

  bool mine(std::size_t architecture) const {
    return options_.shard.takes(hashes_[architecture]);
  }

  /// Heaviest first, so that no core is left with a long one in the end.
  std::vector<Job> missing_jobs() {
    std::vector<Job> jobs;
    for (std::size_t a = 0; a < specs_.size(); ++a) {
      if (trained_[a] != a || !mine(a)) continue;
      for (int i = 0; i < options_.seeds; ++i) {
        const auto seed = options_.training.seed + static_cast<unsigned>(i);
        if (store_.has(specs_[a], column(kMeasures[0], seed))) continue;
        // Part of the time does not depend on the architecture.
        constexpr double kOverhead = 1e6;
        jobs.push_back({a, seed, macs_[a] + kOverhead});
      }
    }
    std::ranges::stable_sort(jobs, std::greater{}, &Job::work);
    return jobs;
  }

  static nets::ExampleSource source_of(const benchmarks::Examples& examples) {
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
    nets::set_blas_threads_to_one();
    nets::keep_memory();
    const double work = std::accumulate(
        jobs.begin(), jobs.end(), 0.0, [](double sum, const Job& job) {
          return sum + job.work;
        });
    Progress progress(
        "training",
        static_cast<std::int64_t>(jobs.size()),
        options_.quiet,
        work);
    const Interruptible interruptible;
    const auto count = static_cast<std::int64_t>(jobs.size());
    run_parallel(count, 1, options_.workers, [&](std::int64_t i) {
      if (Interruptible::was_asked()) return;
      train_one(jobs[static_cast<std::size_t>(i)], progress);
    });
    interrupted_ = Interruptible::was_asked();
    if (!interrupted_) progress.finish();
  }

  void train_one(const Job& job, Progress& progress) {
    nets::TrainingOptions training = options_.training;
    training.seed = job.seed;
    const double all = static_cast<double>(training.epochs) *
                       static_cast<double>(data_.train.size());
    const auto result = nets::train(
        build(specs_[job.architecture]),
        source_of(data_.train),
        source_of(data_.test),
        training,
        [&](std::int64_t examples) {
          progress.advance(0, job.work * static_cast<double>(examples) / all);
          return !Interruptible::was_asked();
        });
    if (result.end == nets::TrainingEnd::stopped) return;
    store_.put(records(job, result));
    progress.advance(1);
    if (result.end == nets::TrainingEnd::diverged) {
      progress.note(fmt::format(
          "zcp: seed {} of {}: {}",
          job.seed,
          specs_[job.architecture],
          reason(result)));
    }
  }

  static std::string reason(const nets::TrainingResult& result) {
    return fmt::format(
        "the loss was not finite in epoch {}; a smaller --learning-rate may "
        "help",
        result.epochs);
  }

  /// All of a run, in one transaction.
  std::vector<ScoreRecord> records(
      const Job& job,
      const nets::TrainingResult& result) const {
    const bool good = result.end == nets::TrainingEnd::complete;
    const std::array<double, kMeasures.size()> values{
        result.test_accuracy,
        result.test_loss,
        result.train_accuracy,
        result.train_loss};
    std::vector<ScoreRecord> records;
    for (std::size_t i = 0; i < kMeasures.size(); ++i) {
      ScoreRecord record;
      record.arch = specs_[job.architecture];
      record.proxy = column(kMeasures[i], job.seed);
      record.status = good ? ScoreStatus::ok : ScoreStatus::degenerate;
      record.value =
          good ? values[i] : std::numeric_limits<double>::quiet_NaN();
      if (!good) record.reason = reason(result);
      record.seconds = result.seconds;
      records.push_back(std::move(record));
    }
    return records;
  }

  /// Every run of the architectures asked for that the store has, of any seed.
  struct Runs {
    std::map<std::string, std::vector<double>> columns;  // NaN: none
    std::vector<double> seconds;                         // of all seeds
    std::set<std::uint64_t> seeds;
    std::size_t diverged = 0;
  };

  Runs collect() const {
    Runs runs;
    constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
    std::map<std::string, std::size_t> row;
    for (std::size_t a = 0; a < specs_.size(); ++a) row[specs_[a]] = a;
    runs.seconds.assign(specs_.size(), 0);
    const std::string test = fmt::format("{}_{}_seed", stem_, kMeasures[0]);
    for (const ScoreRecord& record : store_.find()) {
      const auto found = row.find(record.arch);
      if (found == row.end()) continue;
      auto& values = runs.columns[record.proxy];
      if (values.empty()) values.assign(specs_.size(), kNone);
      values[found->second] = record.value;
      if (!record.proxy.starts_with(test)) continue;
      runs.seeds.insert(std::stoull(record.proxy.substr(test.size())));
      runs.seconds[found->second] += record.seconds;
      if (record.status != ScoreStatus::ok) ++runs.diverged;
    }
    return runs;
  }

  /// Of the seeds with a value.
  double mean_of(
      const Runs& runs,
      const char* measure,
      std::size_t architecture) const {
    double sum = 0;
    int count = 0;
    for (const std::uint64_t seed : runs.seeds) {
      const double value = runs.columns.at(column(measure, seed))[architecture];
      if (std::isnan(value)) continue;
      sum += value;
      ++count;
    }
    return sum / count;  // NaN for none
  }

  /// The means, the seconds, then each seed's test accuracy.
  benchmarks::Table table() const {
    const Runs runs = collect();
    benchmarks::Table table;
    const auto add = [&](std::string name, const auto& value_of) {
      table.columns.push_back(std::move(name));
      table.values.emplace_back();
      for (std::size_t a = 0; a < specs_.size(); ++a) {
        if (mine(a)) table.values.back().push_back(value_of(trained_[a]));
      }
    };
    for (std::size_t a = 0; a < specs_.size(); ++a) {
      if (mine(a)) table.arch.push_back(specs_[a]);
    }
    for (const char* measure : kMeasures) {
      add(fmt::format("{}_{}", stem_, measure),
          [&](std::size_t a) { return mean_of(runs, measure, a); });
    }
    for (const std::uint64_t seed : runs.seeds) {
      const std::string name = column(kMeasures[0], seed);
      add(name, [&](std::size_t a) { return runs.columns.at(name)[a]; });
    }
    add("train_seconds", [&](std::size_t a) { return runs.seconds[a]; });
    return table;
  }

  /// Every call that left runs, and where: the table may be made in parts.
  void write_table(std::ostream& out) const {
    std::vector<std::string> said;
    const auto say = [&](const std::string& line) {
      if (std::ranges::count(said, line) > 0) return;
      out << "# " << line << "\n";
      said.push_back(line);
    };
    for (const analysis::Run& run : store_.runs()) {
      say(run.provenance.command);
    }
    for (const analysis::Run& run : store_.runs()) {
      say(fmt::format(
          "zcp {}, LibTorch {}, {}, {} workers",
          run.provenance.version,
          run.provenance.libtorch,
          run.provenance.cpu,
          run.provenance.threads));
    }
    say(described_columns());
    benchmarks::write_table(out, table());
  }

  std::string described_columns() const {
    return fmt::format(
        "{}_test and _train are accuracies in percent, _loss mean cross "
        "entropies, means over the seeds; train_seconds is the time of all "
        "seeds",
        stem_);
  }

  /// Says what is in the table. Returns the exit status.
  int report(std::size_t asked) const {
    const Runs runs = collect();
    std::vector<double> accuracies;
    for (std::size_t a = 0; a < specs_.size(); ++a) {
      if (trained_[a] != a) continue;
      const double mean =
          runs.seeds.empty() ? NAN : mean_of(runs, kMeasures[0], a);
      if (!std::isnan(mean)) accuracies.push_back(mean);
    }
    if (!options_.quiet) print_summary(runs, accuracies);
    if (!interrupted_) return 0;
    std::cerr << fmt::format(
        "zcp: interrupted; {} keeps what is complete, the same command goes "
        "on from there ({} networks were asked for)\n",
        options_.store,
        asked);
    return 1;
  }

  static std::string counted(std::size_t count, const char* thing) {
    return fmt::format("{} {}{}", count, thing, count == 1 ? "" : "s");
  }

  void print_summary(const Runs& runs, std::vector<double> accuracies) const {
    if (!accuracies.empty()) {
      std::ranges::sort(accuracies);
      std::cerr << fmt::format(
          "zcp: {} trained; test accuracy {:.2f} to {:.2f} %, median {:.2f} "
          "%\n",
          counted(accuracies.size(), "architecture"),
          accuracies.front(),
          accuracies.back(),
          accuracies[accuracies.size() / 2]);
    }
    if (runs.diverged > 0) {
      std::cerr << fmt::format(
          "zcp: {} diverged; their fields are empty\n",
          counted(runs.diverged, "run"));
    }
    std::vector<std::vector<double>> by_seed;
    for (const std::uint64_t seed : runs.seeds) {
      by_seed.push_back(runs.columns.at(column(kMeasures[0], seed)));
    }
    if (by_seed.size() < 2) return;
    const analysis::Ceiling ceiling =
        analysis::noise_ceiling(by_seed, 0, options_.training.seed);
    if (ceiling.n < 2) return;
    std::cerr << fmt::format(
        "zcp: {} have all {} seeds, which agree with a mean tau of {:.3f} "
        "(rho {:.3f})\n",
        ceiling.n,
        by_seed.size(),
        ceiling.tau,
        ceiling.rho);
  }

  const TrainOptions& options_;
  const Selection& selection_;
  const TaskChoice& task_;
  const benchmarks::TrainingData& data_;
  ScoreStore store_;
  std::string stem_;  ///< of columns: the task's name with underscores
  Strings specs_;
  std::vector<std::size_t> trained_;  // by spec: where its runs are
  std::vector<std::uint64_t> hashes_;
  std::vector<double> macs_;
  bool interrupted_ = false;
};

/// What networks take and give, without an opened task.
TaskChoice shape_of(const benchmarks::TrainingData& data, int classes) {
  const int outputs = classes > 0 ? classes : data.info.classes;
  if (outputs < data.info.classes) {
    throw UserError(
        "--classes {}: the data have {}", classes, data.info.classes);
  }
  const benchmarks::InputShape& shape = data.info.shape;
  return {
      data.info.name,
      {shape.channels, shape.height, shape.width},
      outputs,
      {outputs},
      data.info.criterion,
      nullptr};
}

}  // namespace

int train(const Arguments& arguments) {
  po::options_description description = describe_options();
  po::variables_map values;
  if (!parse_options(
          arguments,
          "zcp train: trains architectures, for a table of accuracies of one's "
          "own",
          "  zcp train --space nats-tss --sample 100 --channels 8 --cells 1 "
          "--task fashion-mnist \\\n    --resolution 16 --train-images 10000 "
          "--epochs 4 --seeds 3 --csv accuracies.csv\n\n"
          "Killed at any moment and started again, it goes on from the runs "
          "that were complete.",
          description,
          values)) {
    return 0;
  }
  const TrainOptions options = read_options(values, arguments);
  analysis::check_destination(options.csv, options.store);
  if (values.count("model") != 0) {
    throw UserError("--model: zcp train takes architectures of a --space");
  }
  Selection selection = select_architectures(values, options.training.seed);
  const auto task_name = values["task"].as<std::string>();
  const benchmarks::TrainingData data =
      benchmarks::open_training_data(task_name, options.data);
  const TaskChoice task = shape_of(data, values["classes"].as<int>());
  keep_distinct(selection, task);
  return TrainRun(options, selection, task, data, task_name).run();
}

}  // namespace zcp::apps
