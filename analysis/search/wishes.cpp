#include "analysis/search/wishes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>

#include "common/error.h"
#include "common/random.h"
#include "nets/spaces/spec.h"

namespace zcp::search {
namespace {

using Strings = std::vector<std::string>;

constexpr std::uint64_t kWishedDraws = 200;     // in a space without places
constexpr std::uint64_t kWishedMutations = 64;  // until one is allowed

/// Whether a part is among those of an architecture.
bool has(const Strings& parts, const Part& part) {
  if (part.place > 0) return parts[part.place - 1] == part.name;
  return std::ranges::find(parts, part.name) != parts.end();
}

/// "3" of "3=none"; nothing where there is no number before an equals sign.
std::optional<std::size_t> place_of(const std::string& text) {
  const std::size_t equals = text.find('=');
  std::size_t place = 0;
  if (equals == std::string::npos) return std::nullopt;
  const char* end = text.data() + equals;
  const auto [stop, failure] = std::from_chars(text.data(), end, place);
  if (failure != std::errc() || stop != end) return std::nullopt;
  return place;
}

/// What may stand at a place, from 1; 0: anywhere.
Strings known_names(const spaces::Parts& parts, std::size_t place) {
  if (place > 0) return parts.options(place - 1);
  Strings names;
  for (std::size_t i = 0; i < parts.places(); ++i) {
    for (const std::string& name : parts.options(i)) {
      if (std::ranges::find(names, name) == names.end()) names.push_back(name);
    }
  }
  return names;
}

}  // namespace

std::string Part::text() const {
  return place == 0 ? name : fmt::format("{}={}", place, name);
}

Part parse_part(
    const std::string& option,
    const std::string& text,
    const spaces::Space& space,
    const spaces::Parts& parts) {
  Part part;
  part.name = text;
  if (const auto place = place_of(text)) {
    if (parts.places() == 0) {
      throw UserError(
          "--{} {}: {} has no numbered places; expected a word of its specs",
          option,
          text,
          space.info().name);
    }
    if (*place < 1 || *place > parts.places()) {
      throw UserError(
          "--{} {}: expected a place from 1 to {} of {}",
          option,
          text,
          parts.places(),
          space.info().name);
    }
    part = {*place, text.substr(text.find('=') + 1)};
  }
  if (parts.places() == 0) {
    if (spaces::words_of(text) == Strings{text}) return part;
    throw UserError(
        "--{} {}: expected a word of the specs of {}, such as one of {}",
        option,
        text,
        space.info().name,
        fmt::join(spaces::words_of(space.info().example), ", "));
  }
  const Strings names = known_names(parts, part.place);
  if (std::ranges::find(names, part.name) == names.end()) {
    throw UserError(
        "--{} {}: expected {} of {}",
        option,
        text,
        part.place > 0 ? "an option of this place"
                       : "PLACE=OPTION or an option",
        fmt::join(names, ", "));
  }
  return part;
}

WishedSpace::WishedSpace(
    const spaces::Space& space,
    Wishes wishes,
    const spaces::Space& whole)
    : space_(space), whole_(whole), wishes_(std::move(wishes)), parts_(whole) {
  check();
}

/// Whether an option may stand at a place, from 0.
bool WishedSpace::may_have(std::size_t place, const std::string& name) const {
  const auto is_other = [&](const Part& part) {
    return part.place == place + 1 && part.name != name;
  };
  const auto is_this = [&](const Part& part) {
    return (part.place == place + 1 || part.place == 0) && part.name == name;
  };
  return std::ranges::none_of(wishes_.fixed, is_other) &&
         std::ranges::none_of(wishes_.forbidden, is_this);
}

void WishedSpace::check() const {
  for (const Part& part : wishes_.fixed) {
    const bool forbidden =
        std::ranges::any_of(wishes_.forbidden, [&](const Part& other) {
          return other.name == part.name &&
                 (other.place == part.place || other.place == 0);
        });
    if (!forbidden) continue;
    throw UserError(
        "--fix {}: --forbid excludes it; expected one of both", part.text());
  }
  for (std::size_t place = 0; place < parts_.places(); ++place) {
    const auto& names = parts_.options(place);
    const bool any = std::ranges::any_of(
        names, [&](const auto& name) { return may_have(place, name); });
    if (any) continue;
    throw UserError(
        "--fix, --forbid: leave nothing for place {} of {}",
        place + 1,
        space_.info().name);
  }
  if (parts_.places() == 0) check_words();
}

/// A space without places does not list its words: what none of many draws has
/// is taken for a slip of the pen, for which a search would look for minutes.
void WishedSpace::check_words() const {
  constexpr std::uint64_t kMostDraws = 1000;
  const auto check = [&](const char* option, const Part& part) {
    for (std::uint64_t i = 0; i < kMostDraws; ++i) {
      if (has(parts_.of(whole_.draw(derive_seed(0, "word", i))), part)) return;
    }
    throw UserError(
        "--{} {}: none of {} draws of {} has it; expected a word of its specs, "
        "such as one of {}",
        option,
        part.text(),
        kMostDraws,
        space_.info().name,
        fmt::join(spaces::words_of(space_.info().example), ", "));
  };
  for (const Part& part : wishes_.fixed) check("fix", part);
  for (const Part& part : wishes_.forbidden) check("forbid", part);
  for (const Part& part : wishes_.preferred) check("prefer", part);
}

bool WishedSpace::allows(std::string_view spec) const {
  const Strings parts = parts_.of(spec);
  const auto is_there = [&](const Part& part) { return has(parts, part); };
  return std::ranges::all_of(wishes_.fixed, is_there) &&
         std::ranges::none_of(wishes_.forbidden, is_there);
}

/// How much of an architecture is preferred; a part that is preferred anywhere
/// counts as often as it is there.
std::size_t WishedSpace::preferred_in(const std::string& spec) const {
  const Strings parts = parts_.of(spec);
  std::size_t count = 0;
  for (const Part& part : wishes_.preferred) {
    count +=
        part.place > 0
            ? has(parts, part) ? 1U : 0U
            : static_cast<std::size_t>(std::ranges::count(parts, part.name));
  }
  return count;
}

const std::string& WishedSpace::better(
    const std::string& first,
    const std::string& second) const {
  return preferred_in(second) > preferred_in(first) ? second : first;
}

/// The spec with what is fixed, and with draws in place of what is forbidden,
/// each of the others with equal chance.
std::string WishedSpace::mend(const std::string& spec, std::uint64_t seed)
    const {
  std::vector<int> options = space_.options_of(spec);
  for (std::size_t place = 0; place < options.size(); ++place) {
    const auto& names = parts_.options(place);
    if (may_have(place, names[static_cast<std::size_t>(options[place])])) {
      continue;
    }
    std::vector<int> allowed;
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (may_have(place, names[i])) allowed.push_back(static_cast<int>(i));
    }
    const auto chosen = spaces::draw_integer(
        std::ssize(allowed), derive_seed(seed, "allowed", place));
    options[place] = allowed[static_cast<std::size_t>(chosen)];
  }
  return space_.spec_of(options);
}

std::string WishedSpace::draw_allowed(std::uint64_t seed) const {
  std::string spec;
  for (std::uint64_t i = 0; i < kWishedDraws; ++i) {
    const std::uint64_t own =
        i == 0 ? seed : derive_seed(seed, "allowed draw", i);
    spec = space_.draw(own);
    // Mended, one of some architectures might be none of them.
    if (!space_.choices().empty()) spec = mend(spec, own);
    if (allows(spec)) break;
  }
  return spec;
}

std::string WishedSpace::draw(std::uint64_t seed) const {
  std::string first = draw_allowed(seed);
  if (wishes_.preferred.empty()) return first;
  return better(first, draw_allowed(derive_seed(seed, "preferred")));
}

std::string WishedSpace::mutate_allowed(
    std::string_view spec,
    std::uint64_t seed) const {
  std::string mutant = space_.mutate(spec, seed);
  for (std::uint64_t i = 1; i < kWishedMutations && !allows(mutant); ++i) {
    mutant = space_.mutate(spec, derive_seed(seed, "allowed mutation", i));
  }
  return mutant;
}

std::string WishedSpace::mutate(std::string_view spec, std::uint64_t seed)
    const {
  std::string first = mutate_allowed(spec, seed);
  if (wishes_.preferred.empty()) return first;
  return better(first, mutate_allowed(spec, derive_seed(seed, "preferred")));
}

}  // namespace zcp::search
