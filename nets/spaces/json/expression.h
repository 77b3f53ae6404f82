// Numbers that are computed from names: "in*expansion", "out/4".
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace zcp::spaces::json {

/// A sum, difference, product or quotient of whole numbers and names, with
/// brackets. A quotient must be whole.
class Expression {
 public:
  /// The number 0.
  Expression() : Expression(0) {}
  explicit Expression(std::int64_t number);

  /// Throws std::invalid_argument that says what is wrong with the text.
  static Expression parse(std::string_view text);

  /// Throws std::invalid_argument where a quotient is not whole and where a
  /// number leaves +-2^40; `value_of` throws for names that it does not know.
  std::int64_t evaluate(
      const std::function<std::int64_t(const std::string&)>& value_of) const;

  /// Every name in it.
  std::vector<std::string> names() const;

 private:
  friend class ExpressionParser;
  struct Step {
    char kind;  ///< 'n' a number, 'v' a name, or one of + - * /
    std::int64_t number = 0;
    std::string name;
  };
  std::vector<Step> steps_;  // operands come before their operation
};

/// Two expressions and how they have to compare.
struct Condition {
  Expression left;
  Expression right;
  std::string comparison;  ///< ==, !=, <, <=, > or >=

  /// Throws std::invalid_argument that says what is wrong with the text.
  static Condition parse(std::string_view text);
  bool holds(
      const std::function<std::int64_t(const std::string&)>& value_of) const;
};

/// Whether a text may be a name: a letter or _, then letters, digits and _.
bool is_name(std::string_view text);

}  // namespace zcp::spaces::json
