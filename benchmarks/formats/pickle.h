// A reader of Python's pickles that runs nothing.
//
// Python's own loader calls whatever a file names. This one builds a tree of
// plain values, keeps calls as data (name and arguments) for those names that
// the caller allows, and refuses a file that names anything else.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace zcp::formats {

class PickleValue;

/// A pickle of protocol 2 to 5 in memory. Values lie in flat arrays, at most
/// one for each byte read, so that no nesting can exhaust the call stack and
/// memory is bounded by the input (and by kPickleValues).
class Pickle {
 public:
  /// Parses. `allowed` holds the names such as "collections.OrderedDict" that
  /// the file may call. Throws UserError naming `source`, the byte, what was
  /// found and what was expected, when a name is not allowed, an opcode is
  /// unknown or not supported, or the bytes are cut or broken.
  Pickle(
      std::string bytes,
      std::string source,
      std::span<const std::string_view> allowed);

  /// The same of a file that may call whatever it likes: for those who only
  /// look at it.
  struct AnyName {};
  Pickle(std::string bytes, std::string source, AnyName);
  Pickle(const Pickle&) = delete;
  Pickle& operator=(const Pickle&) = delete;

  /// The value that the file holds.
  PickleValue root() const;
  /// Calls `visit` with every value of the file, also those that root() does
  /// not lead to; what a value holds may come later.
  void visit(const std::function<void(const PickleValue&)>& visit) const;
  /// Throws UserError when values lie deeper than `most` within each other, or
  /// one within itself.
  void check_depth(std::size_t most) const;
  const std::string& source() const { return source_; }

 private:
  friend class PickleValue;
  friend class PickleMachine;
  friend class StreamMachine;

  /// An empty one that a machine fills.
  explicit Pickle(std::string source) : source_(std::move(source)) {}

  enum class Kind : std::uint8_t {
    none,
    boolean,
    integer,
    real,
    text,
    bytes,
    list,
    tuple,
    dict,
    set,
    call,
    global,
    persistent
  };

  /// What `word` and `extent` hold is up to the kind: the bits of a number; a
  /// place and a size in bytes_; an index into items_; one into names_.
  struct Node {
    Kind kind = Kind::none;
    std::uint64_t word = 0;
    std::uint64_t extent = 0;
  };
  using Index = std::uint32_t;

  static std::string_view kind_name(Kind kind);
  static bool holds_items(Kind kind);

  std::string bytes_;
  std::string source_;
  std::vector<std::string> names_;
  std::vector<Node> nodes_;
  std::vector<std::vector<Index>> items_;
  Index root_ = 0;
};

/// The most values that a pickle may hold.
inline constexpr std::size_t kPickleValues = std::size_t{1} << 22U;

/// One value of a pickle, valid as long as it. Each accessor throws UserError
/// naming the file, what was found and what was expected, when the value is
/// of another kind.
class PickleValue {
 public:
  bool is_none() const;
  bool is_integer() const;
  bool is_text() const;
  bool is_sequence() const;  ///< list, tuple or set
  bool is_dict() const;
  bool is_call() const;
  bool is_persistent() const;

  std::int64_t integer() const;   ///< an integer or truth value
  double real() const;            ///< a number
  std::string_view text() const;  ///< UTF-8; raw for a string of Python 2
  std::string_view bytes() const;

  /// Elements of a sequence, entries of a dict.
  std::size_t size() const;
  PickleValue item(std::size_t index) const;
  PickleValue key(std::size_t index) const;
  PickleValue value(std::size_t index) const;

  /// The value of the text key `wanted` in a dict.
  std::optional<PickleValue> find(std::string_view wanted) const;
  PickleValue at(std::string_view wanted) const;

  /// A call: the name called, its arguments (a tuple), and the state that was
  /// set on its result, if any.
  std::string_view callee() const;
  PickleValue arguments() const;
  std::optional<PickleValue> state() const;

  /// The name of a global that is not called, such as "torch.FloatStorage".
  std::string_view global() const;

  /// What a persistent reference refers to: torch.save's storages.
  PickleValue persistent() const;

  /// Throws the UserError that says what stands here.
  [[noreturn]] void refuse(std::string_view expected) const;

 private:
  friend class Pickle;
  friend class StreamMachine;
  PickleValue(const Pickle* pickle, Pickle::Index index)
      : pickle_(pickle), index_(index) {}

  const Pickle::Node& node() const { return pickle_->nodes_[index_]; }
  const Pickle::Node& require(Pickle::Kind kind, std::string_view expected)
      const;
  const std::vector<Pickle::Index>& items() const;
  PickleValue other(Pickle::Index index) const { return {pickle_, index}; }

  const Pickle* pickle_;
  Pickle::Index index_;
};

}  // namespace zcp::formats
