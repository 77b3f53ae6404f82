#include "common/destination.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ext/stdio_filebuf.h>
#include <fstream>
#include <iostream>
#include <string_view>
#include <system_error>
#include <vector>

#include "common/atomic_file.h"
#include "common/error.h"
#include "common/file_identity.h"

namespace zcp {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kStandard = "-";

/// True for pipes, devices and the like, which are written as they are.
bool is_special(const fs::path& path) {
  std::error_code none;
  const fs::file_status status = fs::status(path, none);
  return fs::exists(status) && !fs::is_regular_file(status) &&
         !fs::is_directory(status);
}

[[noreturn]] void refuse(const std::string& destination, int problem) {
  throw UserError(
      "{} cannot be written: {}", destination, std::strerror(problem));
}

std::string beginning(const fs::path& path) {
  std::string bytes(4096, '\0');
  std::ifstream file(path, std::ios::binary);
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<std::size_t>(file.gcount()));
  return bytes;
}

/// Whether an archive is a network that zcp has written: its first entry says
/// so (nets/networks/script_write.h).
bool is_own_model(std::string_view start) {
  constexpr std::size_t kName = 30;  // of the first entry, in a zip
  return start.substr(0, kName + 64).find("/extra/zcp.json") !=
         std::string_view::npos;
}

/// What the first bytes of a file that no output may replace say it is; empty
/// for text, which all outputs of zcp are.
std::string_view what_it_holds(std::string_view start) {
  if (start.starts_with("SQLite format 3")) return "a SQLite database";
  if (start.starts_with("PK\3\4")) {
    return is_own_model(start) ? "" : "an archive or a model";
  }
  const bool text = std::ranges::all_of(start, [](char c) {
    constexpr std::string_view kInText = "\t\n\v\f\r\x1b";
    return static_cast<unsigned char>(c) >= ' ' ||
           kInText.find(c) != std::string_view::npos;
  });
  return text ? "" : "no text";
}

/// Whether a file begins as the tables of zcp latency do, which grow by a
/// column a call: "# COLUMN: seconds; task ...".
bool is_cost_table(std::string_view start) {
  const std::string_view line = start.substr(0, start.find('\n'));
  return line.starts_with("# ") &&
         line.find(": seconds; task ") != std::string_view::npos;
}

/// True where the first bytes of a file are those of an output of zcp: of its
/// tables (by their first column), its figures, its pages, its predictors.
bool begins_like_an_output(std::string_view start) {
  return start.empty() || is_own_model(start) || is_cost_table(start) ||
         std::ranges::any_of(
             std::array{
                 "arch,",
                 "arch\n",
                 "arch ",
                 "# zcp ",
                 "statistic,",
                 "labels,",
                 "<svg ",
                 "<!doctype html",
                 "| arch",
                 "\\begin{tabular}",
                 "{\"format\":\"zcp ",
                 "[\n"},
             [&](const char* begin) { return start.starts_with(begin); });
}

/// The beginning of the first line, to be shown.
std::string_view first_words(std::string_view start) {
  constexpr std::size_t kShown = 30;
  return start.substr(0, std::min(start.find('\n'), kShown));
}

void check_replaceable(const std::string& destination) {
  std::error_code none;
  if (!fs::is_regular_file(destination, none)) return;
  const std::string start = beginning(destination);
  const std::string_view held = what_it_holds(start);
  if (held.empty() && begins_like_an_output(start)) return;
  if (held.empty()) {
    throw UserError(
        "{} is there and was not made by zcp (it begins '{}'), it would be "
        "lost; give the output another name, or remove it",
        destination,
        first_words(start));
  }
  throw UserError(
      "{} holds {}, which would be lost; give the output another name",
      destination,
      held);
}

void check_descriptor(const std::string& destination, int number) {
  const int flags = ::fcntl(number, F_GETFL);
  if (flags < 0) refuse(destination, errno);
  if ((flags & O_ACCMODE) == O_RDONLY) {
    throw UserError("{} is closed or open for reading only", destination);
  }
}

void check_regular(const std::string& destination) {
  check_replaceable(destination);
  struct stat found {};
  const bool there = ::stat(destination.c_str(), &found) == 0;
  // What is written first has a short name of its own, which says nothing.
  if (!there && errno == ENAMETOOLONG) refuse(destination, errno);
  if (there && S_ISREG(found.st_mode)) {
    // Modes do not bind root, who means them all the same.
    const bool read_only = (found.st_mode & 0222) == 0;
    if (read_only || ::access(destination.c_str(), W_OK) != 0) {
      throw UserError(
          "{} is read-only; give the output another name", destination);
    }
  }
  const AtomicFile probe(destination);
}

void check_writable(const std::string& destination) {
  if (destination == kStandard) {
    check_descriptor("standard output", STDOUT_FILENO);
  } else if (const auto number = descriptor_of(destination)) {
    check_descriptor(destination, *number);
  } else if (is_special(destination)) {
    if (::access(destination.c_str(), W_OK) != 0) refuse(destination, errno);
  } else {
    check_regular(destination);
  }
}

/// True when writing `output` would change `input` or a file that SQLite keeps
/// beside it.
bool would_replace(const std::string& output, const fs::path& input) {
  if (output == kStandard || is_special(output)) return false;
  if (is_same_file(output, input)) return true;
  for (const char* suffix : {"-wal", "-shm", "-journal"}) {
    fs::path companion = final_path(input);
    companion += suffix;
    if (is_same_file(output, companion)) return true;
  }
  return false;
}

/// True when `output` is there, lies in that folder and is no output of an
/// earlier call: then it may be one of the files that are read there.
bool would_replace_in(const std::string& output, const fs::path& folder) {
  std::error_code none;
  if (output == kStandard || !fs::is_regular_file(output, none)) return false;
  const fs::path inside = final_path(output).lexically_relative(folder);
  const bool lies_in = !inside.empty() && *inside.begin() != "..";
  return lies_in && !begins_like_an_output(beginning(output));
}

void check_input(const std::string& output, const std::string& input) {
  if (input.empty()) return;
  std::error_code none;
  if (fs::is_directory(input, none)) {
    if (!would_replace_in(output, final_path(input))) return;
    throw UserError(
        "{} would replace a file of {}, which the same command reads; give the "
        "output another name",
        output,
        input);
  }
  if (!would_replace(output, input == kStandard ? "/dev/stdin" : input)) return;
  throw UserError(
      "{} would replace {}, which the same command uses; give the output "
      "another name",
      output,
      input);
}

/// What is not there yet has a place.
void check_store(
    const std::string& store,
    std::span<const std::string> inputs) {
  if (store.empty() || store == kStandard) return;
  for (const std::string& input : inputs) {
    std::error_code none;
    if (input.empty() || input == kStandard || fs::is_directory(input, none)) {
      continue;
    }
    if (would_replace(store, input) || would_replace(input, store)) {
      throw UserError(
          "the store {} would change {}, which the same command reads; give it "
          "another name",
          store,
          input);
    }
  }
  std::error_code none;
  if (!fs::exists(store, none)) const AtomicFile probe(store);
}

void write_stream(
    std::ostream& stream,
    const std::string& destination,
    const std::function<void(std::ostream&)>& write) {
  write(stream);
  stream.flush();
  if (!stream) {
    throw std::runtime_error(
        fmt::format("{} could not be written to its end", destination));
  }
}

void write_path(
    const fs::path& path,
    const std::string& destination,
    const std::function<void(std::ostream&)>& write) {
  std::ofstream stream(path, std::ios::binary);
  if (!stream) refuse(destination, errno);
  write_stream(stream, destination, write);
}

/// Opening the path of a descriptor anew would write from the start of its
/// file; a copy of the descriptor goes on where others have come to.
void write_descriptor(
    int number,
    const std::string& destination,
    const std::function<void(std::ostream&)>& write) {
  check_descriptor(destination, number);
  const int copy = ::fcntl(number, F_DUPFD_CLOEXEC, 0);
  if (copy < 0) refuse(destination, errno);
  __gnu_cxx::stdio_filebuf<char> buffer(copy, std::ios::out | std::ios::binary);
  std::ostream stream(&buffer);
  write_stream(stream, destination, write);
}

}  // namespace

void check_destinations(
    std::span<const std::string> outputs,
    std::span<const std::string> inputs,
    const std::string& store) {
  if (std::ranges::count(outputs, kStandard) > 1) {
    throw UserError(
        "two outputs go to standard output; give one of them a file");
  }
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const std::string& output = outputs[i];
    for (const std::string& input : inputs) check_input(output, input);
    if (!store.empty() && would_replace(output, store)) {
      throw UserError(
          "{} would replace the store {}; give the output another name",
          output,
          store);
    }
    for (const std::string& other : outputs.subspan(i + 1)) {
      if (other == kStandard || !would_replace(output, other)) continue;
      throw UserError(
          "{} and {} are one file; give each output a name of its own",
          output,
          other);
    }
    check_writable(output);
  }
  check_store(store, inputs);
}

void check_destinations_in(
    const fs::path& folder,
    std::span<const std::string> names,
    std::span<const std::string> inputs) {
  std::vector<std::string> paths;
  for (const std::string& name : names) paths.push_back(folder / name);
  check_destinations(paths, inputs);
}

void write_output(
    const std::string& destination,
    const std::function<void(std::ostream&)>& write) {
  if (destination == kStandard) return write(std::cout);
  if (const auto number = descriptor_of(destination)) {
    if (*number == STDOUT_FILENO) return write(std::cout);
    return write_descriptor(*number, destination, write);
  }
  if (is_special(destination)) {
    return write_path(destination, destination, write);
  }
  check_replaceable(destination);
  AtomicFile file(destination);
  write_path(file.temporary(), destination, write);
  file.replace();
}

}  // namespace zcp
