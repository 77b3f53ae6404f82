#include "analysis/report/search_page.h"

#include <algorithm>
#include <map>
#include <ostream>

#include "analysis/report/embedded.h"
#include "analysis/report/page_template.h"
#include "common/json.h"
#include "common/printable.h"

namespace zcp::report {
namespace {

using nlohmann::ordered_json;

std::string to_text(SearchPageColumn::Kind kind) {
  switch (kind) {
    case SearchPageColumn::Kind::objective:
      return "objective";
    case SearchPageColumn::Kind::budget:
      return "budget";
    default:
      return "metric";
  }
}

ordered_json numbers(const std::vector<double>& values) {
  ordered_json list = ordered_json::array();
  for (const double value : values) list.push_back(number_or_null(value));
  return list;
}

ordered_json columns_data(const std::vector<SearchPageColumn>& columns) {
  ordered_json list = ordered_json::array();
  for (const SearchPageColumn& column : columns) {
    list.push_back(
        {{"name", column.name},
         {"kind", to_text(column.kind)},
         {"less", column.less},
         {"values", numbers(column.values)}});
  }
  return list;
}

/// [difference, low, high, with, without]
ordered_json effect_data(const search::Effect& effect) {
  return {
      number_or_null(effect.difference),
      number_or_null(effect.low),
      number_or_null(effect.high),
      effect.with,
      effect.without};
}

ordered_json places_data(const std::vector<SearchPlace>& places) {
  ordered_json list = ordered_json::array();
  for (const SearchPlace& place : places) {
    ordered_json options = ordered_json::array();
    for (std::size_t i = 0; i < place.options.size(); ++i) {
      ordered_json effects = ordered_json::array();
      for (const search::Effect& effect : place.effects[i]) {
        effects.push_back(effect_data(effect));
      }
      options.push_back({{"name", place.options[i]}, {"effects", effects}});
    }
    list.push_back(
        {{"place", place.place},
         {"shares", numbers(place.shares)},
         {"options", options}});
  }
  return list;
}

/// Names once, and the parts of architectures as places among them.
void add_parts(ordered_json& data, const SearchReport& report) {
  std::map<std::string, std::size_t> places;
  ordered_json names = ordered_json::array();
  ordered_json rows = ordered_json::array();
  for (const auto& parts : report.parts) {
    ordered_json row = ordered_json::array();
    for (const std::string& part : parts) {
      const auto [found, is_new] = places.emplace(part, names.size());
      if (is_new) names.push_back(part);
      row.push_back(found->second);
    }
    rows.push_back(std::move(row));
  }
  data["part_names"] = std::move(names);
  data["parts"] = std::move(rows);
}

ordered_json curve_data(const SearchCurve& curve) {
  return {
      {"name", curve.name},
      {"queries", numbers(curve.queries)},
      {"mean", numbers(curve.mean)},
      {"low", numbers(curve.low)},
      {"high", numbers(curve.high)}};
}

ordered_json regret_data(const RegretFigure& regret) {
  ordered_json curves = ordered_json::array();
  for (const SearchCurve& curve : regret.curves) {
    curves.push_back(curve_data(curve));
  }
  if (!regret.random.queries.empty()) {
    curves.push_back(curve_data(regret.random));
  }
  return {
      {"curves", curves},
      {"optimum", number_or_null(regret.optimum)},
      {"metric", regret.metric},
      {"note", regret.note}};
}

}  // namespace

ordered_json search_page_data(const SearchReport& report) {
  ordered_json data;
  data["name"] = report.name;
  data["title"] = report.title;
  data["program"] = report.program;
  data["facts"] = ordered_json::array();
  for (const auto& [name, text] : report.facts) {
    data["facts"].push_back({name, without_folders(text)});
  }
  data["notes"] = ordered_json::array();
  for (const std::string& note : report.notes) {
    data["notes"].push_back(without_folders(note));
  }
  data["arch"] = report.arch;
  data["columns"] = columns_data(report.columns);
  data["steps"] = report.steps;
  data["islands"] = report.islands;
  data["front"] = report.front;
  data["best"] =
      report.best ? ordered_json(*report.best) : ordered_json(nullptr);
  data["queries"] = report.queries;
  add_parts(data, report);
  data["places"] = places_data(report.places);
  data["command"] = report.command;
  data["wishes"] = ordered_json::array();
  for (const SearchWish& wish : report.wishes) {
    data["wishes"].push_back({wish.kind, wish.part});
  }
  data["takes_start"] = report.takes_start;
  data["takes_preference"] = report.takes_preference;
  data["shortened"] = report.shortened;
  data["regret"] =
      report.regret ? regret_data(*report.regret) : ordered_json(nullptr);
  make_printable(data);
  return data;
}

void write_search_page(
    std::ostream& out,
    std::span<const SearchReport> reports) {
  ordered_json data = search_page_data(reports.front());
  for (const SearchReport& report : reports.subspan(1)) {
    data["others"].push_back(search_page_data(report));
  }
  write_template(
      out,
      embedded::kSearchPage,
      reports.front().title,
      embedded::kSearchScript,
      data);
}

}  // namespace zcp::report
