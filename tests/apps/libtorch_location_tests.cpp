#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "apps/libtorch_location.h"
#include "common/error.h"
#include "tests/support/temporary.h"
#include "tests/support/test_files.h"

using namespace zcp;

namespace {

/// An environment variable that has its old value again afterwards.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) {
    if (const char* old = std::getenv(name)) old_ = old;
    if (value != nullptr) {
      setenv(name, value, 1);
    } else {
      unsetenv(name);
    }
  }
  ~Variable() {
    if (old_.empty()) {
      unsetenv(name_);
    } else {
      setenv(name_, old_.c_str(), 1);
    }
  }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
  std::string old_;
};

/// A folder with a python3 that says this of its torch.
void make_python(const std::filesystem::path& folder, const char* answer) {
  const auto program = folder / "python3";
  std::ofstream(program) << "#!/bin/sh\n" << answer << "\n";
  std::filesystem::permissions(program, std::filesystem::perms::owner_all);
}

}  // namespace

TEST_CASE("LibTorch of a portable build: the folder that is named") {
  const Variable named("ZCP_TORCH_LIB", "/named/lib");
  const Variable path("LD_LIBRARY_PATH", "/others");
  apps::find_libtorch();
  CHECK(std::string(std::getenv("LD_LIBRARY_PATH")) == "/named/lib:/others");
}

TEST_CASE("LibTorch of a portable build: python3's, of the same version") {
  const test::TemporaryFolder folder;
  const Variable named("ZCP_TORCH_LIB", nullptr);
  const Variable programs("PATH", folder.path().c_str());
  const Variable libraries("LD_LIBRARY_PATH", nullptr);
  make_python(
      folder.path(), "echo " ZCP_TORCH_VERSION "+cu1; echo /python/torch/lib");
  apps::find_libtorch();
  CHECK(std::string(std::getenv("LD_LIBRARY_PATH")) == "/python/torch/lib");
  make_python(folder.path(), "echo 0.4.1; echo /python/torch/lib");
  CHECK_THROWS_AS(apps::find_libtorch(), UserError);
  make_python(folder.path(), "exit 1");
  CHECK_THROWS_AS(apps::find_libtorch(), UserError);
}
