#include "proxies/reductions/sign_patterns.h"

#include <algorithm>
#include <vector>

#include "proxies/reductions/dense_samples.h"

namespace zcp::reductions {
namespace {

/// How the signs of one unit become a word.
enum class Coding : std::uint8_t {
  bits,    ///< a bit a sample: outputs of ReLU are not negative
  pairs,   ///< two bits a sample
  hashes,  ///< a hash of the signs, for any number of samples
};

bool counts(const networks::LayerCall& call) {
  return call.kind == networks::LayerKind::relu ||
         call.kind == networks::LayerKind::smooth_activation;
}

Coding coding_for(std::span<const networks::LayerCall> calls) {
  std::int64_t samples = 0;
  bool signed_outputs = false;
  for (const networks::LayerCall& call : calls) {
    if (!counts(call)) continue;
    samples = std::max(samples, call.output.size(0));
    signed_outputs |= call.kind != networks::LayerKind::relu;
  }
  if (!signed_outputs && samples <= 64) return Coding::bits;
  return samples <= 32 ? Coding::pairs : Coding::hashes;
}

/// Adds sample n's signs to the words of a layer's units.
template <typename T>
void add_sample(
    Coding coding,
    const T* values,
    std::int64_t n,
    std::span<std::uint64_t> words) {
  switch (coding) {
    case Coding::bits:
      for (std::size_t u = 0; u < words.size(); ++u) {
        words[u] |= std::uint64_t{values[u] > 0} << n;
      }
      return;
    case Coding::pairs:
      for (std::size_t u = 0; u < words.size(); ++u) {
        const std::uint64_t sign = values[u] > 0 ? 2 : values[u] < 0 ? 1 : 0;
        words[u] |= sign << (2 * n);
      }
      return;
    case Coding::hashes:
      for (std::size_t u = 0; u < words.size(); ++u) {
        const std::uint64_t sign = values[u] > 0 ? 3 : values[u] < 0 ? 1 : 2;
        words[u] ^= sign;
        words[u] *= 0xff51afd7ed558ccdULL;  // MurmurHash3's finaliser
        words[u] ^= words[u] >> 32;
      }
  }
}

void append_patterns(
    Coding coding,
    const at::Tensor& output,
    std::vector<std::uint64_t>& patterns) {
  at::Tensor host = dense_samples(output.detach()).to(at::kCPU);
  if (host.scalar_type() == at::kBFloat16) host = host.to(at::kFloat);
  const auto samples = host.size(0);
  const auto units = static_cast<std::size_t>(host.numel() / samples);
  const std::size_t begin = patterns.size();
  constexpr std::uint64_t kStart = 0x9e3779b97f4a7c15ULL;
  patterns.resize(begin + units, coding == Coding::hashes ? kStart : 0);
  const std::span words(patterns.data() + begin, units);
  const auto add_all = [&](const auto* values) {
    for (std::int64_t n = 0; n < samples; ++n, values += units) {
      add_sample(coding, values, n, words);
    }
  };
  if (host.scalar_type() == at::kDouble) {
    add_all(host.data_ptr<double>());
  } else {
    add_all(host.data_ptr<float>());
  }
}

}  // namespace

std::optional<std::int64_t> count_patterns(
    std::span<const networks::LayerCall> calls) {
  const Coding coding = coding_for(calls);
  std::vector<std::uint64_t> patterns;
  bool any = false;
  for (const networks::LayerCall& call : calls) {
    if (!counts(call)) continue;
    any = true;
    append_patterns(coding, call.output, patterns);
  }
  if (!any) return std::nullopt;
  std::ranges::sort(patterns);
  const auto rest = std::ranges::unique(patterns);
  return static_cast<std::int64_t>(rest.begin() - patterns.begin());
}

engine::Score pattern_score(std::span<const networks::LayerCall> calls) {
  const auto patterns = count_patterns(calls);
  if (!patterns) return engine::Score::degenerate("no activation runs");
  return engine::Score::of(static_cast<double>(*patterns));
}

}  // namespace zcp::reductions
