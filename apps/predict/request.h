// What `zcp predict` is asked for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "analysis/prediction/learning.h"
#include "apps/command.h"
#include "apps/study_options.h"
#include "apps/text_table.h"

namespace zcp::apps {

struct PredictRequest {
  StudyRequest study;  ///< the tables, and which columns are proxies
  std::string space;   ///< whose graphs give features; empty: none
  std::string task;    ///< whose input the networks have
  bool proxies = true;
  bool graph = false;
  bool encoding = false;
  std::string encodings;  ///< a table of points; empty: none
  std::string key_encodings;
  std::string features;  ///< as asked for: proxies, graph, encoding or all
  prediction::LearningOptions learning;
  bool labels_given = false;  ///< whether --labels says how many
  std::optional<std::size_t> suggest;
  TableFormat format = TableFormat::text;
  std::optional<std::string> csv;
  std::optional<std::string> save;
  std::optional<std::string> figure;
  std::optional<std::string> importance;
  bool quiet = false;
};

boost::program_options::options_description predict_options();

/// Throws UserError naming the option that is missing or impossible.
PredictRequest parse_predict_request(
    const boost::program_options::variables_map& values);

}  // namespace zcp::apps
