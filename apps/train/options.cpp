#include "apps/train/options.h"

#include <filesystem>

#include "apps/allocation.h"
#include "apps/command_line.h"
#include "apps/device_option.h"
#include "apps/option_values.h"
#include "common/error.h"

namespace zcp::apps {
namespace {

namespace po = boost::program_options;

constexpr Limits kEpochs{1, 1000000};
constexpr Limits kSeeds{1, 10000};
constexpr double kMostRate = 1000;  ///< of learning, and of decay

po::options_description training_options() {
  po::options_description options("What");
  add_selection_options(options, false);
  add_budget_options(options);
  po::options_description protocol("Protocol");
  add_task_options(protocol, "augment");
  protocol.add_options()(
      "train-images",
      ranged<std::int64_t>(0)->default_value(0),
      "number of images to train on, the same ones in every run (0: all)")(
      "test-images",
      ranged<std::int64_t>(0)->default_value(0),
      "number of images to test with, the same ones in every run (0: all)")(
      "epochs",
      limited(kEpochs),
      "how many times each training goes over the training images")(
      "batch-size",
      limited(kBatchSize)->default_value(128),
      "images in a minibatch")(
      "learning-rate",
      ranged(0.0, kMostRate)->default_value(0.1, "0.1"),
      "learning rate at the start; it falls to 0 along half a cosine")(
      "momentum",
      ranged(0.0, 1.0)->default_value(0.9, "0.9"),
      "Nesterov's momentum")(
      "weight-decay",
      ranged(0.0, kMostRate)->default_value(5e-4, "0.0005"),
      "weight decay of every parameter")(
      "init",
      po::value<std::string>()->default_value("pytorch"),
      "how weights are drawn")(
      "seeds",
      limited(kSeeds)->default_value(1),
      "trainings of each architecture, with the seed --seed and the numbers "
      "after it")(
      "seed",
      ranged<std::int64_t>(0)->default_value(0),
      "seed of --sample, and the first seed of weights, order and crops");
  add_device_option(protocol);
  protocol.add_options()(
      "workers",
      limited(kWorkers)->default_value(0),
      "networks that are trained at once on each device, on a core each (0: as "
      "many as there are cores for this process, or their share); accuracies "
      "do not depend on it");
  po::options_description where("Where");
  where.add_options()(
      "csv",
      po::value<std::string>(),
      "the file for the table of accuracies (-: standard output)")(
      "suggest",
      ranged<std::int64_t>(1),
      "train nothing, but print so many architectures, one spec a line, whose "
      "accuracies would tell most of all others', given those that --csv has")(
      "store",
      po::value<std::string>(),
      "an SQLite file that keeps every training; what it has already is not "
      "trained again (without: the table's name with .sqlite)");
  add_shard_options(where);
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
  if (values.count("epochs") != 0) {
    options.epochs = whole_number(values, "epochs", kEpochs);
  }
  options.batch_size = whole_number(values, "batch-size", kBatchSize);
  options.learning_rate = in_range(values, "learning-rate", 0, kMostRate);
  options.momentum = in_range(values, "momentum", 0, 1);
  if (options.momentum == 1) {
    throw UserError("--momentum 1: expected 0 or more and less than 1");
  }
  options.weight_decay = in_range(values, "weight-decay", 0, kMostRate);
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

tasks::TrainingDataOptions read_data_options(const po::variables_map& values) {
  tasks::TrainingDataOptions options;
  options.data = optional_value<std::string>(values, "data").value_or("");
  options.resolution = whole_number(values, "resolution", kResolution);
  options.train_size =
      static_cast<std::int64_t>(non_negative(values, "train-images"));
  options.test_size =
      static_cast<std::int64_t>(non_negative(values, "test-images"));
  options.classes = whole_number(values, "classes", kClasses);
  options.transform =
      tasks::parse_transform(values["transform"].as<std::string>());
  return options;
}

/// What training needs and --suggest does not.
void require_training(const po::variables_map& values) {
  for (const char* name : {"epochs", "csv"}) {
    if (values.count(name) != 0) continue;
    throw UserError(
        "the option '--{}' is required but missing (--help lists the options)",
        name);
  }
}

TrainOptions read_values(
    const po::variables_map& values,
    const Arguments& arguments) {
  TrainOptions options;
  options.suggest = positive(values, "suggest");
  if (!options.suggest) require_training(values);
  options.selection = parse_selection_options(values);
  options.task = parse_task_options(values);
  options.budget = parse_budget(values);
  options.training = read_training(values);
  options.seeds = whole_number(values, "seeds", kSeeds);
  options.data = read_data_options(values);
  options.init = values["init"].as<std::string>();
  options.devices = parse_devices(values);
  options.workers =
      worker_count(whole_number(values, "workers", kWorkers), options.devices);
  options.csv = optional_value<std::string>(values, "csv").value_or("");
  options.quiet = is_given(values, "quiet");
  if (options.suggest) return options;
  options.store = store_of(values);
  const auto shard = optional_value<std::string>(values, "shard");
  options.shard = parse_shard_options(values);
  options.note =
      take_part_in_array(shard, options.shard, options.store, options.csv);
  options.command_line = command_line("train", arguments);
  return options;
}

}  // namespace

std::vector<std::uint64_t> TrainOptions::all_seeds() const {
  std::vector<std::uint64_t> all;
  for (int i = 0; i < seeds; ++i) {
    all.push_back(training.seed + static_cast<std::uint64_t>(i));
  }
  return all;
}

std::vector<std::string> TrainOptions::inputs() const {
  std::vector<std::string> paths = selection.inputs();
  paths.push_back(data.data);
  if (!budget.costs.empty()) paths.push_back(budget.costs);
  return paths;
}

std::optional<TrainOptions> parse_train_options(const Arguments& arguments) {
  po::options_description description = training_options();
  po::variables_map values;
  if (!parse_options(
          arguments,
          "zcp train: trains architectures, for a table of accuracies of your "
          "own\n"
          "\n"
          "Trains each architecture from scratch with every seed and writes "
          "its test accuracy into a CSV, which zcp correlate takes as --truth. "
          "The networks are best made small (--channels, --cells, "
          "--resolution): what is wanted is their order. Every training that "
          "is complete is kept.",
          "  zcp train --space nats-tss --sample 100 --channels 8 --cells 3 "
          "--task fashion-mnist \\\n    --resolution 12 --train-images 5000 "
          "--epochs 6 --seeds 3 --csv accuracies.csv\n\n"
          "Killed at any moment and started again, it goes on from the runs "
          "that were complete.\n\n"
          "  zcp train --space nats-tss --all --csv accuracies.csv --suggest 8 "
          "\\\n    > next.txt\n\n"
          "names eight more for --archs next.txt.",
          description,
          values)) {
    return std::nullopt;
  }
  return read_values(values, arguments);
}

}  // namespace zcp::apps
