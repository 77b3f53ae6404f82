// A predictor as a file: what `zcp predict --save` writes and the objective
// predict:FILE of `zcp search` reads.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace zcp::apps {

/// The labelled architectures with all that the model is fitted to. Fitting
/// again gives the same model, so that the file needs no part of it.
struct SavedPredictor {
  std::string source;  ///< the file, or whoever made it; not written
  std::string metric;
  std::string model;
  std::uint64_t seed = 0;
  std::string space;  ///< whose graphs give features; empty: none
  std::string task;
  bool graph = false;
  bool encoding = false;
  std::string command_line;
  std::vector<std::string> proxies;  ///< none: graphs alone
  std::vector<std::string> archs;
  std::vector<double> labels;               ///< [row]
  std::vector<std::vector<double>> scores;  ///< [proxy][row]; NaN: none
};

/// JSON, a row an architecture.
std::string predictor_text(const SavedPredictor& predictor);

/// Throws UserError, which names the file, where it is not there or is none.
SavedPredictor read_predictor(const std::string& path);

}  // namespace zcp::apps
