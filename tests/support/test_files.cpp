#include "tests/support/test_files.h"

#include <cstdlib>

#include "tests/support/skipped.h"

namespace zcp::test {

std::filesystem::path golden(const std::string& name) {
  return std::filesystem::path(ZCP_GOLDEN_DIR) / name;
}

std::filesystem::path shared(const std::string& name) {
  const char* folder = std::getenv("ZCP_SHARED");
  return std::filesystem::path(folder != nullptr ? folder : ZCP_SHARED_DIR) /
         name;
}

void skip(const std::string& reason) {
  MESSAGE("skipped: " << reason);
  note_skipped();
}

bool absent(const std::filesystem::path& path) {
  if (std::filesystem::exists(path)) return false;
  skip("no " + path.string());
  return true;
}

}  // namespace zcp::test
