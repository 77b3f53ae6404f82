#include "apps/score/handoff.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>

extern char** environ;  // NOLINT(*-redundant-declaration)

namespace zcp::apps {
namespace {

constexpr const char* kVariable = "ZCP_HANDOFF";

/// What an entry of the file is. Each is this byte, and for each of its fields
/// the length in four bytes and the bytes.
enum class Entry : char {
  spec = 'S',         // spec
  score = 'R',        // arch, proxy, status, value, reason, seconds
  given_up = 'G',     // key, reason
  interrupted = 'I',  // one empty field
};

std::string bytes_of(double value) {
  std::string bytes(sizeof value, '\0');
  std::memcpy(bytes.data(), &value, sizeof value);
  return bytes;
}

double number_of(const std::string& bytes) {
  double value = 0;
  std::memcpy(&value, bytes.data(), std::min(bytes.size(), sizeof value));
  return value;
}

/// Adds an entry by one call of the system, so that those of several threads do
/// not mix. Allocates nothing.
template <std::size_t count>
void append(
    int file,
    Entry entry,
    const std::array<std::string_view, count>& fields) {
  std::array<std::uint32_t, count> lengths{};
  std::array<iovec, 2 * count + 1> parts{};
  char kind = static_cast<char>(entry);
  parts[0] = {&kind, 1};
  for (std::size_t i = 0; i < count; ++i) {
    lengths[i] = static_cast<std::uint32_t>(fields[i].size());
    parts[2 * i + 1] = {&lengths[i], sizeof lengths[i]};
    parts[2 * i + 2] = {const_cast<char*>(fields[i].data()), fields[i].size()};
  }
  while (writev(file, parts.data(), static_cast<int>(parts.size())) < 0 &&
         errno == EINTR) {
  }
}

/// Reads what append() wrote.
class Reader {
 public:
  explicit Reader(std::string bytes) : bytes_(std::move(bytes)) {}

  bool at_end() const { return at_ >= bytes_.size(); }
  Entry entry() { return static_cast<Entry>(bytes_[at_++]); }
  std::string field() {
    std::uint32_t length = 0;
    require(sizeof length);
    std::memcpy(&length, bytes_.data() + at_, sizeof length);
    at_ += sizeof length;
    require(length);
    at_ += length;
    return bytes_.substr(at_ - length, length);
  }

 private:
  void require(std::size_t count) const {
    if (bytes_.size() - at_ < count) {
      throw std::runtime_error("what the former process left is cut off");
    }
  }

  std::string bytes_;
  std::size_t at_ = 0;
};

/// The words of this process's call, as the system has them.
std::vector<std::string> call_of_process() {
  std::ifstream file("/proc/self/cmdline", std::ios::binary);
  std::vector<std::string> words;
  for (std::string word; std::getline(file, word, '\0');) words.push_back(word);
  return words;
}

/// The file that a former process named; negative without one.
int inherited_file() {
  const char* text = std::getenv(kVariable);
  if (text == nullptr) return -1;
  int number = -1;
  std::from_chars(text, text + std::strlen(text), number);
  // Nobody else makes files of this kind; a variable that a user has set by
  // chance names none.
  std::array<char, 64> target{};
  const std::string link = fmt::format("/proc/self/fd/{}", number);
  const auto length = readlink(link.c_str(), target.data(), target.size());
  const bool ours =
      length > 0 &&
      std::string_view(target.data(), static_cast<std::size_t>(length))
          .starts_with("/memfd:zcp-handoff");
  return ours ? number : -1;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (std::string& text : texts) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

}  // namespace

Handoff::Handoff() {
  const int inherited = inherited_file();
  continues_ = inherited >= 0;
  // Not closed by exec.
  file_ =
      FileDescriptor(continues_ ? inherited : memfd_create("zcp-handoff", 0));
  if (!file_) {
    throw std::runtime_error(
        fmt::format("cannot make a file in memory: {}", std::strerror(errno)));
  }
  fcntl(file_.number(), F_SETFL, O_APPEND);
  if (continues_) read();
  unsetenv(kVariable);
  words_ = call_of_process();
  for (char** variable = environ; *variable != nullptr; ++variable) {
    variables_.emplace_back(*variable);
  }
  variables_.push_back(fmt::format("{}={}", kVariable, file_.number()));
  argv_ = pointers(words_);
  envp_ = pointers(variables_);
}

void Handoff::read() {
  std::ifstream file(
      fmt::format("/proc/self/fd/{}", file_.number()), std::ios::binary);
  Reader reader(std::string(std::istreambuf_iterator<char>(file), {}));
  while (!reader.at_end()) {
    switch (reader.entry()) {
      case Entry::spec:
        specs_.push_back(reader.field());
        break;
      case Entry::score: {
        store::ScoreRecord record;
        record.arch = reader.field();
        record.proxy = reader.field();
        record.status = static_cast<ScoreStatus>(std::stoi(reader.field()));
        record.value = number_of(reader.field());
        record.reason = reader.field();
        record.seconds = number_of(reader.field());
        scores_.push_back(std::move(record));
        break;
      }
      case Entry::given_up: {
        std::string key = reader.field();
        given_up_.push_back({std::move(key), reader.field()});
        break;
      }
      case Entry::interrupted:
        reader.field();
        interrupted_ = true;
        break;
      default:
        throw std::runtime_error("what the former process left is damaged");
    }
  }
}

void Handoff::add_specs(const std::vector<std::string>& specs) {
  for (const std::string& spec : specs) {
    append<1>(file_.number(), Entry::spec, {spec});
  }
}

void Handoff::add_scores(const std::vector<store::ScoreRecord>& records) {
  for (const store::ScoreRecord& record : records) {
    const std::string status = std::to_string(static_cast<int>(record.status));
    const std::string value = bytes_of(record.value);
    const std::string seconds = bytes_of(record.seconds);
    append<6>(
        file_.number(),
        Entry::score,
        {record.arch, record.proxy, status, value, record.reason, seconds});
  }
}

void Handoff::add_given_up(std::string_view key, std::string_view reason)
    const {
  append<2>(file_.number(), Entry::given_up, {key, reason});
}

void Handoff::add_interrupted() const {
  append<1>(file_.number(), Entry::interrupted, {std::string_view()});
}

void Handoff::go_on() const {
  // A handler runs with its signal held back, and so would the new process.
  sigset_t none;
  sigemptyset(&none);
  pthread_sigmask(SIG_SETMASK, &none, nullptr);
  execve("/proc/self/exe", argv_.data(), envp_.data());
}

}  // namespace zcp::apps
