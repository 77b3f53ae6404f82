#include "benchmarks/formats/pickle_input.h"

#include <bit>

#include "benchmarks/formats/byte_order.h"
#include "common/error.h"

namespace zcp::formats {
namespace {

/// The longest operand of an input that comes in pieces.
constexpr std::uint64_t kLongest = std::uint64_t{1} << 26U;

}  // namespace

PickleInput::PickleInput(std::string_view bytes, std::string source)
    : source_(std::move(source)), window_(bytes) {}

PickleInput::PickleInput(
    std::function<std::string()> more,
    std::uint64_t at,
    std::string source)
    : source_(std::move(source)), base_(at), more_(std::move(more)) {}

void PickleInput::refuse(const std::string& text) const {
  throw UserError("{}: byte {}: {}", source_, opcode_at_, text);
}

/// Moves the window on until it holds `size` bytes from here.
void PickleInput::fill(std::uint64_t size) {
  if (more_ && size > kLongest) {
    refuse(fmt::format(
        "found a value of {} bytes, expected at most {}", size, kLongest));
  }
  if (more_) {
    buffer_.erase(0, at_);
    base_ += at_;
    at_ = 0;
    while (buffer_.size() < size) {
      const std::string piece = more_();
      if (piece.empty()) break;
      buffer_ += piece;
    }
    window_ = buffer_;
  }
  const std::size_t found = window_.size() - at_;
  if (found >= size) return;
  refuse(fmt::format(
      "found the end of the file, expected {} more bytes (a cut file?)",
      size - found));
}

std::uint64_t PickleInput::number(std::size_t size) {
  return little_endian(take(size));
}

std::int64_t PickleInput::signed_number(std::uint64_t size) {
  if (size > sizeof(std::int64_t)) {
    refuse(
        fmt::format("found an integer of {} bytes, expected 8 at most", size));
  }
  if (size == 0) return 0;
  const auto unused = static_cast<unsigned>(64 - 8 * size);
  return std::bit_cast<std::int64_t>(number(size) << unused) >> unused;
}

double PickleInput::big_endian_double() {
  return std::bit_cast<double>(big_endian(take(8)));
}

std::string PickleInput::line() {
  constexpr std::size_t kLongestName = 1024;
  std::string text;
  for (char c = take(1)[0]; c != '\n'; c = take(1)[0]) {
    text += c;
    if (text.size() > kLongestName) refuse("found no end of a name");
  }
  return text;
}

}  // namespace zcp::formats
