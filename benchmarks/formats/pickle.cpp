#include "benchmarks/formats/pickle.h"

#include <algorithm>
#include <bit>

#include "benchmarks/formats/pickle_input.h"
#include "benchmarks/formats/pickle_machine.h"
#include "common/error.h"

namespace zcp::formats {

Pickle::Pickle(
    std::string bytes,
    std::string source,
    std::span<const std::string_view> allowed)
    : bytes_(std::move(bytes)), source_(std::move(source)) {
  PickleInput input(bytes_, source_);
  PickleMachine(*this, input, allowed).run();
}

Pickle::Pickle(std::string bytes, std::string source, AnyName)
    : bytes_(std::move(bytes)), source_(std::move(source)) {
  PickleInput input(bytes_, source_);
  PickleMachine(*this, input).run();
}

PickleValue Pickle::root() const {
  return {this, root_};
}

void Pickle::check_depth(std::size_t most) const {
  constexpr std::uint32_t kOpen = ~std::uint32_t{0};
  std::vector<std::uint32_t> depths(nodes_.size(), 0);  // 0: not known
  struct Step {
    Index node;
    std::size_t next = 0;     // of its items
    std::uint32_t depth = 1;  // of those so far
  };
  std::vector<Step> path;
  const auto open = [&](Index node) {
    depths[node] = kOpen;
    path.push_back({node});
  };
  for (Index start = 0; start < nodes_.size(); ++start) {
    if (depths[start] == 0) open(start);
    while (!path.empty()) {
      Step& step = path.back();
      const Node& node = nodes_[step.node];
      const bool holds = holds_items(node.kind);
      if (!holds || step.next == items_[node.word].size()) {
        const std::uint32_t depth = step.depth;
        depths[step.node] = depth;
        path.pop_back();
        if (!path.empty()) {
          path.back().depth = std::max(path.back().depth, depth + 1);
        }
        continue;
      }
      const Index item = items_[node.word][step.next++];
      const bool within_itself = depths[item] == kOpen;
      if (within_itself || path.size() > most ||
          (depths[item] > 0 && path.size() + depths[item] > most)) {
        throw UserError(
            "{}: found {} within each other, expected at most {}",
            source_,
            within_itself ? "values that lie" : "more values",
            most);
      }
      if (depths[item] > 0) {
        step.depth = std::max(step.depth, depths[item] + 1);
      } else {
        open(item);
      }
    }
  }
}

bool Pickle::holds_items(Kind kind) {
  return kind == Kind::list || kind == Kind::tuple || kind == Kind::dict ||
         kind == Kind::set || kind == Kind::call || kind == Kind::persistent;
}

void Pickle::visit(const std::function<void(const PickleValue&)>& visit) const {
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    visit(PickleValue(this, static_cast<Index>(i)));
  }
}

std::string_view Pickle::kind_name(Kind kind) {
  switch (kind) {
    case Kind::none:
      return "None";
    case Kind::boolean:
      return "a truth value";
    case Kind::integer:
      return "an integer";
    case Kind::real:
      return "a float";
    case Kind::text:
      return "text";
    case Kind::bytes:
      return "bytes";
    case Kind::list:
      return "a list";
    case Kind::tuple:
      return "a tuple";
    case Kind::dict:
      return "a dict";
    case Kind::set:
      return "a set";
    case Kind::call:
      return "an object";
    case Kind::global:
      return "a name";
    case Kind::persistent:
      return "a persistent reference";
  }
  return "a value";
}

void PickleValue::refuse(std::string_view expected) const {
  throw UserError(
      "{}: found {}, expected {}",
      pickle_->source_,
      Pickle::kind_name(node().kind),
      expected);
}

const Pickle::Node& PickleValue::require(
    Pickle::Kind kind,
    std::string_view expected) const {
  if (node().kind != kind) refuse(expected);
  return node();
}

bool PickleValue::is_none() const {
  return node().kind == Pickle::Kind::none;
}

bool PickleValue::is_integer() const {
  return node().kind == Pickle::Kind::integer;
}

bool PickleValue::is_text() const {
  return node().kind == Pickle::Kind::text;
}

bool PickleValue::is_sequence() const {
  const Pickle::Kind kind = node().kind;
  return kind == Pickle::Kind::list || kind == Pickle::Kind::tuple ||
         kind == Pickle::Kind::set;
}

bool PickleValue::is_dict() const {
  return node().kind == Pickle::Kind::dict;
}

bool PickleValue::is_call() const {
  return node().kind == Pickle::Kind::call;
}

bool PickleValue::is_persistent() const {
  return node().kind == Pickle::Kind::persistent;
}

std::int64_t PickleValue::integer() const {
  if (node().kind != Pickle::Kind::boolean) {
    require(Pickle::Kind::integer, "an integer");
  }
  return std::bit_cast<std::int64_t>(node().word);
}

double PickleValue::real() const {
  if (node().kind == Pickle::Kind::real) {
    return std::bit_cast<double>(node().word);
  }
  if (!is_integer()) refuse("a number");
  return static_cast<double>(integer());
}

std::string_view PickleValue::text() const {
  const Pickle::Node& found = require(Pickle::Kind::text, "text");
  return std::string_view(pickle_->bytes_).substr(found.word, found.extent);
}

std::string_view PickleValue::bytes() const {
  if (is_text()) return text();
  const Pickle::Node& found = require(Pickle::Kind::bytes, "bytes");
  return std::string_view(pickle_->bytes_).substr(found.word, found.extent);
}

const std::vector<Pickle::Index>& PickleValue::items() const {
  return pickle_->items_[node().word];
}

std::size_t PickleValue::size() const {
  if (is_dict()) return items().size() / 2;
  if (!is_sequence()) refuse("a list, tuple, set or dict");
  return items().size();
}

PickleValue PickleValue::item(std::size_t index) const {
  if (!is_sequence()) refuse("a list, tuple or set");
  if (index >= items().size()) {
    refuse(fmt::format(
        "one with more than {} elements (it has {})", index, items().size()));
  }
  return other(items()[index]);
}

PickleValue PickleValue::key(std::size_t index) const {
  require(Pickle::Kind::dict, "a dict");
  return other(items().at(2 * index));
}

PickleValue PickleValue::value(std::size_t index) const {
  require(Pickle::Kind::dict, "a dict");
  return other(items().at(2 * index + 1));
}

std::optional<PickleValue> PickleValue::find(std::string_view wanted) const {
  require(Pickle::Kind::dict, "a dict");
  for (std::size_t i = size(); i-- > 0;) {  // what is set last counts
    const PickleValue found = key(i);
    if (found.is_text() && found.text() == wanted) return value(i);
  }
  return std::nullopt;
}

PickleValue PickleValue::at(std::string_view wanted) const {
  if (const auto found = find(wanted)) return *found;
  refuse(fmt::format("one with the key '{}'", wanted));
}

std::string_view PickleValue::callee() const {
  require(Pickle::Kind::call, "an object");
  return other(items()[0]).global();
}

PickleValue PickleValue::arguments() const {
  require(Pickle::Kind::call, "an object");
  return other(items()[1]);
}

std::optional<PickleValue> PickleValue::state() const {
  require(Pickle::Kind::call, "an object");
  if (items().size() < 3) return std::nullopt;
  return other(items()[2]);
}

std::string_view PickleValue::global() const {
  return pickle_->names_[require(Pickle::Kind::global, "a name").word];
}

PickleValue PickleValue::persistent() const {
  require(Pickle::Kind::persistent, "a persistent reference");
  return other(items()[0]);
}

}  // namespace zcp::formats
