#include "benchmarks/formats/script_code.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <vector>

namespace zcp::formats {
namespace {

constexpr std::array<std::string_view, 10> kNestingWords{
    "not",
    "and",
    "or",
    "if",
    "elif",
    "else",
    "lambda",
    "in",
    "is",
    "for"};

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

/// Goes over the code once. Everything that may put one node of the tree below
/// another is counted; a comma or the end of a statement begins a sibling.
class DepthScan {
 public:
  explicit DepthScan(std::string_view code) : code_(code) {}

  std::size_t run() {
    while (at_ < code_.size()) step();
    return deepest_;
  }

 private:
  void step() {
    const char c = code_[at_];
    if (c == '"' || c == '\'') {
      skip_text(c);
    } else if (c == '#') {
      at_ = std::min(code_.find('\n', at_), code_.size());
    } else if (is_word(c)) {
      take_word();
    } else {
      take_sign(c);
      ++at_;
    }
  }

  void take_sign(char c) {
    switch (c) {
      case '(':
      case '[':
      case '{':
        add(1);  // f()()() nests as well
        counts_.push_back(0);
        add(1);
        return;
      case ')':
      case ']':
      case '}':
        if (counts_.size() == 1) return;
        total_ -= counts_.back();
        counts_.pop_back();
        return;
      case ',':
        start_sibling();
        return;
      case '\n':
        end_line();
        return;
      case ' ':
      case '\t':
      case '\r':
        return;
      default:
        add(1);
    }
  }

  void take_word() {
    const std::size_t begin = at_;
    while (at_ < code_.size() && is_word(code_[at_])) ++at_;
    const std::string_view word = code_.substr(begin, at_ - begin);
    // Each elif lies within the one before.
    if (word == "elif") ++chained_;
    if (std::ranges::find(kNestingWords, word) != kNestingWords.end()) add(1);
  }

  void skip_text(char quote) {
    for (++at_; at_ < code_.size() && code_[at_] != quote; ++at_) {
      if (code_[at_] == '\\') ++at_;
    }
    ++at_;
  }

  /// What was counted behind the innermost open bracket is done with.
  void start_sibling() {
    total_ -= counts_.back();
    counts_.back() = counts_.size() > 1 ? 1 : 0;
    total_ += counts_.back();
  }

  void end_line() {
    if (counts_.size() > 1) return;  // the statement goes on
    start_sibling();
    std::size_t indent = 0;
    while (
        at_ + 1 + indent < code_.size() &&
        (code_[at_ + 1 + indent] == ' ' || code_[at_ + 1 + indent] == '\t')) {
      ++indent;
    }
    const bool empty =
        at_ + 1 + indent < code_.size() && code_[at_ + 1 + indent] == '\n';
    if (empty) return;
    while (!indents_.empty() && indents_.back() >= indent) indents_.pop_back();
    if (indent > 0) indents_.push_back(indent);
    if (indent == 0) chained_ = 0;
    add(0);
  }

  void add(std::size_t count) {
    counts_.back() += count;
    total_ += count;
    deepest_ = std::max(deepest_, total_ + indents_.size() + chained_);
  }

  std::string_view code_;
  std::size_t at_ = 0;
  std::vector<std::size_t> counts_{0};  ///< by open bracket
  std::size_t total_ = 0;               ///< of counts_
  std::vector<std::size_t> indents_;    ///< of the open blocks
  std::size_t chained_ = 0;             ///< elif since the last definition
  std::size_t deepest_ = 0;
};

}  // namespace

std::size_t code_depth(std::string_view code) {
  return DepthScan(code).run();
}

}  // namespace zcp::formats
