// A model's file on its way from the disk to a network.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "common/exported_program.h"

namespace zcp {

/// A model's file: TorchScript, or an exported program. formats::
/// read_model_file() and check_model() make it of what others wrote: they look
/// at every byte before LibTorch, which trusts them all.
class ModelSource {
 public:
  /// A TorchScript file of the program's own. It is read when the network is
  /// made, and nothing of it is checked.
  // NOLINTNEXTLINE(google-explicit-constructor)
  ModelSource(std::filesystem::path path) : path_(std::move(path)) {}
  // NOLINTNEXTLINE(google-explicit-constructor)
  ModelSource(const std::string& path) : path_(path) {}
  // NOLINTNEXTLINE(google-explicit-constructor)
  ModelSource(const char* path) : path_(path) {}

  /// A file's bytes. `content` is their hash64(), `exported` what they say
  /// where they are an exported program.
  ModelSource(
      std::filesystem::path path,
      std::shared_ptr<const std::string> bytes,
      std::uint64_t content,
      std::shared_ptr<const ExportedProgram> exported = nullptr)
      : path_(std::move(path)),
        bytes_(std::move(bytes)),
        content_(content),
        exported_(std::move(exported)) {}

  const std::filesystem::path& path() const { return path_; }
  /// Null for a file that is still to be read.
  const std::shared_ptr<const std::string>& bytes() const { return bytes_; }
  /// Meaningless without bytes.
  std::uint64_t content() const { return content_; }
  /// Null for a TorchScript file.
  const std::shared_ptr<const ExportedProgram>& exported() const {
    return exported_;
  }

  /// Lets go of the bytes.
  void forget() {
    bytes_.reset();
    exported_.reset();
  }

 private:
  std::filesystem::path path_;
  std::shared_ptr<const std::string> bytes_;
  std::uint64_t content_ = 0;
  std::shared_ptr<const ExportedProgram> exported_;
};

}  // namespace zcp
