#include "apps/search/output.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iostream>
#include <limits>

#include "analysis/report/search_figure.h"
#include "apps/search/figure.h"
#include "apps/search/page.h"
#include "apps/text_table.h"
#include "benchmarks/formats/csv.h"
#include "common/destination.h"
#include "common/json.h"

namespace zcp::apps {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t kShownFront = 20;  // rows of the front on a terminal

/// The budget's columns that are no objective.
std::vector<std::string> more_columns(const SearchOptions& options) {
  std::vector<std::string> columns = options.budget.columns();
  std::erase_if(columns, [&](const std::string& name) {
    return std::ranges::find(options.objectives, name, &Objective::name) !=
           options.objectives.end();
  });
  return columns;
}

/// Infinite values stay: they rank at their end, and no value does not.
std::string csv_number(double value) {
  if (std::isnan(value)) return "";
  return fmt::format("{:.17g}", value == 0 ? 0.0 : value);
}

/// The front, the best of the first objective first.
std::vector<std::size_t> sorted_front(const SearchResult& result) {
  std::vector<std::size_t> front = result.front;
  std::ranges::stable_sort(front, [&](std::size_t a, std::size_t b) {
    return result.history.fitness(a) > result.history.fitness(b);
  });
  return front;
}

ordered_json to_json(const std::vector<RegretPoint>& curve) {
  ordered_json list = ordered_json::array();
  for (const RegretPoint& point : curve) {
    list.push_back(
        {point.queries,
         number_or_null(point.regret.mean),
         number_or_null(point.regret.low),
         number_or_null(point.regret.high)});
  }
  return list;
}

ordered_json to_json(
    const SearchOptions& options,
    const SearchResult& result,
    const SearchSummary& summary) {
  ordered_json object;
  object["algorithm"] = result.algorithm;
  object["evaluations"] = result.history.size();
  object["queries"] = result.outcome.queries.size();
  const auto best = result.history.best();
  object["best"] =
      best ? ordered_json(result.history.arch(*best)) : ordered_json(nullptr);
  object["best_value"] =
      best ? number_or_null(result.values[0][*best]) : ordered_json(nullptr);
  object["front"] = ordered_json::array();
  object["front_values"] = ordered_json::array();
  for (const std::size_t record : sorted_front(result)) {
    object["front"].push_back(result.history.arch(record));
    ordered_json values = ordered_json::array();
    for (const auto& column : result.values) {
      values.push_back(number_or_null(column[record]));
    }
    object["front_values"].push_back(values);
  }
  object["objectives"] = ordered_json::array();
  for (const Objective& objective : options.objectives) {
    object["objectives"].push_back(
        (objective.less ? "-" : "") + objective.name);
  }
  if (!summary.optimum) return object;
  object["metric"] = summary.metric;
  object["regret"] = to_json(result.regret);
  object["optimum"] = *summary.optimum;
  if (!summary.random.empty()) {
    object["regret_random"] = to_json(summary.random);
  }
  return object;
}

Cells row_of(
    const SearchOptions& options,
    const SearchData& data,
    const SearchResult& result,
    std::size_t record,
    std::size_t step) {
  const std::string& arch = result.history.arch(record);
  Cells cells{arch};
  for (const auto& column : result.values) {
    cells.push_back(plain_number(column[record]));
  }
  for (const std::string& column : more_columns(options)) {
    cells.push_back(plain_number(data.budget_value(arch, column)));
  }
  cells.push_back(std::to_string(step));
  return cells;
}

/// The winner, or the front.
void print_found(
    TableWriter& out,
    const SearchOptions& options,
    const SearchData& data,
    const SearchResult& result,
    bool one_of_several) {
  const auto steps = search::first_queries(result.outcome, result.history);
  // A title says the algorithm, which CSV has not.
  const bool named = one_of_several && options.format == TableFormat::csv;
  Cells header{"architecture"};
  for (const Objective& objective : options.objectives) {
    header.push_back(objective.name);
  }
  for (const std::string& column : more_columns(options)) {
    header.push_back(column);
  }
  header.emplace_back("step");
  if (named) header.emplace_back("algorithm");
  std::vector<Cells> lines{header};
  const auto front = sorted_front(result);
  // Who asks for a format gets all of the front.
  const std::size_t most =
      options.format == TableFormat::text ? kShownFront : front.size();
  for (std::size_t i = 0; i < std::min(front.size(), most); ++i) {
    lines.push_back(row_of(options, data, result, front[i], steps[front[i]]));
    if (named) lines.back().push_back(result.algorithm);
  }
  const bool several = options.objectives.size() > 1;
  out.title(fmt::format(
      "{}: {} of {} architectures{}",
      result.algorithm,
      several ? "the front" : "the best",
      result.history.size(),
      options.repeats
          ? fmt::format(", the first of {} searches", *options.repeats)
          : std::string()));
  out.table(lines);
  if (front.size() > most) {
    out.note(
        fmt::format("and {} more (--csv F has all)", front.size() - most), 2);
  }
}

const RegretPoint* point_at(
    const std::vector<RegretPoint>& curve,
    std::size_t queries) {
  const auto found = std::ranges::find(curve, queries, &RegretPoint::queries);
  return found == curve.end() ? nullptr : &*found;
}

/// The numbers of queries at which the metric is printed.
std::vector<std::size_t> printed_queries(
    const std::vector<SearchResult>& results) {
  std::vector<std::size_t> columns;
  for (const std::size_t n : {1, 10, 25, 50, 100, 200, 300, 500, 1000, 5000}) {
    if (point_at(results[0].regret, n) != nullptr) columns.push_back(n);
  }
  if (!results[0].regret.empty()) {
    const std::size_t last = results[0].regret.back().queries;
    if (columns.empty() || columns.back() != last) columns.push_back(last);
  }
  return columns;
}

/// The metric of what is chosen, for programs: a row a number of queries.
void print_regret_rows(
    TableWriter& out,
    const std::vector<SearchResult>& results,
    const SearchSummary& summary) {
  const std::string& metric = summary.metric;
  std::vector<Cells> lines{
      {"algorithm", "queries", metric, metric + "_low", metric + "_high"}};
  const auto add = [&](const std::string& name,
                       const std::vector<RegretPoint>& curve) {
    for (const std::size_t n : printed_queries(results)) {
      const RegretPoint* point = point_at(curve, n);
      if (point == nullptr) continue;
      lines.push_back(
          {name,
           std::to_string(n),
           csv_number(point->shown.mean),
           csv_number(point->shown.low),
           csv_number(point->shown.high)});
    }
  };
  for (const SearchResult& result : results) {
    add(result.algorithm, result.regret);
  }
  if (!summary.random.empty()) add("random, exactly", summary.random);
  out.gap();
  out.table(lines);
}

/// The metric of what is chosen, at some numbers of queries.
void print_regret(
    TableWriter& out,
    const std::vector<SearchResult>& results,
    const SearchOptions& options,
    const SearchSummary& summary) {
  if (options.format == TableFormat::csv) {
    return print_regret_rows(out, results, summary);
  }
  const std::vector<std::size_t> columns = printed_queries(results);
  Cells header{"queries"};
  for (const std::size_t n : columns) header.push_back(std::to_string(n));
  std::vector<Cells> lines{header};
  const auto add = [&](const std::string& name,
                       const std::vector<RegretPoint>& curve) {
    Cells line{name};
    for (const std::size_t n : columns) {
      const RegretPoint* point = point_at(curve, n);
      if (point == nullptr) {
        line.emplace_back("-");
      } else if (std::isnan(point->shown.low)) {
        line.push_back(plain_number(point->shown.mean));
      } else {
        line.push_back(fmt::format(
            "{} ± {}",
            plain_number(point->shown.mean),
            fmt::format("{:.2g}", point->shown.high - point->shown.mean)));
      }
    }
    lines.push_back(line);
  };
  for (const SearchResult& result : results) {
    add(result.algorithm, result.regret);
  }
  if (!summary.random.empty()) add("random, exactly", summary.random);
  const Objective& first = options.objectives.front();
  out.gap();
  out.title(fmt::format(
      "{} of the architecture that {}{} chooses{}; the optimum is {}",
      summary.metric,
      first.less ? "the least " : "",
      first.name,
      summary.repeats > 1
          ? fmt::format(", mean over {} searches", summary.repeats)
          : std::string(),
      plain_number(*summary.optimum)));
  out.table(lines);
}

void print_text(
    const SearchOptions& options,
    const SearchData& data,
    const std::vector<SearchResult>& results,
    const SearchSummary& summary) {
  TableWriter out(std::cout, options.format);
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (results[i].history.size() == 0) continue;  // interrupted at once
    if (i > 0) out.gap();
    print_found(out, options, data, results[i], results.size() > 1);
  }
  const bool judged = summary.optimum && !results[0].regret.empty();
  if (judged) print_regret(out, results, options, summary);
}

void write_figure(
    std::ostream& out,
    const SearchOptions& options,
    const std::vector<SearchResult>& results,
    const SearchSummary& summary) {
  if (summary.optimum) {
    report::write_regret_figure(out, regret_figure(options, results, summary));
    return;
  }
  const SearchResult& result = results.front();
  report::SearchTrace trace;
  trace.title = fmt::format(
      "{}: {} architectures", result.algorithm, result.history.size());
  trace.values = result.values;
  for (const Objective& objective : options.objectives) {
    trace.names.push_back(objective.name);
    trace.less.push_back(objective.less);
  }
  trace.front = result.front;
  for (const std::size_t step :
       search::first_queries(result.outcome, result.history)) {
    trace.steps.push_back(static_cast<double>(step));
  }
  report::write_trace_figure(out, trace);
}

void write_html(
    const SearchOptions& options,
    const SearchData& data,
    const std::vector<SearchResult>& results,
    const SearchSummary& summary) {
  const auto pages = make_search_reports(options, data, results, summary);
  if (pages.empty()) return;
  write_output(options.html, [&](std::ostream& out) {
    report::write_search_page(out, pages);
  });
}

}  // namespace

void write_search_csv(
    std::ostream& out,
    const SearchOptions& options,
    const SearchData& data,
    const std::vector<SearchResult>& results) {
  const std::vector<std::string> more = more_columns(options);
  std::string header = "arch";
  for (const Objective& objective : options.objectives) {
    header += ',';
    formats::append_csv_field(header, objective.name);
  }
  for (const std::string& column : more) {
    header += ',';
    formats::append_csv_field(header, column);
  }
  header += ",step,on_front";
  if (options.islands > 1) header += ",island";
  if (results.size() > 1) header += ",algorithm";
  out << header << "\n";
  for (const SearchResult& result : results) {
    const auto steps = search::first_queries(result.outcome, result.history);
    std::vector<bool> on_front(result.history.size());
    for (const std::size_t record : result.front) on_front[record] = true;
    for (std::size_t i = 0; i < result.history.size(); ++i) {
      std::string line;
      formats::append_csv_field(line, result.history.arch(i));
      for (const auto& column : result.values) {
        line += "," + csv_number(column[i]);
      }
      for (const std::string& column : more) {
        line +=
            "," + csv_number(data.budget_value(result.history.arch(i), column));
      }
      line += fmt::format(",{},{}", steps[i], on_front[i] ? 1 : 0);
      if (options.islands > 1) {
        line += fmt::format(",{}", result.islands[i]);
      }
      if (results.size() > 1) line += "," + result.algorithm;
      out << line << "\n";
    }
  }
}

std::string search_json(
    const SearchOptions& options,
    const std::vector<SearchResult>& results,
    const SearchSummary& summary) {
  if (results.size() == 1) {
    return json_text(to_json(options, results[0], summary));
  }
  ordered_json list = ordered_json::array();
  for (const SearchResult& result : results) {
    list.push_back(to_json(options, result, summary));
  }
  return json_text(list);
}

void write_search(
    const SearchOptions& options,
    const SearchData& data,
    const std::vector<SearchResult>& results,
    const SearchSummary& summary) {
  if (!options.csv.empty()) {
    write_output(options.csv, [&](std::ostream& out) {
      write_search_csv(out, options, data, results);
    });
  }
  if (!options.figure.empty()) {
    write_output(options.figure, [&](std::ostream& out) {
      write_figure(out, options, results, summary);
    });
  }
  if (!options.html.empty()) write_html(options, data, results, summary);
  if (options.format == TableFormat::json) {
    std::cout << search_json(options, results, summary) << "\n";
  } else if (options.csv != "-" && options.html != "-") {
    print_text(options, data, results, summary);
  }
}

}  // namespace zcp::apps
