#include <fmt/ranges.h>

#include <iostream>
#include <optional>

#include "apps/command.h"
#include "apps/commands.h"
#include "apps/progress.h"
#include "benchmarks/importers/importer.h"
#include "common/destination.h"
#include "common/error.h"

namespace zcp::apps {
namespace {

namespace po = boost::program_options;

/// The formats, as --help lists them.
std::string usage() {
  std::string text =
      "zcp import FORMAT SOURCE --csv F: an official benchmark file as a "
      "table\n"
      "\nA row an architecture, with a column `arch`. Files are read by "
      "parsers\n"
      "that run nothing of what they hold. The formats:\n";
  for (const importers::Importer& importer : importers::all_importers()) {
    text += fmt::format(
        "\n  {}: {}\n    SOURCE:  {}\n    columns: {}\n",
        importer.name,
        importer.summary,
        importer.source,
        importer.columns);
    if (!importer.spaces.empty()) {
      text +=
          fmt::format("    --space: {}\n", fmt::join(importer.spaces, ", "));
    }
  }
  return text;
}

/// Reads the source with progress on standard error.
importers::Imported read(
    const importers::Importer& importer,
    const std::string& source,
    const std::optional<std::string>& space,
    bool quiet) {
  std::optional<Progress> progress;
  const auto show = [&](std::size_t, std::size_t total) {
    if (!progress) {
      progress.emplace("import", static_cast<std::int64_t>(total), quiet);
    }
    progress->advance();
  };
  importers::Imported table =
      importers::import_source(importer, source, space, show);
  if (progress) progress->finish();
  return table;
}

struct ImportOptions {
  std::optional<std::string> format;
  std::optional<std::string> source;
  std::optional<std::string> space;
  std::string csv;
  bool quiet = false;
};

/// Nothing where --help was asked for, and printed.
std::optional<ImportOptions> parse(const Arguments& arguments) {
  po::options_description options("Options");
  options.add_options()(
      "format",
      po::value<std::string>(),
      "the name of the format, one of the list above")(
      "source", po::value<std::string>(), "the file or folder to read")(
      "csv",
      po::value<std::string>()->default_value("-"),
      "the file for the table (-: standard output)")(
      "space",
      po::value<std::string>(),
      "which table is meant, of a file that has several (auto-prox)");
  const std::string positional[] = {"format", "source"};
  po::variables_map values;
  if (!parse_options(
          arguments,
          usage(),
          "  zcp import nats NATS-tss-v1_0-3ffb9-simple --csv nats_tss.csv",
          options,
          positional,
          false,
          values)) {
    return std::nullopt;
  }
  return ImportOptions{
      optional_value<std::string>(values, "format"),
      optional_value<std::string>(values, "source"),
      optional_value<std::string>(values, "space"),
      values["csv"].as<std::string>(),
      is_given(values, "quiet")};
}

/// A word that has to be there; `what` says what it names.
const std::string& required_word(
    const std::optional<std::string>& word,
    const char* what) {
  if (word) return *word;
  throw UserError("no {} was named (--help shows an example)", what);
}

}  // namespace

int import_table(const Arguments& arguments) {
  const auto options = parse(arguments);
  if (!options) return 0;
  const auto& importer =
      importers::find_importer(required_word(options->format, "format"));
  const std::string& source =
      required_word(options->source, "source to import");
  check_destinations({&options->csv, 1}, {&source, 1});
  const importers::Imported table =
      read(importer, source, options->space, options->quiet);
  write_output(options->csv, [&](std::ostream& out) {
    tables::write_table(out, table);
  });
  if (!options->quiet) {
    for (const std::string& line : table.unused.lines()) {
      std::cerr << fmt::format("zcp: note: {}: {}\n", source, line);
    }
    std::cerr << fmt::format(
        "zcp: {}: {} architectures, {} columns\n",
        source,
        table.arch.size(),
        table.columns.size());
  }
  return 0;
}

}  // namespace zcp::apps
