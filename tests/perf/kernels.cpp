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

void pack_codes(benchmark::State& state) {
  const auto set = static_cast<Instructions>(state.range(0));
  if (!available(set)) return state.SkipWithError("not on this processor");
  const auto values = normal(kSamples * kUnits);
  for (auto _ : state) {
    benchmark::DoNotOptimize(BitCodes(values, kSamples, set));
  }
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
}
BENCHMARK(depthwise)
    ->ArgNames({"own", "dilation"})
    ->ArgsProduct({{0, 1}, {1, 2}})
    ->Unit(benchmark::kMicrosecond);

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
