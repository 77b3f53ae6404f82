// The tables of a study, read for every subcommand that makes one, and what is
// said of their join.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "analysis/study/study.h"
#include "apps/study_options.h"
#include "benchmarks/tables/table.h"

namespace zcp::apps {

/// The scores of `path` with the request's composites as columns behind them:
/// a store, or a CSV with the column `key`. Throws UserError.
tables::Table read_study_scores(
    const std::string& path,
    const StudyRequest& request);

/// Says which columns are wanted of a table with this header; of none given,
/// every numeric column is.
using ChooseColumns = std::function<std::vector<std::string>(
    const std::vector<std::string>& header)>;

/// The truth with the columns that `choose` names, or with every numeric one.
/// Throws UserError for a table or a wanted column that is not there.
tables::Table read_study_truth(
    const StudyRequest& request,
    const ChooseColumns& choose = {});

/// The study's notes, how many architectures the tables share and how many of
/// them are in the population, on standard error.
void print_join_summary(
    const study::Study& study,
    const study::StudyOptions& options);

}  // namespace zcp::apps
