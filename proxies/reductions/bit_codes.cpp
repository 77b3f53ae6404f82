#include "proxies/reductions/bit_codes.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace zcp::reductions {
namespace {

bool positive(float value) {
  return value > 0.0F;
}
/// Read as an integer a bfloat16 has the same sign. (Not a number's is that of
/// its sign bit; a pass with such values has no score.)
bool positive(Bfloat16Bits value) {
  return static_cast<std::int16_t>(value.bits) > 0;
}

template <typename T>
std::uint64_t pack_some(const T* values, int count) {
  std::uint64_t word = 0;
  for (int i = 0; i < count; ++i) {
    word |= std::uint64_t{positive(values[i])} << i;
  }
  return word;
}

template <typename T>
void pack_portable(const T* values, std::size_t words, std::uint64_t* out) {
  for (std::size_t w = 0; w < words; ++w)
    out[w] = pack_some(values + 64 * w, 64);
}

/// Compiled for the instructions of the function that calls it.
[[gnu::always_inline]] inline std::int64_t count_differences(
    const std::uint64_t* a,
    const std::uint64_t* b,
    std::size_t words) {
  std::int64_t distance = 0;
  for (std::size_t w = 0; w < words; ++w) {
    distance += __builtin_popcountll(a[w] ^ b[w]);
  }
  return distance;
}

std::int64_t hamming_portable(
    const std::uint64_t* a,
    const std::uint64_t* b,
    std::size_t words) {
  return count_differences(a, b, words);
}

#if defined(__x86_64__)
#define ZCP_AVX2 __attribute__((target("avx2,popcnt")))
#define ZCP_AVX512 \
  __attribute__((target("avx512f,avx512bw,avx512vpopcntdq,popcnt")))

/// The codes of 64 values.
ZCP_AVX2 std::uint64_t word_avx2(const float* values) {
  const __m256 zero = _mm256_setzero_ps();
  std::uint64_t word = 0;
  for (int part = 0; part < 8; ++part) {
    const __m256 x = _mm256_loadu_ps(values + 8 * part);
    const int mask = _mm256_movemask_ps(_mm256_cmp_ps(x, zero, _CMP_GT_OQ));
    word |= static_cast<std::uint64_t>(mask) << (8 * part);
  }
  return word;
}

ZCP_AVX2 std::uint64_t word_avx2(const Bfloat16Bits* values) {
  const __m256i zero = _mm256_setzero_si256();
  const auto load = [&](const Bfloat16Bits* from) ZCP_AVX2 {
    return _mm256_cmpgt_epi16(
        _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)), zero);
  };
  std::uint64_t word = 0;
  for (int part = 0; part < 2; ++part) {
    const Bfloat16Bits* from = values + 32 * part;
    // The pack works within halves: its quarters come back in order 0 2 1 3.
    const __m256i bytes = _mm256_permute4x64_epi64(
        _mm256_packs_epi16(load(from), load(from + 16)), 0xD8);
    const auto mask = static_cast<std::uint32_t>(_mm256_movemask_epi8(bytes));
    word |= std::uint64_t{mask} << (32 * part);
  }
  return word;
}

template <typename T>
ZCP_AVX2 void
pack_avx2(const T* values, std::size_t words, std::uint64_t* out) {
  for (std::size_t w = 0; w < words; ++w) out[w] = word_avx2(values + 64 * w);
}

ZCP_AVX2 std::int64_t hamming_popcnt(
    const std::uint64_t* a,
    const std::uint64_t* b,
    std::size_t words) {
  return count_differences(a, b, words);
}

ZCP_AVX512 std::uint64_t word_avx512(const float* values) {
  const __m512 zero = _mm512_setzero_ps();
  std::uint64_t word = 0;
  for (int part = 0; part < 4; ++part) {
    const __m512 x = _mm512_loadu_ps(values + 16 * part);
    const __mmask16 mask = _mm512_cmp_ps_mask(x, zero, _CMP_GT_OQ);
    word |= std::uint64_t{mask} << (16 * part);
  }
  return word;
}

ZCP_AVX512 std::uint64_t word_avx512(const Bfloat16Bits* values) {
  const __m512i zero = _mm512_setzero_si512();
  const std::uint64_t low =
      _mm512_cmpgt_epi16_mask(_mm512_loadu_si512(values), zero);
  const std::uint64_t high =
      _mm512_cmpgt_epi16_mask(_mm512_loadu_si512(values + 32), zero);
  return low | high << 32;
}

template <typename T>
ZCP_AVX512 void
pack_avx512(const T* values, std::size_t words, std::uint64_t* out) {
  for (std::size_t w = 0; w < words; ++w) out[w] = word_avx512(values + 64 * w);
}

ZCP_AVX512 std::int64_t hamming_avx512(
    const std::uint64_t* a,
    const std::uint64_t* b,
    std::size_t words) {
  __m512i counts = _mm512_setzero_si512();
  std::size_t w = 0;
  for (; w + 8 <= words; w += 8) {
    const __m512i differ =
        _mm512_xor_si512(_mm512_loadu_si512(a + w), _mm512_loadu_si512(b + w));
    counts = _mm512_add_epi64(counts, _mm512_popcnt_epi64(differ));
  }
  return _mm512_reduce_add_epi64(counts) +
         count_differences(a + w, b + w, words - w);
}
#endif

template <typename T>
void pack_words(
    Instructions instructions,
    const T* values,
    std::size_t words,
    std::uint64_t* out) {
#if defined(__x86_64__)
  if (instructions == Instructions::avx512) {
    return pack_avx512(values, words, out);
  }
  if (instructions == Instructions::avx2) return pack_avx2(values, words, out);
#endif
  pack_portable(values, words, out);
}

std::int64_t hamming(
    Instructions instructions,
    const std::uint64_t* a,
    const std::uint64_t* b,
    std::size_t words) {
#if defined(__x86_64__)
  if (instructions == Instructions::avx512) return hamming_avx512(a, b, words);
  if (instructions == Instructions::avx2) return hamming_popcnt(a, b, words);
#endif
  return hamming_portable(a, b, words);
}

}  // namespace

Instructions best_instructions() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512vpopcntdq")) {
    return Instructions::avx512;
  }
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("popcnt")) {
    return Instructions::avx2;
  }
#endif
  return Instructions::portable;
}

BitCodes::BitCodes(
    std::span<const float> values,
    int samples,
    Instructions instructions)
    : samples_(samples) {
  pack(values, instructions);
}

BitCodes::BitCodes(
    std::span<const Bfloat16Bits> values,
    int samples,
    Instructions instructions)
    : samples_(samples) {
  pack(values, instructions);
}

template <typename T>
void BitCodes::pack(std::span<const T> values, Instructions instructions) {
  const std::size_t units = values.size() / static_cast<std::size_t>(samples_);
  units_ = static_cast<std::int64_t>(units);
  words_per_sample_ = (units + 63) / 64;
  words_.resize(words_per_sample_ * static_cast<std::size_t>(samples_));
  const std::size_t whole = units / 64;
  for (std::size_t n = 0; n < static_cast<std::size_t>(samples_); ++n) {
    const T* sample = values.data() + n * units;
    std::uint64_t* out = words_.data() + n * words_per_sample_;
    pack_words(instructions, sample, whole, out);
    if (whole < words_per_sample_) {
      out[whole] =
          pack_some(sample + 64 * whole, static_cast<int>(units - 64 * whole));
    }
  }
}

void add_agreement(
    const BitCodes& codes,
    std::int64_t weight,
    std::span<std::int64_t> kernel,
    Instructions instructions) {
  const auto samples = static_cast<std::size_t>(codes.samples());
  for (std::size_t i = 0; i < samples; ++i) {
    kernel[i * samples + i] += weight * codes.units();
    const auto a = codes.code(static_cast<int>(i));
    for (std::size_t j = 0; j < i; ++j) {
      const auto b = codes.code(static_cast<int>(j));
      const std::int64_t distance =
          hamming(instructions, a.data(), b.data(), a.size());
      const std::int64_t agreement = weight * (codes.units() - distance);
      kernel[i * samples + j] += agreement;
      kernel[j * samples + i] += agreement;
    }
  }
}

}  // namespace zcp::reductions
