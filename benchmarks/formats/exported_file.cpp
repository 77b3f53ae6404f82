#include "benchmarks/formats/exported_file.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <utility>

#include "benchmarks/formats/archive_limits.h"
#include "benchmarks/formats/exported_batch.h"
#include "benchmarks/formats/exported_graph.h"
#include "benchmarks/formats/files.h"
#include "benchmarks/formats/json_file.h"
#include "benchmarks/formats/pickle.h"
#include "benchmarks/formats/tensor_archive.h"
#include "common/error.h"

namespace zcp::formats {
namespace {

using Json = nlohmann::json;
using Storage = std::shared_ptr<const std::string>;

constexpr std::string_view kFlatGraph = "serialized_exported_program.json";
constexpr std::string_view kModels = "models/";

/// Bytes of an element, by c10's number of its type: uint8 to complex128, bool,
/// three quantised ones and bfloat16.
std::size_t bytes_of(int dtype) {
  constexpr std::size_t kBytes[] = {
      1, 1, 2, 4, 8, 2, 4, 8, 4, 8, 16, 1, 1, 1, 4, 2};
  return kBytes[dtype];
}

std::string_view name_of(int dtype) {
  constexpr std::string_view kNames[] = {
      "uint8",
      "int8",
      "int16",
      "int32",
      "int64",
      "float16",
      "float32",
      "float64",
      "complex32",
      "complex64",
      "complex128",
      "bool",
      "qint8",
      "quint8",
      "qint32",
      "bfloat16"};
  return kNames[dtype];
}

/// Throws unless every element of the tensor lies within its storage.
void check_place(const ExportedTensor& tensor, const std::string& place) {
  const auto available = static_cast<std::int64_t>(
      tensor.storage->size() / bytes_of(tensor.dtype));
  const std::int64_t most = std::max(kMostExpanded, available);
  std::int64_t last = tensor.offset;
  std::int64_t count = 1;
  bool good = last >= 0 && tensor.sizes.size() == tensor.strides.size();
  bool empty = false;
  for (std::size_t i = 0; good && i < tensor.sizes.size(); ++i) {
    const std::int64_t size = tensor.sizes[i];
    std::int64_t step = 0;
    good = size >= 0 && tensor.strides[i] >= 0 && size <= most &&
           !__builtin_mul_overflow(
               size > 1 ? size - 1 : 0, tensor.strides[i], &step) &&
           !__builtin_add_overflow(last, step, &last);
    empty |= size == 0;
    if (!good || size < 2) continue;
    good = !__builtin_mul_overflow(count, size, &count) && count <= most;
  }
  if (good && (empty || last < available)) return;
  throw UserError(
      "{}: found {} bytes, expected those of a tensor of shape [{}] of {} (a "
      "damaged file?)",
      place,
      tensor.storage->size(),
      fmt::join(tensor.sizes, ", "),
      name_of(tensor.dtype));
}

int dtype_of(const StorageType& type, const std::string& place) {
  switch (type.element) {
    case Element::float64:
      return 7;
    case Element::float32:
      return 6;
    case Element::float16:
      return 5;
    case Element::bfloat16:
      return 15;
    case Element::int64:
      return 4;
    case Element::int32:
      return 3;
    case Element::int16:
      return 2;
    case Element::int8:
      return 1;
    case Element::uint8:
      return 0;
    case Element::boolean:
      return 11;
    default:
      throw UserError(
          "{}: found numbers of type {}, expected floating-point numbers, "
          "integers or truth values",
          place,
          type.dtype);
  }
}

/// A dict of tensors that torch.save wrote into an entry.
class SavedTensors {
 public:
  SavedTensors(std::string bytes, std::string source)
      : source_(std::move(source)),
        archive_(bytes_in_memory(std::move(bytes)), source_) {}

  void add_to(std::map<std::string, ExportedTensor>& tensors) {
    const ZipArchive::Entry* order = archive_.find("byteorder");
    if (order != nullptr && archive_.content(*order) != "little") {
      refuse("found big-endian numbers, expected little");
    }
    const ZipArchive::Entry* entry = archive_.find("data.pkl");
    if (entry == nullptr) refuse("found no entry 'data.pkl', expected one");
    const Pickle pickle(archive_.content(*entry), source_, allowed_names());
    const PickleValue root = pickle.root();
    if (!root.is_dict()) {
      // An OrderedDict is a call whose items may be its state.
      root.refuse("a dict of tensors");
    }
    for (std::size_t i = 0; i < root.size(); ++i) {
      const std::string name(root.key(i).text());
      tensors[name] = tensor(root.value(i), source_ + ": '" + name + "'");
    }
  }

 private:
  static std::vector<std::string_view> allowed_names() {
    std::vector<std::string_view> names{
        "torch._utils._rebuild_tensor_v2",
        "torch._utils._rebuild_parameter",
        "collections.OrderedDict",
        "torch.UntypedStorage"};
    for (const StorageType& type : storage_types()) names.push_back(type.name);
    return names;
  }

  ExportedTensor tensor(const PickleValue& value, const std::string& place) {
    if (!value.is_call()) value.refuse("a tensor");
    const PickleValue arguments = value.arguments();
    if (value.callee() == "torch._utils._rebuild_parameter") {
      ExportedTensor inner = plain(arguments.item(0), place);
      inner.trainable = arguments.item(1).integer() != 0;
      return inner;
    }
    return plain(value, place);
  }

  ExportedTensor plain(const PickleValue& value, const std::string& place) {
    if (!value.is_call() ||
        value.callee() != "torch._utils._rebuild_tensor_v2") {
      value.refuse("a tensor");
    }
    const PickleValue arguments = value.arguments();
    const PickleValue reference = arguments.item(0).persistent();
    const StorageType* type = find_storage_type(reference.item(1).global());
    if (type == nullptr) reference.item(1).refuse("a storage of a known type");
    ExportedTensor tensor;
    tensor.dtype = dtype_of(*type, place);
    tensor.storage = storage(std::string(reference.item(2).text()), place);
    tensor.offset = arguments.item(1).integer();
    tensor.sizes = integers(arguments.item(2));
    tensor.strides = integers(arguments.item(3));
    check_place(tensor, place);
    return tensor;
  }

  static std::vector<std::int64_t> integers(const PickleValue& values) {
    std::vector<std::int64_t> all;
    for (std::size_t i = 0; i < values.size(); ++i) {
      all.push_back(values.item(i).integer());
    }
    return all;
  }

  Storage storage(const std::string& key, const std::string& place) {
    Storage& known = storages_[key];
    if (known != nullptr) return known;
    const ZipArchive::Entry* entry = archive_.find("data/" + key);
    if (entry == nullptr) {
      throw UserError(
          "{}: found no entry 'data/{}', expected the numbers there",
          place,
          key);
    }
    known = std::make_shared<const std::string>(archive_.content(*entry));
    return known;
  }

  [[noreturn]] void refuse(const std::string& text) const {
    throw UserError("{}: {}", source_, text);
  }

  std::string source_;
  ZipArchive archive_;
  std::map<std::string, Storage> storages_;
};

class Reader {
 public:
  explicit Reader(const ZipArchive& archive) : archive_(archive) {
    index_entries();
  }

  std::shared_ptr<const ExportedProgram> read() {
    check_contents();
    const std::string graph = graph_entry();
    auto program = std::make_shared<ExportedProgram>(
        parse_exported_graph(content(graph), in(graph)));
    if (graph == kFlatGraph) {
      add_saved("serialized_state_dict.pt", *program);
      add_saved("serialized_constants.pt", *program);
    } else {
      const std::string model =
          graph.substr(kModels.size(), graph.size() - kModels.size() - 5);
      add_tensors("data/weights/", model, "weights", *program);
      add_tensors("data/constants/", model, "constants", *program);
    }
    check_inputs(*program);
    free_batch(*program);
    return program;
  }

 private:
  /// Names without the archive's folder; those of torch 2.6 have none.
  void index_entries() {
    const auto& all = archive_.entries();
    const bool flat = std::ranges::any_of(
        all, [](const auto& entry) { return entry.name == kFlatGraph; });
    for (const ZipArchive::Entry& entry : all) {
      const std::size_t folder = flat ? 0 : entry.name.find('/') + 1;
      if (!entries_.emplace(entry.name.substr(folder), &entry).second) {
        refuse(fmt::format("found two entries '{}'", entry.name));
      }
    }
  }

  /// Every entry has the bytes that its checksum says.
  void check_contents() const {
    std::uint64_t inflated = 0;
    for (const auto& [name, entry] : entries_) {
      if (entry->deflated) inflated += entry->size;
      if (inflated > kMostInflated) {
        refuse(fmt::format(
            "entry '{}': found more than {} bytes in compressed entries",
            name,
            kMostInflated));
      }
      const std::string bytes = archive_.content(*entry);
      if (name == "byteorder" && bytes != "little") {
        refuse("found big-endian numbers, expected little");
      }
    }
  }

  /// The entry that holds the graph.
  std::string graph_entry() const {
    if (entries_.contains(std::string(kFlatGraph))) {
      return std::string(kFlatGraph);
    }
    std::vector<std::string> found;
    for (const auto& [name, entry] : entries_) {
      if (name.starts_with(kModels) && name.ends_with(".json")) {
        found.push_back(name);
      }
    }
    if (found.size() == 1) return found[0];
    if (found.empty()) {
      refuse(
          "found no exported program, expected what torch.export.save wrote "
          "(compiled packages hold no graph)");
    }
    refuse(fmt::format(
        "found {} programs ({}), expected one",
        found.size(),
        fmt::join(found, ", ")));
  }

  void add_saved(const std::string& name, ExportedProgram& program) const {
    if (!entries_.contains(name)) {
      refuse(fmt::format("found no entry '{}', expected its tensors", name));
    }
    SavedTensors(content(name), in(name)).add_to(program.tensors);
  }

  /// Weights or constants of torch 2.8, or by a table as of later ones.
  void add_tensors(
      const std::string& folder,
      const std::string& model,
      const char* what,
      ExportedProgram& program) {
    if (entries_.contains(folder + model + ".pt")) {
      return add_saved(folder + model + ".pt", program);
    }
    const std::string table =
        fmt::format("{}{}_{}_config.json", folder, model, what);
    if (!entries_.contains(table)) {
      refuse(fmt::format("found no entry '{}', expected its table", table));
    }
    const Json json = parse_json(content(table), in(table));
    const Json& config = json_member(json, "config", in(table));
    for (const auto& [name, payload] : config.items()) {
      const std::string place = in(table) + ": '" + name + "'";
      if (auto tensor = payload_of(payload, folder, place)) {
        program.tensors[name] = std::move(*tensor);
      }
    }
  }

  /// A tensor; none for what is an object of Python's.
  std::optional<ExportedTensor> payload_of(
      const Json& payload,
      const std::string& folder,
      const std::string& place) {
    const Json& path = json_member(payload, "path_name", place);
    const Json& pickled = json_member(payload, "use_pickle", place);
    const Json& meta = json_member(payload, "tensor_meta", place);
    if (!path.is_string() || !pickled.is_boolean()) {
      throw UserError("{}: found no name of an entry, expected one", place);
    }
    if (meta.is_null() || pickled.get<bool>()) return std::nullopt;
    ExportedTensor tensor = exported_layout(meta, place);
    const Json& parameter = json_member(payload, "is_param", place);
    tensor.trainable = tensor.trainable && parameter == Json(true);
    tensor.storage = storage(folder + path.get<std::string>(), place);
    check_place(tensor, place);
    return tensor;
  }

  Storage storage(const std::string& name, const std::string& place) {
    Storage& known = storages_[name];
    if (known != nullptr) return known;
    const auto found = entries_.find(name);
    if (found == entries_.end()) {
      throw UserError(
          "{}: found no entry '{}', expected the numbers there", place, name);
    }
    known =
        std::make_shared<const std::string>(archive_.content(*found->second));
    return known;
  }

  /// Every tensor that an input names is there.
  void check_inputs(const ExportedProgram& program) const {
    for (const ExportedInput& input : program.inputs) {
      if (input.kind != ExportedInput::Kind::tensor ||
          program.tensors.contains(input.target)) {
        continue;
      }
      refuse(fmt::format(
          "found no tensor '{}', which the graph reads as '{}'",
          input.target,
          input.name));
    }
  }

  std::string content(const std::string& name) const {
    return archive_.content(*entries_.at(name));
  }

  std::string in(const std::string& name) const {
    return archive_.source() + ": " + name;
  }

  [[noreturn]] void refuse(const std::string& text) const {
    throw UserError("{}: {}", archive_.source(), text);
  }

  const ZipArchive& archive_;
  std::map<std::string, const ZipArchive::Entry*> entries_;
  std::map<std::string, Storage> storages_;
};

}  // namespace

bool is_exported_program(const ZipArchive& archive) {
  return std::ranges::any_of(archive.entries(), [](const auto& entry) {
    const std::string_view name = entry.name;
    const std::string_view inner = name.substr(name.find('/') + 1);
    return name == kFlatGraph || inner == "archive_format" ||
           (inner.starts_with(kModels) && inner.ends_with(".json"));
  });
}

std::shared_ptr<const ExportedProgram> read_exported_program(
    const ZipArchive& archive) {
  return Reader(archive).read();
}

}  // namespace zcp::formats
