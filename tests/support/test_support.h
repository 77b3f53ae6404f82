// What several test files need: paths of data that may be absent.
#pragma once

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace zcp::test {

/// A file of tests/golden.
inline std::filesystem::path golden(const std::string& name) {
  return std::filesystem::path(ZCP_GOLDEN_DIR) / name;
}

/// A file of the reference data that lies beside the checkout; ZCP_SHARED
/// names another folder.
inline std::filesystem::path shared(const std::string& name) {
  const char* folder = std::getenv("ZCP_SHARED");
  return std::filesystem::path(folder != nullptr ? folder : ZCP_SHARED_DIR) /
         name;
}

/// True, with a message, where `path` is absent and the test has to be skipped.
inline bool absent(const std::filesystem::path& path) {
  if (std::filesystem::exists(path)) return false;
  MESSAGE("skipped: no " << path.string());
  return true;
}

}  // namespace zcp::test
