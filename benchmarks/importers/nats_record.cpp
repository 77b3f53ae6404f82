#include "benchmarks/importers/nats_record.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "benchmarks/formats/numpy_pickle.h"
#include "common/missing.h"

namespace zcp::importers {
namespace {

/// A set of images that accuracy was measured on, and our name for it.
///
/// `cifar10` was trained on all 50,000 training images, `cifar10-valid` on one
/// half of them with the other as x-valid. For the other data sets the
/// official test images are halved into x-valid and x-test; ori-test is both.
struct EvaluatedSet {
  std::string_view dataset;
  std::string_view set;
  std::string_view name;
};
constexpr std::array<EvaluatedSet, 9> kSets = {{
    {"cifar10", "ori-test", "cifar10_test"},
    {"cifar10-valid", "x-valid", "cifar10_valid"},
    {"cifar10-valid", "ori-test", "cifar10_half_test"},
    {"cifar100", "x-test", "cifar100_test"},
    {"cifar100", "x-valid", "cifar100_valid"},
    {"cifar100", "ori-test", "cifar100_valid_and_test"},
    {"ImageNet16-120", "x-test", "imagenet16_120_test"},
    {"ImageNet16-120", "x-valid", "imagenet16_120_valid"},
    {"ImageNet16-120", "ori-test", "imagenet16_120_valid_and_test"},
}};

std::string column_name(const NatsColumn& key) {
  const std::string seed =
      key.seed == 0 ? "" : fmt::format("_seed{}", key.seed);
  return fmt::format("{}_{}{}", kSets[key.set].name, key.epochs, seed);
}

/// The value unless it is larger than any of its kind in the benchmark. A file
/// may name one value many times, and loops over those within loops take ages.
formats::PickleValue bounded(
    const formats::PickleValue& value,
    std::size_t most) {
  if (value.size() > most) {
    value.refuse(fmt::format("at most {} entries in it", most));
  }
  return value;
}

/// Sets the number of a key. All runs of an architecture have to say the same:
/// after a contradiction there is none.
template <typename Key>
void put_once(
    std::map<Key, double>& numbers,
    const Key& key,
    const std::string& column,
    double value,
    NatsRecord& record) {
  const auto [place, is_new] = numbers.try_emplace(key, value);
  double& own = place->second;
  if (is_new || own == value || std::isnan(own)) return;
  record.unused.add(
      kContradictions,
      fmt::format("{} of {}: {} and {}", column, record.arch, own, value));
  own = kNan;
}

/// Adds the accuracies of one training run after its last epoch.
void add_run(
    const formats::PickleValue& run,
    std::string_view dataset,
    std::int64_t seed,
    NatsRecord& record) {
  const std::int64_t epochs = run.at("epochs").integer();
  const formats::PickleValue accuracies = bounded(run.at("eval_acc1es"), 4096);
  const formats::PickleValue names = bounded(run.at("eval_names"), 16);
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string_view set = names.item(i).text();
    const auto known = std::ranges::find_if(kSets, [&](const auto& one) {
      return one.dataset == dataset && one.set == set;
    });
    if (known == kSets.end()) {
      names.item(i).refuse(fmt::format(
          "an evaluated set of NATS-Bench, not '{}' of '{}'", set, dataset));
    }
    const auto number = static_cast<std::size_t>(known - kSets.begin());
    const std::string last = fmt::format("{}@{}", set, epochs - 1);
    const NatsColumn column{number, epochs, seed};
    put_once(
        record.accuracy,
        column,
        column_name(column),
        formats::number_of(accuracies.at(last)),
        record);
  }
}

/// Adds what a network costs on one data set. The file counts in millions.
void add_costs(
    const formats::PickleValue& run,
    std::string_view dataset,
    NatsRecord& record) {
  std::string name;
  if (dataset == "cifar10") name = "cifar10";
  if (dataset == "cifar100") name = "cifar100";
  if (dataset == "ImageNet16-120") name = "imagenet16_120";
  if (name.empty()) return;
  const auto put = [&](const std::string& column, const char* key) {
    const double millions = formats::number_of(run.at(key));
    put_once(record.costs, column, column, std::round(millions * 1e6), record);
  };
  put("params_" + name, "params");
  put("macs_" + name, "flop");
}

/// Adds the mean of each group of columns that differ by their seed alone.
void add_means(NatsRecord& record) {
  std::map<NatsColumn, double> means;
  for (auto at = record.accuracy.begin(); at != record.accuracy.end();) {
    const NatsColumn group = {at->first.set, at->first.epochs, 0};
    double sum = 0.0;
    int count = 0;
    for (; at != record.accuracy.end() && at->first.set == group.set &&
           at->first.epochs == group.epochs;
         ++at) {
      sum += at->second;
      ++count;
    }
    means[group] = sum / count;
  }
  record.accuracy.merge(means);
}

/// The number of that row; rows before it that had none are empty.
double& at_row(std::vector<double>& values, std::size_t row) {
  if (values.size() <= row) values.resize(row + 1, kNan);
  return values[row];
}

/// The architecture's number and spec, the same in every setting.
void take_name(const formats::PickleValue& setting, NatsRecord& record) {
  const std::int64_t index = setting.at("arch_index").integer();
  const std::string arch(setting.at("arch_str").text());
  if (record.index >= 0 && (index != record.index || arch != record.arch)) {
    setting.refuse(fmt::format(
        "architecture {} '{}' as in the setting before it, not {} '{}'",
        record.index,
        record.arch,
        index,
        arch));
  }
  record.index = index;
  record.arch = arch;
}

}  // namespace

NatsRecord parse_nats_record(std::string bytes, const std::string& source) {
  const formats::Pickle pickle(std::move(bytes), source, formats::kNumpyNames);
  return nats_record(pickle.root());
}

NatsRecord nats_record(const formats::PickleValue& value) {
  const formats::PickleValue root = bounded(value, 16);
  if (!root.is_dict()) root.refuse("a dict of training settings");
  NatsRecord record;
  for (std::size_t i = 0; i < root.size(); ++i) {
    const formats::PickleValue setting =
        bounded(root.value(i), 256);  // of 12, 200 or 90 epochs
    take_name(setting, record);
    const formats::PickleValue results = bounded(setting.at("all_results"), 64);
    for (std::size_t j = 0; j < results.size(); ++j) {
      const std::string_view dataset = results.key(j).item(0).text();
      const std::int64_t seed = results.key(j).item(1).integer();
      const formats::PickleValue run = bounded(results.value(j), 256);
      add_run(run, dataset, seed, record);
      add_costs(run, dataset, record);
    }
  }
  add_means(record);
  return record;
}

void NatsColumns::put(std::size_t row, NatsRecord record) {
  if (arch_.size() <= row) arch_.resize(row + 1);
  if (!record.unused.empty()) unused_[row] = std::move(record.unused);
  arch_[row] = std::move(record.arch);
  at_row(index_, row) = static_cast<double>(record.index);
  for (const auto& [name, value] : record.costs) {
    at_row(costs_[name], row) = value;
  }
  for (const auto& [key, value] : record.accuracy) {
    at_row(accuracy_[key], row) = value;
  }
}

Imported NatsColumns::finish(std::string source) {
  Imported table{{std::move(source), std::move(arch_), {}, {}}, {}};
  for (const auto& [row, unused] : unused_) table.unused.add(unused);
  const auto add = [&](const std::string& name, std::vector<double>& values) {
    values.resize(table.arch.size(), kNan);
    table.columns.push_back(name);
    table.values.push_back(std::move(values));
  };
  add("index", index_);
  for (auto& [name, values] : costs_) add(name, values);
  for (auto& [key, values] : accuracy_) add(column_name(key), values);
  return table;
}

}  // namespace zcp::importers
