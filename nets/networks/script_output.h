// Which of the tensors that a TorchScript module returns are its logits.
//
// This header includes LibTorch.
#pragma once

#include <ATen/ATen.h>
#include <ATen/core/ivalue.h>

#include <string>

#include "nets/networks/script_options.h"

namespace zcp::networks {

/// The single tensor in `returned`, or the one that `options.output` names.
/// `path` is for messages.
/// Throws OutputNotChosen when there are several and none or another one is
/// named; std::invalid_argument when there is no tensor.
at::Tensor chosen_output(
    const c10::IValue& returned,
    const ScriptOptions& options,
    const std::string& path);

}  // namespace zcp::networks
