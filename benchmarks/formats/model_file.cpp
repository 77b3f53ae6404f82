#include "benchmarks/formats/model_file.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "benchmarks/formats/archive_limits.h"
#include "benchmarks/formats/exported_file.h"
#include "benchmarks/formats/files.h"
#include "benchmarks/formats/pickle.h"
#include "benchmarks/formats/script_code.h"
#include "benchmarks/formats/tensor_archive.h"
#include "benchmarks/formats/zip.h"
#include "common/error.h"
#include "common/hash.h"

namespace zcp::formats {
namespace {

/// The largest networks in use have a tenth of it.
constexpr std::uint64_t kMostModelBytes = std::uint64_t{64} << 30U;
/// Of modules within modules, each of which takes two; and of syntax trees.
/// Ten times what networks have, a tenth of what a stack of 8 MB holds.
constexpr std::size_t kDeepestPickle = 400;
constexpr std::size_t kDeepestCode = 1000;
constexpr std::size_t kDeepestType = 64;

/// The bytes of a regular file: others may never end, or never begin.
std::unique_ptr<RandomBytes> open_model(const std::filesystem::path& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (std::filesystem::exists(status) &&
      !std::filesystem::is_regular_file(status) &&
      !std::filesystem::is_directory(status)) {
    throw UserError(
        "{}: found a pipe or a device, expected a TorchScript file",
        path.string());
  }
  auto bytes = open_bytes(path);
  if (bytes->size() <= kMostModelBytes) return bytes;
  throw UserError(
      "{}: found {} bytes, expected a TorchScript file of at most {}",
      path.string(),
      bytes->size(),
      kMostModelBytes);
}

/// Bytes that somebody else holds, too.
class SharedBytes final : public RandomBytes {
 public:
  explicit SharedBytes(std::shared_ptr<const std::string> bytes)
      : bytes_(std::move(bytes)) {}
  std::uint64_t size() const override { return bytes_->size(); }
  std::string read(std::uint64_t at, std::uint64_t count) const override {
    return bytes_->substr(at, count);
  }

 private:
  std::shared_ptr<const std::string> bytes_;
};

/// The checks of one file.
class Inspection {
 public:
  Inspection(std::shared_ptr<const std::string> bytes, std::string source)
      : size_(bytes->size()),
        source_(std::move(source)),
        archive_(
            std::make_shared<SharedBytes>(std::move(bytes)),
            source_,
            Packing::stored_or_deflated) {}

  void run() {
    index_entries();
    check_kind();
    for (const auto& [name, entry] : entries_) check_entry(name, *entry);
  }

 private:
  /// Names without the archive's folder, under which LibTorch looks for them.
  void index_entries() {
    if (archive_.entries().empty()) refuse("found an empty zip archive");
    const std::string& first = archive_.entries()[0].name;
    const std::string folder = first.substr(0, first.find('/') + 1);
    std::uint64_t packed = 0;
    std::uint64_t inflated = 0;
    for (const ZipArchive::Entry& entry : archive_.entries()) {
      if (folder.empty() || !entry.name.starts_with(folder)) {
        refuse(fmt::format(
            "entry '{}': expected all entries in one folder", entry.name));
      }
      const std::string name = entry.name.substr(folder.size());
      if (!entries_.emplace(name, &entry).second) {
        refuse(fmt::format("found two entries '{}'", entry.name));
      }
      packed += entry.packed;
      if (entry.deflated) inflated += entry.size;
      if (packed > size_ || inflated > kMostInflated) {
        refuse(fmt::format(
            "entry '{}': found more than {} bytes in the entries, expected a "
            "file that holds them",
            entry.name,
            packed > size_ ? size_ : kMostInflated));
      }
    }
    check_spellings();
  }

  /// LibTorch's reader does not tell capital letters.
  void check_spellings() const {
    std::map<std::string, std::string_view> seen;
    for (const auto& [name, entry] : entries_) {
      if (name.starts_with("code/")) continue;
      std::string lower = name;
      std::ranges::transform(lower, lower.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
      });
      if (seen.emplace(lower, name).second) continue;
      refuse(fmt::format("found two entries '{}', whatever the case", lower));
    }
  }

  void check_kind() const {
    const bool has_code = std::ranges::any_of(entries_, [](const auto& entry) {
      return entry.first.starts_with("code/");
    });
    if (has_code && entries_.contains("data.pkl") &&
        entries_.contains("constants.pkl") &&
        !entries_.contains("model.json")) {
      return;
    }
    refuse(
        "not a TorchScript file; expected what torch.jit.trace(...).save or "
        "torch.jit.script(...).save of PyTorch 1.4 or later, or "
        "torch.export.save of 2.6 or later wrote");
  }

  void check_entry(const std::string& name, const ZipArchive::Entry& entry) {
    const std::string content = archive_.content(entry);
    if (name == "data.pkl" || name == "constants.pkl") {
      const Pickle pickle(content, in(name), Pickle::AnyName{});
      pickle.check_depth(kDeepestPickle);
      const std::string folder = name.substr(0, name.find('.')) + "/";
      pickle.visit([&](const PickleValue& value) { check(value, folder); });
    } else if (name.ends_with(".pkl") || name.ends_with(".debug_pkl")) {
      Pickle(content, in(name), Pickle::AnyName{}).check_depth(kDeepestPickle);
    } else if (name.starts_with("code/")) {
      if (code_depth(content) <= kDeepestCode) return;
      refuse(fmt::format(
          "{}: found code that nests deeper than {}, expected less",
          name,
          kDeepestCode));
    } else if (name == "byteorder" && content != "little") {
      refuse("found big-endian numbers, expected little");
    }
  }

  void check(const PickleValue& value, const std::string& folder) const {
    if (value.is_persistent()) {
      stored_elements(value.persistent(), folder);
      return;
    }
    if (!value.is_call()) return;
    const std::string_view callee = value.callee();
    if (callee == "torch._utils._rebuild_tensor_v2" ||
        callee == "torch._utils._rebuild_qtensor") {
      check_tensor(value.arguments(), folder);
    } else if (callee == "torch.jit._pickle.restore_type_tag") {
      check_type(value.arguments().item(1).text());
    } else if (
        callee.starts_with("torch._utils._rebuild") &&
        callee != "torch._utils._rebuild_parameter") {
      refuse(fmt::format("found a {}, expected plain tensors", callee));
    }
  }

  /// The number of elements that a storage's reference says, which its entry
  /// has.
  std::int64_t stored_elements(
      const PickleValue& reference,
      const std::string& folder) const {
    const std::string_view type_name = reference.item(1).global();
    const StorageType* type = find_storage_type(type_name);
    const std::string name = folder + std::string(reference.item(2).text());
    if (type == nullptr) {
      refuse(fmt::format(
          "storage '{}': found a {}, expected numbers of a known type",
          name,
          type_name));
    }
    const std::int64_t count = reference.item(4).integer();
    const auto entry = entries_.find(name);
    const std::uint64_t bytes =
        entry == entries_.end() ? 0 : entry->second->size;
    const bool held = entry != entries_.end() || count == 0;
    if (!held || count < 0 ||
        static_cast<std::uint64_t>(count) > bytes / type->size) {
      refuse(fmt::format(
          "storage '{}': found {} bytes, expected {} elements of {} (a damaged "
          "file?)",
          name,
          bytes,
          count,
          type->dtype));
    }
    return count;
  }

  void check_tensor(const PickleValue& arguments, const std::string& folder)
      const {
    const PickleValue reference = arguments.item(0).persistent();
    const std::int64_t available = stored_elements(reference, folder);
    const PickleValue sizes = arguments.item(2);
    const PickleValue strides = arguments.item(3);
    // Places in the storage, and elements, which may be more.
    std::int64_t last = arguments.item(1).integer();
    std::int64_t count = 1;
    bool good = last >= 0 && sizes.size() == strides.size();
    bool empty = false;
    for (std::size_t i = 0; good && i < sizes.size(); ++i) {
      const std::int64_t size = sizes.item(i).integer();
      const std::int64_t stride = strides.item(i).integer();
      const std::int64_t most = std::max(kMostExpanded, available);
      std::int64_t step = 0;
      good = size >= 0 && stride >= 0 && size <= most &&
             !__builtin_mul_overflow(size > 1 ? size - 1 : 0, stride, &step) &&
             !__builtin_add_overflow(last, step, &last);
      empty |= size == 0;
      if (!good || size < 2) continue;
      good = !__builtin_mul_overflow(count, size, &count) && count <= most;
    }
    if (good && (empty || last < available)) return;
    std::vector<std::int64_t> shape;
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      shape.push_back(sizes.item(i).integer());
    }
    refuse(fmt::format(
        "storage '{}{}': found {} elements, expected those of a tensor of "
        "shape "
        "[{}] (a damaged file?)",
        folder,
        reference.item(2).text(),
        available,
        fmt::join(shape, ", ")));
  }

  void check_type(std::string_view type) const {
    if (code_depth(type) <= kDeepestType) return;
    refuse(fmt::format(
        "found a type that nests deeper than {}, expected less", kDeepestType));
  }

  std::string in(const std::string& name) const {
    return source_ + ": " + name;
  }

  [[noreturn]] void refuse(const std::string& text) const {
    throw UserError("{}: {}", source_, text);
  }

  std::uint64_t size_;
  std::string source_;
  ZipArchive archive_;
  std::map<std::string, const ZipArchive::Entry*> entries_;
};

void require_zip(const RandomBytes& bytes, const std::string& source) {
  if (bytes.size() >= 4 && bytes.read(0, 4) == "PK\x03\x04") return;
  throw UserError(
      "{}: not a TorchScript file; expected what torch.jit.trace(...).save, "
      "torch.jit.script(...).save or torch.export.save wrote",
      source);
}

}  // namespace

std::uint64_t content_of(const std::filesystem::path& path) {
  constexpr std::uint64_t kPiece = std::uint64_t{1} << 20U;
  const auto bytes = open_model(path);
  StreamHash hash;
  for (std::uint64_t at = 0; at < bytes->size(); at += kPiece) {
    hash.add(bytes->read(at, std::min(kPiece, bytes->size() - at)));
  }
  return hash.value();
}

ModelSource read_model_file(const std::filesystem::path& path) {
  const std::shared_ptr<const RandomBytes> file = open_model(path);
  require_zip(*file, path.string());
  // Its directory first: a file without one is not read as a whole.
  const ZipArchive directory(file, path.string(), Packing::stored_or_deflated);
  return check_model(
      path, std::make_shared<const std::string>(file->read(0, file->size())));
}

ModelSource check_model(
    const std::filesystem::path& name,
    std::shared_ptr<const std::string> bytes) {
  const std::string source = name.string();
  const auto shared = std::make_shared<SharedBytes>(bytes);
  require_zip(*shared, source);
  const std::uint64_t content = hash64(*bytes);
  const ZipArchive archive(shared, source, Packing::stored_or_deflated);
  if (is_exported_program(archive)) {
    auto exported = read_exported_program(archive);
    return {name, std::move(bytes), content, std::move(exported)};
  }
  Inspection(bytes, source).run();
  return {name, std::move(bytes), content};
}

}  // namespace zcp::formats
