// The network of a program that a space has written.
//
// This header includes LibTorch.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "nets/graph/program.h"
#include "nets/initialisers/initialise.h"
#include "nets/networks/script_network.h"

namespace zcp::networks {

/// The values of a program's parameters, in the order in which it declares
/// them: drawn by the seed, each tensor by its name.
std::vector<std::vector<float>> draw_program(
    const graph::Program& program,
    std::optional<initialisers::Initialiser> initialiser,
    std::uint64_t seed);

/// The network with weights drawn by the seed, each tensor by its name: by its
/// own rule, or, where there is an initialiser, layers' weights and biases by
/// that.
std::unique_ptr<ScriptNetwork> make_program_network(
    const graph::Program& program,
    std::optional<initialisers::Initialiser> initialiser,
    std::uint64_t seed,
    const at::TensorOptions& options);

/// The network with given parameters, one after another as the program
/// declares them. Throws UserError when the number of values is not the
/// program's #params.
std::unique_ptr<ScriptNetwork> make_program_network(
    const graph::Program& program,
    std::span<const float> values,
    const at::TensorOptions& options);

}  // namespace zcp::networks
