#include "apps/search/networks.h"

#include <fmt/format.h>

#include <filesystem>
#include <map>
#include <mutex>
#include <stdexcept>
#include <utility>

#include "apps/encode/encoder.h"
#include "apps/fingerprints.h"
#include "apps/interruptible.h"
#include "apps/open_store.h"
#include "apps/provenance.h"
#include "apps/score/protocol.h"
#include "apps/score/run.h"
#include "apps/score/score_table.h"
#include "apps/score/work.h"
#include "apps/search/run.h"
#include "common/error.h"
#include "common/json.h"
#include "common/parallel.h"
#include "nets/kernels/device_arithmetic.h"
#include "nets/networks/script_write.h"
#include "nets/spaces/json/json_space.h"
#include "proxies/engine/schedule.h"
#include "proxies/registry.h"

namespace zcp::apps {
namespace {

using store::ScoreStore;
using Strings = std::vector<std::string>;

/// The options as `zcp score` would have them for the task.
ScoreOptions options_for(
    const SearchOptions& options,
    const std::string& task,
    const Strings& proxies) {
  ScoreOptions own = options.score;
  own.proxies = proxies;
  own.store = store_of_task(own.store, task);
  if (task.empty()) return own;
  own.task.name = task;
  own.task.data.clear();
  for (const std::string& text : options.task_data) {
    const std::size_t equals = text.find('=');
    if (text.substr(0, equals) == task) {
      own.task.data = text.substr(equals + 1);
    }
  }
  return own;
}

/// The proxies of those names, each as often as it is asked for.
Proxies find_proxies(const Strings& names) {
  Proxies proxies;
  for (const std::string& name : names) {
    try {
      proxies.push_back(&proxies::find_proxy(name));
    } catch (const UserError& error) {
      throw UserError(
          "--by {}: no column of --scores or --truth, and {}",
          name,
          error.what());
    }
  }
  return proxies;
}

Selection selection_of(const ScoreOptions& options) {
  return select_architectures(options.selection, options.evaluator.seed);
}

class NetworkScorer final : public ProxyScorer {
 public:
  /// Where `stored`, nothing is computed and nothing written.
  NetworkScorer(ScoreOptions options, Strings names, bool stored)
      : options_(std::move(options)),
        stored_(stored),
        asked_(find_proxies(names)),
        proxies_(proxies::select_proxies(names)),
        names_(names_of(proxies_)),
        selection_(selection_of(options_)),
        task_(choose_task(
            options_.task,
            read_data(proxies_),
            options_.evaluator.seed)),
        graphs_(graphs_of(selection_, task_)),
        scorer_(options_, proxies_, selection_, task_, batch_, graphs_.get()) {
    require_served(options_);
    require_memory(options_, task_);
    if (options_.store.empty()) return;
    if (stored_ && !std::filesystem::exists(options_.store)) {
      throw UserError(
          "--stored: found no {}, expected the store of this search",
          options_.store);
    }
    store_.emplace(open_store(
        options_.store,
        score_protocol(options_, selection_, task_, read_data(proxies_)),
        this_run(options_.command_line, options_.workers),
        {names_, {}, [](std::size_t) { return true; }}));
  }

  std::optional<std::vector<std::vector<double>>> score(
      const Strings& archs) override {
    batch_ = unite_names(archs);
    ScoreTable table(batch_.unique, names_);
    if (store_) {
      // The store lists what was proposed in that order, whoever was ready
      // first.
      if (!stored_) store_->declare(names_, batch_.unique);
      table.add_records(store_->find(batch_.unique, names_));
    }
    const auto prints = scorer_.fingerprints();
    remember(table, prints);
    recall(table, prints);
    const auto all = [](std::size_t) { return true; };
    if (stored_ && table.count_missing(all) > 0) return std::nullopt;
    compute(engine::make_schedule(prints, proxies_, table.missing(all)), table);
    if (table.count_missing(all) > 0) return std::nullopt;
    remember(table, prints);
    note_missing(table);
    std::vector<std::vector<double>> values;
    for (std::size_t a = 0; a < archs.size(); ++a) {
      values.emplace_back();
      for (const engine::Descriptor* proxy : asked_) {
        values.back().push_back(table.value(a, place_of(proxy)));
      }
    }
    return values;
  }

  std::int64_t computed() const override { return computed_; }

  Strings missing_lines() const override {
    Strings lines;
    for (const auto& [key, found] : reasons_) {
      lines.push_back(fmt::format(
          "no {} for {}: {} ({}{})",
          key.first,
          found.first == 1 ? std::string("one architecture")
                           : fmt::format("{} architectures", found.first),
          key.second,
          found.first > 1 ? "first " : "",
          found.second));
    }
    return lines;
  }

 private:
  using Prints = std::vector<engine::Fingerprint>;
  using Function = std::pair<std::uint64_t, std::size_t>;  // hash, proxy

  std::size_t place_of(const engine::Descriptor* proxy) const {
    return static_cast<std::size_t>(
        std::ranges::find(proxies_, proxy) - proxies_.begin());
  }

  /// What a proxy of an architecture depends on, as make_schedule() has it.
  Function function_of(const engine::Fingerprint& print, std::size_t proxy)
      const {
    const bool functional =
        proxies_[proxy]->needs.folding == graph::Folding::functional;
    return {functional ? print.functional : print.declared_calls, proxy};
  }

  /// Keeps scores for architectures that compute the same function.
  void remember(const ScoreTable& table, const Prints& prints) {
    for (std::size_t a = 0; a < prints.size(); ++a) {
      for (std::size_t p = 0; p < proxies_.size(); ++p) {
        const auto& score = table.at(a, p);
        if (score && !score->transient) {
          known_.try_emplace(function_of(prints[a], p), *score);
        }
      }
    }
  }

  void recall(ScoreTable& table, const Prints& prints) {
    for (std::size_t a = 0; a < prints.size(); ++a) {
      for (std::size_t p = 0; p < proxies_.size(); ++p) {
        if (table.at(a, p)) continue;
        const auto found = known_.find(function_of(prints[a], p));
        if (found == known_.end()) continue;
        const engine::WorkItem item{
            a, proxies_[p]->needs.folding, {p}, {{a}}, 0};
        put(table.add(item, {&found->second, 1}).records);
      }
    }
  }

  void put(const std::vector<store::ScoreRecord>& records) {
    if (store_) store_->put(records);
  }

  void compute(const std::vector<engine::WorkItem>& items, ScoreTable& table) {
    std::mutex mutex;
    const auto score_one = [&](std::size_t i) {
      if (Interruptible::was_asked()) return;
      const auto scores = scorer_.score(items[i]);
      const std::scoped_lock lock(mutex);
      for (const engine::Score& score : scores) {
        if (score.transient) throw_transient(items[i], score);
      }
      put(table.add(items[i], scores).records);
      computed_ += static_cast<std::int64_t>(scores.size());
    };
    parallel_for(items.size(), score_one, {.workers = options_.workers});
  }

  [[noreturn]] void throw_transient(
      const engine::WorkItem& item,
      const engine::Score& score) const {
    throw std::runtime_error(fmt::format(
        "{}: {}; a reason outside the architecture, the same command goes on "
        "from there",
        batch_.unique[item.representative],
        score.reason));
  }

  void note_missing(const ScoreTable& table) {
    for (std::size_t a = 0; a < table.archs().size(); ++a) {
      for (std::size_t p = 0; p < names_.size(); ++p) {
        const auto& score = table.at(a, p);
        if (!score || score->status == ScoreStatus::ok) continue;
        auto& found = reasons_[{names_[p], score->reason}];
        if (found.first++ == 0) found.second = table.archs()[a];
      }
    }
  }

  const ScoreOptions options_;
  const bool stored_;
  const Proxies asked_;
  const Proxies proxies_;
  const Strings names_;
  const Selection selection_;
  const TaskChoice task_;
  const std::unique_ptr<GraphCache> graphs_;
  Architectures batch_;  // what scorer_ scores
  const Scorer scorer_;
  std::optional<ScoreStore> store_;
  std::map<Function, engine::Score> known_;
  std::map<
      std::pair<std::string, std::string>,
      std::pair<std::int64_t, std::string>>
      reasons_;  // by proxy and reason: how many, and the first
  std::int64_t computed_ = 0;
};

/// What a network was made of, so that others can make it again.
nlohmann::ordered_json note_of(
    const SearchOptions& options,
    const std::string& arch,
    const TaskChoice& task,
    const spaces::Skeleton& skeleton) {
  nlohmann::ordered_json note;
  note["made_by"] = options.score.command_line;
  note["space"] = *options.score.selection.space;
  note["arch"] = arch;
  note["image"] = {task.shape.channels, task.shape.height, task.shape.width};
  note["classes"] = task.output.channels;
  note["head"] = kHeadNames.at(static_cast<std::size_t>(task.output.head));
  note["channels"] = skeleton.channels;
  note["cells"] = skeleton.cells_per_stage;
  note["affine"] = skeleton.affine;
  note["seed"] = options.score.evaluator.seed;
  note["init"] = options.score.init;
  return note;
}

std::string write_winner(
    const SearchOptions& options,
    const std::string& arch) {
  const Selection selection = selection_of(options.score);
  const TaskChoice task =
      choose_task(options.score.task, false, options.score.evaluator.seed);
  require_one_input(task);
  const auto space = spaces::open_space(*options.score.selection.space);
  // Of what the benchmark's own network has, nothing is left out.
  const graph::Graph graph = space->build(
      arch,
      task.shape,
      task.output,
      selection.skeleton,
      graph::Folding::as_declared);
  const std::string reason = networks::cannot_write_script(graph);
  if (!reason.empty()) {
    throw UserError("--output {}: {}: {}", options.output, arch, reason);
  }
  const auto& evaluator = options.score.evaluator;
  const std::int64_t written = networks::write_script(
      {graph,
       evaluator.initialiser.value_or(initialisers::Initialiser::pytorch),
       evaluator.seed,
       evaluator.precision == "fp64",
       json_text(note_of(options, arch, task, selection.skeleton))},
      options.output);
  std::string text = fmt::format(
      "{}: the network of {}, {} parameters, weights by seed {}",
      options.output,
      arch,
      written,
      evaluator.seed);
  if (written != graph.params()) {
    text += fmt::format(
        "; the benchmark counts {}, with some of layers that never run",
        graph.params());
  }
  return text;
}

}  // namespace

int search_networks(const SearchOptions& options) {
  kernels::set_device_arithmetic(
      options.score.evaluator.precision == "tf32"
          ? kernels::Float32Products::tf32
          : kernels::Float32Products::exact);
  return run_search(
      options,
      [](const SearchOptions& own,
         const std::string& task,
         const Strings& proxies) -> std::unique_ptr<ProxyScorer> {
        return std::make_unique<NetworkScorer>(
            options_for(own, task, proxies), proxies, own.stored);
      },
      {},
      write_winner,
      encode_points);
}

}  // namespace zcp::apps
