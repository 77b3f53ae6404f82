#include "nets/spaces/naslib_tuple.h"

#include <algorithm>

#include "common/error.h"
#include "nets/spaces/spec.h"

namespace zcp::spaces {

bool is_naslib_tuple(std::string_view spec) {
  return spec.starts_with('(') || spec.starts_with('[');
}

void NaslibTupleReader::open() {
  open_.push_back(take("([") == '(' ? ')' : ']');
}

void NaslibTupleReader::close() {
  take(std::string_view(&open_.back(), 1));
  open_.pop_back();
}

void NaslibTupleReader::comma() {
  take(",");
}

bool NaslibTupleReader::accept_comma() {
  skip_blanks();
  if (!rest_.starts_with(',')) return false;
  comma();
  return true;
}

int NaslibTupleReader::number(int most) {
  skip_blanks();
  const std::size_t length =
      std::min(rest_.find_first_of(",()[] \t"), rest_.size());
  const std::string_view text = rest_.substr(0, length);
  const int value = parse_number(text).value_or(-1);
  if (value < 0 || value > most) fail(text.empty() ? rest_ : text);
  rest_.remove_prefix(length);
  return value;
}

void NaslibTupleReader::end() {
  skip_blanks();
  if (!rest_.empty()) fail(rest_);
}

void NaslibTupleReader::skip_blanks() {
  rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t"), rest_.size()));
}

/// The next character, which has to be one of the choices.
char NaslibTupleReader::take(std::string_view choices) {
  skip_blanks();
  if (rest_.empty() || choices.find(rest_[0]) == std::string_view::npos) {
    fail(rest_);
  }
  const char taken = rest_[0];
  rest_.remove_prefix(1);
  return taken;
}

void NaslibTupleReader::fail(std::string_view found) const {
  constexpr std::size_t kShown = 40;
  throw UserError(
      "spec '{}': found '{}', expected {}",
      spec_,
      found.substr(0, kShown),
      expected_);
}

std::vector<int>
naslib_numbers(std::string_view spec, int most, std::string_view expected) {
  NaslibTupleReader reader(spec, expected);
  std::vector<int> numbers;
  reader.open();
  do {
    numbers.push_back(reader.number(most));
  } while (reader.accept_comma());
  reader.close();
  reader.end();
  return numbers;
}

std::vector<int> naslib_numbers(
    std::string_view spec,
    std::size_t count,
    int most,
    std::string_view expected) {
  std::vector<int> numbers = naslib_numbers(spec, most, expected);
  if (numbers.size() != count) {
    throw UserError(
        "spec '{}': found {} numbers, expected {}",
        spec,
        numbers.size(),
        expected);
  }
  return numbers;
}

}  // namespace zcp::spaces
