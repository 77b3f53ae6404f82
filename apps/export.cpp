#include <fmt/format.h>

#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "analysis/store/score_store.h"
#include "apps/command.h"
#include "apps/commands.h"
#include "apps/dead.h"
#include "apps/score_csv.h"
#include "apps/study_options.h"
#include "apps/study_tables.h"
#include "apps/table_columns.h"
#include "apps/text_table.h"
#include "common/destination.h"
#include "common/error.h"
#include "common/json.h"

namespace zcp::apps {
namespace {

namespace po = boost::program_options;

void write_csv(std::ostream& out, const tables::Table& table) {
  const auto score = [&](std::size_t arch, std::size_t proxy) {
    return table.values[proxy][arch];
  };
  write_scores_csv(out, table.arch, table.columns, score);
}

void write_json(std::ostream& out, const tables::Table& table) {
  auto rows = nlohmann::ordered_json::array();
  for (std::size_t arch = 0; arch < table.arch.size(); ++arch) {
    nlohmann::ordered_json row;
    row["arch"] = table.arch[arch];
    for (std::size_t column = 0; column < table.columns.size(); ++column) {
      row[table.columns[column]] = number_or_null(table.values[column][arch]);
    }
    rows.push_back(std::move(row));
  }
  out << json_text(rows) << "\n";
}

/// CSV and JSON have all digits, what people read has six.
void write_as(
    std::ostream& out,
    const tables::Table& table,
    TableFormat format) {
  if (format == TableFormat::csv) return write_csv(out, table);
  if (format == TableFormat::json) return write_json(out, table);
  std::vector<Cells> lines = {{"arch"}};
  for (const std::string& name : table.columns) lines[0].push_back(name);
  for (std::size_t arch = 0; arch < table.arch.size(); ++arch) {
    Cells line = {table.arch[arch]};
    for (const auto& column : table.values) {
      line.push_back(plain_number(column[arch]));
    }
    lines.push_back(std::move(line));
  }
  TableWriter(out, format).table(lines, 1, 0);
}

struct ExportOptions {
  std::string store;
  std::string csv;
  TableFormat format = TableFormat::csv;
  Budget budget;
  bool drop_dead = false;  ///< see dead.h
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
      "the file for the table (-: standard output)");
  add_format_option(options, "csv");
  add_budget_options(options);
  add_space_of_scores_options(options);
  add_study_options(options, {"drop-dead"});
  po::variables_map values;
  if (!parse_options(
          arguments,
          "zcp export: a store's scores as a table, a row for each "
          "architecture",
          "  zcp export --store scores.sqlite --csv scores.csv",
          options,
          values)) {
    return std::nullopt;
  }
  return ExportOptions{
      values["store"].as<std::string>(),
      values["csv"].as<std::string>(),
      parse_format(values),
      parse_budget(values),
      is_given(values, "drop-dead"),
      parse_column_sources(
          values,
          values["store"].as<std::string>(),
          optional_value<std::string>(values, "costs").value_or("")),
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
  if (options->drop_dead) {
    drop_dead(table, options->store, options->sources.space.value_or(""));
    if (!options->quiet) print_notes({table.notes.back()});
  }
  std::string note;
  keep_rows(rows_within(options->budget, table, options->sources, note), table);
  if (!note.empty() && !options->quiet) std::cerr << "zcp: " << note << "\n";
  write_output(options->csv, [&](std::ostream& out) {
    write_as(out, table, options->format);
  });
  return 0;
}

}  // namespace zcp::apps
