// What `zcp correlate` was asked for.
#pragma once

#include <boost/program_options.hpp>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "analysis/study/travelling.h"
#include "apps/study_options.h"
#include "apps/text_table.h"

namespace zcp::apps {

/// What `--compose` was asked for.
struct ComposeRequest {
  std::vector<StudyRequest> studies;  ///< tables of scores, each with its truth
  study::TravelOptions travel;
};

struct CorrelateOptions {
  StudyRequest request;
  /// Without truth, proxies are compared among themselves alone.
  bool has_truth = true;
  std::optional<std::string> published;  ///< ID or ID@SPACE
  std::optional<ComposeRequest> compose;
  bool pairs = false;                   ///< print the correlation matrix
  std::optional<std::string> matrix;    ///< the file to write it to
  double alike = 0;                     ///< mean |tau| of a cluster, at least
  std::vector<std::string> repeats;     ///< scores of other runs
  std::optional<std::size_t> ensemble;  ///< members at most
  std::optional<std::string> cost;      ///< a column, lower = better
  std::optional<std::string> costs;     ///< a table that has it
  std::vector<double> limits;           ///< of the cost; empty: its quartiles
  TableFormat format = TableFormat::text;
  std::optional<std::string> figure;  ///< the file of the forest plot
  bool quiet = false;

  bool needs_matrix() const { return pairs || matrix.has_value(); }

  /// The files that are read, and those that are written.
  std::vector<std::string> inputs() const;
  std::vector<std::string> outputs() const;
};

/// All options of the subcommand, in groups.
boost::program_options::options_description correlate_options();

/// Throws UserError naming the option that is missing or says something
/// impossible.
CorrelateOptions parse_correlate_options(
    const boost::program_options::variables_map& values);

}  // namespace zcp::apps
