// A search as one HTML file that needs nothing else: how it went, its winner
// and front, what each part of an architecture does, and the command that goes
// on with parts fixed, forbidden or preferred.
#pragma once

#include <iosfwd>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "analysis/report/search_figure.h"
#include "analysis/search/effects.h"

namespace zcp::report {

/// Numbers of all architectures that a search evaluated.
struct SearchPageColumn {
  enum class Kind { objective, budget, metric };

  std::string name;
  Kind kind = Kind::objective;
  bool less = false;           ///< whether less is better
  std::vector<double> values;  ///< NaN: none
};

/// The options of a place, or of all places at once.
struct SearchPlace {
  std::size_t place = 0;             ///< from 1; 0: anywhere
  std::vector<std::string> options;  ///< their names
  /// Of each objective how much the place decides (search::share_decided);
  /// empty for anywhere.
  std::vector<double> shares;
  /// [option][objective]
  std::vector<std::vector<search::Effect>> effects;
};

/// A part that somebody fixed, forbade or preferred.
struct SearchWish {
  std::string kind;  ///< "fix", "forbid" or "prefer"
  std::string part;  ///< as search::Part::text()
};

/// What a page shows of one search.
struct SearchReport {
  std::string name;  ///< of the algorithm
  std::string title;
  std::string program;  ///< name and version
  std::vector<std::pair<std::string, std::string>> facts;
  std::vector<std::string> notes;

  std::vector<std::string> arch;          ///< in the order of evaluation
  std::vector<SearchPageColumn> columns;  ///< the objectives come first
  std::vector<std::size_t> steps;         ///< the query that came first, from 1
  std::vector<std::size_t> islands;       ///< empty where there is one
  std::vector<std::size_t> front;         ///< rows
  std::optional<std::size_t> best;        ///< a row
  std::size_t queries = 0;

  /// The names of each architecture's parts (spaces::Parts::of).
  std::vector<std::vector<std::string>> parts;
  std::vector<SearchPlace> places;

  /// The command, a shell word each, without wishes and without outputs.
  std::vector<std::string> command;
  std::vector<SearchWish> wishes;
  bool takes_start = false;       ///< --start may be added
  bool takes_preference = false;  ///< --prefer may be
  bool shortened = false;  ///< whether folders were left out of the command

  /// Where a truth is known: what the chosen architecture has of the metric.
  std::optional<RegretFigure> regret;
};

/// All that the page shows, as its scripts read it. Numbers that do not exist
/// are null.
nlohmann::ordered_json search_page_data(const SearchReport& report);

/// The page of one search or of several, which differ in their names; it shows
/// one at a time. `reports` is not empty.
void write_search_page(
    std::ostream& out,
    std::span<const SearchReport> reports);

}  // namespace zcp::report
