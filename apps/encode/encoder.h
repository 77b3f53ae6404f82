// Encoders at work: from a training to a file, and from a file to points. No
// LibTorch in this header.
#pragma once

#include <string>
#include <vector>

#include "apps/encode/saved.h"
#include "benchmarks/tables/table.h"
#include "nets/encodings/node_graph.h"
#include "nets/training/graph_autoencoder.h"

namespace zcp::apps {

/// What a file keeps of a trained autoencoder, its losses among it; space and
/// call are not known here.
SavedEncoder saved_encoder(
    const encodings::NodeLayout& layout,
    const training::AutoencoderOptions& options,
    training::GraphAutoencoder& autoencoder);

/// Writes what a file keeps to an autoencoder with its options, whose graphs
/// are laid out as it says. Throws UserError, which names the file, where its
/// weights are not those of its options.
void restore(
    const SavedEncoder& encoder,
    training::GraphAutoencoder& autoencoder);

/// The graphs of architectures as the encoder has them. Throws UserError, which
/// names the encoder's file, for an architecture that is unlike all that the
/// encoder has seen.
encodings::NodeGraphs graphs_for(
    const SavedEncoder& encoder,
    const encodings::GraphPool& pool,
    const std::vector<std::string>& specs);

/// Puts the numbers of all graphs behind the columns of `table`, whose rows are
/// the architectures; `names` are those of an architecture's graphs. A number
/// is the shortest decimal one that is read back as the same of 32 bits.
void append_codes(
    const std::vector<std::vector<float>>& codes,
    const std::vector<std::string>& names,
    tables::Table& table);

/// An EncodePoints (saved.h).
tables::Table encode_points(
    const SavedEncoder& encoder,
    const spaces::Space& space,
    const std::vector<std::string>& specs);

}  // namespace zcp::apps
