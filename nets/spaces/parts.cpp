#include "nets/spaces/parts.h"

#include <algorithm>
#include <cctype>
#include <set>

namespace zcp::spaces {
namespace {

using Strings = std::vector<std::string>;

bool is_letter(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) != 0;
}

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

/// How many characters at the end of `text` belong to a word that has a letter
/// there.
std::size_t word_at_end(std::string_view text) {
  std::size_t length = 0;
  bool letter = false;
  while (length < text.size() && is_word(text[text.size() - 1 - length])) {
    letter = letter || is_letter(text[text.size() - 1 - length]);
    ++length;
  }
  return letter ? length : 0;
}

std::size_t common_start(const Strings& texts) {
  std::size_t length = texts[0].size();
  for (const std::string& text : texts) {
    const auto ends = std::ranges::mismatch(text, texts[0]);
    length =
        std::min(length, static_cast<std::size_t>(ends.in1 - text.begin()));
  }
  return length;
}

/// The part in which each text differs from all others, whole words of it.
Strings differences(Strings texts) {
  std::size_t start = common_start(texts);
  start -= word_at_end(std::string_view(texts[0]).substr(0, start));
  for (std::string& text : texts) text.erase(0, start);
  for (std::string& text : texts) std::ranges::reverse(text);
  std::size_t end = common_start(texts);
  end -= word_at_end(std::string_view(texts[0]).substr(0, end));
  for (std::string& text : texts) {
    text.erase(0, end);
    std::ranges::reverse(text);
  }
  return texts;
}

Strings numbers(std::size_t count) {
  Strings names;
  for (std::size_t i = 1; i <= count; ++i) names.push_back(std::to_string(i));
  return names;
}

/// What the specs write for the options of a place, when all other choices are
/// as in `others`.
Strings names_beside(const Space& space, std::vector<int> others, int place) {
  const int count = space.choices()[static_cast<std::size_t>(place)];
  Strings specs;
  for (int option = 0; option < count; ++option) {
    others[static_cast<std::size_t>(place)] = option;
    specs.push_back(space.spec_of(others));
  }
  return differences(std::move(specs));
}

/// Names are what specs write, where that is the same whatever the other
/// choices are and tells the options apart.
Strings option_names(const Space& space, int place) {
  std::vector<int> last = space.choices();
  const std::vector<int> first(last.size(), 0);
  for (int& option : last) --option;
  Strings names = names_beside(space, first, place);
  const bool stable = names == names_beside(space, last, place);
  const std::set<std::string> distinct(names.begin(), names.end());
  if (!stable || distinct.size() != names.size() || distinct.contains("")) {
    return numbers(names.size());
  }
  return names;
}

bool has_digit(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

/// The parts between dashes.
std::vector<std::string_view> between_dashes(std::string_view text) {
  std::vector<std::string_view> parts;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find('-', at), text.size());
    parts.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

}  // namespace

Parts::Parts(const Space& space) : space_(space) {
  const auto places = static_cast<int>(space.choices().size());
  for (int place = 0; place < places; ++place) {
    options_.push_back(option_names(space, place));
  }
}

Strings Parts::of(std::string_view spec) const {
  if (options_.empty()) return words_of(space_.normalise(spec));
  const std::vector<int> taken = space_.options_of(spec);
  Strings parts;
  for (std::size_t place = 0; place < options_.size(); ++place) {
    parts.push_back(options_[place][static_cast<std::size_t>(taken[place])]);
  }
  return parts;
}

Strings words_of(std::string_view spec) {
  const auto belongs = [](char c) {
    return is_word(c) || c == '-' || c == '.';
  };
  std::set<std::string> words;
  for (std::size_t at = 0; at < spec.size();) {
    std::size_t end = at;
    while (end < spec.size() && belongs(spec[end])) ++end;
    const std::string_view run = spec.substr(at, end - at);
    // Sizes that dashes join, "e320-6x3-5x4", are words each; a name is one.
    const auto parts = between_dashes(run);
    const bool sizes = std::ranges::all_of(parts, has_digit);
    for (const std::string_view word : sizes ? parts : std::vector{run}) {
      if (std::ranges::any_of(word, is_letter)) words.emplace(word);
    }
    at = std::max(end, at + 1);
  }
  return {words.begin(), words.end()};
}

}  // namespace zcp::spaces
