#include "nets/spaces/json/spec_form.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <optional>

#include "common/error.h"
#include "common/printable.h"
#include "nets/spaces/spec.h"

namespace zcp::spaces::json {
namespace {

std::string values_text(const Choice& choice) {
  constexpr std::size_t kMostShown = 16;
  std::vector<std::string> texts;
  for (const Setting& value : choice.values) {
    if (texts.size() == kMostShown) {
      texts.emplace_back("...");
      break;
    }
    texts.push_back(setting_text(value));
  }
  return fmt::format("{}", fmt::join(texts, ", "));
}

}  // namespace

SpecForm::SpecForm(const Description& description)
    : description_(&description) {
  if (description.spec.empty()) return;
  read_template();
  require_readable();
}

void SpecForm::read_template() {
  const auto fail = [this](const std::string& found) {
    throw UserError(
        "{}: spec: found {}, expected the name of each choice once between "
        "braces, like {{{}}}",
        description_->file,
        found,
        description_->choices[0].name);
  };
  std::vector<bool> seen(description_->choices.size());
  std::string_view rest = description_->spec;
  for (;;) {
    const std::size_t open = rest.find_first_of("{}");
    if (open == std::string_view::npos) break;
    const std::size_t close = rest.find('}');
    if (rest[open] == '}' || close == std::string_view::npos) {
      fail("an unpaired brace");
    }
    const std::string name(rest.substr(open + 1, close - open - 1));
    const auto choice = description_->find_choice(name);
    if (!choice) fail(fmt::format("'{{{}}}', which is no choice", name));
    if (seen[*choice]) fail(fmt::format("'{{{}}}' twice", name));
    seen[*choice] = true;
    places_.push_back({std::string(rest.substr(0, open)), *choice});
    rest.remove_prefix(close + 1);
  }
  after_ = rest;
  for (std::size_t i = 0; i < seen.size(); ++i) {
    if (!seen[i]) {
      fail(fmt::format("no '{{{}}}'", description_->choices[i].name));
    }
  }
}

void SpecForm::require_readable() const {
  for (std::size_t i = 0; i < places_.size(); ++i) {
    const bool last = i + 1 == places_.size();
    const std::string& next = last ? after_ : places_[i + 1].before;
    if (last && next.empty()) continue;
    const Choice& choice = description_->choices[places_[i].choice];
    for (const Setting& value : choice.values) {
      const std::string text = setting_text(value);
      // A value ends where the text behind it begins for the first time.
      if (!next.empty() && (text + next).find(next) == text.size()) continue;
      throw UserError(
          "{}: spec: found {} behind {{{}}}, expected text that its value '{}' "
          "does not hold",
          description_->file,
          next.empty() ? "nothing" : "'" + next + "'",
          choice.name,
          text);
    }
  }
}

std::size_t SpecForm::find_value(
    std::size_t choice,
    std::string_view text,
    std::string_view spec) const {
  const Choice& c = description_->choices[choice];
  for (std::size_t i = 0; i < c.values.size(); ++i) {
    if (setting_text(c.values[i]) == text) return i;
  }
  throw UserError(
      "spec '{}': {} is '{}', expected {}{}",
      printable(spec),
      c.name,
      printable(text),
      c.values.size() > 1 ? "one of " : "",
      values_text(c));
}

std::vector<std::size_t> SpecForm::parse(std::string_view spec) const {
  if (places_.empty()) return parse_named(spec);
  // NAME=VALUE is taken too, unless the template begins in the same way.
  const bool named = spec.find('=') != std::string_view::npos &&
                     description_->spec.find('=') == std::string::npos;
  return named ? parse_named(spec) : parse_template(spec);
}

std::vector<std::size_t> SpecForm::parse_named(std::string_view spec) const {
  const auto& choices = description_->choices;
  std::vector<std::optional<std::size_t>> found(choices.size());
  std::size_t count = 0;
  for (const std::string_view part : split_spec(spec, ',')) {
    std::string_view value = part;
    const std::string name(take_part(value, '='));
    const auto choice = description_->find_choice(name);
    if (!choice || part.find('=') == std::string_view::npos) {
      throw UserError(
          "spec '{}': found '{}', expected {}",
          printable(spec),
          printable(part),
          syntax());
    }
    if (found[*choice]) {
      throw UserError(
          "spec '{}': found {} twice, expected it once", printable(spec), name);
    }
    found[*choice] = find_value(*choice, value, spec);
    ++count;
  }
  std::vector<std::size_t> values;
  for (std::size_t i = 0; i < choices.size(); ++i) {
    if (!found[i]) {
      throw UserError(
          "spec '{}': found {} of {} choices and no {}, expected {}={}",
          printable(spec),
          count,
          choices.size(),
          choices[i].name,
          choices[i].name,
          values_text(choices[i]));
    }
    values.push_back(*found[i]);
  }
  return values;
}

std::vector<std::size_t> SpecForm::parse_template(std::string_view spec) const {
  std::vector<std::size_t> values(description_->choices.size());
  std::string_view rest = spec;
  const auto require = [&](std::string_view text) {
    if (rest.starts_with(text)) {
      rest.remove_prefix(text.size());
      return;
    }
    throw UserError(
        "spec '{}': found '{}', expected '{}' there (the form is {})",
        printable(spec),
        printable(rest),
        text,
        description_->spec);
  };
  for (std::size_t i = 0; i < places_.size(); ++i) {
    require(places_[i].before);
    const std::string& next =
        i + 1 == places_.size() ? after_ : places_[i + 1].before;
    const std::size_t length =
        next.empty() ? rest.size() : std::min(rest.find(next), rest.size());
    values[places_[i].choice] =
        find_value(places_[i].choice, rest.substr(0, length), spec);
    rest.remove_prefix(length);
  }
  require(after_);
  if (!rest.empty()) {
    throw UserError(
        "spec '{}': found '{}' after its end",
        printable(spec),
        printable(rest));
  }
  return values;
}

std::string SpecForm::format(const std::vector<std::size_t>& values) const {
  const auto& choices = description_->choices;
  const auto text = [&](std::size_t i) {
    return setting_text(choices[i].values[values[i]]);
  };
  std::string spec;
  if (places_.empty()) {
    for (std::size_t i = 0; i < choices.size(); ++i) {
      spec +=
          fmt::format("{}{}={}", i > 0 ? "," : "", choices[i].name, text(i));
    }
    return spec;
  }
  for (const Place& place : places_) {
    spec += place.before;
    spec += text(place.choice);
  }
  return spec + after_;
}

std::string SpecForm::syntax() const {
  constexpr std::size_t kMostShown = 8;
  const auto& choices = description_->choices;
  // Choices with the same values are named together.
  std::vector<std::string> groups;
  for (std::size_t i = 0; i < choices.size();) {
    std::vector<std::string> names;
    const std::size_t first = i;
    for (; i < choices.size() && choices[i].values == choices[first].values;
         ++i) {
      if (names.size() < kMostShown) names.push_back(choices[i].name);
      if (names.size() == kMostShown) names.emplace_back("...");
    }
    if (groups.size() == kMostShown) {
      groups.emplace_back("...");
      break;
    }
    groups.push_back(fmt::format(
        "{} of {}", fmt::join(names, ", "), values_text(choices[first])));
  }
  const std::string form =
      description_->spec.empty() ? "CHOICE=VALUE,..." : description_->spec;
  return fmt::format("{} with {}", form, fmt::join(groups, "; "));
}

}  // namespace zcp::spaces::json
