// Which columns of a table of scores are proxies when nobody names them.
#pragma once

#include <string>
#include <vector>

#include "analysis/study/study.h"
#include "benchmarks/tables/table.h"

namespace zcp::study {

/// True for names of accuracies: with a part such as accuracy, acc, test, valid
/// or val (`cifar10_test_200`, `accuracy_seed0`).
bool is_accuracy_column(const std::string& name);

struct ProxyColumns {
  std::vector<std::string> proxies;
  std::vector<std::string> others;  ///< what is no proxy by its name
};

/// The proxies that the options name or else those columns that are none of
/// these: a column that numbers rows, and in a study with metrics a metric, its
/// runs and mean (`METRIC_seedN`, `METRIC_mean`, `METRIC_std`), a column of
/// --ceiling and every accuracy. Throws UserError when none is left.
ProxyColumns proxy_columns(
    const tables::Table& scores,
    const StudyOptions& options);

/// What is to be said of a table that was read: its notes, and which columns
/// are left out, a line each.
std::vector<std::string> notes_of(const tables::Table& table);

/// What is to be said of scores: notes_of() them, and which columns are no
/// proxies.
std::vector<std::string> notes_of_scores(
    const tables::Table& scores,
    const StudyOptions& options);

}  // namespace zcp::study
