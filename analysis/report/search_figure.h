// Figures of a search: how its choice gets better, and what it evaluated.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace zcp::report {

/// What is shown after so many queries; ends of intervals may be NaN.
struct SearchCurve {
  std::string name;
  std::vector<double> queries;  ///< ascending, from 1
  std::vector<double> mean;
  std::vector<double> low;
  std::vector<double> high;
};

struct RegretFigure {
  std::vector<SearchCurve> curves;
  SearchCurve random;  ///< of random search; without points: not known
  double optimum;
  std::string metric;
  std::string note;  ///< below the title
};

/// The metric of the chosen architecture against the number of queries, with
/// random search and the optimum beside.
void write_regret_figure(std::ostream& out, const RegretFigure& figure);

/// What a search evaluated.
struct SearchTrace {
  std::string title;
  std::vector<std::string> names;           ///< of the objectives
  std::vector<bool> less;                   ///< whether less is better
  std::vector<std::vector<double>> values;  ///< [objective][record]
  std::vector<double> steps;                ///< of each record, ascending
  std::vector<std::size_t> front;           ///< records
};

/// Of one objective its values by step, with the best so far; of several the
/// second against the first, with the front.
void write_trace_figure(std::ostream& out, const SearchTrace& trace);

}  // namespace zcp::report
