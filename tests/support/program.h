// Runs the program `zcp` as a process, as a user's shell does.
#pragma once

#include <doctest/doctest.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/temporary.h"

namespace zcp::test {

using Strings = std::vector<std::string>;

/// What a finished process left.
struct Finished {
  int status = -1;  ///< exit status; -1 when a signal ended it
  std::string out;
  std::string err;
};

/// The bytes of a file.
inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// The program under test; the variable ZCP_PROGRAM names another one.
inline std::string program() {
  const char* other = std::getenv("ZCP_PROGRAM");
  return other != nullptr ? other : ZCP_PROGRAM;
}

/// Runs the program, or that at `path`, with these arguments and `input` on
/// standard input.
inline Finished run_zcp(
    const Strings& arguments,
    std::string_view input = {},
    const std::string& path = program()) {
  const TemporaryFolder folder;
  const std::string in = folder.write("in", input);
  const std::string out = folder.write("out", "");
  const std::string err = folder.write("err", "");
  std::vector<char*> argv = {const_cast<char*>(path.c_str())};
  for (const std::string& argument : arguments) {
    argv.push_back(const_cast<char*>(argument.c_str()));
  }
  argv.push_back(nullptr);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, 0, in.c_str(), O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, 1, out.c_str(), O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&files, 2, err.c_str(), O_WRONLY, 0);
  pid_t process = 0;
  const int failed = posix_spawn(
      &process, path.c_str(), &files, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&files);
  if (failed != 0) throw std::runtime_error("cannot run " + path);
  int status = 0;
  waitpid(process, &status, 0);
  Finished result{-1, read_file(out), read_file(err)};
  if (WIFEXITED(status)) result.status = WEXITSTATUS(status);
  return result;
}

inline std::ptrdiff_t count_lines(std::string_view text) {
  return std::count(text.begin(), text.end(), '\n');
}

/// A command line as messages show it.
inline std::string shown(const Strings& arguments) {
  std::string line = "zcp";
  for (const std::string& argument : arguments) line += " " + argument;
  return line;
}

/// Wrong use: status 2, nothing on standard output and one line on standard
/// error, which names `thing`.
inline void check_refused(const Strings& arguments, const std::string& thing) {
  const Finished run = run_zcp(arguments);
  CAPTURE(shown(arguments));
  CAPTURE(run.err);
  CHECK(run.status == 2);
  CHECK(run.out == "");
  CHECK(run.err.starts_with("zcp: "));
  CHECK(run.err.ends_with("\n"));
  CHECK(count_lines(run.err) == 1);
  CHECK(run.err.find(thing) != std::string::npos);
}

/// Runs the program, which has to succeed, and returns its standard output.
inline std::string output_of(
    const Strings& arguments,
    std::string_view input = {}) {
  const Finished run = run_zcp(arguments, input);
  CAPTURE(shown(arguments));
  CAPTURE(run.err);
  CHECK(run.status == 0);
  return run.out;
}

/// `first` with `rest` behind it.
inline Strings operator+(Strings first, const Strings& rest) {
  first.insert(first.end(), rest.begin(), rest.end());
  return first;
}

/// The fields of the lines of a CSV without quotes.
inline std::vector<Strings> csv_rows(const std::string& text) {
  std::vector<Strings> rows;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    Strings fields(1);
    for (const char c : line) {
      if (c == ',') {
        fields.emplace_back();
      } else {
        fields.back() += c;
      }
    }
    rows.push_back(fields);
  }
  return rows;
}

}  // namespace zcp::test
