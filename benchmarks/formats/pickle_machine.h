// The machine that runs pickles: for the readers that are built on it.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <limits>
#include <span>
#include <string>
#include <string_view>
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
  virtual ~PickleMachine() = default;
  PickleMachine(const PickleMachine&) = delete;
  PickleMachine& operator=(const PickleMachine&) = delete;

  void run() {
    while (!stopped_) {
      before_opcode();
      step(input_.opcode());
    }
  }

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

  void push_global(std::string_view module, std::string_view name) {
    const std::string full = fmt::format("{}.{}", module, name);
    const auto found = std::ranges::find(pickle_.names_, full);
    if (found == pickle_.names_.end()) {
      refuse(fmt::format(
          "found the Python name '{}', which is refused (expected {})",
          full,
          pickle_.names_.empty() ? "plain values"
                                 : "only names of the format"));
    }
    const auto index = found - pickle_.names_.begin();
    push(make(Kind::global, static_cast<std::uint64_t>(index)));
  }

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

  void call() {
    const Index arguments = pop();
    const Index callee = pop();
    if (node(callee).kind != Kind::global) refuse("found a call of no name");
    if (node(arguments).kind != Kind::tuple) {
      refuse("found a call without a tuple of arguments");
    }
    if (pickle_.names_[node(callee).word] == "collections.OrderedDict") {
      push(make_items(Kind::dict, ordered_dict_items(arguments)));
    } else {
      push(make_items(Kind::call, {callee, arguments}));
    }
  }

  /// OrderedDict() or OrderedDict([[key, value], ...]).
  std::vector<Index> ordered_dict_items(Index arguments) {
    std::vector<Index> items;
    const auto& given = pickle_.items_[node(arguments).word];
    if (given.empty()) return items;
    if (node(given[0]).kind != Kind::list) {
      refuse("found no list of entries for an OrderedDict");
    }
    for (const Index entry : pickle_.items_[node(given[0]).word]) {
      const Kind kind = node(entry).kind;
      if ((kind != Kind::list && kind != Kind::tuple) ||
          pickle_.items_[node(entry).word].size() != 2) {
        refuse("found no pair of key and value for an OrderedDict");
      }
      const auto& pair = pickle_.items_[node(entry).word];
      items.insert(items.end(), pair.begin(), pair.end());
    }
    // Each entry takes room in the file, unless one list is given to many.
    copied_ += items.size();
    if (copied_ > input_.position()) {
      refuse("found one list in many OrderedDicts");
    }
    return items;
  }

  /// Sets the state of the object below; a dict's attributes are dropped.
  void build() {
    const Index state = pop();
    if (node(top()).kind == Kind::dict) return;
    std::vector<Index>& items = container(Kind::call);
    items.resize(2);
    items.push_back(state);
  }

  // The opcodes.

  void step(unsigned char opcode) {
    if (!step_scalar(opcode) && !step_container(opcode) &&
        !step_stack(opcode)) {
      refuse(fmt::format(
          "found opcode {:#04x}, expected one of a pickle of protocol 2 to 5 "
          "made of plain values",
          opcode));
    }
  }

  // clang-format off

  bool step_scalar(unsigned char opcode) {
    switch (opcode) {
      case 'N': push(make(Kind::none)); return true;
      case 0x88: push(make(Kind::boolean, 1)); return true;
      case 0x89: push(make(Kind::boolean, 0)); return true;
      case 'K': push_integer(static_cast<std::int64_t>(input_.number(1))); return true;
      case 'M': push_integer(static_cast<std::int64_t>(input_.number(2))); return true;
      case 'J': push_integer(input_.signed_number(4)); return true;
      case 0x8a: push_integer(input_.signed_number(input_.number(1))); return true;
      case 'G':
        push(make(
            Kind::real, std::bit_cast<std::uint64_t>(input_.big_endian_double())));
        return true;
      case 0x8c:  // text of Python 3 and, below it, strings of Python 2
      case 'U': push_slice(Kind::text, input_.number(1)); return true;
      case 'X':
      case 'T': push_slice(Kind::text, input_.number(4)); return true;
      case 0x8d: push_slice(Kind::text, input_.number(8)); return true;
      case 'C': push_slice(Kind::bytes, input_.number(1)); return true;
      case 'B': push_slice(Kind::bytes, input_.number(4)); return true;
      case 0x8e:
      case 0x96: push_slice(Kind::bytes, input_.number(8)); return true;
      default: return false;
    }
  }

  bool step_container(unsigned char opcode) {
    switch (opcode) {
      case '}': push(make_items(Kind::dict, {})); return true;
      case ']': push(make_items(Kind::list, {})); return true;
      case ')': push(make_items(Kind::tuple, {})); return true;
      case 0x8f: push(make_items(Kind::set, {})); return true;
      case 't': push(make_items(Kind::tuple, pop_to_mark())); return true;
      case 'l': push(make_items(Kind::list, pop_to_mark())); return true;
      case 0x91: push(make_items(Kind::set, pop_to_mark())); return true;
      case 'd': push(make_items(Kind::dict, pairs(pop_to_mark()))); return true;
      case 0x85: push(make_items(Kind::tuple, pop_many(1))); return true;
      case 0x86: push(make_items(Kind::tuple, pop_many(2))); return true;
      case 0x87: push(make_items(Kind::tuple, pop_many(3))); return true;
      case 'a': extend(Kind::list, pop_many(1)); return true;
      case 'e': extend(Kind::list, pop_to_mark()); return true;
      case 0x90: extend(Kind::set, pop_to_mark()); return true;
      case 's': extend(Kind::dict, pop_many(2)); return true;
      case 'u': extend(Kind::dict, pairs(pop_to_mark())); return true;
      default: return false;
    }
  }

  bool step_stack(unsigned char opcode) {
    switch (opcode) {
      case 0x80: check_protocol(input_.number(1)); return true;
      case 0x95: input_.number(8); return true;  // a frame's size, a mere hint
      case '(': marks_.push_back(stack_.size()); return true;
      case '0': pop(); return true;
      case '1': pop_to_mark(); return true;
      case '2': push(top()); return true;
      case 'q': remember(input_.number(1)); return true;
      case 'r': remember(input_.number(4)); return true;
      case 0x94: remember(remembered_); return true;
      case 'h': recall(input_.number(1)); return true;
      case 'j': recall(input_.number(4)); return true;
      case 'Q': push(make_items(Kind::persistent, pop_many(1))); return true;
      case 'b': build(); return true;
      case 'R':
      case 0x81: call(); return true;
      case 'c': {
        const std::string module = input_.line();
        push_global(module, input_.line());
        return true;
      }
      case 0x93: {
        const std::string_view name = slice(pop(), "name");
        push_global(slice(pop(), "module"), name);
        return true;
      }
      case '.': pickle_.root_ = pop(); stopped_ = true; return true;
      default: return false;
    }
  }

  // clang-format on

  void check_protocol(std::uint64_t protocol) const {
    if (protocol < 2 || protocol > 5) {
      refuse(
          fmt::format("found pickle protocol {}, expected 2 to 5", protocol));
    }
  }

  Pickle& pickle_;
  PickleInput& input_;
  bool stopped_ = false;
  std::vector<Index> stack_;
  std::vector<std::size_t> marks_;
  std::vector<Index> memo_;
  std::uint64_t remembered_ = 0;
  std::uint64_t copied_ = 0;
};

}  // namespace zcp::formats
