#include "proxies/engine/flat_layers.h"
#include "proxies/engine/observer.h"
#include "tests/support/test_files.h"

using namespace zcp::engine;

TEST_CASE("flat layers: those with a gradient, one after another") {
  const at::Tensor a = at::tensor({1.0F, 2.0F}).view({1, 2});
  const at::Tensor b = at::tensor({3.0F});
  const at::Tensor c = at::tensor({4.0F, 5.0F, 6.0F});
  const at::Tensor of_a = a * 10;
  const at::Tensor of_c = -c;
  const at::Tensor none;
  const std::vector<LayerGradient> layers{{a, of_a}, {b, none}, {c, of_c}};
  const FlatLayers flat = flat_layers(layers);
  CHECK(flat.sizes == std::vector<std::int64_t>{2, 3});
  CHECK(at::equal(flat.weights, at::tensor({1.0, 2.0, 4.0, 5.0, 6.0})));
  CHECK(at::equal(flat.gradients, at::tensor({10.0, 20.0, -4.0, -5.0, -6.0})));
  const at::Tensor sums = sums_by_layer(flat.weights, flat.sizes);
  CHECK(at::equal(sums, at::tensor({3.0, 15.0})));
}

TEST_CASE("flat layers: none without gradients") {
  const at::Tensor a = at::ones({2});
  const at::Tensor none;
  const std::vector<LayerGradient> layers{{a, none}};
  CHECK(flat_layers(layers).sizes.empty());
}
