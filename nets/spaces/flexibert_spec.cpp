#include "nets/spaces/flexibert_spec.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "common/error.h"
#include "nets/spaces/spec.h"

namespace zcp::spaces::flexibert {
namespace {

constexpr std::array<std::string_view, 6>
    kOperations{"SA-SDP", "SA-WMA", "LT-DFT", "LT-DCT", "DSC-5", "DSC-9"};

[[noreturn]] void
fail_layer(std::string_view spec, std::size_t number, std::string_view part) {
  throw UserError(
      "spec '{}': layer {} is '{}', expected operation, heads (2, 4), width "
      "(512, 1024) and depth (1, 3), like SA-SDP-4-1024-1; operations are {}",
      spec,
      number,
      part,
      fmt::join(kOperations, ", "));
}

Layer parse_layer(
    std::string_view part,
    std::size_t number,
    std::string_view spec) {
  Layer layer;
  const auto words = split_spec(part, '-');
  if (words.size() != 5) fail_layer(spec, number, part);
  const std::string name = fmt::format("{}-{}", words[0], words[1]);
  const auto found = std::ranges::find(kOperations, name);
  if (found == kOperations.end()) fail_layer(spec, number, part);
  layer.operation = static_cast<Operation>(found - kOperations.begin());
  layer.heads = parse_number(words[2]).value_or(0);
  layer.width = parse_number(words[3]).value_or(0);
  layer.depth = parse_number(words[4]).value_or(0);
  const bool fits = (layer.heads == 2 || layer.heads == 4) &&
                    (layer.width == 512 || layer.width == 1024) &&
                    (layer.depth == 1 || layer.depth == 3);
  if (!fits) fail_layer(spec, number, part);
  return layer;
}

std::int64_t linear(std::int64_t in, std::int64_t out) {
  return in * out + out;
}

std::int64_t operation_params(const Layer& layer, std::int64_t h) {
  const std::int64_t output = linear(h, h) + 2 * h;  // and its LayerNorm
  switch (layer.operation) {
    case Operation::sdp:
      return 3 * linear(h, h) + output;
    case Operation::wma:
      return 3 * linear(h, h) + h * h + output;
    case Operation::dft:
    case Operation::dct:
      return linear(h, h);
    case Operation::conv5:
    case Operation::conv9:
      break;
  }
  const std::int64_t k = layer.operation == Operation::conv5 ? 5 : 9;
  const std::int64_t n = std::max(1, layer.heads / 2);
  const std::int64_t a = n * (h / layer.heads);
  return 3 * linear(h, a) + h * k + linear(h, a) + linear(a, n * k) +
         linear(h, a) + output;
}

std::int64_t
feed_forward_params(const Layer& layer, std::int64_t h, std::int64_t first) {
  std::int64_t params = linear(h, first);
  std::int64_t width = first;
  for (int i = 1; i < layer.depth; ++i) {
    params += linear(width, layer.width);
    width = layer.width;
  }
  return params + linear(width, h) + 2 * h;
}

}  // namespace

Operation find_operation(std::string_view name) {
  const auto found = std::ranges::find(kOperations, name);
  if (found == kOperations.end()) {
    throw UserError(
        "unknown operation '{}', expected {}",
        name,
        fmt::join(kOperations, ", "));
  }
  return static_cast<Operation>(found - kOperations.begin());
}

Encoder parse(std::string_view spec) {
  const auto parts = split_spec(spec, '/');
  Encoder encoder;
  if (parts[0] != "h128" && parts[0] != "h256") {
    throw UserError(
        "spec '{}': found '{}', expected h128 or h256", spec, parts[0]);
  }
  encoder.hidden = parts[0] == "h128" ? 128 : 256;
  if (parts.size() != 3 && parts.size() != 5) {
    throw UserError(
        "spec '{}': found {} layer(s), expected 2 or 4",
        spec,
        parts.size() - 1);
  }
  for (std::size_t i = 1; i < parts.size(); ++i) {
    encoder.layers.push_back(parse_layer(parts[i], i, spec));
  }
  return encoder;
}

std::string format(const Encoder& encoder) {
  std::string spec = fmt::format("h{}", encoder.hidden);
  for (const Layer& layer : encoder.layers) {
    spec += fmt::format(
        "/{}-{}-{}-{}",
        kOperations[static_cast<std::size_t>(layer.operation)],
        layer.heads,
        layer.width,
        layer.depth);
  }
  return spec;
}

std::int64_t params(const Encoder& encoder, Reading reading) {
  constexpr std::int64_t kTypes = 2;
  const std::int64_t h = reading == Reading::published ? 256 : encoder.hidden;
  // The tables, their LayerNorm, and a projection where sizes differ.
  std::int64_t sum =
      (kWords + kMostTokens + kTypes) * kEmbedded + 2 * kEmbedded;
  if (h != kEmbedded) sum += linear(kEmbedded, h);
  for (Layer layer : encoder.layers) {
    if (reading == Reading::published) layer.width = 1024;
    if (reading == Reading::trained) layer.operation = Operation::sdp;
    sum += operation_params(layer, h);
    const int first = reading == Reading::trained ? 1024 : layer.width;
    sum += feed_forward_params(layer, h, first);
  }
  return sum;
}

}  // namespace zcp::spaces::flexibert
