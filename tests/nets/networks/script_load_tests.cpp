// Reading TorchScript files.
#include "nets/networks/script_load.h"
#include "tests/nets/networks/make_script.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::networks;

TEST_CASE("TorchScript files: parameters in the type asked for") {
  const zcp::test::ScriptFile file(
      {{"weight", at::ones({2, 3, 1, 1})},
       {"bias", at::zeros({2})},
       {"token", at::ones({1, 4})}},
      "def forward(self, x):\n    return torch.relu(x)\n");
  const LoadedScript loaded = load_script(file.path(), at::kDouble);
  REQUIRE(loaded.parameters.size() == 3);
  CHECK(loaded.program->parameter_index.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    const Parameter& parameter = loaded.parameters[i];
    CHECK((parameter.value.scalar_type() == at::kDouble));
    CHECK(parameter.declared == static_cast<int>(i));
    if (parameter.name == "weight") {
      CHECK(parameter.kind == ParameterKind::conv_weight);
    } else if (parameter.name == "bias") {
      CHECK(parameter.kind == ParameterKind::bias);
    } else {
      CHECK(parameter.name == "token");
      CHECK(parameter.kind == ParameterKind::other);
    }
  }
}

TEST_CASE("TorchScript files: scales and shifts of norms are told by sizes") {
  const zcp::test::ScriptFile file(
      {{"weight", at::ones({4})}, {"bias", at::zeros({4})}},
      "def forward(self, x):\n    return torch.relu(x)\n");
  const LoadedScript loaded = load_script(file.path(), at::kFloat);
  REQUIRE(loaded.parameters.size() == 2);
  for (const Parameter& parameter : loaded.parameters) {
    CHECK(
        parameter.kind == (parameter.name == "weight"
                               ? ParameterKind::norm_scale
                               : ParameterKind::norm_shift));
  }
}

TEST_CASE("TorchScript files: what is none is refused by its name") {
  const zcp::test::TemporaryFolder folder;
  const auto path = folder.write("text.pt", "no module");
  const std::string message =
      zcp::test::user_error([&] { load_script(path, at::kFloat); });
  CHECK(message.find("text.pt: not a TorchScript file") != std::string::npos);
}

TEST_CASE("TorchScript files: without trainable parameters they are refused") {
  const zcp::test::ScriptFile file(
      {}, "def forward(self, x):\n    return torch.relu(x)\n");
  const std::string message =
      zcp::test::user_error([&] { load_script(file.path(), at::kFloat); });
  CHECK(
      message.find("net.pt: has no trainable parameters") != std::string::npos);
  CHECK(message.find("torch.jit.freeze") != std::string::npos);
}

TEST_CASE("TorchScript files: only what requires a gradient, each once") {
  torch::jit::Module module("net");
  const at::Tensor shared = at::ones({2, 2}).requires_grad_(true);
  module.register_parameter("a", shared, false);
  module.register_parameter("b", shared, false);
  module.register_parameter("frozen", at::ones({2, 2}), false);
  module.define(
      "def forward(self, x):\n"
      "    y = torch.linear(torch.linear(x, self.a), self.b)\n"
      "    return torch.linear(y, self.frozen)\n");
  const zcp::test::TemporaryFolder folder;
  const auto path = folder.path() / "net.pt";
  module.save(path.string());
  const LoadedScript loaded = load_script(path, at::kFloat);
  REQUIRE(loaded.parameters.size() == 1);
  CHECK(loaded.parameters[0].kind == ParameterKind::linear_weight);
  CHECK(loaded.program->parameter_index.size() >= 1);
}

TEST_CASE("TorchScript files: complex parameters are refused by their name") {
  const zcp::test::ScriptFile file(
      {{"phases", at::ones({2, 2}, at::kComplexFloat)}},
      "def forward(self, x):\n    return torch.real(x * self.phases)\n");
  const std::string message =
      zcp::test::user_error([&] { load_script(file.path(), at::kFloat); });
  CHECK(
      message.find(
          "net.pt: the parameter phases is of complex numbers, expected real "
          "ones") != std::string::npos);
}

TEST_CASE("TorchScript files: a module without forward is refused") {
  torch::jit::Module module("net");
  module.register_parameter("w", at::ones({1}).requires_grad_(true), false);
  module.define("def predict(self, x):\n    return x * self.w\n");
  const zcp::test::TemporaryFolder folder;
  const auto path = folder.path() / "net.pt";
  module.save(path.string());
  const std::string message =
      zcp::test::user_error([&] { load_script(path, at::kFloat); });
  CHECK(message.find("net.pt: has no method forward") != std::string::npos);
}
