#include "benchmarks/importers/transnas.h"

#include <fmt/format.h>

#include <fstream>
#include <optional>
#include <string_view>

#include "benchmarks/formats/numpy_pickle.h"
#include "benchmarks/formats/torch_file.h"
#include "benchmarks/importers/all.h"
#include "benchmarks/importers/transnas_columns.h"
#include "common/error.h"

namespace zcp::importers {
namespace {

/// The value unless it is larger than any of its kind in the benchmark.
formats::PickleValue bounded(const formats::PickleValue& value) {
  constexpr std::size_t kMost = 512;
  if (value.size() > kMost) {
    value.refuse(fmt::format("at most {} entries in it", kMost));
  }
  return value;
}

void put_task(
    std::size_t task,
    const formats::PickleValue& result,
    TransnasColumns& columns) {
  const formats::PickleValue metrics = bounded(result.at("metrics"));
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    const auto column =
        TransnasColumns::find_metric(task, metrics.key(i).text());
    if (!column) continue;
    const formats::PickleValue epochs = bounded(metrics.value(i));
    for (std::size_t e = 0; e < epochs.size(); ++e) {
      columns.add_epoch(*column, formats::number_of(epochs.item(e)));
    }
  }
  const formats::PickleValue infos = bounded(result.at("model_info"));
  for (std::size_t i = 0; i < infos.size(); ++i) {
    const formats::PickleValue info = infos.value(i);
    if (info.is_text() || info.is_none()) continue;  // not measured
    columns.put_info(task, infos.key(i).text(), formats::number_of(info));
  }
}

void put_architecture(
    const formats::PickleValue& arch,
    const formats::PickleValue& record,
    TransnasColumns& columns) {
  const formats::PickleValue tasks = bounded(record);
  columns.add_row(arch.text());
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    const auto task = columns.find_task(tasks.key(i).text());
    if (task) put_task(*task, bounded(tasks.value(i)), columns);
  }
}

/// Architectures that were not given away as records.
void put_rest(const formats::PickleValue& root, TransnasColumns& columns) {
  const formats::PickleValue spaces = bounded(root.at("data"));
  for (std::size_t i = 0; i < spaces.size(); ++i) {
    const formats::PickleValue archs = spaces.value(i);
    for (std::size_t j = 0; j < archs.size(); ++j) {
      if (archs.value(j).is_none()) continue;
      put_architecture(archs.key(j), archs.value(j), columns);
    }
  }
}

Imported read(
    const std::filesystem::path& path,
    const ImportProgress& progress) {
  std::shared_ptr<const formats::RandomBytes> bytes = formats::open_bytes(path);
  if (bytes->size() > 0 && bytes->read(0, 1) == "{") {
    std::ifstream in(path, std::ios::binary);
    return read_transnas_json(in, path.string(), progress);
  }
  return read_transnas(std::move(bytes), path.string(), progress);
}

}  // namespace

Imported read_transnas(
    std::shared_ptr<const formats::RandomBytes> bytes,
    const std::string& source,
    const ImportProgress& progress) {
  const formats::TorchFile file(std::move(bytes), source);
  TransnasColumns columns(source);
  constexpr int kLevel = 3;  // data, space, architecture
  const auto rest = file.stream(
      kLevel,
      formats::kTorchNames,
      [&](std::span<const formats::PickleValue> keys,
          const formats::PickleValue& record) {
        const bool wanted = keys[0].is_text() && keys[0].text() == "data";
        if (wanted) put_architecture(keys[2], record, columns);
        return wanted;
      },
      progress);
  put_rest(rest->root(), columns);
  return columns.finish();
}

/// A row an architecture of both search spaces, in the file's order.
Importer transnas_importer() {
  return {
      "transnas",
      "TransNAS-Bench-101, both search spaces on seven tasks",
      "the file transnas-bench_v10141024.pth "
      "(https://github.com/yawen-d/TransNASBench), or the same dicts as JSON",
      "of each task T its metric, of which more is better (top1 of "
      "class_scene, "
      "class_object and jigsaw in percent, mIoU of segmentsemantic in percent, "
      "ssim of normal and autoencoder, the negative loss of room_layout): "
      "T_test and T_valid after the last epoch, T_test_best and T_valid_best "
      "of all epochs; T_params, T_macs and T_inference_seconds as the file has "
      "them.",
      read};
}

}  // namespace zcp::importers
