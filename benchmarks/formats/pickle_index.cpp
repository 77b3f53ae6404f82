#include "benchmarks/formats/pickle_index.h"

#include <fmt/format.h>

#include <utility>

#include "benchmarks/formats/pickle.h"

namespace zcp::formats {
namespace {

/// Runs a program with nothing but the size of the stack.
class PickleIndexer {
 public:
  PickleIndexer(PickleInput& input, int level) : input_(input) {
    index_.level = level;
  }

  PickleIndex run() {
    for (bool stopped = false; !stopped;) {
      const unsigned char opcode = input_.opcode();
      begin_ = {input_.position() - 1, memo_};
      stopped = opcode == '.';
      if (stopped) pop(1);
      if (!stopped && !scalar(opcode) && !container(opcode) && !other(opcode)) {
        input_.refuse(fmt::format(
            "found opcode {:#04x}, expected one of a pickle of protocol 2 to "
            "5 made of plain values",
            opcode));
      }
      follow_slots();
    }
    return std::move(index_);
  }

 private:
  /// Where a value on the stack begins, and the memo numbers before it.
  struct Slot {
    std::uint64_t begin = 0;
    std::uint64_t memo = 0;
  };

  std::size_t floor() const { return marks_.empty() ? 0 : marks_.back(); }
  bool at_level() const {
    return marks_.size() == static_cast<std::size_t>(index_.level);
  }

  void push() {
    if (++size_ <= kPickleValues) return;
    input_.refuse(fmt::format(
        "found more than {} values on the stack, expected at most that many",
        kPickleValues));
  }

  void pop(std::size_t count) {
    if (size_ - floor() < count) input_.refuse("found an empty stack");
    size_ -= count;
  }

  void pop_to_mark() {
    if (marks_.empty()) input_.refuse("found no mark on the stack");
    size_ = marks_.back();
    marks_.pop_back();
  }

  void skip(std::uint64_t bytes) { input_.take(bytes); }

  // clang-format off

  bool scalar(unsigned char opcode) {
    switch (opcode) {
      case 'N': case 0x88: case 0x89: break;
      case 'K': skip(1); break;
      case 'M': skip(2); break;
      case 'J': skip(4); break;
      case 'G': skip(8); break;
      case 0x8a: case 0x8c: case 'U': case 'C': skip(input_.number(1)); break;
      case 'X': case 'T': case 'B': skip(input_.number(4)); break;
      case 0x8d: case 0x8e: case 0x96: skip(input_.number(8)); break;
      case 'c': input_.line(); input_.line(); break;
      default: return false;
    }
    push();
    return true;
  }

  bool container(unsigned char opcode) {
    switch (opcode) {
      case '}': case ']': case ')': case 0x8f: push(); return true;
      case 't': case 'l': case 0x91: case 'd':
        pop_to_mark(); push(); return true;
      case 0x85: pop(1); push(); return true;
      case 0x86: pop(2); push(); return true;
      case 0x87: pop(3); push(); return true;
      case 'a': pop(1); return true;
      case 's': pop(2); return true;
      case 'e': case 0x90: pop_to_mark(); return true;
      case 'u': end_batch(); pop_to_mark(); return true;
      default: return false;
    }
  }

  bool other(unsigned char opcode) {
    switch (opcode) {
      case 0x80: skip(1); return true;
      case 0x95: skip(8); return true;
      case '(':
        mark(); return true;
      case '0': case 'b': pop(1); return true;
      case '1': pop_to_mark(); return true;
      case '2': pop(1); push(); push(); return true;
      case 'q': remember(input_.number(1)); return true;
      case 'r': remember(input_.number(4)); return true;
      case 0x94: remember(memo_); return true;
      case 'h': recall(input_.number(1)); return true;
      case 'j': recall(input_.number(4)); return true;
      case 'Q': pop(1); push(); return true;
      case 'R': case 0x81: case 0x93: pop(2); push(); return true;
      default: return false;
    }
  }

  // clang-format on

  void mark() {
    constexpr std::size_t kDeepest = 10'000;
    marks_.push_back(size_);
    if (marks_.size() > kDeepest) {
      input_.refuse(fmt::format("found more than {} marks", kDeepest));
    }
    if (at_level()) slots_.clear();
  }

  void remember(std::uint64_t number) {
    if (number < memo_) input_.refuse("found memo numbers out of order");
    memo_ = number + 1;
  }

  /// A value is shared when it may lie before the record that we are in. Slots
  /// may be finer than records, which shares too much at worst.
  void recall(std::uint64_t number) {
    constexpr std::size_t kMost = std::size_t{1} << 20U;
    const bool inside = marks_.size() > static_cast<std::size_t>(index_.level);
    const std::uint64_t first =
        inside && !slots_.empty() ? slots_.back().memo : memo_;
    if (number < first && index_.shared.insert(number).second &&
        index_.shared.size() > kMost) {
      input_.refuse(fmt::format("found more than {} shared values", kMost));
    }
    push();
  }

  /// Follows where the values at our level begin.
  void follow_slots() {
    if (!at_level()) return;
    const std::size_t count = size_ - floor();
    if (count < slots_.size()) slots_.resize(count);
    if (count == slots_.size()) return;
    constexpr std::size_t kMost = std::size_t{1} << 20U;
    if (count > kMost) {
      input_.refuse(fmt::format("found more than {} values at once", kMost));
    }
    slots_.resize(count, begin_);
  }

  /// Keys and values lie on the stack that a dict takes.
  void end_batch() {
    if (!at_level()) return;
    for (std::size_t i = 1; i < slots_.size(); i += 2) {
      const std::uint64_t end =
          i + 1 < slots_.size() ? slots_[i + 1].begin : begin_.begin;
      index_.records.push_back({slots_[i].begin, end});
    }
  }

  PickleInput& input_;
  PickleIndex index_;
  Slot begin_;  ///< of this opcode
  std::uint64_t memo_ = 0;
  std::size_t size_ = 0;
  std::vector<std::size_t> marks_;
  std::vector<Slot> slots_;
};

}  // namespace

PickleIndex index_pickle(PickleInput& input, int level) {
  return PickleIndexer(input, level).run();
}

}  // namespace zcp::formats
