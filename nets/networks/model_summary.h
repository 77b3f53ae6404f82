// What a TorchScript file is: sizes and layers. No LibTorch in this header.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "common/model_source.h"
#include "nets/graph/graph.h"
#include "nets/networks/script_options.h"

namespace zcp::networks {

class ScriptNetwork;

struct ModelSummary {
  std::int64_t params = 0;  ///< those that require a gradient, tied ones once
  std::int64_t macs = 0;    ///< of one input of the given shape
  int classes = 0;          ///< elements of the output for one input
  /// Logits that a label chooses among: the output's second dimension.
  int outputs = 0;
  std::uint64_t hash = 0;  ///< of its layers in the order in which they run
  std::vector<graph::Layer> layers;
  std::vector<std::string> notes;  ///< e.g. dropout switched off
};

/// Runs the model once on an input of ones.
/// Throws UserError as load_script_network() does, and when the module does not
/// take such an input, or returns whole numbers.
ModelSummary summarise_model(
    const ModelSource& file,
    Shape input,
    const ScriptOptions& options = {});

/// The same for a file that is loaded already; `path` is for messages. A file
/// whose number of samples was fixed when it was written, and which takes no
/// single one, runs on `samples`, those of a minibatch.
ModelSummary summarise_model(
    const ScriptNetwork& network,
    const std::filesystem::path& path,
    Shape input,
    std::int64_t samples = 1);

}  // namespace zcp::networks
