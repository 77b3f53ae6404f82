// The bytes of a pickle, read front to back.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace zcp::formats {

/// A pickle's program: opcodes and their operands. It lies in memory, or comes
/// in pieces from a file that does not fit there.
class PickleInput {
 public:
  /// All of it; `bytes` must outlive the input.
  PickleInput(std::string_view bytes, std::string source);

  /// Pieces as `more` gives them, until an empty one. `at` is where the first
  /// byte lies in the file, for messages and `position`.
  PickleInput(
      std::function<std::string()> more,
      std::uint64_t at,
      std::string source);

  const std::string& source() const { return source_; }

  /// Where the next byte lies.
  std::uint64_t position() const { return base_ + at_; }

  /// The next opcode. Messages of `refuse` name its place from now on.
  unsigned char opcode() {
    opcode_at_ = position();
    return static_cast<unsigned char>(take(1)[0]);
  }

  /// The next bytes, valid until the next call. Throws UserError when the
  /// input ends before.
  std::string_view take(std::uint64_t size) {
    if (window_.size() - at_ < size) fill(size);
    const std::string_view part = window_.substr(at_, size);
    at_ += size;
    return part;
  }

  /// A little-endian number of at most 8 bytes.
  std::uint64_t number(std::size_t size);

  /// The same in two's complement; throws UserError beyond 8 bytes.
  std::int64_t signed_number(std::uint64_t size);

  double big_endian_double();

  /// The text up to the end of the line, which is left out.
  std::string line();

  /// Throws the UserError that names the source and the last opcode's place.
  [[noreturn]] void refuse(const std::string& text) const;

 private:
  void fill(std::uint64_t size);

  std::string source_;
  std::string_view window_;
  std::size_t at_ = 0;      ///< in the window
  std::uint64_t base_ = 0;  ///< where the window begins
  std::uint64_t opcode_at_ = 0;
  std::function<std::string()> more_;
  std::string buffer_;
};

}  // namespace zcp::formats
