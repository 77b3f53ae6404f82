#include <cmath>

#include "proxies/reductions/code_kernel.h"
#include "tests/proxies/linear_network.h"
#include "tests/support/test_files.h"

using namespace zcp;
using zcp::test::call_of;
using zcp::test::matrix;

namespace {

/// Codes (1 0 1), (1 1 1) and (0 0 0) of three samples.
const at::Tensor& three_codes() {
  static const at::Tensor all = matrix({{2, 0, 1}, {3, 1, 4}, {0, 0, 0}});
  return all;
}

at::Tensor kernel_of(
    const networks::Recording& recording,
    const std::function<bool(const networks::LayerCall&)>& counts) {
  const test::LinearNetwork network(matrix({{1}}));
  return reductions::code_kernel(
      {.network = network, .recording = recording, .x = three_codes()}, counts);
}

bool all_calls(const networks::LayerCall&) {
  return true;
}

}  // namespace

TEST_CASE("the kernel counts units whose codes agree, in every dtype") {
  const at::Tensor expected = matrix({{3, 2, 1}, {2, 3, 0}, {1, 0, 3}});
  for (const auto type : {at::kDouble, at::kFloat, at::kBFloat16}) {
    networks::Recording recording;
    recording.calls.push_back(
        call_of(networks::LayerKind::relu, three_codes().to(type)));
    CHECK(at::equal(kernel_of(recording, all_calls), expected));
    // Other layers have no codes, and modules with ReLU in their name count.
    recording.calls[0].uses = 2;
    recording.calls.push_back(
        call_of(networks::LayerKind::conv, three_codes().to(type)));
    CHECK(at::equal(kernel_of(recording, all_calls), 2 * expected));
  }
}

TEST_CASE("the kernel is of the calls that are asked for") {
  networks::Recording recording;
  recording.calls.push_back(call_of(networks::LayerKind::relu, three_codes()));
  recording.calls[0].live = false;
  const auto live = [](const networks::LayerCall& call) { return call.live; };
  CHECK_FALSE(kernel_of(recording, live).defined());
  CHECK(kernel_of(recording, all_calls).defined());
}

TEST_CASE("the logarithm of a determinant, where there is one") {
  const engine::Score score =
      reductions::log_determinant(matrix({{2, 1}, {1, 2}}));
  CHECK(score.value == doctest::Approx(std::log(3.0)));
  CHECK(
      reductions::log_determinant(matrix({{1, 1}, {1, 1}})).status ==
      ScoreStatus::degenerate);
  CHECK(
      reductions::log_determinant(at::Tensor()).status ==
      ScoreStatus::degenerate);
}
