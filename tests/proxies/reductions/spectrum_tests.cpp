#include <cmath>

#include "proxies/reductions/spectrum.h"
#include "tests/proxies/linear_network.h"
#include "tests/support/test_files.h"

using namespace zcp;
using zcp::networks::LayerKind;
using zcp::test::call_of;
using zcp::test::matrix;

namespace {

/// A map [1, C, 1, positions] with these channels.
at::Tensor map_of(const at::Tensor& channels) {
  return channels.unsqueeze(0).unsqueeze(2);
}

engine::Score rank_of(const std::vector<at::Tensor>& outputs) {
  const test::LinearNetwork network(matrix({{1}}));
  networks::Recording recording;
  for (const at::Tensor& output : outputs) {
    recording.calls.push_back(call_of(LayerKind::batch_norm, output));
  }
  recording.calls.push_back(call_of(LayerKind::relu, map_of(matrix({{1}}))));
  return reductions::stable_rank_of(
      {.network = network, .recording = recording, .x = matrix({{1}})});
}

}  // namespace

TEST_CASE("covariance between channels") {
  // Deviations (-1, 1) and (2, -2) from the means.
  const at::Tensor covariance =
      reductions::channel_covariance(map_of(matrix({{1, 3}, {7, 3}})));
  CHECK(at::allclose(covariance, matrix({{1, -2}, {-2, 4}})));
  // The channels of a vector are its entries.
  CHECK(at::allclose(
      reductions::channel_covariance(matrix({{1, 7}, {3, 3}})), covariance));
}

TEST_CASE("stable ranks add up") {
  // Squared singular values 4 and 1: 5 / 4; equal ones: 2; zeros: 0.
  const at::Tensor uneven = map_of(matrix({{2, 0}, {0, 1}}));
  const at::Tensor even = map_of(matrix({{3, 0}, {0, -3}}));
  CHECK(
      rank_of({uneven, even, at::zeros_like(even)}).value ==
      doctest::Approx(3.25));
  CHECK(rank_of({}).status == ScoreStatus::degenerate);
}

TEST_CASE("entropies of blocks") {
  // Uncorrelated channels of equal variance: log 2; one that varies alone: 0.
  const at::Tensor even = map_of(matrix({{1, -1, 0, 0}, {0, 0, 1, -1}}));
  const at::Tensor single = map_of(matrix({{1, -1}, {5, 5}}));
  const auto entropies = reductions::block_entropies({even, single});
  REQUIRE(entropies.has_value());
  REQUIRE(entropies->size() == 2);
  CHECK((*entropies)[0] == doctest::Approx(std::log(2.0)).epsilon(1e-6));
  CHECK(std::abs((*entropies)[1]) < 1e-6);
  CHECK_FALSE(reductions::block_entropies({}).has_value());
  CHECK_FALSE(reductions::block_entropies({even, at::Tensor()}).has_value());
  CHECK_FALSE(
      reductions::block_entropies({at::ones({1, 2, 1, 3})}).has_value());
}

TEST_CASE("the channels of a layer's output lie where its kind has them") {
  const at::Tensor map = at::arange(24, at::kDouble).view({1, 2, 3, 4});
  const auto rows = [](LayerKind kind, const at::Tensor& output) {
    return reductions::position_rows(test::call_of(kind, output));
  };
  // Two channels of a map or of a sequence; four features of a linear layer.
  CHECK(at::equal(rows(LayerKind::conv, map), map.view({2, 12}).t()));
  CHECK(at::equal(
      rows(LayerKind::batch_norm, map.flatten(2)), map.view({2, 12}).t()));
  CHECK(at::equal(rows(LayerKind::linear, map), map.view({6, 4})));
  CHECK(at::equal(rows(LayerKind::conv, map.flatten(1)), map.flatten(1)));
}
