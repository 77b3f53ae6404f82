#include <fmt/format.h>
#include <omp.h>

#include <algorithm>
#include <cmath>
#include <iostream>
#include <limits>
#include <map>
#include <mutex>
#include <optional>

#include "analysis/store/score_store.h"
#include "apps/commands.h"
#include "apps/progress.h"
#include "apps/provenance.h"
#include "apps/score_csv.h"
#include "apps/selection.h"
#include "apps/shard.h"
#include "common/atomic_file.h"
#include "common/error.h"
#include "common/hash.h"
#include "common/parallel.h"
#include "proxies/engine/bfloat16.h"
#include "proxies/engine/evaluator.h"
#include "proxies/engine/schedule.h"
#include "proxies/registry.h"

namespace zcp::apps {
namespace {

namespace po = boost::program_options;
using engine::Descriptor;
using engine::Score;
using engine::WorkItem;
using store::ScoreRecord;
using store::ScoreStore;
using Strings = std::vector<std::string>;

struct ScoreOptions {
  Strings proxy_names;
  engine::EvaluatorOptions evaluator;
  std::string init_name;
  Strings devices;
  int workers;  ///< on all devices together
  std::string csv;
  std::string store;
  Shard shard;
  bool quiet;
  std::string command_line;
};

po::options_description describe_options() {
  po::options_description options("What");
  add_selection_options(options);
  po::options_description protocol("Protocol");
  protocol.add_options()(
      "proxies",
      po::value<std::string>()->required(),
      "names, or the groups core, suite-zero, all; comma-separated");
  add_task_options(protocol);
  protocol.add_options()(
      "batch-size", po::value<int>()->default_value(64), "images a minibatch")(
      "minibatches",
      po::value<int>()->default_value(2),
      "for the proxies that look at several; the others use the first")(
      "seed",
      po::value<std::int64_t>()->default_value(0),
      "of weights, minibatches, noise and --sample")(
      "init",
      po::value<std::string>()->default_value("default"),
      "initialiser of every proxy's network; default: the one it was "
      "published with, a model's own weights")(
      "precision",
      po::value<std::string>()->default_value("fp32"),
      "of weights and activations: fp32, bf16 or fp64")(
      "device",
      po::value<std::string>()->default_value("cpu"),
      "cpu, or cuda:0[,cuda:1...]")(
      "workers",
      po::value<int>()->default_value(0),
      "architectures at once (0: the cores, or one a device), on each device; "
      "scores do not depend on it");
  po::options_description where("Where");
  where.add_options()(
      "csv",
      po::value<std::string>()->default_value("-"),
      "table of the scores (-: standard output)")(
      "store",
      po::value<std::string>(),
      "SQLite file that keeps scores; what it has is not computed again")(
      "shard",
      po::value<std::string>(),
      "I/N: only the I-th of N stable parts, 0 <= I < N");
  options.add(protocol).add(where);
  return options;
}

/// Devices of one kind, no two the same.
Strings parse_devices(const std::string& text) {
  const auto kind = [](const std::string& device) {
    return device.substr(0, device.find(':'));
  };
  Strings devices = split_list(text);
  if (devices.empty()) {
    throw UserError("--device {}: expected cpu or cuda:0[,cuda:1...]", text);
  }
  for (const std::string& device : devices) {
    if (kind(device) != kind(devices[0]) ||
        std::ranges::count(devices, device) > 1) {
      throw UserError(
          "--device {}: expected different devices of one kind", text);
    }
  }
  return devices;
}

bool on_cpu(const ScoreOptions& options) {
  return options.devices[0] == "cpu";
}

/// On a processor the cores, else `asked` (one, where nothing was) a device.
int worker_count(int asked, const ScoreOptions& options) {
  if (on_cpu(options)) return asked > 0 ? asked : omp_get_num_procs();
  return std::max(asked, 1) * static_cast<int>(options.devices.size());
}

ScoreOptions read_options(
    const po::variables_map& values,
    const Arguments& arguments) {
  ScoreOptions options;
  options.proxy_names = split_list(values["proxies"].as<std::string>());
  options.evaluator.seed = non_negative(values, "seed");
  options.evaluator.batch_size = at_least(values, "batch-size", 1);
  options.evaluator.minibatches = at_least(values, "minibatches", 1);
  options.init_name = values["init"].as<std::string>();
  if (options.init_name != "default") {
    options.evaluator.initialiser =
        initialisers::find_initialiser(options.init_name);
  }
  options.evaluator.precision = values["precision"].as<std::string>();
  options.devices = parse_devices(values["device"].as<std::string>());
  options.workers = worker_count(at_least(values, "workers", 0), options);
  options.csv = values["csv"].as<std::string>();
  if (values.count("store") != 0) {
    options.store = values["store"].as<std::string>();
  }
  if (values.count("shard") != 0) {
    options.shard = parse_shard(values["shard"].as<std::string>());
  }
  options.quiet = values.count("quiet") != 0;
  options.command_line = command_line("score", arguments);
  return options;
}

bool is_group(const std::string& name) {
  return name == "all" ||
         std::ranges::find(proxies::groups(), name, &proxies::Group::name) !=
             proxies::groups().end();
}

/// A proxy asked for by its own name has to be served; one that came with a
/// group only has no score.
void require_served(const ScoreOptions& options) {
  for (const std::string& name : options.proxy_names) {
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

std::vector<Minibatch> load_minibatches(
    const TaskChoice& task,
    const engine::EvaluatorOptions& options) {
  std::vector<Minibatch> minibatches;
  for (int i = 0; i < options.minibatches; ++i) {
    minibatches.push_back(task.task->minibatch(i, options.batch_size));
  }
  return minibatches;
}

/// One call of `zcp score`.
class ScoreRun {
 public:
  ScoreRun(
      const ScoreOptions& options,
      Selection selection,
      std::vector<const Descriptor*> proxies,
      const TaskChoice& task,
      const po::variables_map& values)
      : options_(options),
        selection_(std::move(selection)),
        names_(selection_.names()),
        proxies_(std::move(proxies)),
        task_(task) {
    make_evaluators();
    for (const Descriptor* proxy : proxies_) {
      proxy_names_.push_back(proxy->name);
    }
    unite_names();
    fingerprint_all();
    if (!options_.store.empty()) open_store(values);
  }

  int run() {
    compute(missing_targets());
    write_output(options_.csv, [&](std::ostream& out) { write_rows(out); });
    if (!options_.quiet) report_missing();
    return 0;
  }

 private:
  bool needs_inputs() const {
    return std::ranges::any_of(
        proxies_, [](const auto* proxy) { return proxy->needs.inputs(); });
  }

  /// One for all workers of a processor, one for each of other devices: work
  /// queues there are the evaluator's.
  void make_evaluators() {
    std::vector<Minibatch> minibatches;
    if (task_.task != nullptr) {
      minibatches = load_minibatches(task_, options_.evaluator);
    }
    const int count = on_cpu(options_) ? 1 : options_.workers;
    for (int i = 0; i < count; ++i) {
      engine::EvaluatorOptions options = options_.evaluator;
      const auto device = static_cast<std::size_t>(i);
      options.device = options_.devices[device % options_.devices.size()];
      evaluators_.push_back(std::make_unique<engine::Evaluator>(
          proxies_, options, task_.shape, task_.output, minibatches));
    }
  }

  /// The calling worker's.
  const engine::Evaluator& evaluator() const {
    const auto worker = static_cast<std::size_t>(omp_get_thread_num());
    return *evaluators_[worker % evaluators_.size()];
  }

  /// Scores are kept once for each name, however often it was asked for.
  void unite_names() {
    std::map<std::string, std::size_t> seen;
    for (std::size_t i = 0; i < names_.size(); ++i) {
      const auto [found, is_new] =
          seen.try_emplace(names_[i], unique_names_.size());
      if (is_new) {
        unique_names_.push_back(names_[i]);
        sources_.push_back(i);
      }
      row_of_.push_back(found->second);
    }
    scores_.assign(
        unique_names_.size(),
        std::vector<std::optional<Score>>(proxies_.size()));
  }

  graph::Graph build(std::size_t architecture, graph::Folding folding) const {
    return selection_.space->build(
        unique_names_[architecture],
        task_.shape,
        task_.output,
        selection_.skeleton,
        folding);
  }

  /// True where no proxy runs or looks at anything: then each architecture is
  /// its own work, and building it once is all there is to do.
  bool only_counts() const {
    return options_.shard.count == 1 &&
           std::ranges::all_of(proxies_, [](const Descriptor* proxy) {
             return proxy->needs.counts_only;
           });
  }

  void fingerprint_all() {
    prints_.resize(unique_names_.size());
    if (selection_.space == nullptr || only_counts()) {
      for (std::size_t i = 0; i < prints_.size(); ++i) {
        const std::uint64_t hash = hash64(unique_names_[i]);
        prints_[i] = {hash, hash, hash, 0};
      }
      return;
    }
    const bool declared = std::ranges::any_of(proxies_, [](const auto* proxy) {
      return proxy->needs.folding == graph::Folding::as_declared;
    });
    const auto fingerprint = [&](std::size_t i) {
      const graph::Graph graph = build(i, graph::Folding::functional);
      prints_[i] = {graph.hash(), 0, 0, graph.macs()};
      if (declared) {
        const graph::Graph all = build(i, graph::Folding::as_declared);
        prints_[i].declared = all.hash();
        prints_[i].declared_calls = all.declared_hash();
      }
    };
    parallel_for(
        prints_.size(),
        fingerprint,
        {.workers = options_.workers, .chunk = 256});
  }

  bool mine(std::size_t architecture) const {
    return options_.shard.takes(prints_[architecture].functional);
  }

  store::Protocol protocol(const po::variables_map& values) const {
    const auto& e = options_.evaluator;
    store::Protocol protocol{
        {"space",
         selection_.space != nullptr ? selection_.space->info().name
                                     : "models"},
        {"task", task_.name},
        {"classes", std::to_string(task_.classes)},
        {"transform", values["transform"].as<std::string>()},
        {"batch_size", std::to_string(e.batch_size)},
        {"minibatches", std::to_string(e.minibatches)},
        {"seed", std::to_string(e.seed)},
        {"init", options_.init_name},
        {"precision", e.precision},
        {"device",
         options_.devices[0].substr(0, options_.devices[0].find(':'))}};
    add_skeleton(protocol, selection_.skeleton);
    if (values["resolution"].as<int>() > 0) {
      protocol["resolution"] = std::to_string(values["resolution"].as<int>());
    }
    if (needs_inputs()) protocol["data"] = task_.task->fingerprint();
    return protocol;
  }

  void open_store(const po::variables_map& values) {
    store_.emplace(ScoreStore::open(
        options_.store,
        protocol(values),
        this_run(options_.command_line, options_.workers)));
    store_->declare(
        proxy_names_, unique_names_, [&](std::size_t i) { return mine(i); });
    std::map<std::string, std::size_t> row;
    for (std::size_t i = 0; i < unique_names_.size(); ++i) {
      row[unique_names_[i]] = i;
    }
    std::map<std::string, std::size_t> column;
    for (std::size_t i = 0; i < proxy_names_.size(); ++i) {
      column[proxy_names_[i]] = i;
    }
    for (const ScoreRecord& record : store_->find({}, proxy_names_)) {
      const auto found = row.find(record.arch);
      if (found == row.end()) continue;
      scores_[found->second][column[record.proxy]] = from_record(record);
    }
  }

  static Score from_record(const ScoreRecord& record) {
    return {record.status, record.value, record.reason, record.seconds};
  }

  ScoreRecord to_record(
      std::size_t architecture,
      std::size_t proxy,
      const Score& score) const {
    const bool ok = score.status == ScoreStatus::ok;
    return {
        unique_names_[architecture],
        proxy_names_[proxy],
        score.status,
        ok ? score.value : std::numeric_limits<double>::quiet_NaN(),
        score.reason,
        score.seconds};
  }

  std::vector<engine::MissingScore> missing_targets() const {
    std::vector<engine::MissingScore> missing;
    for (std::size_t a = 0; a < unique_names_.size(); ++a) {
      if (!mine(a)) continue;
      for (std::size_t p = 0; p < proxies_.size(); ++p) {
        if (!scores_[a][p]) missing.push_back({a, p});
      }
    }
    return missing;
  }

  std::vector<Score> score_item(const WorkItem& item) const {
    std::vector<const Descriptor*> which;
    for (const std::size_t p : item.proxies) which.push_back(proxies_[p]);
    if (selection_.space == nullptr) {
      return evaluator().score_model(
          selection_.models[sources_[item.representative]], which);
    }
    const auto folding = only_counts() ? graph::Folding::counted : item.folding;
    return evaluator().score(build(item.representative, folding), which);
  }

  /// Gives an item's scores to whom they serve, in memory and in the store.
  /// Returns how many architectures are complete by it.
  std::int64_t keep(const WorkItem& item, const std::vector<Score>& scores) {
    std::vector<ScoreRecord> records;
    std::int64_t complete = 0;
    const std::scoped_lock lock(mutex_);
    for (std::size_t p = 0; p < item.proxies.size(); ++p) {
      for (const std::size_t a : item.architectures[p]) {
        scores_[a][item.proxies[p]] = scores[p];
        records.push_back(to_record(a, item.proxies[p], scores[p]));
        if (--missing_[a] == 0) ++complete;
      }
    }
    if (store_) store_->put(records);
    return complete;
  }

  void compute(const std::vector<engine::MissingScore>& missing) {
    if (missing.empty()) return;
    missing_.assign(unique_names_.size(), 0);
    for (const auto& target : missing) ++missing_[target.architecture];
    const std::vector<WorkItem> items =
        engine::make_schedule(prints_, proxies_, missing);
    double work = 0;
    for (const WorkItem& item : items) work += engine::relative_cost(item);
    Progress progress(
        "scoring",
        std::ranges::count_if(missing_, [](int count) { return count > 0; }),
        options_.quiet,
        work);
    const auto score_one = [&](std::size_t i) {
      const WorkItem& item = items[i];
      const std::int64_t complete = keep(item, score_item(item));
      progress.advance(complete, engine::relative_cost(item));
    };
    parallel_for(items.size(), score_one, {.workers = options_.workers});
    progress.finish();
  }

  void write_rows(std::ostream& out) const {
    Strings rows;
    std::vector<std::size_t> kept;
    for (std::size_t i = 0; i < names_.size(); ++i) {
      if (!mine(row_of_[i])) continue;
      rows.push_back(names_[i]);
      kept.push_back(row_of_[i]);
    }
    write_scores_csv(
        out, rows, proxy_names_, [&](std::size_t arch, std::size_t proxy) {
          const auto& score = scores_[kept[arch]][proxy];
          const bool ok = score && score->status == ScoreStatus::ok;
          return ok ? score->value : std::numeric_limits<double>::quiet_NaN();
        });
  }

  /// Says on standard error how many scores do not exist, and why.
  void report_missing() const {
    struct Group {
      std::size_t count = 0;
      std::string example;
    };
    std::map<std::pair<std::string, std::string>, Group> groups;
    for (std::size_t a = 0; a < unique_names_.size(); ++a) {
      for (std::size_t p = 0; p < proxies_.size(); ++p) {
        const auto& score = scores_[a][p];
        if (!score || score->status == ScoreStatus::ok) continue;
        Group& group = groups[{proxy_names_[p], score->reason}];
        if (group.count++ == 0) group.example = unique_names_[a];
      }
    }
    for (const auto& [key, group] : groups) {
      std::cerr << fmt::format(
          "zcp: no {} for {} of {}: {} ({}{})\n",
          key.first,
          group.count,
          unique_names_.size(),
          key.second,
          group.count > 1 ? "first " : "",
          group.example);
    }
  }

  const ScoreOptions& options_;
  Selection selection_;
  Strings names_;  // as asked, repetitions included
  std::vector<const Descriptor*> proxies_;
  Strings proxy_names_;
  const TaskChoice& task_;
  std::vector<std::unique_ptr<const engine::Evaluator>> evaluators_;
  Strings unique_names_;
  std::vector<std::size_t> sources_;  // unique name -> index as asked
  std::vector<std::size_t> row_of_;   // index as asked -> unique name
  std::vector<engine::Fingerprint> prints_;
  std::vector<std::vector<std::optional<Score>>> scores_;
  std::vector<int> missing_;  // scores yet to come, by architecture
  std::optional<ScoreStore> store_;
  std::mutex mutex_;
};

}  // namespace

int score(const Arguments& arguments) {
  po::options_description description = describe_options();
  po::variables_map values;
  if (!parse_options(
          arguments,
          "zcp score: scores architectures without training them",
          "  zcp score --space nats-tss --sample 100 --task cifar10 "
          "--data cifar-10-batches-bin \\\n    --proxies core "
          "--store scores.sqlite --csv scores.csv",
          description,
          values)) {
    return 0;
  }
  ScoreOptions options = read_options(values, arguments);
  check_destination(options.csv, options.store);
  const auto selected = proxies::select_proxies(options.proxy_names);
  require_served(options);
  if (options.evaluator.precision == "bf16" && !options.quiet) {
    std::cerr << "zcp: bf16: " << engine::describe_bfloat16() << "\n";
  }
  Selection selection = select_architectures(values, options.evaluator.seed);
  const bool needs_data = std::ranges::any_of(
      selected, [](const auto* proxy) { return proxy->needs.inputs(); });
  const TaskChoice task =
      choose_task(values, needs_data, options.evaluator.seed);
  options.evaluator.loss = task.loss;
  keep_distinct(selection, task);
  return ScoreRun(options, std::move(selection), selected, task, values).run();
}

}  // namespace zcp::apps
