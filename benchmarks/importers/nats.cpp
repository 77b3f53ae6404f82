// NATS-Bench: the folders NATS-tss-v1_0-3ffb9-simple and
// NATS-sss-v1_0-50262-simple, a bzip2-compressed pickle an architecture.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <mutex>

#include "benchmarks/formats/files.h"
#include "benchmarks/formats/numpy_pickle.h"
#include "benchmarks/formats/pickle.h"
#include "benchmarks/importers/all.h"
#include "benchmarks/importers/member.h"
#include "benchmarks/importers/nats_record.h"
#include "common/error.h"
#include "common/parallel.h"

namespace zcp::importers {
namespace {

/// The largest record and meta file unpack to 0.4 and 1.4 MB.
constexpr std::size_t kLimit = std::size_t{1} << 25U;

constexpr const char* kMeta = "meta.pickle.pbz2";

/// The specs of all architectures, by number; each is of the space that the
/// first one is of.
std::vector<std::string> read_specs(const std::filesystem::path& folder) {
  const auto path = folder / kMeta;
  const formats::Pickle pickle(
      formats::read_bzip2(path, kLimit), path.string(), formats::kNumpyNames);
  const formats::PickleValue archs = pickle.root().at("meta_archs");
  std::vector<std::string> specs;
  for (std::size_t i = 0; i < archs.size(); ++i) {
    specs.emplace_back(archs.item(i).text());
  }
  if (specs.empty()) archs.refuse("architectures of NATS-Bench");
  const std::string space =
      is_member("nats-sss", specs[0]) ? "nats-sss" : "nats-tss";
  for (const std::string& spec : specs) {
    member_spec(space, spec, path.string());
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

using Records = std::vector<std::pair<std::int64_t, std::filesystem::path>>;

/// The records by number; other files are noted.
Records list_records(const std::filesystem::path& folder, Unused& unused) {
  Records records;
  std::vector<std::string> others;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::int64_t number = record_number(entry.path());
    if (number >= 0) {
      records.emplace_back(number, entry.path());
    } else if (entry.path().filename() != kMeta) {
      others.push_back(entry.path().string());
    }
  }
  std::ranges::sort(records);
  std::ranges::sort(others);
  for (const std::string& other : others) {
    unused.add("files that are no record", other);
  }
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
      parse_nats_record(formats::read_bzip2(path, kLimit), path.string());
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

/// Two files of one number, such as 000001 and 1, are no benchmark.
void require_different(const Records& records) {
  const auto twice =
      std::ranges::adjacent_find(records, {}, &Records::value_type::first);
  if (twice == records.end()) return;
  throw UserError(
      "{}: found architecture {} also in {}, expected it once",
      std::next(twice)->second.string(),
      twice->first,
      twice->second.string());
}

/// Architectures of the meta file that have no record.
void note_missing(
    const Records& records,
    const std::vector<std::string>& specs,
    Unused& unused) {
  std::vector<bool> there(specs.size());
  for (const auto& [number, path] : records) {
    if (number < std::ssize(specs)) {
      there[static_cast<std::size_t>(number)] = true;
    }
  }
  for (std::size_t i = 0; i < specs.size(); ++i) {
    if (there[i]) continue;
    unused.add(
        "architectures of the meta file without a record",
        fmt::format("{} '{}'", i, specs[i]));
  }
}

Imported read(
    const std::filesystem::path& folder,
    const ImportProgress& progress) {
  formats::require_folder(folder, nats_importer().source);
  const std::vector<std::string> specs = read_specs(folder);
  Unused unused;
  const Records records = list_records(folder, unused);
  require_different(records);
  note_missing(records, specs, unused);
  NatsColumns columns;
  std::mutex mutex;
  std::size_t done = 0;
  // bzip2 is the bottleneck: a core unpacks some 15 MB a second.
  parallel_for(records.size(), [&](std::size_t row) {
    const auto& [number, path] = records[row];
    NatsRecord record = read_record(number, path, specs);
    const std::scoped_lock lock(mutex);
    columns.put(row, std::move(record));
    progress(++done, records.size());
  });
  Imported table = columns.finish(folder.string());
  unused.add(table.unused);
  table.unused = std::move(unused);
  return table;
}

}  // namespace

/// A row for each record that the folder holds, by number. Records stream:
/// memory does not grow with their size, but by 8 bytes a number of the table.
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
      read};
}

}  // namespace zcp::importers
