#include "proxies/reductions/correlation.h"
#include "tests/proxies/linear_network.h"
#include "tests/support/test_files.h"

using namespace zcp;
using zcp::test::matrix;

TEST_CASE("correlations of rising, falling, uncorrelated and constant rows") {
  const at::Tensor rows =
      matrix({{1, 2, 3}, {2, 4, 6}, {3, 2, 1}, {1, -2, 1}, {5, 5, 5}});
  const at::Tensor found = reductions::row_correlation(rows);
  const at::Tensor expected =
      matrix({{1, 1, -1, 0}, {1, 1, -1, 0}, {-1, -1, 1, 0}, {0, 0, 0, 1}});
  CHECK(at::allclose(found.slice(0, 0, 4).slice(1, 0, 4), expected));
  CHECK(at::isnan(found[4]).all().item<bool>());
  CHECK(found.slice(0, 0, 4).slice(1, 0, 4).abs().max().item<double>() <= 1);
}

TEST_CASE("Jacobian rows are samples in NCHW order") {
  const test::LinearNetwork network(matrix({{1}}));
  const networks::Recording recording;
  engine::Pass pass{
      .network = network, .recording = recording, .x = at::zeros({1})};
  CHECK_FALSE(reductions::jacobian_rows(pass).defined());
  const at::Tensor nchw = at::arange(8, at::kFloat).reshape({2, 2, 1, 2});
  pass.input_gradient = nchw.contiguous(at::MemoryFormat::ChannelsLast);
  CHECK(at::equal(
      reductions::jacobian_rows(pass), matrix({{0, 1, 2, 3}, {4, 5, 6, 7}})));
}
