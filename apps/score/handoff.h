// What a process that cannot go on hands to the one that takes its place.
//
// A network may hang (a TorchScript file is a program, with `while True`), or
// crash the library that runs it. A thread cannot be taken away from a process,
// so the process itself gives way: it becomes a new one of the same program,
// with the same arguments and the same number, which leaves out the networks
// that were given up. What the new one has to know lies in a file without a
// name that only ever grows, so that a signal handler can add to it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/store/score_store.h"
#include "common/file_descriptor.h"

namespace zcp::apps {

/// A network that is not to be run again in this call.
struct GivenUp {
  std::string key;     ///< as ScoreTable::keys() has it
  std::string reason;  ///< why, for the user
};

class Handoff {
 public:
  /// What a former process of this call left, or an empty one. Throws
  /// std::runtime_error where the system has no such file.
  Handoff();

  /// Whether a former process has begun this call.
  bool continues() const { return continues_; }
  /// Whether that one was asked to stop.
  bool interrupted() const { return interrupted_; }
  const std::vector<GivenUp>& given_up() const { return given_up_; }
  /// The scores it had, where no store keeps them.
  const std::vector<store::ScoreRecord>& scores() const { return scores_; }
  /// The specs it had read, where there were any to keep: a pipe can be read
  /// once.
  const std::vector<std::string>& specs() const { return specs_; }

  void add_specs(const std::vector<std::string>& specs);
  void add_scores(const std::vector<store::ScoreRecord>& records);

  /// The same of what goes on without a network. These allocate nothing: a
  /// signal handler may call them.
  void add_given_up(std::string_view key, std::string_view reason) const;
  void add_interrupted() const;

  /// Becomes the new process; returns where the system refuses.
  void go_on() const;

 private:
  void read();

  bool continues_ = false;
  bool interrupted_ = false;
  std::vector<GivenUp> given_up_;
  std::vector<store::ScoreRecord> scores_;
  std::vector<std::string> specs_;
  FileDescriptor file_;
  std::vector<std::string> words_;      ///< of this call
  std::vector<std::string> variables_;  ///< of the environment
  std::vector<char*> argv_;             ///< both as execve() takes them
  std::vector<char*> envp_;
};

}  // namespace zcp::apps
