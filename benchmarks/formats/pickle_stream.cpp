#include "benchmarks/formats/pickle_stream.h"

#include <unordered_map>

#include "benchmarks/formats/pickle_machine.h"

namespace zcp::formats {

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
      } else if (Pickle::holds_items(node.kind)) {
        std::vector<Index> items = pickle_.items_[node.word];
        for (Index& item : items) item = place_of(item, copies);
        node.word = items_ + copies.items.size();
        copies.items.push_back(std::move(items));
      }
      copies.nodes.push_back(node);
    }
    return place;
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
