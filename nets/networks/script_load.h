// Reads TorchScript files.
//
// This header includes LibTorch.
#pragma once

#include <ATen/ATen.h>

#include <memory>
#include <vector>

#include "common/model_source.h"
#include "nets/networks/network.h"
#include "nets/networks/script_program.h"

namespace zcp::networks {

struct LoadedScript {
  std::shared_ptr<const ScriptProgram> program;
  std::vector<Parameter> parameters;  ///< as the file has them
};

/// Reads a traced or scripted module, with its parameters converted to
/// `options`, and plans its nodes.
/// Throws UserError as load_script_network() does.
LoadedScript load_script(
    const ModelSource& file,
    const at::TensorOptions& options,
    const ScriptOptions& script = {});

}  // namespace zcp::networks
