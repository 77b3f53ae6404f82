#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "benchmarks/formats/files.h"
#include "tests/support/bytes.h"
#include "tests/support/temporary.h"
#include "tests/support/test_files.h"

using namespace zcp::formats;
using namespace zcp::test;

namespace {

constexpr std::size_t kLimit = 1000;

/// gzip.compress(b'hello, world\n', mtime=0) of Python.
const std::string kGzip = from_hex(
    "1f8b0800000000000203cb48cdc9c9d75128cf2fca49e10200537424f40d000000");
/// bz2.compress(b'hello, world\n') of Python.
const std::string kBzip2 = from_hex(
    "425a683931415926535954a49784000002d1800010400406449080200031003020686200"
    "49d4b21f3f17724538509054a49784");

/// The error without the path at its start.
template <typename Action>
std::string error_of(const std::filesystem::path& path, const Action& action) {
  const std::string error = user_error(action);
  REQUIRE_MESSAGE(error.starts_with(path.string() + ": "), error);
  return error.substr(path.string().size() + 2);
}

}  // namespace

TEST_CASE("files: all bytes, zeros and line ends included") {
  const TemporaryFolder folder;
  const std::string bytes("a\0b\r\n\xff", 6);
  CHECK(read_bytes(folder.write("f", bytes)) == bytes);
  CHECK(read_bytes(folder.write("empty", "")).empty());
  const auto none = folder.path() / "none";
  CHECK(error_of(none, [&] { read_bytes(none); }) == "no such file");
  CHECK(error_of(folder.path(), [&] {
          read_bytes(folder.path());
        }) == "found a folder, expected a file");
}

TEST_CASE("files: gzip, and plain files in its place") {
  const TemporaryFolder folder;
  CHECK(read_gzip(folder.write("f.gz", kGzip), kLimit) == "hello, world\n");
  CHECK(
      read_gzip(folder.write("two.gz", kGzip + kGzip), kLimit) ==
      "hello, world\nhello, world\n");
  CHECK(read_gzip(folder.write("plain", "hello"), kLimit) == "hello");
  const auto cut = folder.write("cut.gz", kGzip.substr(0, kGzip.size() - 9));
  CHECK(error_of(cut, [&] {
          read_gzip(cut, kLimit);
        }).starts_with("the compressed data are cut or broken ("));
  // The checksum stands in the eight last bytes, before the size.
  std::string wrong = kGzip;
  wrong[wrong.size() - 8] ^= 1;
  const auto broken = folder.write("broken.gz", wrong);
  CHECK(error_of(broken, [&] {
          read_gzip(broken, kLimit);
        }).starts_with("the compressed data are cut or broken ("));
  const auto large = folder.write("large.gz", kGzip);
  CHECK(error_of(large, [&] {
          read_gzip(large, 12);
        }) == "found more than 12 bytes inside");
  CHECK(read_gzip(large, 13).size() == 13);
}

TEST_CASE("files: bzip2, one stream or several") {
  const TemporaryFolder folder;
  CHECK(read_bzip2(folder.write("f", kBzip2), kLimit) == "hello, world\n");
  CHECK(
      read_bzip2(folder.write("two", kBzip2 + kBzip2), kLimit) ==
      "hello, world\nhello, world\n");
  const auto refused = [&](const std::string& bytes, std::size_t limit) {
    const auto path = folder.write("bad", bytes);
    return error_of(path, [&] { read_bzip2(path, limit); });
  };
  const std::string kind =
      "the bzip2 data are cut, broken or larger than 1000 bytes";
  CHECK(refused("hello, world\n", kLimit) == kind);
  CHECK(refused(kBzip2.substr(0, 30), kLimit) == kind);
  CHECK(refused(kBzip2 + "x", kLimit) == kind);
  CHECK(refused("", kLimit) == kind);
  CHECK(refused(kBzip2, 40) == "found more than 40 bytes");
}

TEST_CASE("files: any part, from a file or from memory") {
  const TemporaryFolder folder;
  const auto path = folder.write("f", "0123456789");
  for (const auto& bytes :
       {std::shared_ptr<RandomBytes>(open_bytes(path)),
        std::shared_ptr<RandomBytes>(bytes_in_memory("0123456789"))}) {
    CHECK(bytes->size() == 10);
    CHECK(bytes->read(7, 3) == "789");
    CHECK(bytes->read(0, 10) == "0123456789");
    CHECK(bytes->read(2, 0).empty());
  }
  std::filesystem::resize_file(path, 10);
  const auto open = open_bytes(path);
  std::filesystem::resize_file(path, 4);
  CHECK(error_of(path, [&] { open->read(2, 8); }) == "the file cannot be read");
}

TEST_CASE("files: a pipe has no parts") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "pipe";
  REQUIRE(mkfifo(path.c_str(), 0600) == 0);
  const int both = ::open(path.c_str(), O_RDWR);
  REQUIRE(both >= 0);
  CHECK(error_of(path, [&] {
          open_bytes(path);
        }) == "found a pipe, expected a file");
  ::close(both);
}

TEST_CASE("files: what never ends is refused") {
  for (const char* path : {"/dev/zero", "/dev/urandom", "/dev/full"}) {
    if (absent(path)) continue;
    CHECK(error_of(path, [&] {
            read_bytes(path);
          }) == "found a device, expected a file");
    CHECK(error_of(path, [&] {
            open_bytes(path);
          }) == "found a device, expected a file");
    CHECK(error_of(path, [&] {
            read_gzip(path, kLimit);
          }) == "found a device, expected a file");
  }
  CHECK(read_bytes("/dev/null").empty());
}

TEST_CASE("files: a sparse file that no memory holds is refused at once") {
  const TemporaryFolder folder;
  const std::string path = folder.write("sparse", "");
  std::filesystem::resize_file(path, std::uintmax_t{1} << 40U);
  CHECK(error_of(path, [&] {
          read_bytes(path);
        }) == "found more than 4096 MiB, expected a shorter file");
}

TEST_CASE("files: a file of the system, whose size is not told") {
  CHECK(read_bytes("/proc/self/status").starts_with("Name:"));
}

TEST_CASE("files: a named pipe waits for its writer, who may be slow") {
  const TemporaryFolder folder;
  const std::string path = folder.path() / "fifo";
  REQUIRE(mkfifo(path.c_str(), 0600) == 0);
  const std::string sent(200'000, 'x');  // more than a pipe holds
  std::thread writer([&] {
    using namespace std::chrono_literals;
    std::this_thread::sleep_for(250ms);
    const int file = open(path.c_str(), O_WRONLY);
    std::this_thread::sleep_for(250ms);
    for (std::size_t done = 0; done < sent.size();) {
      const auto part = write(file, sent.data() + done, sent.size() - done);
      if (part <= 0) break;
      done += static_cast<std::size_t>(part);
    }
    close(file);
  });
  CHECK(read_bytes(path) == sent);
  writer.join();
}

TEST_CASE("files: a folder that must be there") {
  const TemporaryFolder folder;
  CHECK(user_error([&] { require_folder(folder.path(), "x"); }).empty());
  const auto none = folder.path() / "none";
  CHECK(error_of(none, [&] {
          require_folder(none, "the folder of it");
        }) == "no such folder, expected the folder of it");
  const auto file = folder.write("f", "");
  CHECK(error_of(file, [&] {
          require_folder(file, "x");
        }) == "found a file, expected x");
}
