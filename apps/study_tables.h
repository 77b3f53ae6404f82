// The tables of a study, read for every subcommand that makes one, and what is
// said of their join.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "analysis/study/study.h"
#include "apps/study_options.h"
#include "benchmarks/tables/table.h"

namespace zcp::apps {

/// The scores of `path` with the request's composites as columns behind them:
/// a store, a CSV with the column `key_scores`, or a sweep that is shipped. Of
/// a CSV with all proxies that the request names, only columns that it speaks
/// of are read, and those of `more` that there are. Throws UserError.
tables::Table read_study_scores(
    const std::string& path,
    const StudyRequest& request,
    const std::vector<std::string>& more = {});

/// Says which columns are wanted of a table with this header; of none given,
/// every numeric column is.
using ChooseColumns = std::function<std::vector<std::string>(
    const std::vector<std::string>& header)>;

/// The truth with those of the columns that `choose` names, or with every
/// numeric one. Throws UserError for a table that cannot be read.
tables::Table read_study_truth(
    const StudyRequest& request,
    const ChooseColumns& choose = {});

/// Notes, a line each, on standard error.
void print_notes(const std::vector<std::string>& notes);

/// How many architectures the tables share and how many of
/// them are in the population, on standard error.
void print_join_summary(
    const study::Study& study,
    const study::StudyOptions& options);

/// Of several tables each study takes the metrics that its own truth has. One
/// that none has stays, and so is refused; likewise all, where no metric would
/// remain.
void keep_own_metrics(
    StudyRequest& request,
    const tables::Table& own,
    std::span<const tables::Table> truths);

}  // namespace zcp::apps
