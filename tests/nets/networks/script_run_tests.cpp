// Passes of TorchScript programs.
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "nets/networks/script_load.h"
#include "nets/networks/script_run.h"
#include "tests/nets/networks/make_script.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::networks;

namespace {

at::Tensor run_source(
    const std::string& source,
    const at::Tensor& x,
    Recording* recording = nullptr,
    BatchNormMode mode = BatchNormMode::batch_statistics) {
  const zcp::test::ScriptFile file(
      {{"w", at::ones({1, 1, 1, 1})},
       {"scale", at::ones({1})},
       {"shift", at::zeros({1})},
       {"mean", at::ones({1})},
       {"variance", 4 * at::ones({1})}},
      source);
  const LoadedScript loaded = load_script(file.path(), at::kFloat);
  const at::NoGradGuard no_grad;
  return run_script(*loaded.program, loaded.parameters, x, mode, recording);
}

/// [2, 1, 1, 2]: 1 3, 5 7.
at::Tensor four_numbers() {
  return at::tensor({1.0F, 3.0F, 5.0F, 7.0F}).view({2, 1, 1, 2});
}

}  // namespace

TEST_CASE("TorchScript runs: in-place operators leave the input as it is") {
  const at::Tensor x = four_numbers();
  const at::Tensor y = run_source(
      R"(
def forward(self, x):
    y = x
    x.add_(1)
    return y * 2
)",
      x);
  // y is another name of x.
  CHECK(at::equal(y, 2 * (four_numbers() + 1)));
  CHECK(at::equal(x, four_numbers()));
}

TEST_CASE("TorchScript runs: branches, loops and tuples") {
  const at::Tensor x = four_numbers();
  const at::Tensor y = run_source(
      R"(
def forward(self, x):
    if x.dim() == 4:
        y = x + 1
    else:
        y = x
    for i in range(3):
        y = y * 2
    return (y, 3)
)",
      x);
  CHECK(at::equal(y, 8 * (x + 1)));
  CHECK_THROWS_AS(
      run_source("def forward(self, x):\n    return 3\n", x),
      std::invalid_argument);
  CHECK_THROWS_AS(
      run_source("def forward(self, x, y):\n    return x\n", x),
      std::invalid_argument);
}

TEST_CASE("TorchScript runs: what is written reaches every view") {
  // [:, :, :, 0] of x becomes 10, then all of y, which is x, is doubled.
  const at::Tensor y = run_source(
      R"(
def forward(self, x):
    y = x.view([2, 2])
    parts = [y, x]
    x.select(3, 0).fill_(10.0)
    z = y + 0
    y.mul_(2)
    return torch.cat([z, parts[0], parts[1].view([2, 2]), x.view([2, 2])], 1)
)",
      four_numbers());
  const std::vector<float> doubled{20, 6, 20, 14};
  const at::Tensor twice = at::tensor(doubled).view({2, 2});
  CHECK(at::equal(y, at::cat({twice / 2, twice, twice, twice}, 1)));
}

TEST_CASE("TorchScript runs: a recorded output keeps what it was") {
  Recording recording;
  run_source(
      R"(
def forward(self, x):
    y = torch.conv2d(x, self.w)
    y.view([4]).mul_(0)
    return y
)",
      four_numbers(),
      &recording);
  REQUIRE(recording.calls.size() == 1);
  CHECK(at::equal(recording.calls[0].output, four_numbers()));
  CHECK(recording.calls[0].live);
}

TEST_CASE("TorchScript runs: messages are neither printed nor an error") {
  const at::Tensor x = four_numbers();
  CHECK(at::equal(
      run_source(
          R"(
def forward(self, x):
    print("shape", x.size(0), "of", x.size(3))
    name = "{} by {}".format(x.size(0), x.size(3))
    y = {"2 by 2": x + 1}
    return y[name]
)",
          x),
      x + 1));
}

TEST_CASE("TorchScript runs: an exception says what the module says") {
  CHECK_THROWS_WITH_AS(
      run_source(
          R"(
def forward(self, x):
    assert x.dim() == 2, "only matrices"
    return x
)",
          four_numbers()),
      doctest::Contains("only matrices"),
      std::runtime_error);
}

TEST_CASE("TorchScript runs: dropout of every kind is that of evaluation") {
  const at::Tensor x = four_numbers();
  for (const char* call :
       {"torch.dropout(x, 0.5, True)",
        "torch.feature_dropout(x, 0.5, True)",
        "torch.alpha_dropout(x, 0.5, True)",
        "torch.feature_alpha_dropout(x, 0.5, True)",
        "torch.native_dropout(x, 0.5, True)[0]",
        "x * torch.bernoulli(torch.zeros_like(x), 0.5).div_(0.5)",
        "x * torch.empty_like(x).bernoulli_(0.5).div_(0.5)",
        "x / 0.5 * (torch.rand([2, 1, 1, 1]) + 0.5).floor_()"}) {
    CAPTURE(call);
    CHECK(at::equal(
        run_source(
            std::string("def forward(self, x):\n    return ") + call + "\n", x),
        x));
  }
  // Slopes from 1/8 to 1/2 have the mean 5/16.
  CHECK(at::equal(
      run_source(
          "def forward(self, x):\n"
          "    return torch.rrelu(x, 0.125, 0.5, True)\n",
          -x),
      -x * 0.3125));
}

TEST_CASE("TorchScript runs: random numbers follow from the seed") {
  const std::string source = R"(
def forward(self, x):
    y = torch.rand_like(x) + torch.randn([2, 1, 1, 2])
    y = y + torch.empty_like(x).normal_(0.0, 1.0)
    y = y + torch.randint(0, 9, [2, 1, 1, 2]) + torch.randperm(2)
    return y + torch.empty_like(x).uniform_(0.0, 1.0)
)";
  const zcp::test::ScriptFile file({{"w", at::ones({1})}}, source);
  const at::Tensor x = four_numbers();
  const auto run = [&](std::uint64_t seed) {
    const LoadedScript loaded =
        load_script(file.path(), at::kFloat, {.seed = seed});
    return run_script(
        *loaded.program,
        loaded.parameters,
        x,
        BatchNormMode::batch_statistics,
        nullptr);
  };
  const at::Tensor first = run(1);
  CHECK(at::equal(first, run(1)));
  CHECK_FALSE(at::equal(first, run(2)));
}

TEST_CASE("TorchScript runs: attributes that are set stay within the pass") {
  // The parameter w is 1; the module stays as it is, so that each run gives 2.
  const std::string source = R"(
def forward(self, x):
    self.scale.add_(1)
    return x * self.scale
)";
  const at::Tensor x = four_numbers();
  CHECK(at::equal(run_source(source, x), 2 * x));
}

TEST_CASE("TorchScript runs: the modes of BatchNorm") {
  const std::string source = R"(
def forward(self, x):
    return torch.batch_norm(x, self.scale, self.shift, self.mean,
                            self.variance, True, 0.1, 0.0, False)
)";
  const at::Tensor x = four_numbers();
  const auto run = [&](BatchNormMode mode) {
    return run_source(source, x, nullptr, mode);
  };
  // Mean 4 and variance 5 of the batch; the module's own are 1 and 4.
  CHECK(at::allclose(
      run(BatchNormMode::batch_statistics), (x - 4) / std::sqrt(5.0)));
  CHECK(at::allclose(run(BatchNormMode::running_statistics), (x - 1) / 2));
  CHECK(at::equal(run(BatchNormMode::bypass), x));
  CHECK(at::allclose(
      run(BatchNormMode::sample_statistics),
      at::tensor({-1.0F, 1.0F, -1.0F, 1.0F}).view({2, 1, 1, 2})));
}

TEST_CASE("TorchScript runs: padding by name is recorded by numbers") {
  // Of a window of 4 taps PyTorch pads one pixel before and two behind.
  const zcp::test::ScriptFile file(
      {{"w", at::arange(12.0F).view({1, 1, 3, 4})}},
      "def forward(self, x):\n"
      "    return torch.conv2d(x, self.w, None, [1, 1], 'same', [2, 1])\n");
  const LoadedScript loaded = load_script(file.path(), at::kFloat);
  const at::Tensor x = at::arange(30.0F).view({1, 1, 5, 6});
  Recording recording;
  const at::NoGradGuard no_grad;
  const at::Tensor y = run_script(
      *loaded.program,
      loaded.parameters,
      x,
      BatchNormMode::batch_statistics,
      &recording);
  const at::Tensor& w = loaded.parameters[0].value;
  CHECK(at::equal(
      y,
      at::convolution(
          at::constant_pad_nd(x, {1, 2, 2, 2}),
          w,
          at::Tensor(),
          {1, 1},
          {0, 0},
          {2, 1},
          false,
          {0, 0},
          1)));
  REQUIRE(recording.calls.size() == 1);
  CHECK(recording.calls[0].weight == 0);
  REQUIRE(recording.calls[0].windows.size() == 2);
  CHECK(recording.calls[0].windows[0] == Window{3, 1, 2, 2});
  CHECK(recording.calls[0].windows[1] == Window{4, 1, 1, 1});
}

TEST_CASE("TorchScript runs: a convolution's windows, axis by axis") {
  Recording recording;
  run_source(
      R"(
def forward(self, x):
    return torch.conv2d(x, self.w, None, [1, 2], [3, 4], [5, 6])
)",
      four_numbers(),
      &recording);
  REQUIRE(recording.calls.size() == 1);
  const LayerCall& call = recording.calls[0];
  CHECK(call.kind == LayerKind::conv);
  CHECK(call.weight >= 0);
  CHECK(call.groups == 1);
  REQUIRE(call.windows.size() == 2);
  CHECK(call.windows[0] == Window{1, 1, 3, 5});
  CHECK(call.windows[1] == Window{1, 2, 4, 6});
  CHECK(call.along_axes(&Window::padding) == std::vector<std::int64_t>{3, 4});
}

TEST_CASE("TorchScript runs: parameters in a list are the network's own") {
  // As nn.LSTM keeps them in a script.
  const at::Tensor w = at::ones({1}).requires_grad_(true);
  torch::jit::Module module("net");
  module.register_parameter("w", w, false);
  module.register_attribute(
      "flat", c10::ListType::ofTensors(), c10::List<at::Tensor>({w}));
  module.define("def forward(self, x):\n    return x * self.flat[0]\n");
  const zcp::test::TemporaryFolder folder;
  const auto path = folder.path() / "net.pt";
  module.save(path.string());
  LoadedScript loaded = load_script(path, at::kDouble);
  REQUIRE(loaded.parameters.size() == 1);
  loaded.parameters[0].value.fill_(3);
  const at::Tensor x = four_numbers().to(at::kDouble);
  CHECK(at::equal(
      run_script(
          *loaded.program,
          loaded.parameters,
          x,
          BatchNormMode::batch_statistics,
          nullptr),
      3 * x));
}

TEST_CASE("TorchScript runs: new tensors are of the type that is computed in") {
  const zcp::test::ScriptFile file(
      {{"w", at::ones({2, 2})}},
      R"(
def forward(self, x):
    h = torch.zeros([x.size(0), 2]) + torch.full([2], 0.5)
    h = torch.mm(h, self.w) + torch.ones([2], dtype=6)
    steps = torch.arange(2)
    whole = torch.zeros([1], dtype=4)
    if steps.dtype != whole.dtype:
        h = h * 100
    return h + x.flatten(1) * torch.eye(2)[0, 0] * 0
)");
  const LoadedScript loaded = load_script(file.path(), at::kDouble);
  const at::Tensor x = four_numbers().to(at::kDouble);
  const at::Tensor y = run_script(
      *loaded.program,
      loaded.parameters,
      x,
      BatchNormMode::batch_statistics,
      nullptr);
  CHECK((y.scalar_type() == at::kDouble));
  CHECK(at::equal(y, 2 * at::ones_like(y)));
}

TEST_CASE("TorchScript runs: what a list is given stays within the pass") {
  torch::jit::Module module("net");
  module.register_parameter("w", at::ones({1}).requires_grad_(true), false);
  module.register_attribute(
      "steps", c10::ListType::ofInts(), c10::List<std::int64_t>({1}));
  c10::Dict<std::string, at::Tensor> kept;
  kept.insert("last", at::ones({1}));
  module.register_attribute(
      "kept",
      c10::DictType::create(c10::StringType::get(), c10::TensorType::get()),
      kept);
  module.define(R"(
def forward(self, x):
    self.steps.append(1)
    self.kept["last"] = self.kept["last"] + len(self.steps)
    return x * self.w * self.kept["last"]
)");
  const zcp::test::TemporaryFolder folder;
  const auto path = folder.path() / "net.pt";
  module.save(path.string());
  const LoadedScript loaded = load_script(path, at::kFloat);
  const at::Tensor x = four_numbers();
  for (int pass = 0; pass < 3; ++pass) {
    CHECK(at::equal(
        run_script(
            *loaded.program,
            loaded.parameters,
            x,
            BatchNormMode::batch_statistics,
            nullptr),
        3 * x));
  }
}

TEST_CASE("TorchScript runs: a list has as many elements as names") {
  // [2, 1, 1, 2] has two pieces along its last axis, [2, 1, 1, 4] four.
  const std::string source = R"(
def forward(self, x):
    a, b = torch.split(x, 1, 3)
    return a + b
)";
  const at::Tensor x = four_numbers();
  CHECK(at::equal(run_source(source, x), x.sum(3, true)));
  CHECK_THROWS_WITH_AS(
      run_source(source, at::cat({x, x}, 3)),
      "unpacks a list of 4 into 2 names",
      std::invalid_argument);
  CHECK_THROWS_AS(run_source(source, x.slice(3, 0, 1)), std::invalid_argument);
}

TEST_CASE("TorchScript runs: pieces between each other are no parts") {
  // As PyTorch writes the gates of its recurrent cells: the pieces have their
  // storage in common and no element.
  const std::string source = R"(
def forward(self, x):
    y = x * self.w
    a, b = torch.unsafe_chunk(y, 2, 3)
    a.add_(10)
    b.mul_(2)
    return torch.cat([a, b], 3)
)";
  const at::Tensor x = four_numbers();
  const at::Tensor expected =
      at::tensor({11.0F, 6.0F, 15.0F, 14.0F}).view({2, 1, 1, 2});
  CHECK(at::equal(run_source(source, x), expected));
  const zcp::test::ScriptFile file({{"w", at::ones({1})}}, source);
  const LoadedScript loaded = load_script(file.path(), at::kFloat);
  std::vector<Parameter> parameters = loaded.parameters;
  const at::Tensor w = parameters[0].value.detach().requires_grad_(true);
  parameters[0].value = w;
  const at::Tensor y = run_script(
      *loaded.program, parameters, x, BatchNormMode::batch_statistics, nullptr);
  // d/dw of the sum of 10 + x w and 2 x w: 1 + 5 + 2 (3 + 7).
  CHECK(torch::autograd::grad({y.sum()}, {w})[0].item<float>() == 26);
}

TEST_CASE("TorchScript runs: InstanceNorm as in training, in whatever mode") {
  const std::string source = R"(
def forward(self, x):
    return torch.instance_norm(x, self.scale, self.shift, self.mean,
                               self.variance, USED, 0.1, 0.0, False)
)";
  const at::Tensor x = four_numbers();
  for (const char* used : {"True", "False"}) {
    std::string one = source;
    one.replace(one.find("USED"), 4, used);
    CHECK(at::allclose(
        run_source(one, x),
        at::tensor({-1.0F, 1.0F, -1.0F, 1.0F}).view({2, 1, 1, 2})));
  }
}

TEST_CASE("TorchScript runs: recurrent cells are linear layers") {
  const auto weights = [](std::int64_t rows, std::int64_t columns, double by) {
    return (at::arange(rows * columns, at::kDouble) * by)
        .sin()
        .view({rows, columns});
  };
  const at::Tensor x = weights(3, 2, 0.7);
  const at::Tensor h = weights(3, 4, 0.9);
  const at::Tensor c = weights(3, 4, 1.1);
  const auto run = [&](const std::string& call, std::int64_t gates) {
    const at::Tensor wi = weights(4 * gates, 2, 1.3);
    const at::Tensor wh = weights(4 * gates, 4, 1.7);
    const at::Tensor bi = weights(1, 4 * gates, 0.3)[0];
    const at::Tensor bh = weights(1, 4 * gates, 0.4)[0];
    const zcp::test::ScriptFile file(
        {{"h", h}, {"c", c}, {"wi", wi}, {"wh", wh}, {"bi", bi}, {"bh", bh}},
        "def forward(self, x):\n    return torch." + call +
            ", self.wi, self.wh, self.bi, self.bh)\n");
    const LoadedScript loaded = load_script(
        file.path(),
        at::kDouble,
        {.output = call.starts_with("lstm") ? std::optional<std::string>("1")
                                            : std::nullopt});
    const at::NoGradGuard no_grad;
    Recording recording;
    const at::Tensor y = run_script(
        *loaded.program,
        loaded.parameters,
        x,
        BatchNormMode::batch_statistics,
        &recording);
    std::int64_t macs = 0;
    int linear = 0;
    for (const LayerCall& layer : recording.calls) {
      if (layer.kind != LayerKind::linear) continue;
      ++linear;
      macs += layer.macs;
      CHECK(layer.weight >= 0);
    }
    CHECK(linear == 2);
    CHECK(macs == 3 * 4 * gates * (2 + 4 + 2));
    const at::Tensor expected =
        gates == 1   ? (call.find("relu") == std::string::npos
                            ? at::rnn_tanh_cell(x, h, wi, wh, bi, bh)
                            : at::rnn_relu_cell(x, h, wi, wh, bi, bh))
        : gates == 3 ? at::gru_cell(x, h, wi, wh, bi, bh)
                     : std::get<1>(at::lstm_cell(x, {h, c}, wi, wh, bi, bh));
    CHECK(at::allclose(y, expected, 1e-14, 1e-14));
  };
  run("rnn_tanh_cell(x, self.h", 1);
  run("rnn_relu_cell(x, self.h", 1);
  run("gru_cell(x, self.h", 3);
  run("lstm_cell(x, [self.h, self.c]", 4);
}

TEST_CASE("TorchScript runs: GELU's gradient in whatever layout it arrives") {
  const zcp::test::ScriptFile file(
      {{"w", (at::arange(96, at::kDouble) * 0.7).sin().view({8, 12})},
       {"v", (at::arange(40, at::kDouble) * 0.9).cos().view({5, 8})}},
      "def forward(self, x):\n"
      "    y = torch.linear(x, self.w)\n"
      "    y = torch.gelu(y).transpose(1, 2).contiguous()\n"
      "    return torch.linear(torch.relu(y).transpose(1, 2), self.v)\n");
  const auto gradient = [&](at::ScalarType type) {
    const LoadedScript loaded = load_script(file.path(), type);
    std::vector<Parameter> parameters = loaded.parameters;
    for (Parameter& one : parameters) {
      one.value = one.value.detach().requires_grad_(true);
    }
    const at::Tensor x = (at::arange(6 * 7 * 12, at::kDouble) * 0.3)
                             .sin()
                             .view({6, 7, 12})
                             .to(type);
    const at::Tensor y = run_script(
        *loaded.program,
        parameters,
        x,
        BatchNormMode::batch_statistics,
        nullptr);
    return torch::autograd::grad({y.square().sum()}, {parameters[0].value})[0]
        .to(at::kDouble);
  };
  const at::Tensor expected = gradient(at::kDouble);
  for (int i = 0; i < 3; ++i) {
    CHECK(at::allclose(gradient(at::kFloat), expected, 1e-4, 1e-4));
  }
}
