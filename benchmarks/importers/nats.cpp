#include "benchmarks/importers/nats.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <exception>
#include <limits>

#include "benchmarks/files.h"
#include "benchmarks/importers/numpy.h"
#include "benchmarks/importers/pickle.h"
#include "common/error.h"

namespace zcp::benchmarks {
namespace {

/// The largest record and meta file unpack to 0.4 and 1.4 MB.
constexpr std::size_t kLimit = std::size_t{1} << 25U;

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
PickleValue bounded(const PickleValue& value, std::size_t most) {
  if (value.size() > most) {
    value.refuse(fmt::format("at most {} entries in it", most));
  }
  return value;
}

/// Adds the accuracies of one training run after its last epoch.
void add_run(
    const PickleValue& run,
    std::string_view dataset,
    std::int64_t seed,
    NatsRecord& record) {
  const std::int64_t epochs = run.at("epochs").integer();
  const PickleValue accuracies = bounded(run.at("eval_acc1es"), 4096);
  const PickleValue names = bounded(run.at("eval_names"), 16);
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
    record.accuracy[{number, epochs, seed}] = number_of(accuracies.at(last));
  }
}

/// Adds what a network costs on one data set. The file counts in millions.
void add_costs(
    const PickleValue& run,
    std::string_view dataset,
    NatsRecord& record) {
  std::string name;
  if (dataset == "cifar10") name = "cifar10";
  if (dataset == "cifar100") name = "cifar100";
  if (dataset == "ImageNet16-120") name = "imagenet16_120";
  if (name.empty()) return;
  record.costs["params_" + name] =
      std::round(number_of(run.at("params")) * 1e6);
  record.costs["macs_" + name] = std::round(number_of(run.at("flop")) * 1e6);
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

/// The specs of all architectures, by number.
std::vector<std::string> read_specs(const std::filesystem::path& folder) {
  const auto path = folder / "meta.pickle.pbz2";
  const Pickle pickle(read_bzip2(path, kLimit), path.string(), kNumpyNames);
  const PickleValue archs = pickle.root().at("meta_archs");
  std::vector<std::string> specs;
  for (std::size_t i = 0; i < archs.size(); ++i) {
    specs.emplace_back(archs.item(i).text());
  }
  return specs;
}

/// The number in a name such as 000011.pickle.pbz2; -1 for other files.
std::int64_t record_number(const std::filesystem::path& path) {
  const std::string name = path.filename().string();
  std::int64_t number = -1;
  const auto result =
      std::from_chars(name.data(), name.data() + name.size(), number);
  const std::string_view rest(
      result.ptr,
      static_cast<std::size_t>(name.data() + name.size() - result.ptr));
  return result.ec == std::errc() && rest == ".pickle.pbz2" ? number : -1;
}

std::vector<std::pair<std::int64_t, std::filesystem::path>> list_records(
    const std::filesystem::path& folder) {
  std::vector<std::pair<std::int64_t, std::filesystem::path>> records;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::int64_t number = record_number(entry.path());
    if (number >= 0) records.emplace_back(number, entry.path());
  }
  std::ranges::sort(records);
  if (records.empty()) {
    throw UserError(
        "{}: found no record such as 000000.pickle.pbz2, expected {}",
        folder.string(),
        nats_importer().source);
  }
  return records;
}

/// Reads one record and checks that it is the architecture of its number.
NatsRecord read_record(
    std::int64_t number,
    const std::filesystem::path& path,
    const std::vector<std::string>& specs) {
  NatsRecord record =
      parse_nats_record(read_bzip2(path, kLimit), path.string());
  const bool known = number < std::ssize(specs);
  const std::string spec =
      known ? specs[static_cast<std::size_t>(number)] : "no architecture";
  if (record.index == number && known && record.arch == spec) return record;
  throw UserError(
      "{}: found architecture {} '{}', expected {} '{}' as in the meta file",
      path.string(),
      record.index,
      record.arch,
      number,
      spec);
}

/// The table under way: columns appear as records bring them.
class Columns {
 public:
  explicit Columns(std::size_t rows) : rows_(rows), arch_(rows), index_(rows) {}

  void put(std::size_t row, NatsRecord record) {
    arch_[row] = std::move(record.arch);
    index_[row] = static_cast<double>(record.index);
    for (const auto& [name, value] : record.costs) {
      column(costs_, name)[row] = value;
    }
    for (const auto& [key, value] : record.accuracy) {
      column(accuracy_, key)[row] = value;
    }
  }

  Table finish(std::string source) {
    Table table{std::move(source), std::move(arch_), {"index"}, {}};
    table.values.push_back(std::move(index_));
    for (auto& [name, values] : costs_) {
      table.columns.push_back(name);
      table.values.push_back(std::move(values));
    }
    for (auto& [key, values] : accuracy_) {
      table.columns.push_back(column_name(key));
      table.values.push_back(std::move(values));
    }
    return table;
  }

 private:
  template <typename Name>
  std::vector<double>& column(
      std::map<Name, std::vector<double>>& columns,
      const Name& name) {
    std::vector<double>& values = columns[name];
    if (values.empty()) {
      values.assign(rows_, std::numeric_limits<double>::quiet_NaN());
    }
    return values;
  }

  std::size_t rows_;
  std::vector<std::string> arch_;
  std::vector<double> index_;
  std::map<std::string, std::vector<double>> costs_;
  std::map<NatsColumn, std::vector<double>> accuracy_;
};

Table read_nats(
    const std::filesystem::path& folder,
    const ImportProgress& progress) {
  require_folder(folder, nats_importer().source);
  const std::vector<std::string> specs = read_specs(folder);
  const auto records = list_records(folder);
  Columns columns(records.size());
  std::exception_ptr failure;
  std::size_t done = 0;
  // bzip2 is the bottleneck: a core unpacks some 15 MB a second.
#pragma omp parallel for schedule(dynamic)
  for (std::size_t row = 0; row < records.size(); ++row) {
    try {
      const auto& [number, path] = records[row];
      NatsRecord record = read_record(number, path, specs);
#pragma omp critical(zcp_nats)
      if (!failure) {
        columns.put(row, std::move(record));
        progress(++done, records.size());
      }
    } catch (...) {
#pragma omp critical(zcp_nats)
      if (!failure) failure = std::current_exception();
    }
  }
  if (failure) std::rethrow_exception(failure);
  return columns.finish(folder.string());
}

}  // namespace

NatsRecord parse_nats_record(std::string bytes, const std::string& source) {
  const Pickle pickle(std::move(bytes), source, kNumpyNames);
  const PickleValue root = bounded(pickle.root(), 16);
  if (!root.is_dict()) root.refuse("a dict of training settings");
  NatsRecord record;
  for (std::size_t i = 0; i < root.size(); ++i) {
    const PickleValue setting =
        bounded(root.value(i), 256);  // of 12, 200 or 90 epochs
    record.index = setting.at("arch_index").integer();
    record.arch = setting.at("arch_str").text();
    const PickleValue results = bounded(setting.at("all_results"), 64);
    for (std::size_t j = 0; j < results.size(); ++j) {
      const std::string_view dataset = results.key(j).item(0).text();
      const std::int64_t seed = results.key(j).item(1).integer();
      const PickleValue run = bounded(results.value(j), 256);
      add_run(run, dataset, seed, record);
      add_costs(run, dataset, record);
    }
  }
  add_means(record);
  return record;
}

Importer nats_importer() {
  return {
      "nats",
      "NATS-Bench, topology and size search space",
      "a folder NATS-tss-v1_0-3ffb9-simple or NATS-sss-v1_0-50262-simple "
      "(unpacked from NATS-Bench's files, "
      "https://github.com/D-X-Y/NATS-Bench)",
      "index; params_D and macs_D of each data set D; accuracies in percent "
      "after the last epoch, D_SET_EPOCHS (mean over the seeds there are) and "
      "D_SET_EPOCHS_seedS. cifar10_test was trained on all training images; "
      "cifar10_valid and cifar10_half_test on half of them; "
      "cifar100_valid_and_test and imagenet16_120_valid_and_test are measured "
      "on both halves of the official test images.",
      read_nats};
}

}  // namespace zcp::benchmarks
