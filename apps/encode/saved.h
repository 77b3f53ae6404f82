// A trained encoder as a file: what `zcp encode --save` writes, and what
// `zcp encode --encoder`, `zcp search --encodings` and `zcp predict
// --encodings` read. No LibTorch in this header.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "benchmarks/tables/table.h"
#include "nets/encodings/node_graph.h"
#include "nets/spaces/space.h"
#include "nets/training/graph_autoencoder.h"

namespace zcp::apps {

struct SavedEncoder {
  std::string source;  ///< the file; not written
  std::string space;   ///< SpaceInfo::name
  training::AutoencoderOptions options;
  double held_out = 0;      ///< share that was not trained on
  std::size_t trained = 0;  ///< architectures
  std::string command_line;
  std::vector<double> losses;  ///< [epoch]
  encodings::NodeLayout layout;
  /// GraphAutoencoder::memory(): names and numbers.
  std::vector<std::pair<std::string, std::vector<float>>> weights;
};

/// JSON with a checksum of all else. Every number is read back to the bit.
std::string encoder_text(const SavedEncoder& encoder);

/// The encoder of a file's text. Throws UserError, which names `source`, for a
/// text that is none, is damaged (the checksum is another), or of a version
/// that is not known.
SavedEncoder parse_encoder(std::string_view text, const std::string& source);

/// As parse_encoder(); throws UserError also where the file is not there.
SavedEncoder read_encoder(const std::string& path);

/// Whether a file is meant to be an encoder and no table of points: it begins
/// with a brace. False where it cannot be read, and of standard input ("-").
bool is_encoder_file(const std::string& path);

/// Throws UserError where the encoder knows another space. `option` is what
/// named its file.
void require_space(
    const SavedEncoder& encoder,
    const spaces::Space& space,
    const std::string& option);

/// The points of architectures, a row each, in columns as `zcp encode` names
/// them. Throws UserError, which names the encoder's file, for an architecture
/// that is unlike all that the encoder was trained on.
using EncodePoints = std::function<tables::Table(
    const SavedEncoder& encoder,
    const spaces::Space& space,
    const std::vector<std::string>& specs)>;

}  // namespace zcp::apps
