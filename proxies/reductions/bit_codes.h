// Activation codes in packed bits. No LibTorch in this header.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace zcp::reductions {

/// Which version of the loops runs; all give the same codes and counts.
enum class Instructions : std::uint8_t { portable, avx2, avx512 };

/// The best that this processor has.
Instructions best_instructions();

/// A number of 16 bits, as LibTorch lays bfloat16 out.
struct Bfloat16Bits {
  std::uint16_t bits;
};

/// The codes 1[x > 0] of a batch, 64 units to a word.
class BitCodes {
 public:
  /// `values` holds samples x units numbers, sample after sample.
  BitCodes(
      std::span<const float> values,
      int samples,
      Instructions instructions = best_instructions());
  BitCodes(
      std::span<const Bfloat16Bits> values,
      int samples,
      Instructions instructions = best_instructions());

  int samples() const { return samples_; }
  std::int64_t units() const { return units_; }

  /// Words of one sample's code; bits beyond the units are 0.
  std::span<const std::uint64_t> code(int sample) const {
    return std::span(words_).subspan(
        static_cast<std::size_t>(sample) * words_per_sample_,
        words_per_sample_);
  }

 private:
  template <typename T>
  void pack(std::span<const T> values, Instructions instructions);

  int samples_;
  std::int64_t units_;
  std::size_t words_per_sample_;
  std::vector<std::uint64_t> words_;
};

/// Adds weight * (units - Hamming distance) of every pair of samples to the
/// symmetric matrix `kernel` (samples x samples, row-major).
void add_agreement(
    const BitCodes& codes,
    std::int64_t weight,
    std::span<std::int64_t> kernel,
    Instructions instructions = best_instructions());

}  // namespace zcp::reductions
