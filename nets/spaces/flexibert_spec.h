// FlexiBERT's encoders as data: the specs of the space flexibert.
// aaronserianni/training-free-nas: search_space.json, modeling_electra.py.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace zcp::spaces::flexibert {

constexpr int kMostTokens = 512;  ///< so many positions are learned
constexpr int kWords = 30522;     ///< of the vocabulary
constexpr int kEmbedded = 128;    ///< features of a word

enum class Operation : std::uint8_t {
  sdp,    ///< self-attention by scaled dot products, "SA-SDP"
  wma,    ///< the same by a weighted product, "SA-WMA"
  dft,    ///< real part of the Fourier transform, "LT-DFT"
  dct,    ///< cosine transform, "LT-DCT"
  conv5,  ///< dynamic convolution of 5 tokens beside attention, "DSC-5"
  conv9,  ///< of 9 tokens, "DSC-9"
};

struct Layer {
  Operation operation = Operation::sdp;
  int heads = 2;    ///< 2 or 4
  int width = 512;  ///< of the feed-forward network: 512 or 1024
  int depth = 1;    ///< of it: 1 or 3

  bool operator==(const Layer&) const = default;
};

struct Encoder {
  int hidden = 128;           ///< 128 or 256
  std::vector<Layer> layers;  ///< 2 or 4

  bool operator==(const Encoder&) const = default;
};

/// How the benchmark's authors' three programs read one configuration.
enum class Reading : std::uint8_t {
  /// As the configuration says.
  configured,
  /// Hidden size 256 and feed-forward width 1,024 whatever it says: what the
  /// published column of #params counts.
  published,
  /// What was trained: dot products in place of each operation, and a first
  /// feed-forward layer of 1,024, so that the width matters at depth 3 alone.
  trained,
};

/// "h256/SA-WMA-4-1024-3/LT-DCT-2-512-1": the hidden size, and for each layer
/// operation, heads, width and depth. Throws UserError that names the part that
/// is wrong.
Encoder parse(std::string_view spec);

std::string format(const Encoder& encoder);

/// The operation of a name such as "SA-WMA". Throws UserError.
Operation find_operation(std::string_view name);

/// #params of the encoder without a head.
std::int64_t params(const Encoder& encoder, Reading reading);

}  // namespace zcp::spaces::flexibert
