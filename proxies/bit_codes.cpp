#include "proxies/bit_codes.h"

#include <bit>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace zcp::proxies {
namespace {

std::uint64_t pack_portable(const float* values, int count) {
  std::uint64_t word = 0;
  for (int i = 0; i < count; ++i) {
    word |= std::uint64_t{values[i] > 0.0F} << i;
  }
  return word;
}

void pack_words_portable(
    const float* values,
    std::size_t words,
    std::uint64_t* out) {
  for (std::size_t w = 0; w < words; ++w) {
    out[w] = pack_portable(values + 64 * w, 64);
  }
}

std::int64_t hamming_portable(
    const std::uint64_t* a,
    const std::uint64_t* b,
    std::size_t words) {
  std::int64_t distance = 0;
  for (std::size_t w = 0; w < words; ++w) {
    distance += std::popcount(a[w] ^ b[w]);
  }
  return distance;
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) void
pack_words_avx2(const float* values, std::size_t words, std::uint64_t* out) {
  const __m256 zero = _mm256_setzero_ps();
  for (std::size_t w = 0; w < words; ++w) {
    std::uint64_t word = 0;
    for (int part = 0; part < 8; ++part) {
      const __m256 x = _mm256_loadu_ps(values + 64 * w + 8 * part);
      const int mask = _mm256_movemask_ps(_mm256_cmp_ps(x, zero, _CMP_GT_OQ));
      word |= static_cast<std::uint64_t>(mask) << (8 * part);
    }
    out[w] = word;
  }
}

__attribute__((target("popcnt"))) std::int64_t hamming_popcnt(
    const std::uint64_t* a,
    const std::uint64_t* b,
    std::size_t words) {
  std::int64_t distance = 0;
  for (std::size_t w = 0; w < words; ++w) {
    distance += __builtin_popcountll(a[w] ^ b[w]);
  }
  return distance;
}
#endif

void pack_words(const float* values, std::size_t words, std::uint64_t* out) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) {
    return pack_words_avx2(values, words, out);
  }
#endif
  pack_words_portable(values, words, out);
}

std::int64_t
hamming(const std::uint64_t* a, const std::uint64_t* b, std::size_t words) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("popcnt")) return hamming_popcnt(a, b, words);
#endif
  return hamming_portable(a, b, words);
}

}  // namespace

BitCodes::BitCodes(std::span<const float> values, int samples)
    : samples_(samples),
      units_(static_cast<std::int64_t>(values.size()) / samples),
      words_per_sample_(static_cast<std::size_t>((units_ + 63) / 64)),
      words_(words_per_sample_ * static_cast<std::size_t>(samples)) {
  const auto units = static_cast<std::size_t>(units_);
  const std::size_t whole = units / 64;
  for (std::size_t n = 0; n < static_cast<std::size_t>(samples); ++n) {
    const float* sample = values.data() + n * units;
    std::uint64_t* out = words_.data() + n * words_per_sample_;
    pack_words(sample, whole, out);
    if (whole < words_per_sample_) {
      out[whole] = pack_portable(
          sample + 64 * whole, static_cast<int>(units - 64 * whole));
    }
  }
}

void add_agreement(
    const BitCodes& codes,
    std::int64_t weight,
    std::span<std::int64_t> kernel) {
  const auto samples = static_cast<std::size_t>(codes.samples());
  for (std::size_t i = 0; i < samples; ++i) {
    kernel[i * samples + i] += weight * codes.units();
    const auto a = codes.code(static_cast<int>(i));
    for (std::size_t j = 0; j < i; ++j) {
      const auto b = codes.code(static_cast<int>(j));
      const std::int64_t agreement =
          weight * (codes.units() - hamming(a.data(), b.data(), a.size()));
      kernel[i * samples + j] += agreement;
      kernel[j * samples + i] += agreement;
    }
  }
}

}  // namespace zcp::proxies
