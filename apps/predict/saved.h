// A predictor as a file: what `zcp predict --save` writes and the objective
// predict:FILE of `zcp search` reads.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "apps/encode/saved.h"
#include "benchmarks/tables/table.h"

namespace zcp::apps {

/// Where the points of --encodings come from: an encoder, which gives them to
/// any architecture that it knows the operations of, or a table, which has them
/// of its own architectures alone.
struct SavedPoints {
  std::optional<SavedEncoder> encoder;
  std::optional<tables::Table> table;  ///< normalised specs, finite numbers

  bool empty() const { return !encoder && !table; }
};

/// The labelled architectures with all that the model is fitted to. Fitting
/// again gives the same model, so that the file needs no part of it.
struct SavedPredictor {
  std::string source;  ///< the file, or whoever made it; not written
  std::string metric;
  std::string model;
  std::uint64_t seed = 0;
  std::string space;  ///< of the graphs and the points; empty: neither
  /// SpaceInfo::name of a space that a file describes, which has a hash of what
  /// the file says; else empty, and in files that older programs wrote.
  std::string space_name;
  std::string task;
  bool graph = false;
  bool encoding = false;
  SavedPoints points;
  std::string command_line;
  std::vector<std::string> proxies;  ///< none: graphs or points alone
  std::vector<std::string> archs;
  std::vector<double> labels;               ///< [row]
  std::vector<std::vector<double>> scores;  ///< [proxy][row]; NaN: none
};

/// JSON, a row an architecture. With points it is of version 2, and carries the
/// encoder or the table; without, of version 1.
std::string predictor_text(const SavedPredictor& predictor);

/// The predictor of a file's text. Whether there is such a model is not looked
/// at. Throws UserError, which names `source`, for a text that is none, of a
/// version that is not known, or whose encoder is damaged.
SavedPredictor parse_predictor(
    std::string_view text,
    const std::string& source);

/// As parse_predictor(); throws UserError also where the file is not there.
SavedPredictor read_predictor(const std::string& path);

}  // namespace zcp::apps
