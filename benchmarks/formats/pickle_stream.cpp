#include "benchmarks/formats/pickle_stream.h"

#include <fmt/format.h>

#include <unordered_map>

#include "benchmarks/formats/pickle_machine.h"

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

/// The machine that gives records away and forgets them.
class StreamMachine : public PickleMachine {
 public:
  StreamMachine(
      Pickle& pickle,
      PickleInput& input,
      std::span<const std::string_view> allowed,
      const PickleIndex& index,
      const RecordVisitor& visit)
      : PickleMachine(pickle, input, allowed), index_(index), visit_(visit) {}

  static std::unique_ptr<Pickle> make_pickle(const std::string& source) {
    return std::unique_ptr<Pickle>(new Pickle(source));
  }

 private:
  void before_opcode() override {
    if (next_ == index_.records.size()) return;
    const PickleIndex::Record& record = index_.records[next_];
    const std::uint64_t at = input_.position();
    if (inside_ && at == record.end) {
      end_record();
      ++next_;
      if (next_ == index_.records.size()) return;
    }
    if (!inside_ && at == index_.records[next_].begin) begin_record();
  }

  void begin_record() {
    forget_memo({});
    inside_ = true;
    stack_size_ = stack_.size();
    nodes_ = pickle_.nodes_.size();
    items_ = pickle_.items_.size();
    bytes_ = pickle_.bytes_.size();
  }

  void end_record() {
    const auto level = static_cast<std::size_t>(index_.level);
    if (marks_.size() != level || stack_.size() != stack_size_ + 1) {
      refuse("found another file than a moment ago");
    }
    std::vector<PickleValue> keys;
    for (std::size_t i = 1; i < level; ++i) keys.push_back(key_at(marks_[i]));
    keys.push_back(value_at(stack_size_ - 1));
    inside_ = false;
    if (!visit_(keys, value_at(stack_size_))) {
      forget_memo({});
      return;
    }
    stack_.pop_back();
    Copies copies;
    forget_memo(copies);
    for (const auto& [number, index] : copies.roots) {
      kept_[number] = copy(index, copies);
    }
    finish(copies);
    stack_.push_back(make(Kind::none));
  }

  PickleValue value_at(std::size_t place) {
    return {&pickle_, stack_.at(place)};
  }

  /// The key before the container that the mark lies on.
  PickleValue key_at(std::size_t mark) {
    if (mark < 2) refuse("found no key of a dict");
    return value_at(mark - 2);
  }

  // What is kept of a record.

  struct Copies {
    std::vector<std::pair<std::uint64_t, Index>> roots;
    std::unordered_map<Index, Index> places;  ///< from there to here
    std::vector<Index> todo;
    std::vector<Pickle::Node> nodes;
    std::vector<std::vector<Index>> items;
    std::string bytes;
  };

  /// Clears the memo but for what is shared, which goes to `copies` or, when
  /// it stays where it is, to kept_.
  void forget_memo(Copies& copies) {
    for (std::size_t i = 0; i < memo_.size(); ++i) {
      const std::uint64_t number = first_ + i;
      if (memo_[i] == kNone || !index_.shared.contains(number)) continue;
      copies.roots.emplace_back(number, memo_[i]);
    }
    first_ = remembered_;
    memo_.clear();
  }

  void forget_memo(Copies&& copies) {
    forget_memo(copies);
    for (const auto& [number, index] : copies.roots) kept_[number] = index;
  }

  /// Where the value will lie.
  Index place_of(Index index, Copies& copies) {
    if (index < nodes_) return index;
    const auto next = static_cast<Index>(nodes_ + copies.places.size());
    const auto [found, added] = copies.places.try_emplace(index, next);
    if (added) copies.todo.push_back(index);
    return found->second;
  }

  /// Copies the value and all that it holds, in the order of their places.
  Index copy(Index index, Copies& copies) {
    const Index place = place_of(index, copies);
    // place_of appends to both, so that todo[i] gets place nodes_ + i.
    while (copies.nodes.size() < copies.todo.size()) {
      Pickle::Node node = pickle_.nodes_[copies.todo[copies.nodes.size()]];
      if (node.kind == Kind::text || node.kind == Kind::bytes) {
        const std::uint64_t begin = bytes_ + copies.bytes.size();
        copies.bytes.append(pickle_.bytes_, node.word, node.extent);
        node.word = begin;
      } else if (holds_items(node.kind)) {
        std::vector<Index> items = pickle_.items_[node.word];
        for (Index& item : items) item = place_of(item, copies);
        node.word = items_ + copies.items.size();
        copies.items.push_back(std::move(items));
      }
      copies.nodes.push_back(node);
    }
    return place;
  }

  static bool holds_items(Kind kind) {
    return kind == Kind::list || kind == Kind::tuple || kind == Kind::dict ||
           kind == Kind::set || kind == Kind::call || kind == Kind::persistent;
  }

  /// Puts the copies in place of the record.
  void finish(Copies& copies) {
    pickle_.nodes_.resize(nodes_);
    pickle_.items_.resize(items_);
    pickle_.bytes_.resize(bytes_);
    pickle_.nodes_.insert(
        pickle_.nodes_.end(), copies.nodes.begin(), copies.nodes.end());
    for (auto& items : copies.items) pickle_.items_.push_back(std::move(items));
    pickle_.bytes_ += copies.bytes;
  }

  // The memo holds what was remembered since first_.

  void remember(std::uint64_t number) override {
    if (number < remembered_ || number - first_ > kPickleValues) {
      refuse("found memo numbers out of order");
    }
    memo_.resize(number - first_, kNone);
    memo_.push_back(top());
    remembered_ = number + 1;
  }

  void recall(std::uint64_t number) override {
    if (number >= first_ && number - first_ < memo_.size() &&
        memo_[number - first_] != kNone) {
      push(memo_[number - first_]);
      return;
    }
    const auto kept = kept_.find(number);
    if (kept == kept_.end()) refuse_recall(number);
    push(kept->second);
  }

  std::uint64_t keep(std::uint64_t size) override {
    const std::uint64_t begin = pickle_.bytes_.size();
    pickle_.bytes_ += input_.take(size);
    return begin;
  }

  /// What a record adds to a value from before would dangle.
  void check_open(Index index) const override {
    if (inside_ && index < nodes_) {
      refuse("found a change of a value that was complete");
    }
  }

  const PickleIndex& index_;
  const RecordVisitor& visit_;
  std::size_t next_ = 0;
  bool inside_ = false;
  std::uint64_t first_ = 0;
  std::unordered_map<std::uint64_t, Index> kept_;
  // The sizes when the record began.
  std::size_t stack_size_ = 0;
  std::size_t nodes_ = 0;
  std::size_t items_ = 0;
  std::size_t bytes_ = 0;
};

PickleIndex index_pickle(PickleInput& input, int level) {
  return PickleIndexer(input, level).run();
}

std::unique_ptr<Pickle> stream_pickle(
    PickleInput& input,
    const PickleIndex& index,
    std::span<const std::string_view> allowed,
    const RecordVisitor& visit) {
  auto pickle = StreamMachine::make_pickle(input.source());
  StreamMachine(*pickle, input, allowed, index, visit).run();
  return pickle;
}

}  // namespace zcp::formats
