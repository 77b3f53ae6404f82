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
