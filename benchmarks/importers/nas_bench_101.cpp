#include "benchmarks/importers/nas_bench_101.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "benchmarks/formats/tf_records.h"
#include "benchmarks/importers/all.h"
#include "benchmarks/importers/member.h"
#include "benchmarks/importers/nas_bench_101_record.h"
#include "common/missing.h"
#include "common/refuse.h"

namespace zcp::importers {
namespace {

constexpr std::size_t kArchitectures = 423'624;  // of the benchmark
constexpr std::array<int, 4> kEpochs = {4, 12, 36, 108};
constexpr std::size_t kRepeats = 3;

/// The rows of architectures by their hash: open addressing, as a node for each
/// would take three times the memory.
class RowIndex {
 public:
  /// The row of that hash; a new one comes behind all others.
  std::size_t find_or_add(const NasBench101Hash& hash) {
    if (2 * hashes_.size() >= slots_.size()) grow();
    const std::size_t slot = slot_of(hash);
    if (slots_[slot] == kFree) {
      slots_[slot] = static_cast<std::uint32_t>(hashes_.size());
      hashes_.push_back(hash);
    }
    return slots_[slot];
  }

 private:
  static constexpr std::uint32_t kFree =
      std::numeric_limits<std::uint32_t>::max();

  /// Where the hash is or belongs. It is an MD5: any part is as good as all.
  std::size_t slot_of(const NasBench101Hash& hash) const {
    const std::size_t mask = slots_.size() - 1;
    std::size_t slot = hash[0] & mask;
    while (slots_[slot] != kFree && hashes_[slots_[slot]] != hash) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  void grow() {
    slots_.assign(std::max<std::size_t>(1024, 2 * slots_.size()), kFree);
    for (std::size_t row = 0; row < hashes_.size(); ++row) {
      slots_[slot_of(hashes_[row])] = static_cast<std::uint32_t>(row);
    }
  }

  std::vector<std::uint32_t> slots_;
  std::vector<NasBench101Hash> hashes_;
};

/// The numbers of one training length, a row an architecture: sums of what was
/// read, which become means.
struct Length {
  std::vector<double> valid;
  std::vector<double> test;
  std::vector<std::uint8_t> repeats;
};

/// The table under way. Every repeat is kept of the longest training alone:
/// 423,624 rows with all of them would not fit into 200 MiB.
class Columns {
 public:
  explicit Columns(std::size_t rows) : expected_(rows) { arch_.reserve(rows); }

  std::size_t rows() const { return arch_.size(); }

  void put(NasBench101Run run, const std::string& place) {
    const auto known = std::ranges::find(kEpochs, run.epochs);
    if (known == kEpochs.end()) {
      refuse(place, fmt::format("{} epochs", run.epochs), "4, 12, 36 or 108");
    }
    const auto number = static_cast<std::size_t>(known - kEpochs.begin());
    const std::size_t row = rows_.find_or_add(run.hash);
    const auto params = static_cast<double>(run.params);
    if (row == arch_.size()) {
      member_spec("nas-bench-101", run.arch, place);
      add_row(std::move(run.arch), params);
    } else {
      compare(row, run.arch, params, place);
    }
    Length& length = lengths_[number];
    if (length.repeats.empty()) fill(length);
    const std::size_t repeat = length.repeats[row];
    if (repeat == kRepeats) {
      refuse(
          place,
          fmt::format("a training more of {} epochs", run.epochs),
          "3 of an architecture");
    }
    ++length.repeats[row];
    length.valid[row] += run.valid;
    length.test[row] += run.test;
    if (run.epochs != kEpochs.back()) return;
    valid_[repeat][row] = run.valid;
    test_[repeat][row] = run.test;
    seconds_[row] += run.seconds;
  }

  Imported finish(std::string source) {
    Imported table{
        {std::move(source), std::move(arch_), {}, {}}, std::move(unused_)};
    const auto add = [&](const std::string& name, std::vector<double>& column) {
      table.columns.push_back(name);
      table.values.push_back(std::move(column));
    };
    add("params", params_);
    for (std::size_t i = 0; i < kEpochs.size(); ++i) {
      Length& length = lengths_[i];
      if (length.repeats.empty()) continue;
      const bool longest = kEpochs[i] == kEpochs.back();
      note_lacking(kEpochs[i], length.repeats, table);
      if (longest) divide(seconds_, length.repeats);
      divide(length.valid, length.repeats);
      divide(length.test, length.repeats);
      const auto name = [&](const char* set, const std::string& rest) {
        return fmt::format("cifar10_{}_{}{}", set, kEpochs[i], rest);
      };
      add(name("test", ""), length.test);
      for (std::size_t r = 0; longest && r < test_.size(); ++r) {
        add(name("test", fmt::format("_repeat{}", r + 1)), test_[r]);
      }
      add(name("valid", ""), length.valid);
      for (std::size_t r = 0; longest && r < valid_.size(); ++r) {
        add(name("valid", fmt::format("_repeat{}", r + 1)), valid_[r]);
      }
      if (longest) add("training_seconds_108", seconds_);
    }
    return table;
  }

 private:
  using Repeats = std::array<std::vector<double>, kRepeats>;

  /// What another training says of an architecture that there is.
  void compare(
      std::size_t row,
      const std::string& arch,
      double params,
      const std::string& place) {
    if (arch != arch_[row]) {
      refuse(
          place,
          fmt::format("the architecture '{}' under a hash", arch),
          fmt::format("'{}' as before", arch_[row]));
    }
    double& own = params_[row];
    if (own == params || std::isnan(own)) return;
    unused_.add(
        kContradictions,
        fmt::format("params of {}: {} and {}", arch, own, params));
    own = kNan;
  }

  void add_row(std::string arch, double params) {
    arch_.push_back(std::move(arch));
    fill(params_, params);
    fill(seconds_, 0.0);
    for (Length& length : lengths_) {
      if (!length.repeats.empty()) fill(length);
    }
    for (Repeats* repeats : {&valid_, &test_}) {
      for (auto& column : *repeats) fill(column, kNan);
    }
  }

  /// As many rows as there are architectures.
  template <typename Number>
  void fill(std::vector<Number>& column, Number value) const {
    if (column.empty()) column.reserve(expected_);
    column.resize(arch_.size(), value);
  }

  void fill(Length& length) const {
    fill(length.valid, 0.0);
    fill(length.test, 0.0);
    fill(length.repeats, std::uint8_t{0});
  }

  /// Architectures whose mean is of fewer trainings than others' are, or that
  /// have none.
  static void note_lacking(
      int epochs,
      const std::vector<std::uint8_t>& repeats,
      Imported& table) {
    for (std::size_t row = 0; row < repeats.size(); ++row) {
      if (repeats[row] == kRepeats) continue;
      table.unused.add(
          fmt::format(
              "architectures without three trainings of {} epochs", epochs),
          fmt::format("{} with {}", table.arch[row], repeats[row]));
    }
  }

  static void divide(
      std::vector<double>& sums,
      const std::vector<std::uint8_t>& counts) {
    for (std::size_t row = 0; row < sums.size(); ++row) {
      sums[row] = counts[row] == 0 ? kNan : sums[row] / counts[row];
    }
  }

  std::size_t expected_;
  Unused unused_;
  RowIndex rows_;
  std::vector<std::string> arch_;
  std::vector<double> params_;
  std::vector<double> seconds_;
  std::array<Length, kEpochs.size()> lengths_;
  Repeats valid_;
  Repeats test_;
};

Imported read(
    const std::filesystem::path& path,
    const ImportProgress& progress) {
  return read_nas_bench_101(formats::open_bytes(path), path.string(), progress);
}

}  // namespace

Imported read_nas_bench_101(
    std::shared_ptr<const formats::RandomBytes> bytes,
    const std::string& source,
    const ImportProgress& progress) {
  // Three trainings take 900 bytes or more of a file.
  Columns columns(std::min<std::size_t>(kArchitectures, bytes->size() / 900));
  formats::TfRecords records(std::move(bytes), source);
  while (const auto record = records.next()) {
    const std::string place =
        fmt::format("{}: record at byte {}", source, records.record_at());
    const std::size_t before = columns.rows();
    columns.put(parse_nas_bench_101(*record, place), place);
    if (columns.rows() > before) progress(columns.rows(), kArchitectures);
  }
  if (columns.rows() == 0) refuse(source, "no record", "a TFRecord file");
  return columns.finish(source);
}

/// A row an architecture in the order of the file, which is read once, from
/// front to back; memory holds the table and 60 bytes a row.
Importer nas_bench_101_importer() {
  return {
      "nas-bench-101",
      "NAS-Bench-101, CIFAR-10",
      "the file nasbench_full.tfrecord or nasbench_only108.tfrecord "
      "(https://github.com/google-research/nasbench)",
      "params; accuracies in percent after the last of 4, 12, 36 and 108 "
      "epochs, cifar10_test_EPOCHS and cifar10_valid_EPOCHS (mean over three "
      "trainings), and cifar10_SET_108_repeatN of each; training_seconds_108, "
      "their mean time. Specs are those of nas-bench-101: the rows of the "
      "matrix, then the operations.",
      read};
}

}  // namespace zcp::importers
