// The named arrays of the file of a task: what torch.save or numpy.savez wrote.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "benchmarks/formats/files.h"
#include "benchmarks/formats/tensor_archive.h"
#include "common/error.h"

namespace zcp::tasks {

/// One of several tensors.
struct NamedTensor {
  std::string key;  ///< in a dict; empty: its position says which it is
  formats::StoredTensor tensor;
};

/// The named arrays of a file.
class Arrays {
 public:
  explicit Arrays(std::string source) : source_(std::move(source)) {}
  virtual ~Arrays() = default;

  virtual bool has(const std::string& name) const = 0;
  /// Throws UserError where it is absent, no tensor or ill-formed.
  virtual formats::StoredTensor tensor(const std::string& name) const = 0;

  /// What lies in `name` in a tuple, a list or a dict of torch.save, or beside
  /// the name in names such as "x.0" and "x.age" of numpy.savez; none where it
  /// is a single tensor. Throws UserError for what is ill-formed.
  virtual std::optional<std::vector<NamedTensor>> several(
      const std::string& name) const = 0;

  /// The name of the two that the file has; the first where it has neither.
  const char* one_of(const char* name, const char* other) const {
    if (!has(other)) return name;
    if (!has(name)) return other;
    throw UserError(
        "{}: found both '{}' and '{}', expected one of them",
        source_,
        name,
        other);
  }

 protected:
  std::string source_;
};

/// Those of a file of torch.save, or of numpy.savez: a zip archive without the
/// pickle that torch.save writes. Throws UserError naming `source`, what was
/// found and what was expected.
std::unique_ptr<const Arrays> arrays_of(
    std::shared_ptr<const formats::RandomBytes> bytes,
    const std::string& source);

}  // namespace zcp::tasks
