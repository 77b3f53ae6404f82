#include <doctest/doctest.h>
#include <fcntl.h>
#include <fmt/format.h>

#include "common/file_descriptor.h"
#include "common/file_identity.h"
#include "tests/support/temporary.h"

using namespace zcp;
using zcp::test::TemporaryFolder;

namespace fs = std::filesystem;

TEST_CASE("file identity: a renamed file stays itself, another one is not it") {
  const TemporaryFolder folder;
  const fs::path path = folder.write("f", "1");
  const auto before = identity_of(path);
  REQUIRE(before);
  fs::rename(path, folder.path() / "g");
  CHECK_FALSE(identity_of(path));
  CHECK(identity_of(folder.path() / "g") == before);
  folder.write("f", "1");
  CHECK(identity_of(path) != before);
}

TEST_CASE("file identity: links are followed, also to what is not there") {
  const TemporaryFolder folder;
  const fs::path base = fs::canonical(folder.path());
  fs::create_directory(base / "d");
  fs::create_symlink("../f", base / "d" / "link");
  fs::create_symlink(base / "d" / "link", base / "twice");
  fs::create_symlink("loop", base / "loop");
  CHECK(final_path(base / "d" / ".." / "f") == base / "f");
  CHECK(final_path(base / "d" / "link") == base / "f");
  CHECK(final_path(base / "twice") == base / "f");
  CHECK(final_path(base / "d" / ".") == base / "d");
  CHECK(final_path(base / "none" / "f") == base / "none" / "f");
  CHECK(final_path(base / "loop").filename() == "loop");
  CHECK(is_same_file(base / "twice", base / "f"));
  folder.write("f", "1");
  CHECK(is_same_file(base / "twice", base / "f"));
  CHECK_FALSE(is_same_file(base / "f", base / "g"));
  CHECK_FALSE(is_same_file(base / "g", base / "h"));
}

TEST_CASE("file identity: the paths of descriptors") {
  const TemporaryFolder folder;
  const fs::path path = folder.write("f", "1");
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  REQUIRE(file);
  const int number = file.number();
  CHECK(descriptor_of(fmt::format("/dev/fd/{}", number)) == number);
  CHECK(descriptor_of(fmt::format("/proc/self/fd/{}", number)) == number);
  CHECK(descriptor_of("/dev/stdin") == 0);
  CHECK(descriptor_of("/dev/stdout") == 1);
  CHECK(descriptor_of("/dev/stderr") == 2);
  CHECK_FALSE(descriptor_of(path));
  CHECK_FALSE(descriptor_of("/dev/null"));
  CHECK_FALSE(descriptor_of("/dev/fd/x"));
  CHECK_FALSE(descriptor_of("1"));
  CHECK(is_same_file(fmt::format("/dev/fd/{}", number), path));
}
