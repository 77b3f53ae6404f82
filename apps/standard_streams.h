// Standard input, output and error of the whole process.
#pragma once

#include <iosfwd>
#include <memory>
#include <streambuf>
#include <string>

namespace zcp::apps {

/// While it lives, what a stream is given reaches it by lines and as
/// printable() shows it, so that no name in a file can steer a terminal. Line
/// ends stay.
class PrintableStream {
 public:
  /// `styles`: the sequences of terminal.h, which change how a terminal shows
  /// text and nothing else, are passed on.
  explicit PrintableStream(std::ostream& stream, bool styles = false);
  ~PrintableStream();
  PrintableStream(const PrintableStream&) = delete;
  PrintableStream& operator=(const PrintableStream&) = delete;

 private:
  std::ostream& stream_;
  std::unique_ptr<std::streambuf> buffer_;
  std::streambuf* before_;
};

/// Made by main before anything else. A closed standard stream leads nowhere
/// (its number would go to the next file that is opened, which then got what
/// is meant for the stream), and a reader who has gone is an error of the
/// stream, not the end of the process. What is said on standard error is
/// printable, and so is standard output where it is a terminal.
class StandardStreams {
 public:
  StandardStreams();
  ~StandardStreams();
  StandardStreams(const StandardStreams&) = delete;
  StandardStreams& operator=(const StandardStreams&) = delete;

 private:
  std::unique_ptr<PrintableStream> error_;
  std::unique_ptr<PrintableStream> output_;  ///< null: no terminal
};

/// The exit status of a command that ended with `status`: 1, with a line on
/// standard error, when standard output did not take all that it was given.
/// Ends the process as other programs end when the reader of a pipe has gone.
int checked_status(int status);

/// The first line of what an exception says, without the traces that libraries
/// append.
std::string first_line(const char* text);

}  // namespace zcp::apps
