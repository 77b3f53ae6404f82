#include <doctest/doctest.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <ostream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "common/destination.h"
#include "common/file_descriptor.h"
#include "common/file_identity.h"
#include "tests/support/temporary.h"
#include "tests/support/test_files.h"

using namespace zcp;
using zcp::test::TemporaryFolder;
using zcp::test::user_error;

namespace fs = std::filesystem;

namespace {

using Strings = std::vector<std::string>;

std::string content(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  REQUIRE(in.good());
  return {std::istreambuf_iterator<char>(in), {}};
}

std::ptrdiff_t entries(const fs::path& folder) {
  return std::distance(fs::directory_iterator(folder), {});
}

std::string refusal(const Strings& outputs, const Strings& inputs = {}) {
  return user_error([&] { check_destinations(outputs, inputs); });
}

bool says(const std::string& text, const std::string& part) {
  const bool found = text.find(part) != std::string::npos;
  if (!found) MESSAGE(text);
  return found && text.find('\n') == std::string::npos;
}

void write_text(const std::string& destination, const std::string& text) {
  write_output(destination, [&](std::ostream& out) { out << text; });
}

}  // namespace

TEST_CASE("destinations: what would be lost is refused before the work") {
  const TemporaryFolder folder;
  const std::string base = folder.path();
  const std::string store = folder.write("s.sqlite", "store");
  const auto with_store = [&](const std::string& output) {
    return user_error([&] { check_destinations({&output, 1}, {}, store); });
  };
  CHECK(with_store(store).ends_with(
      "would replace the store " + store + "; give the output another name"));
  CHECK(says(with_store(base + "/./s.sqlite"), "would replace"));
  CHECK(says(with_store(store + "-journal"), "would replace"));
  CHECK(with_store(base).ends_with("is a folder, a file was expected"));
  CHECK(with_store(base + "/none/x.csv").ends_with("none does not exist"));
  CHECK(with_store("-").empty());
  CHECK(with_store("/dev/null").empty());
  const std::string fresh = base + "/t.csv";
  CHECK(with_store(fresh).empty());
  CHECK_FALSE(fs::exists(fresh));
  CHECK(content(store) == "store");
  CHECK(entries(folder.path()) == 1);
}

TEST_CASE("destinations: a store is no input, and has a place") {
  const TemporaryFolder folder;
  const std::string base = folder.path();
  const std::string in = folder.write("in", "arch");
  const std::string wal = folder.write("s-wal", "arch");
  fs::create_symlink("in", folder.path() / "link");
  const auto refused = [&](const std::string& store) {
    const Strings inputs = {"", "-", base, in, wal};
    return user_error([&] { check_destinations({}, inputs, store); });
  };
  CHECK(says(refused(in), "would change " + in));
  CHECK(says(refused(base + "//link"), "would change " + in));
  CHECK(says(refused(base + "/s"), "would change " + wal));
  CHECK(says(refused(base + "/none/s"), "does not exist"));
  CHECK(says(refused("/proc/s"), "/proc/s cannot be written"));
  CHECK(refused(base + "/fresh").empty());
  CHECK_FALSE(fs::exists(base + "/fresh"));
  CHECK(refused("").empty());
}

TEST_CASE("destinations: the files of a folder that is read stay") {
  const TemporaryFolder folder;
  const std::string base = folder.path();
  const std::string labels = folder.write("data/train/labels.csv", "image,y\n");
  const std::string table = folder.write("data/scores.csv", "arch,zico\n");
  fs::create_symlink(labels, folder.path() / "link");
  const std::string data = base + "/data";
  CHECK(says(refusal({labels}, {data}), "would replace a file of " + data));
  CHECK(says(refusal({base + "/link"}, {data}), "would replace a file of"));
  CHECK(says(refusal({labels}, {base + "/data/."}), "would replace a file"));
  CHECK(says(refusal({labels}, {base}), "would replace a file"));
  // What an earlier call has written there may be written again.
  CHECK(refusal({table}, {data}).empty());
  CHECK(refusal({base + "/data/new.csv"}, {data}).empty());
  fs::create_symlink(table, folder.path() / "other");
  CHECK(refusal({base + "/other"}, {base + "/data/train2", "-"}).empty());
  const Strings names = {"a.svg", "train/labels.csv"};
  CHECK(says(
      user_error([&] {
        check_destinations_in(data, names, {&labels, 1});
      }),
      "would replace " + labels));
}

TEST_CASE("destinations: files are what they are, however they are spelled") {
  const TemporaryFolder folder;
  fs::create_directory(folder.path() / "sub");
  const std::string in = folder.write("in", "arch,p\n");
  const std::string to_come = folder.path() / "to_come";
  fs::create_symlink(in, folder.path() / "link");
  fs::create_symlink("to_come", folder.path() / "dangling");
  fs::create_directory_symlink(folder.path(), folder.path() / "sub" / "up");
  fs::create_hard_link(in, folder.path() / "hard");
  const FileDescriptor open(::open(in.c_str(), O_RDWR | O_CLOEXEC));
  REQUIRE(open);
  const std::string base = folder.path();
  const Strings of_input = {
      base + "/in",
      base + "/./in",
      base + "//in",
      base + "/sub/../in",
      base + "/link",
      base + "/hard",
      base + "/sub/up/in",
      fs::relative(in).string(),
      fmt::format("/dev/fd/{}", open.number()),
      fmt::format("/proc/self/fd/{}", open.number()),
      base + "/in-wal",
      base + "/in-shm",
      base + "/sub/up/in-journal"};
  for (const std::string& output : of_input) {
    CAPTURE(output);
    CHECK(says(refusal({output}, {"", in}), "would replace " + in));
    const bool companion =
        output.starts_with(in + "-") || output.ends_with("in-journal");
    CHECK(refusal({in}, {output}).empty() == companion);
  }
  for (const char* name :
       {"/to_come", "/./to_come", "/dangling", "/sub/up/dangling"}) {
    CAPTURE(name);
    CHECK(says(refusal({base + name}, {to_come}), "would replace"));
    CHECK(says(refusal({base + name, to_come}), "are one file"));
  }
  CHECK(refusal({base + "/other", "-", "/dev/null"}, {in, to_come}).empty());
  CHECK(refusal({"/dev/null", "/dev/null", "-"}, {"/dev/null"}).empty());
}

TEST_CASE("destinations: whether they can be written is known at once") {
  const TemporaryFolder folder;
  const std::string locked = folder.write("locked", "arch,p\n");
  fs::permissions(locked, fs::perms::owner_read);
  CHECK(says(refusal({locked}), "locked is read-only"));
  CHECK(says(refusal({"/proc/x.csv"}), "/proc/x.csv cannot be written"));
  CHECK(says(refusal({""}), "''"));
  CHECK(says(refusal({folder.path()}), "is a folder"));
  CHECK(says(refusal({"/dev/fd/987"}), "/dev/fd/987 cannot be written"));
  const FileDescriptor reading(::open(locked.c_str(), O_RDONLY | O_CLOEXEC));
  CHECK(says(
      refusal({fmt::format("/dev/fd/{}", reading.number())}),
      "open for reading only"));
  // Where both lead to one file they are one output, which is refused.
  if (!is_same_file("/dev/stdout", "/dev/stderr")) {
    CHECK(refusal({"/dev/stdout", "/dev/stderr"}).empty());
  }
  CHECK(entries(folder.path()) == 1);
}

TEST_CASE("destinations: what no output of zcp may replace") {
  const TemporaryFolder folder;
  const std::string store =
      folder.write("store", std::string("SQLite format 3\0...", 19));
  const std::string model = folder.write("model", "PK\3\4 and more");
  const std::string data = folder.write("data", std::string("\1\0\2", 3));
  const std::string packed = folder.write("packed", "BZh91AY&SY\x01\x02");
  const std::string notes = folder.write("notes", "Dear diary,\nnone\n");
  const std::string program = folder.write("run.py", "import zcp\n");
  const std::string table = folder.write("table", "arch,zico\nnaïve,1\n");
  for (const auto& [path, what] :
       {std::pair(store, "a SQLite database"),
        std::pair(model, "an archive or a model"),
        std::pair(packed, "no text"),
        std::pair(data, "no text"),
        std::pair(notes, "(it begins 'Dear diary,')"),
        std::pair(program, "(it begins 'import zcp')")}) {
    const std::string before = content(path);
    CHECK(says(refusal({path}), what));
    CHECK(says(user_error([&, p = path] { write_text(p, "x"); }), what));
    CHECK(content(path) == before);
  }
  CHECK(refusal({table}).empty());
  write_text(table, "arch,new\n");
  CHECK(content(table) == "arch,new\n");
}

TEST_CASE("output: complete, or as it was before") {
  const TemporaryFolder folder;
  const fs::path path = folder.write("f", "arch,old\n");
  CHECK_THROWS_AS(
      write_output(
          path,
          [](std::ostream& out) {
            out << "half";
            throw std::logic_error("broken off");
          }),
      std::logic_error);
  CHECK(content(path) == "arch,old\n");
  write_text(path, "new");
  CHECK(content(path) == "new");
  CHECK(entries(folder.path()) == 1);
}

TEST_CASE("output: what the disk does not take is an error") {
  if (zcp::test::absent("/dev/full")) return;
  CHECK_THROWS_WITH_AS(
      write_output(
          "/dev/full", [](std::ostream& out) { out << "text" << std::flush; }),
      "/dev/full could not be written to its end",
      std::runtime_error);
}

TEST_CASE("output: pipes, devices and descriptors are written as they are") {
  const TemporaryFolder folder;
  const fs::path fifo = folder.path() / "fifo";
  REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  CHECK(refusal({fifo}).empty());
  std::string read;
  std::thread reader([&] { read = content(fifo); });
  write_text(fifo, "through the pipe");
  reader.join();
  CHECK(read == "through the pipe");
  CHECK(fs::is_fifo(fifo));

  write_text("/dev/null", "gone");
  CHECK(fs::is_character_file("/dev/null"));

  const fs::path path = folder.write("f", "");
  const FileDescriptor open(
      ::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
  REQUIRE(::write(open.number(), "one ", 4) == 4);
  write_text(fmt::format("/dev/fd/{}", open.number()), "two ");
  write_text(fmt::format("/proc/self/fd/{}", open.number()), "three");
  CHECK(content(path) == "one two three");
}

TEST_CASE("a table of latencies, which grows, may be written again") {
  const TemporaryFolder folder;
  const std::string own = folder.write(
      "costs.csv",
      "# cpu_fp32_b1_t1: seconds; task cifar10 3x32x32; batch 1\narch,cpu\n");
  CHECK(refusal({own}).empty());
  const std::string other = folder.write("notes.md", "# My notes: of today\n");
  CHECK_FALSE(refusal({other}).empty());
}
