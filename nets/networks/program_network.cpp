#include "nets/networks/program_network.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "common/error.h"
#include "common/hash.h"
#include "common/random.h"

namespace zcp::networks {
namespace {

using initialisers::Initialiser;

/// Values in the order in which the program declares its parameters.
using Values = std::vector<std::vector<float>>;

void draw_by_rule(
    const graph::DrawnBy& by,
    std::uint64_t seed,
    std::vector<float>& values) {
  using Rule = graph::DrawnBy::Rule;
  switch (by.rule) {
    case Rule::zeros:
      std::ranges::fill(values, 0.0F);
      break;
    case Rule::ones:
      std::ranges::fill(values, 1.0F);
      break;
    case Rule::normal:
      fill_normal(values, by.spread, seed);
      break;
    case Rule::uniform:
      fill_uniform(values, -by.spread, by.spread, seed);
      break;
  }
}

std::vector<float> drawn(
    const graph::ProgramParameter& parameter,
    std::optional<Initialiser> initialiser,
    std::uint64_t seed) {
  std::vector<float> values(static_cast<std::size_t>(parameter.elements()));
  const std::uint64_t own =
      derive_seed(seed, "program", hash64(parameter.name));
  if (!initialiser || parameter.fan_in == 0) {
    draw_by_rule(parameter.drawn_by, own, values);
    return values;
  }
  const initialisers::Fans fans{parameter.fan_in, parameter.fan_out};
  if (parameter.sizes.size() > 1) {
    initialisers::draw_weight(*initialiser, fans, own, values);
  } else {
    initialisers::draw_bias(*initialiser, fans, own, values);
  }
  return values;
}

std::unique_ptr<ScriptNetwork> network_of(
    const graph::Program& program,
    const Values& values,
    const at::TensorOptions& options) {
  auto code = std::make_shared<ExportedProgram>(program.code);
  for (std::size_t i = 0; i < values.size(); ++i) {
    std::string bytes(values[i].size() * sizeof(float), '\0');
    std::memcpy(bytes.data(), values[i].data(), bytes.size());
    code->tensors.at(program.parameters[i].name).storage =
        std::make_shared<const std::string>(std::move(bytes));
  }
  return load_script_network(
      ModelSource("the network", nullptr, 0, std::move(code)), options);
}

}  // namespace

Values draw_program(
    const graph::Program& program,
    std::optional<Initialiser> initialiser,
    std::uint64_t seed) {
  Values values;
  for (const graph::ProgramParameter& parameter : program.parameters) {
    values.push_back(drawn(parameter, initialiser, seed));
  }
  return values;
}

std::unique_ptr<ScriptNetwork> make_program_network(
    const graph::Program& program,
    std::optional<Initialiser> initialiser,
    std::uint64_t seed,
    const at::TensorOptions& options) {
  return network_of(program, draw_program(program, initialiser, seed), options);
}

std::unique_ptr<ScriptNetwork> make_program_network(
    const graph::Program& program,
    std::span<const float> values,
    const at::TensorOptions& options) {
  if (std::ssize(values) != program.params()) {
    throw UserError(
        "found {} weights, expected {}, the network's parameters",
        values.size(),
        program.params());
  }
  Values parts;
  for (const graph::ProgramParameter& parameter : program.parameters) {
    const auto count = static_cast<std::size_t>(parameter.elements());
    parts.emplace_back(values.begin(), values.begin() + parameter.elements());
    values = values.subspan(count);
  }
  return network_of(program, parts, options);
}

}  // namespace zcp::networks
