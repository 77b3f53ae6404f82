#include "nets/initialisers/initialise.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "common/error.h"
#include "common/random.h"

namespace zcp::initialisers {
namespace {

constexpr std::array<std::pair<Initialiser, std::string_view>, 6> kNames{
    {{Initialiser::pytorch, "pytorch"},
     {Initialiser::kaiming_normal, "kaiming_normal"},
     {Initialiser::kaiming_normal_fan_out, "kaiming_normal_fan_out"},
     {Initialiser::kaiming_uniform, "kaiming_uniform"},
     {Initialiser::xavier_normal, "xavier_normal"},
     {Initialiser::normal, "normal"}}};

float root(double x) {
  return static_cast<float>(std::sqrt(x));
}

}  // namespace

std::string_view initialiser_name(Initialiser initialiser) {
  for (const auto& [value, name] : kNames) {
    if (value == initialiser) return name;
  }
  return "?";
}

Initialiser find_initialiser(const std::string& name) {
  std::string known;
  for (const auto& [value, known_name] : kNames) {
    if (known_name == name) return value;
    known += fmt::format(", {}", known_name);
  }
  throw UserError("--init {}: expected one of default{}", name, known);
}

void draw_weight(
    Initialiser initialiser,
    Fans fans,
    std::uint64_t seed,
    std::span<float> out) {
  const auto in = static_cast<double>(fans.in);
  const auto both = static_cast<double>(fans.in + fans.out);
  switch (initialiser) {
    case Initialiser::pytorch:
      return fill_uniform(out, -root(1 / in), root(1 / in), seed);
    case Initialiser::kaiming_normal:
      return fill_normal(out, root(2 / in), seed);
    case Initialiser::kaiming_normal_fan_out:
      return fill_normal(out, root(2 / static_cast<double>(fans.out)), seed);
    case Initialiser::kaiming_uniform:
      return fill_uniform(out, -root(6 / in), root(6 / in), seed);
    case Initialiser::xavier_normal:
      return fill_normal(out, root(2 / both), seed);
    case Initialiser::normal:
      return fill_normal(out, 1.0F, seed);
  }
}

void draw_bias(
    Initialiser initialiser,
    Fans fans,
    std::uint64_t seed,
    std::span<float> out) {
  if (initialiser == Initialiser::pytorch) {
    const float bound = root(1 / static_cast<double>(fans.in));
    return fill_uniform(out, -bound, bound, seed);
  }
  std::ranges::fill(out, 0.0F);
}

}  // namespace zcp::initialisers
