#include "nets/spaces/json/expression.h"

#include <fmt/format.h>

#include <array>
#include <stdexcept>

#include "nets/spaces/spec.h"

namespace zcp::spaces::json {
namespace {

constexpr std::int64_t kLargest = std::int64_t{1} << 40;

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::int64_t checked(std::int64_t number) {
  if (number < -kLargest || number > kLargest) {
    throw std::invalid_argument("a number beyond 2^40");
  }
  return number;
}

std::int64_t apply(char operation, std::int64_t a, std::int64_t b) {
  switch (operation) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      // Both are at most 2^40, their product may not be.
      if (a != 0 && b != 0 && std::abs(a) > kLargest / std::abs(b)) {
        throw std::invalid_argument("a number beyond 2^40");
      }
      return a * b;
    default:
      break;
  }
  if (b == 0 || a % b != 0) {
    throw std::invalid_argument(fmt::format("{}/{}, which is not whole", a, b));
  }
  return a / b;
}

}  // namespace

bool is_name(std::string_view text) {
  if (text.empty() || !is_letter(text[0])) return false;
  for (const char c : text) {
    if (!is_letter(c) && !is_digit(c)) return false;
  }
  return true;
}

/// Reads an expression by recursive descent.
class ExpressionParser {
 public:
  explicit ExpressionParser(std::string_view text) : text_(text), rest_(text) {}

  Expression parse() {
    Expression expression;
    expression.steps_.clear();
    sum(expression, 0);
    skip_blanks();
    if (!rest_.empty()) fail();
    return expression;
  }

 private:
  [[noreturn]] void fail() const {
    throw std::invalid_argument(
        rest_.empty() ? fmt::format("'{}', which ends early", text_)
                      : fmt::format("'{}' in '{}'", rest_, text_));
  }

  void skip_blanks() {
    while (!rest_.empty() && rest_[0] == ' ') rest_.remove_prefix(1);
  }

  /// Takes one of these signs; 0 where none is next.
  char take(std::string_view signs) {
    skip_blanks();
    if (rest_.empty() || signs.find(rest_[0]) == std::string_view::npos) {
      return 0;
    }
    const char sign = rest_[0];
    rest_.remove_prefix(1);
    return sign;
  }

  void sum(Expression& out, int depth) {
    product(out, depth);
    while (const char sign = take("+-")) {
      product(out, depth);
      out.steps_.push_back({sign, 0, ""});
    }
  }

  void product(Expression& out, int depth) {
    factor(out, depth);
    while (const char sign = take("*/")) {
      factor(out, depth);
      out.steps_.push_back({sign, 0, ""});
    }
  }

  void factor(Expression& out, int depth) {
    constexpr int kDeepest = 32;
    if (depth > kDeepest) fail();
    if (take("(") != 0) {
      sum(out, depth + 1);
      if (take(")") == 0) fail();
      return;
    }
    skip_blanks();
    std::size_t length = 0;
    while (length < rest_.size() &&
           (is_letter(rest_[length]) || is_digit(rest_[length]))) {
      ++length;
    }
    const std::string_view word = rest_.substr(0, length);
    if (is_name(word)) {
      out.steps_.push_back({'v', 0, std::string(word)});
    } else if (const auto number = parse_number(word)) {
      out.steps_.push_back({'n', *number, ""});
    } else {
      fail();
    }
    rest_.remove_prefix(length);
  }

  std::string_view text_;
  std::string_view rest_;
};

Expression::Expression(std::int64_t number) : steps_{{'n', number, ""}} {}

Expression Expression::parse(std::string_view text) {
  return ExpressionParser(text).parse();
}

std::int64_t Expression::evaluate(
    const std::function<std::int64_t(const std::string&)>& value_of) const {
  std::vector<std::int64_t> stack;
  for (const Step& step : steps_) {
    if (step.kind == 'n') {
      stack.push_back(step.number);
    } else if (step.kind == 'v') {
      stack.push_back(checked(value_of(step.name)));
    } else {
      const std::int64_t right = stack.back();
      stack.pop_back();
      stack.back() = checked(apply(step.kind, stack.back(), right));
    }
  }
  return stack.back();
}

std::vector<std::string> Expression::names() const {
  std::vector<std::string> all;
  for (const Step& step : steps_) {
    if (step.kind == 'v') all.push_back(step.name);
  }
  return all;
}

Condition Condition::parse(std::string_view text) {
  // Longer signs first: "<=" begins as "<" does.
  for (const std::string_view sign : {"==", "!=", "<=", ">=", "<", ">"}) {
    const std::size_t at = text.find(sign);
    if (at == std::string_view::npos) continue;
    return {
        Expression::parse(text.substr(0, at)),
        Expression::parse(text.substr(at + sign.size())),
        std::string(sign)};
  }
  throw std::invalid_argument(
      fmt::format("'{}' without a comparison (==, !=, <, <=, >, >=)", text));
}

bool Condition::holds(
    const std::function<std::int64_t(const std::string&)>& value_of) const {
  const std::int64_t a = left.evaluate(value_of);
  const std::int64_t b = right.evaluate(value_of);
  if (comparison == "==") return a == b;
  if (comparison == "!=") return a != b;
  if (comparison == "<=") return a <= b;
  if (comparison == ">=") return a >= b;
  if (comparison == "<") return a < b;
  return a > b;
}

}  // namespace zcp::spaces::json
