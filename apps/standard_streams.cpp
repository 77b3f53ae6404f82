#include "apps/standard_streams.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <iostream>
#include <string_view>

#include "apps/terminal.h"
#include "common/printable.h"

namespace zcp::apps {
namespace {

/// Keeps what it is given until a line ends or the stream is flushed: a
/// character may come in two parts.
class PrintableBuffer : public std::streambuf {
 public:
  PrintableBuffer(std::streambuf* next, bool styles)
      : next_(next), styles_(styles) {}

 protected:
  int_type overflow(int_type c) override {
    if (traits_type::eq_int_type(c, traits_type::eof())) return 0;
    const char one = traits_type::to_char_type(c);
    return xsputn(&one, 1) == 1 ? c : traits_type::eof();
  }

  std::streamsize xsputn(const char* text, std::streamsize size) override {
    kept_.append(text, static_cast<std::size_t>(size));
    const std::size_t end = kept_.rfind('\n');
    if (end == std::string::npos) return size;
    const bool good = pass(std::string_view(kept_).substr(0, end + 1));
    kept_.erase(0, end + 1);
    return good ? size : 0;
  }

  int sync() override {
    const bool good = pass(kept_);
    kept_.clear();
    return good && next_->pubsync() == 0 ? 0 : -1;
  }

 private:
  bool pass(std::string_view text) {
    const std::string shown =
        styles_ ? with_styles(text) : printable(text, Lines::several);
    const auto size = static_cast<std::streamsize>(shown.size());
    return next_->sputn(shown.data(), size) == size;
  }

  static std::string with_styles(std::string_view text) {
    std::string shown;
    while (!text.empty()) {
      const std::size_t style = style_length(text);
      const std::size_t next = std::min(text.find('\x1b', 1), text.size());
      if (style > 0) {
        shown += text.substr(0, style);
        text.remove_prefix(style);
        continue;
      }
      shown += printable(text.substr(0, next), Lines::several);
      text.remove_prefix(next);
    }
    return shown;
  }

  std::streambuf* next_;
  bool styles_;
  std::string kept_;
};

/// Opened the wrong way round, so that using it is an error; standard error may
/// be written to, in vain.
void open_if_closed(int number, int flags) {
  if (::fcntl(number, F_GETFD) >= 0) return;
  const int opened = ::open("/dev/null", flags);
  if (opened >= 0 && opened != number) {
    ::dup2(opened, number);
    ::close(opened);
  }
}

bool reader_has_gone() {
  pollfd output{STDOUT_FILENO, 0, 0};
  return ::poll(&output, 1, 0) == 1 && (output.revents & POLLERR) != 0;
}

}  // namespace

PrintableStream::PrintableStream(std::ostream& stream, bool styles)
    : stream_(stream),
      buffer_(std::make_unique<PrintableBuffer>(stream.rdbuf(), styles)),
      before_(stream.rdbuf()) {
  stream_.rdbuf(buffer_.get());
}

PrintableStream::~PrintableStream() {
  const auto state = stream_.rdstate();
  stream_.flush();
  const auto flushed = stream_.rdstate();
  stream_.rdbuf(before_);  // which forgets the state
  stream_.setstate(state | flushed);
}

StandardStreams::StandardStreams() {
  open_if_closed(STDIN_FILENO, O_WRONLY);
  open_if_closed(STDOUT_FILENO, O_RDONLY);
  open_if_closed(STDERR_FILENO, O_WRONLY);
  std::signal(SIGPIPE, SIG_IGN);
  error_ = std::make_unique<PrintableStream>(std::cerr);
  if (::isatty(STDOUT_FILENO) == 1) {
    output_ = std::make_unique<PrintableStream>(std::cout, has_colours());
  }
}

StandardStreams::~StandardStreams() = default;

int checked_status(int status) {
  std::cout.flush();
  if (std::cout) return status;
  if (reader_has_gone()) {
    std::signal(SIGPIPE, SIG_DFL);
    std::raise(SIGPIPE);
  }
  std::cerr << "zcp: standard output could not be written\n";
  return 1;
}

std::string first_line(const char* text) {
  const std::string_view whole(text);
  return std::string(whole.substr(0, whole.find('\n')));
}

}  // namespace zcp::apps
