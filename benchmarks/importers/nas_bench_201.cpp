#include "benchmarks/importers/nas_bench_201.h"

#include <map>

#include "benchmarks/formats/numpy_pickle.h"
#include "benchmarks/formats/torch_file.h"
#include "benchmarks/importers/all.h"
#include "benchmarks/importers/member.h"
#include "benchmarks/importers/nats_record.h"
#include "common/error.h"

namespace zcp::importers {
namespace {

/// {'meta_archs': [...], 'arch2infos': {number: {'full': ..., 'less': ...}},
/// 'evaluated_indexes': ..., ...}
class Reader {
 public:
  explicit Reader(std::string source) : source_(std::move(source)) {}

  /// Takes the architecture of that number.
  void put(
      const formats::PickleValue& number,
      const formats::PickleValue& settings) {
    NatsRecord record = nats_record(settings);
    member_spec("nats-tss", record.arch, source_);
    const std::size_t row = specs_.size();
    const bool new_one = specs_.emplace(record.index, record.arch).second;
    if (number.integer() != record.index || !new_one) {
      settings.refuse(
          fmt::format("architecture {} under its number, once", record.index));
    }
    columns_.put(row, std::move(record));
  }

  /// What was not given away before: the specs, and an architecture that came
  /// alone.
  void finish(const formats::PickleValue& root) {
    const formats::PickleValue infos = root.at("arch2infos");
    for (std::size_t i = 0; i < infos.size(); ++i) {
      if (!infos.value(i).is_none()) put(infos.key(i), infos.value(i));
    }
    note_missing(root.at("meta_archs"));
    const formats::PickleValue specs = root.at("meta_archs");
    for (const auto& [number, arch] : specs_) {
      const auto place = static_cast<std::size_t>(number);
      if (place < specs.size() && specs.item(place).text() == arch) continue;
      infos.refuse(fmt::format(
          "architectures as in 'meta_archs', which has not '{}' as number {}",
          arch,
          number));
    }
    if (specs_.empty()) infos.refuse("one with architectures");
  }

  Imported table() {
    Imported table = columns_.finish(source_);
    unused_.add(table.unused);
    table.unused = std::move(unused_);
    return table;
  }

 private:
  /// Architectures of the list that have no record.
  void note_missing(const formats::PickleValue& archs) {
    for (std::size_t i = 0; i < archs.size(); ++i) {
      if (specs_.contains(static_cast<std::int64_t>(i))) continue;
      unused_.add(
          "architectures of 'meta_archs' without a record",
          fmt::format("{} '{}'", i, archs.item(i).text()));
    }
  }

  std::string source_;
  Unused unused_;
  std::map<std::int64_t, std::string> specs_;
  NatsColumns columns_;
};

Imported read(
    const std::filesystem::path& path,
    const ImportProgress& progress) {
  return read_nas_bench_201(formats::open_bytes(path), path.string(), progress);
}

}  // namespace

Imported read_nas_bench_201(
    std::shared_ptr<const formats::RandomBytes> bytes,
    const std::string& source,
    const ImportProgress& progress) {
  const formats::TorchFile file(std::move(bytes), source);
  Reader reader(source);
  const auto rest = file.stream(
      2,
      formats::kTorchNames,
      [&](std::span<const formats::PickleValue> keys,
          const formats::PickleValue& record) {
        const bool wanted = keys[0].is_text() && keys[0].text() == "arch2infos";
        if (wanted) reader.put(keys[1], record);
        return wanted;
      },
      progress);
  reader.finish(rest->root());
  return reader.table();
}

/// A row an architecture, in the file's order; the columns are those of `nats`.
Importer nas_bench_201_importer() {
  return {
      "nas-bench-201",
      "NAS-Bench-201, the one file of all architectures",
      "the file NAS-Bench-201-v1_1-096897.pth or NAS-Bench-201-v1_0-e61699.pth "
      "(https://github.com/D-X-Y/NAS-Bench-201)",
      "those of nats; specs are those of nats-tss.",
      read};
}

}  // namespace zcp::importers
