// What `zcp encode` is asked for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "apps/command.h"
#include "apps/selection_options.h"
#include "apps/study_options.h"
#include "apps/text_table.h"
#include "nets/training/graph_autoencoder.h"

namespace zcp::apps {

enum class EncodingKind { adjacency, path, learned };

struct EncodeRequest {
  SelectionOptions selection;
  EncodingKind kind = EncodingKind::learned;
  std::string encoding;  ///< the kind as it was asked for
  std::size_t most_paths = 1000;
  training::AutoencoderOptions autoencoder;  ///< its seed is the call's
  double held_out = 0.1;                     ///< share that is not trained on
  std::size_t draws = 10'000;                ///< decoded from random vectors
  std::optional<std::string> encoder;  ///< a file: encodes without training
  std::optional<std::string> save;     ///< a file for the trained encoder
  std::optional<StudyRequest> truth;   ///< with one metric
  std::optional<std::string> csv;
  std::optional<std::string> figure;
  TableFormat format = TableFormat::text;
  bool quiet = false;

  std::string metric() const {
    return truth ? truth->study.metrics.front() : std::string();
  }
};

boost::program_options::options_description encode_options();

/// Throws UserError naming the option that is missing or impossible.
EncodeRequest parse_encode_request(
    const boost::program_options::variables_map& values);

}  // namespace zcp::apps
