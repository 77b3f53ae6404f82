// Initialisers of weights, by name. No LibTorch.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace zcp::initialisers {

enum class Initialiser : std::uint8_t {
  /// PyTorch's default: U(-1/sqrt(fan_in), 1/sqrt(fan_in)), biases alike.
  pytorch,
  /// N(0, 2 / fan_in), biases 0 (AZ-NAS, VKDNW).
  kaiming_normal,
  /// N(0, 2 / fan_out), biases 0 (TE-NAS).
  kaiming_normal_fan_out,
  /// U(+-sqrt(6 / fan_in)), biases 0.
  kaiming_uniform,
  /// N(0, 2 / (fan_in + fan_out)), biases 0.
  xavier_normal,
  /// N(0, 1), biases 0 (ZenNAS, SWAP).
  normal,
};

std::string_view initialiser_name(Initialiser initialiser);

/// Throws UserError that lists the names.
Initialiser find_initialiser(const std::string& name);

/// Fans of a layer: inputs that one output sees, outputs that one input feeds.
struct Fans {
  std::int64_t in;
  std::int64_t out;
};

/// Fills `out` with the weights of a layer of these fans.
void draw_weight(
    Initialiser initialiser,
    Fans fans,
    std::uint64_t seed,
    std::span<float> out);

/// Fills `out` with the biases of such a layer.
void draw_bias(
    Initialiser initialiser,
    Fans fans,
    std::uint64_t seed,
    std::span<float> out);

}  // namespace zcp::initialisers
