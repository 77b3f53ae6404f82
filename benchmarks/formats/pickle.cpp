#include "benchmarks/formats/pickle.h"

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

PickleValue Pickle::root() const {
  return {this, root_};
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
