#include <fmt/format.h>

#include <iostream>
#include <optional>

#include "analysis/store/score_store.h"
#include "apps/command.h"
#include "apps/commands.h"
#include "apps/score_csv.h"
#include "apps/table_columns.h"
#include "common/destination.h"
#include "common/error.h"

namespace zcp::apps {
namespace {

namespace po = boost::program_options;

void write_csv(std::ostream& out, const tables::Table& table) {
  const auto score = [&](std::size_t arch, std::size_t proxy) {
    return table.values[proxy][arch];
  };
  write_scores_csv(out, table.arch, table.columns, score);
}

struct ExportOptions {
  std::string store;
  std::string csv;
  Budget budget;
  ColumnSources sources;
  bool quiet = false;
};

/// Nothing where --help was asked for, and printed.
std::optional<ExportOptions> parse(const Arguments& arguments) {
  po::options_description options("Options");
  options.add_options()(
      "store", po::value<std::string>()->required(), "the store to read")(
      "csv",
      po::value<std::string>()->default_value("-"),
      "where to write the table (-: standard output)");
  add_budget_options(options);
  po::variables_map values;
  if (!parse_options(
          arguments,
          "zcp export: a store's scores as a table, a row an architecture",
          "  zcp export --store scores.sqlite --csv scores.csv",
          options,
          values)) {
    return std::nullopt;
  }
  return ExportOptions{
      values["store"].as<std::string>(),
      values["csv"].as<std::string>(),
      parse_budget(values),
      {values["store"].as<std::string>(),
       optional_value<std::string>(values, "costs").value_or(""),
       {},
       {}},
      is_given(values, "quiet")};
}

}  // namespace

int export_scores(const Arguments& arguments) {
  const auto options = parse(arguments);
  if (!options) return 0;
  check_destinations(
      {&options->csv, 1},
      std::vector<std::string>{options->store, options->sources.costs});
  const auto scores = store::ScoreStore::read(options->store);
  if (!scores.has_checksums() && !options->quiet) {
    std::cerr << fmt::format(
        "zcp: {} is of schema version 1, without checksums: a number in it "
        "that was changed cannot be noticed\n",
        options->store);
  }
  tables::Table table = scores.table();
  if (table.arch.empty()) throw UserError("{} holds no scores", options->store);
  std::string note;
  keep_rows(rows_within(options->budget, table, options->sources, note), table);
  if (!note.empty() && !options->quiet) std::cerr << "zcp: " << note << "\n";
  write_output(options->csv, [&](std::ostream& out) { write_csv(out, table); });
  return 0;
}

}  // namespace zcp::apps
