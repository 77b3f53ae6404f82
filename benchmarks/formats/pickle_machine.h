// The machine that runs pickles: for the readers that are built on it.
#pragma once

#include <fmt/format.h>

#include <bit>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "benchmarks/formats/pickle.h"
#include "benchmarks/formats/pickle_input.h"

namespace zcp::formats {

/// The stack machine that a pickle is a program for (Python's
/// Lib/pickletools.py defines the opcodes).
class PickleMachine {
 public:
  PickleMachine(
      Pickle& pickle,
      PickleInput& input,
      std::span<const std::string_view> allowed)
      : pickle_(pickle), input_(input) {
    pickle_.names_.assign(allowed.begin(), allowed.end());
  }
  /// With every name allowed.
  PickleMachine(Pickle& pickle, PickleInput& input)
      : pickle_(pickle), input_(input), any_name_(true) {}
  virtual ~PickleMachine() = default;
  PickleMachine(const PickleMachine&) = delete;
  PickleMachine& operator=(const PickleMachine&) = delete;

  void run();

 protected:
  using Kind = Pickle::Kind;
  using Index = Pickle::Index;
  static constexpr Index kNone = std::numeric_limits<Index>::max();

  // What a machine that forgets values on the way does otherwise.

  virtual void before_opcode() {}

  /// Bytes of the program that are kept: where they lie in pickle_.bytes_.
  virtual std::uint64_t keep(std::uint64_t size) {
    const std::uint64_t begin = input_.position();
    input_.take(size);
    return begin;
  }

  virtual void remember(std::uint64_t place) {
    // Python numbers them from 0 without gaps; a larger number is a lie.
    if (place > pickle_.bytes_.size())
      refuse("found a memo number out of range");
    // LibTorch numbers in the order of remembering, whatever the file says.
    if (any_name_ && place != remembered_) {
      refuse("found memo numbers out of order");
    }
    if (place >= memo_.size()) memo_.resize(place + 1, kNone);
    if (memo_[place] == kNone) ++remembered_;
    memo_[place] = top();
  }

  virtual void recall(std::uint64_t place) {
    if (place >= memo_.size() || memo_[place] == kNone) refuse_recall(place);
    push(memo_[place]);
  }

  /// Throws when the value must not change any more.
  virtual void check_open(Index /*index*/) const {}

  [[noreturn]] void refuse_recall(std::uint64_t place) const {
    refuse(fmt::format("found memo number {}, which was never set", place));
  }

  [[noreturn]] void refuse(const std::string& text) const {
    input_.refuse(text);
  }

  // Making values.

  Index make(Kind kind, std::uint64_t word = 0, std::uint64_t extent = 0) {
    if (pickle_.nodes_.size() >= kPickleValues) {
      refuse(fmt::format(
          "found more than {} values, expected at most that many",
          kPickleValues));
    }
    pickle_.nodes_.push_back({kind, word, extent});
    return static_cast<Index>(pickle_.nodes_.size() - 1);
  }

  Index make_items(Kind kind, std::vector<Index> items) {
    pickle_.items_.push_back(std::move(items));
    return make(kind, pickle_.items_.size() - 1);
  }

  /// A slice of the file.
  void push_slice(Kind kind, std::uint64_t size) {
    const std::uint64_t begin = keep(size);
    push(make(kind, begin, size));
  }

  void push_integer(std::int64_t value) {
    push(make(Kind::integer, std::bit_cast<std::uint64_t>(value)));
  }

  void push_global(std::string_view module, std::string_view name);

  // The stack. What lies below the last mark is out of reach.

  void push(Index index) { stack_.push_back(index); }

  Index top() const {
    if (stack_.size() <= floor()) refuse("found an empty stack");
    return stack_.back();
  }

  Index pop() {
    const Index index = top();
    stack_.pop_back();
    return index;
  }

  std::size_t floor() const { return marks_.empty() ? 0 : marks_.back(); }

  /// Everything above the last mark, which goes with it.
  std::vector<Index> pop_to_mark() {
    if (marks_.empty()) refuse("found no mark on the stack");
    const auto begin =
        stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
    std::vector<Index> items(begin, stack_.end());
    stack_.erase(begin, stack_.end());
    marks_.pop_back();
    return items;
  }

  std::vector<Index> pop_many(std::size_t count) {
    std::vector<Index> items(count);
    for (std::size_t i = count; i-- > 0;) items[i] = pop();
    return items;
  }

  Pickle::Node& node(Index index) { return pickle_.nodes_[index]; }

  std::string_view slice(Index index, std::string_view what) {
    const Pickle::Node& text = node(index);
    if (text.kind != Kind::text) refuse(fmt::format("found no {}", what));
    return std::string_view(pickle_.bytes_).substr(text.word, text.extent);
  }

  /// The items of the container on top, which must be of that kind.
  std::vector<Index>& container(Kind kind) {
    check_open(top());
    const Pickle::Node& found = node(top());
    if (found.kind != kind) {
      refuse(fmt::format(
          "found {}, expected {}",
          Pickle::kind_name(found.kind),
          Pickle::kind_name(kind)));
    }
    return pickle_.items_[found.word];
  }

  void extend(Kind kind, const std::vector<Index>& items) {
    std::vector<Index>& all = container(kind);
    all.insert(all.end(), items.begin(), items.end());
  }

  std::vector<Index> pairs(std::vector<Index> items) const {
    if (items.size() % 2 != 0) refuse("found a key without a value");
    return items;
  }

  // Calls, kept as data.

  void call();
  std::vector<Index> ordered_dict_items(Index arguments);
  void build();

  // The opcodes.

  void step(unsigned char opcode);
  bool step_scalar(unsigned char opcode);
  bool step_container(unsigned char opcode);
  bool step_stack(unsigned char opcode);
  void check_protocol(std::uint64_t protocol) const;

  Pickle& pickle_;
  PickleInput& input_;
  bool any_name_ = false;
  std::unordered_map<std::string, std::uint64_t> found_names_;  ///< where any
  bool stopped_ = false;
  std::vector<Index> stack_;
  std::vector<std::size_t> marks_;
  std::vector<Index> memo_;
  std::uint64_t remembered_ = 0;
  std::uint64_t copied_ = 0;
};

}  // namespace zcp::formats
