#include "apps/score/work.h"

#include <omp.h>

#include <algorithm>
#include <utility>

#include "apps/score/models.h"
#include "benchmarks/formats/model_file.h"
#include "common/error.h"

namespace zcp::apps {
namespace {

std::vector<Minibatch> load_minibatches(
    const TaskChoice& task,
    const engine::EvaluatorOptions& options) {
  std::vector<Minibatch> minibatches;
  for (int i = 0; i < options.minibatches; ++i) {
    minibatches.push_back(task.task->minibatch(i, options.batch_size));
  }
  return minibatches;
}

bool count_only(const Proxies& proxies) {
  return std::ranges::all_of(
      proxies, [](const auto* proxy) { return proxy->needs.counts_only; });
}

/// Whether a proxy looks at layers whose output nothing reads.
bool look_at_declared(const Proxies& proxies) {
  return std::ranges::any_of(proxies, [](const auto* proxy) {
    return proxy->needs.folding == graph::Folding::as_declared;
  });
}

}  // namespace

std::vector<std::string> names_of(const Proxies& proxies) {
  std::vector<std::string> names;
  for (const engine::Descriptor* proxy : proxies) names.push_back(proxy->name);
  return names;
}

bool read_data(const Proxies& proxies) {
  return std::ranges::any_of(
      proxies, [](const auto* proxy) { return proxy->needs.inputs(); });
}

Scorer::Scorer(
    const ScoreOptions& options,
    const Proxies& proxies,
    const Selection& selection,
    const TaskChoice& task,
    const Architectures& architectures,
    GraphCache* graphs)
    : options_(options),
      proxies_(proxies),
      selection_(selection),
      architectures_(architectures),
      graphs_(graphs),
      only_counts_(options.shard.count == 1 && count_only(proxies)) {
  make_evaluators(task);
}

/// One for all workers of a processor, one for each of other devices: work
/// queues there are the evaluator's.
void Scorer::make_evaluators(const TaskChoice& task) {
  std::vector<Minibatch> minibatches;
  if (task.task != nullptr) {
    minibatches = load_minibatches(task, options_.evaluator);
  }
  const int count = options_.devices[0] == "cpu" ? 1 : options_.workers;
  for (int i = 0; i < count; ++i) {
    engine::EvaluatorOptions options = options_.evaluator;
    options.loss = task.loss;
    options.inputs = task.inputs;
    if (task.task != nullptr && options_.task.classes == 0) {
      options.labels_for = [&task = *task.task, size = options.batch_size](
                               int minibatch, int outputs) {
        return task.labels_for(minibatch, size, outputs);
      };
    }
    const auto device = static_cast<std::size_t>(i);
    options.device = options_.devices[device % options_.devices.size()];
    evaluators_.push_back(std::make_unique<engine::Evaluator>(
        proxies_, options, task.shape, task.output, minibatches));
  }
}

/// The calling worker's.
const engine::Evaluator& Scorer::evaluator() const {
  const auto worker = static_cast<std::size_t>(omp_get_thread_num());
  return *evaluators_[worker % evaluators_.size()];
}

std::vector<engine::Fingerprint> Scorer::fingerprints() const {
  if (graphs_ == nullptr) {
    return fingerprint_names(store_keys(selection_, architectures_));
  }
  if (only_counts_) return fingerprint_names(architectures_.unique);
  return fingerprint_graphs(
      architectures_.unique,
      *graphs_,
      look_at_declared(proxies_),
      options_.workers);
}

/// The scores of the model that was asked for as the `asked`-th.
std::vector<engine::Score> Scorer::score_model(
    std::size_t asked,
    const Proxies& which) const {
  const std::string& path = selection_.models[asked];
  const auto& content = selection_.contents[asked];
  engine::Score none = engine::Score::failed("");
  try {
    ModelSource file = formats::read_model_file(path);
    if (content == file.content()) {
      return evaluator().score_model(std::move(file), which);
    }
    none.reason = path + ": was changed during the run";
    none.transient = true;
  } catch (const UserError& error) {
    if (selection_.models.size() == 1) throw;
    none.reason = error.what();
    none.transient = !content;  // nobody knows of what
  }
  return {which.size(), none};
}

std::vector<engine::Score> Scorer::score(const engine::WorkItem& item) const {
  Proxies which;
  for (const std::size_t p : item.proxies) which.push_back(proxies_[p]);
  const std::size_t architecture = item.representative;
  if (graphs_ == nullptr) {
    return score_model(architectures_.first_of[architecture], which);
  }
  const std::string& spec = architectures_.unique[architecture];
  if (only_counts_) {
    return evaluator().score(
        graphs_->build(spec, graph::Folding::counted), which);
  }
  return evaluator().score(*graphs_->get(spec, item.folding), which);
}

}  // namespace zcp::apps
