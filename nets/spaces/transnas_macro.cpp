// TransNAS-Bench-101, macro level: modules of ResNet blocks vary.
#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "common/error.h"
#include "nets/spaces/all.h"
#include "nets/spaces/naslib_tuple.h"
#include "nets/spaces/spec.h"
#include "nets/spaces/transnas_network.h"

namespace zcp::spaces {
namespace {

using transnas::doubles;
using transnas::halves;

/// Whether there are 4 to 6 modules, of which 1 to 4 halve the map and 1 to 3
/// double the channels.
bool valid_modules(std::string_view modules) {
  const auto halved = std::ranges::count_if(modules, halves);
  const auto doubled = std::ranges::count_if(modules, doubles);
  return modules.size() >= 4 && modules.size() <= 6 && halved >= 1 &&
         halved <= 4 && doubled >= 1 && doubled <= 3;
}

class TransnasMacro final : public Space {
 public:
  const SpaceInfo& info() const override {
    static const SpaceInfo info{
        "transnas-macro",
        "TransNAS-Bench-101, macro level: 4 to 6 modules of ResNet blocks",
        "64-DDDD-basic, 4 to 6 digits: 1 plain, 2 twice the channels, 3 half "
        "the map, 4 both; 1 to 4 halve, 1 to 3 double; or NASLib's tuple of "
        "the "
        "digits, which zeros may fill up to six, (1, 2, 3, 4, 0, 0)",
        "64-1234-basic",
        std::string(transnas::kPaper),
        std::ssize(all()),
        transnas::all_tasks()};
    return info;
  }

  std::string spec(std::int64_t index) const override {
    return format(all()[static_cast<std::size_t>(index)]);
  }

  std::string normalise(std::string_view spec) const override {
    return format(parse(spec));
  }

  /// Another digit, one more or one less.
  std::string mutate(std::string_view spec, std::uint64_t seed) const override {
    const std::vector<std::string> near = neighbours_of(parse(spec));
    return format(
        near[static_cast<std::size_t>(draw_integer(std::ssize(near), seed))]);
  }

  std::vector<std::string> neighbours(std::string_view spec) const override {
    std::vector<std::string> near;
    for (const std::string& modules : neighbours_of(parse(spec))) {
      near.push_back(format(modules));
    }
    return near;
  }

  /// For each of the six places whether it has a module, whether that halves
  /// the map and whether it doubles the channels.
  std::vector<double> encode(std::string_view spec) const override {
    const std::string modules = parse(spec);
    std::vector<double> code;
    for (std::size_t i = 0; i < 6; ++i) {
      const bool there = i < modules.size();
      code.push_back(there ? 1 : 0);
      code.push_back(there && halves(modules[i]) ? 1 : 0);
      code.push_back(there && doubles(modules[i]) ? 1 : 0);
    }
    return code;
  }

  graph::Graph build(
      std::string_view spec,
      Shape input,
      Output output,
      const Skeleton& skeleton,
      graph::Folding folding) const override {
    return transnas::build_network(
        info().name,
        {parse(spec), std::nullopt},
        input,
        output,
        skeleton,
        folding);
  }

 private:
  static constexpr std::string_view kFront = "64-";
  static constexpr std::string_view kBack = "-basic";
  static constexpr std::string_view kDigits = "1234";

  static const std::vector<std::string>& all() {
    static const std::vector<std::string> codes = [] {
      std::vector<std::string> valid;
      std::vector<std::string> longest{""};
      for (int length = 1; length <= 6; ++length) {
        std::vector<std::string> longer;
        for (const std::string& code : longest) {
          for (const char digit : kDigits) longer.push_back(code + digit);
        }
        std::ranges::copy_if(longer, std::back_inserter(valid), valid_modules);
        longest = std::move(longer);
      }
      return valid;
    }();
    return codes;
  }

  /// Every member one digit away, each once.
  static std::vector<std::string> neighbours_of(const std::string& modules) {
    std::vector<std::string> near;
    for (std::size_t i = 0; i < modules.size(); ++i) {
      near.push_back(std::string(modules).erase(i, 1));
      for (const char digit : kDigits) {
        near.push_back(std::string(modules).replace(i, 1, 1, digit));
      }
    }
    for (std::size_t i = 0; i <= modules.size(); ++i) {
      for (const char digit : kDigits) {
        near.push_back(std::string(modules).insert(i, 1, digit));
      }
    }
    std::erase_if(near, [&](const std::string& other) {
      return other == modules || !valid_modules(other);
    });
    std::ranges::sort(near);
    near.erase(std::unique(near.begin(), near.end()), near.end());
    return near;
  }

  /// NASLib's tuple: the digits, and zeros behind them up to six.
  static std::string tuple_modules(std::string_view spec) {
    std::vector<int> digits = naslib_numbers(
        spec, 4, "NASLib's digits from 1 to 4, which zeros may fill up to six");
    while (!digits.empty() && digits.back() == 0 && digits.size() <= 6) {
      digits.pop_back();
    }
    std::string modules;
    for (const int digit : digits) modules += static_cast<char>('0' + digit);
    return modules;
  }

  /// What stands between the front and the back of a spec.
  static std::string spec_modules(std::string_view spec) {
    if (!spec.starts_with(kFront) || !spec.ends_with(kBack) ||
        spec.size() < kFront.size() + kBack.size()) {
      throw UserError(
          "spec '{}': expected {}, 4 to 6 digits and {}", spec, kFront, kBack);
    }
    spec.remove_prefix(kFront.size());
    spec.remove_suffix(kBack.size());
    return std::string(spec);
  }

  static std::string parse(std::string_view spec) {
    const std::string modules =
        is_naslib_tuple(spec) ? tuple_modules(spec) : spec_modules(spec);
    for (const char digit : modules) {
      if (kDigits.find(digit) != std::string_view::npos) continue;
      throw UserError(
          "spec '{}': found '{}', expected a digit from 1 to 4", spec, digit);
    }
    if (!valid_modules(modules)) {
      throw UserError(
          "spec '{}': {} modules of which {} halve the map and {} double the "
          "channels, expected 4 to 6, 1 to 4 and 1 to 3",
          spec,
          modules.size(),
          std::ranges::count_if(modules, halves),
          std::ranges::count_if(modules, doubles));
    }
    return modules;
  }

  static std::string format(const std::string& modules) {
    return fmt::format("{}{}{}", kFront, modules, kBack);
  }
};

}  // namespace

std::unique_ptr<const Space> make_transnas_macro() {
  return std::make_unique<TransnasMacro>();
}

}  // namespace zcp::spaces
