// The loops that zcp owns, alone: packed codes, BatchNorm, rank correlation,
// graphs.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <benchmark/benchmark.h>
#include <torch/csrc/autograd/autograd.h>

#include "analysis/statistics/correlation.h"
#include "common/random.h"
#include "nets/kernels/average_pool.h"
#include "nets/kernels/batch_norm.h"
#include "nets/kernels/convolution.h"
#include "nets/kernels/one_core.h"
#include "nets/kernels/processor_versions.h"
#include "nets/spaces/space.h"
#include "proxies/reductions/bit_codes.h"

namespace {

using namespace zcp;
using reductions::BitCodes;
using reductions::Instructions;

constexpr int kSamples = 64;
constexpr std::size_t kUnits = 16 * 32 * 32;  // a layer of NATS-TSS's first

std::vector<float> normal(std::size_t count) {
  std::vector<float> values(count);
  fill_normal(values, 1.0F, 1);
  return values;
}

bool available(Instructions set) {
  return static_cast<int>(set) <=
         static_cast<int>(reductions::best_instructions());
}

/// Operations on floats, or bytes that have to be read and written, of one
/// round; the machine's peaks are those of peak() and copy().
void count_flops(benchmark::State& state, double flops) {
  state.counters["flops"] =
      benchmark::Counter(flops, benchmark::Counter::kIsIterationInvariantRate);
}
void count_bytes(benchmark::State& state, double bytes) {
  state.counters["bytes"] =
      benchmark::Counter(bytes, benchmark::Counter::kIsIterationInvariantRate);
}

template <int bytes>
struct Lanes {
  // NOLINTNEXTLINE(modernize-use-using): an attribute that `using` loses
  typedef float type __attribute__((vector_size(bytes)));
};

/// Rounds of y = y a + b on ten vectors: they stay in registers, and none waits
/// for another.
template <typename V>
[[gnu::always_inline]] inline float multiply_and_add(
    std::int64_t rounds,
    float a) {
  V y0{}, y1{}, y2{}, y3{}, y4{}, y5{}, y6{}, y7{}, y8{}, y9{};
  const V factor = y0 + a;
  const V term = y0 + 0.5F;
  for (std::int64_t i = 0; i < rounds; ++i) {
    y0 = y0 * factor + term;
    y1 = y1 * factor + term;
    y2 = y2 * factor + term;
    y3 = y3 * factor + term;
    y4 = y4 * factor + term;
    y5 = y5 * factor + term;
    y6 = y6 * factor + term;
    y7 = y7 * factor + term;
    y8 = y8 * factor + term;
    y9 = y9 * factor + term;
  }
  const V sum = y0 + y1 + y2 + y3 + y4 + y5 + y6 + y7 + y8 + y9;
  return sum[0];
}

ZCP_PROCESSOR_VERSIONS float by_avx512(std::int64_t rounds) {
  return multiply_and_add<Lanes<64>::type>(rounds, 0.25F);
}
ZCP_PROCESSOR_VERSIONS float by_avx2(std::int64_t rounds) {
  return multiply_and_add<Lanes<32>::type>(rounds, 0.25F);
}

void peak(benchmark::State& state) {
  constexpr std::int64_t kRounds = 1'000'000;
  const bool wide = available(Instructions::avx512);
  for (auto _ : state) {
    benchmark::DoNotOptimize(wide ? by_avx512(kRounds) : by_avx2(kRounds));
  }
  count_flops(state, 10. * (wide ? 16 : 8) * 2 * kRounds);
}
BENCHMARK(peak)->Unit(benchmark::kMicrosecond);

void copy(benchmark::State& state) {
  const std::vector<char> from(std::size_t{256} << 20, 1);
  std::vector<char> to(from.size());
  for (auto _ : state) {
    std::copy(from.begin(), from.end(), to.begin());
    benchmark::DoNotOptimize(to.data());
    benchmark::ClobberMemory();
  }
  count_bytes(state, 2. * static_cast<double>(from.size()));
}
BENCHMARK(copy)->Unit(benchmark::kMicrosecond);

void pack_codes(benchmark::State& state) {
  const auto set = static_cast<Instructions>(state.range(0));
  if (!available(set)) return state.SkipWithError("not on this processor");
  const auto values = normal(kSamples * kUnits);
  for (auto _ : state) {
    benchmark::DoNotOptimize(BitCodes(values, kSamples, set));
  }
  count_bytes(state, 4. * kSamples * kUnits);
}
BENCHMARK(pack_codes)->Arg(0)->Arg(1)->Arg(2)->Unit(benchmark::kMicrosecond);

void count_agreement(benchmark::State& state) {
  const auto set = static_cast<Instructions>(state.range(0));
  if (!available(set)) return state.SkipWithError("not on this processor");
  const BitCodes codes(normal(kSamples * kUnits), kSamples);
  std::vector<std::int64_t> kernel(kSamples * kSamples);
  for (auto _ : state) {
    reductions::add_agreement(codes, 1, kernel, set);
    benchmark::DoNotOptimize(kernel.data());
  }
}
BENCHMARK(count_agreement)
    ->Arg(0)
    ->Arg(1)
    ->Arg(2)
    ->Unit(benchmark::kMicrosecond);

/// What the packed codes replace: two products of float matrices.
void agreement_by_products(benchmark::State& state) {
  at::set_num_threads(1);
  const at::Tensor codes =
      (at::randn({kSamples, static_cast<std::int64_t>(kUnits)}) > 0)
          .to(at::kFloat);
  for (auto _ : state) {
    const at::Tensor off = 1 - codes;
    benchmark::DoNotOptimize(codes.mm(codes.t()) + off.mm(off.t()));
  }
}
BENCHMARK(agreement_by_products)->Unit(benchmark::kMicrosecond);

void batch_norm(benchmark::State& state) {
  at::set_num_threads(1);
  const at::NoGradGuard no_grad;
  const at::Tensor x = at::randn({kSamples, 16, 32, 32})
                           .contiguous(at::MemoryFormat::ChannelsLast);
  const at::Tensor ones = at::ones({16});
  const bool own = state.range(0) != 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        own ? kernels::batch_norm_of_batch(x, ones, ones, 1e-5)
            : at::batch_norm(x, ones, ones, {}, {}, true, 0.1, 1e-5, false));
  }
  // Statistics want all values before the first can be normalised.
  count_bytes(state, 3. * static_cast<double>(x.nbytes()));
}
BENCHMARK(batch_norm)
    ->ArgName("own")
    ->Arg(0)
    ->Arg(1)
    ->Unit(benchmark::kMicrosecond);

/// Value and gradients of our own operator or of LibTorch's.
template <typename Operator>
void run_both_ways(
    benchmark::State& state,
    const std::vector<at::Tensor>& inputs,
    const Operator& apply) {
  at::set_num_threads(1);
  for (auto _ : state) {
    const at::Tensor y = apply(state.range(0) != 0);
    benchmark::DoNotOptimize(
        torch::autograd::grad({y}, inputs, {at::ones_like(y)}));
  }
}

void average_pool(benchmark::State& state) {
  const at::Tensor x = at::randn({kSamples, 16, 32, 32})
                           .contiguous(at::MemoryFormat::ChannelsLast)
                           .requires_grad_(true);
  run_both_ways(state, {x}, [&](bool own) {
    return own ? kernels::average_pool(x, {3, 1, 1})
               : at::avg_pool2d(x, 3, 1, 1, false, false);
  });
  count_bytes(state, 4. * static_cast<double>(x.nbytes()));
}
BENCHMARK(average_pool)
    ->ArgName("own")
    ->Arg(0)
    ->Arg(1)
    ->Unit(benchmark::kMicrosecond);

void depthwise(benchmark::State& state) {
  const auto dilation = static_cast<int>(state.range(1));
  const at::Tensor x = at::randn({kSamples, 32, 32, 32})
                           .contiguous(at::MemoryFormat::ChannelsLast)
                           .requires_grad_(true);
  const at::Tensor weight = at::randn({32, 1, 5, 5}).requires_grad_(true);
  const int padding = 2 * dilation;
  run_both_ways(state, {x, weight}, [&](bool own) {
    return own ? kernels::convolution(
                     x, weight, {}, {5, 1, padding, dilation}, 32)
               : at::conv2d(x, weight, {}, 1, padding, dilation, 32);
  });
  // Forward, and backward to inputs and weights.
  count_flops(state, 3. * 2 * 25 * static_cast<double>(x.numel()));
}
BENCHMARK(depthwise)
    ->ArgNames({"own", "dilation"})
    ->ArgsProduct({{0, 1}, {1, 2}})
    ->Unit(benchmark::kMicrosecond);

void convolution(benchmark::State& state) {
  at::set_num_threads(1);
  const std::int64_t channels = state.range(0);
  const std::int64_t side = state.range(1);
  const at::Tensor x = at::randn({kSamples, channels, side, side})
                           .contiguous(at::MemoryFormat::ChannelsLast)
                           .requires_grad_(true);
  const at::Tensor weight =
      at::randn({channels, channels, 3, 3}).requires_grad_(true);
  const at::Tensor gradient = at::ones_like(x);
  for (auto _ : state) {
    const at::Tensor y = kernels::convolution(x, weight, {}, {3, 1, 1, 1}, 1);
    benchmark::DoNotOptimize(
        torch::autograd::grad({y}, {x, weight}, {gradient}));
  }
  count_flops(state, 3. * 2 * 9 * static_cast<double>(x.numel() * channels));
}
BENCHMARK(convolution)
    ->ArgNames({"channels", "pixels"})
    ->Args({16, 32})
    ->Args({32, 16})
    ->Args({64, 8})
    ->Unit(benchmark::kMicrosecond);

void products(benchmark::State& state) {
  at::set_num_threads(1);
  constexpr std::int64_t kSide = 768;
  const at::Tensor a = at::randn(
      {kSide, kSide}, state.range(0) == 64 ? at::kDouble : at::kFloat);
  for (auto _ : state) benchmark::DoNotOptimize(a.mm(a));
  count_flops(state, 2. * kSide * kSide * kSide);
}
BENCHMARK(products)->ArgName("bits")->Arg(32)->Arg(64)->Unit(
    benchmark::kMicrosecond);

void kendall_tau_b(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  std::vector<double> x(count);
  std::vector<double> y(count);
  const auto values = normal(2 * count);
  std::copy_n(values.begin(), count, x.begin());
  std::copy_n(values.begin() + state.range(0), count, y.begin());
  for (auto _ : state) {
    benchmark::DoNotOptimize(statistics::kendall_tau_b(x, y));
  }
}
BENCHMARK(kendall_tau_b)
    ->Arg(15625)
    ->Arg(423624)
    ->Unit(benchmark::kMillisecond);

void build_graph(benchmark::State& state) {
  const spaces::Space& space = spaces::find_space("nats-tss");
  const auto specs = spaces::sample_specs(space, 64, 0);
  std::size_t next = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        space.build(specs[next++ % specs.size()], {3, 32, 32}, 10).hash());
  }
}
BENCHMARK(build_graph)->Unit(benchmark::kMicrosecond);

}  // namespace

/// Under the settings that zcp makes for its process.
int main(int argc, char** argv) {
  kernels::set_blas_threads_to_one();
  kernels::keep_memory();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
