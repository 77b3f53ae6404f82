#include "analysis/report/figures.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <functional>
#include <set>
#include <stdexcept>
#include <system_error>

#include "common/atomic_file.h"
#include "common/error.h"

namespace zcp::report {
namespace {

namespace fs = std::filesystem;
using Draw = std::function<void(std::ostream&)>;

/// Writes each figure as a file of its own. Where two names differ only in
/// characters that file names do not have, the second gets a number.
class Folder {
 public:
  explicit Folder(fs::path path) : path_(std::move(path)) {}

  void write(const std::string& name, const Draw& draw) {
    std::string unique = name + ".svg";
    for (int i = 2; !taken_.insert(unique).second; ++i) {
      unique = fmt::format("{}-{}.svg", name, i);
    }
    write_output((path_ / unique).string(), draw);
    names_.push_back(unique);
  }

  std::vector<std::string> names() const { return names_; }

 private:
  fs::path path_;
  std::set<std::string> taken_;
  std::vector<std::string> names_;
};

/// Costs to draw; one that equals an earlier one number for number is left
/// out, as #params of scores and truth often do.
std::vector<const ReportColumn*> distinct_costs(const Report& report) {
  std::vector<const ReportColumn*> costs;
  for (const ReportColumn& column : report.columns) {
    if (!column.cost) continue;
    const bool again = std::ranges::any_of(costs, [&](const ReportColumn* c) {
      return c->values == column.values;
    });
    if (!again) costs.push_back(&column);
  }
  return costs;
}

}  // namespace

std::string file_part(const std::string& name) {
  std::string part = name;
  for (char& c : part) {
    const bool kept = std::isalnum(static_cast<unsigned char>(c)) != 0 ||
                      c == '_' || c == '.';
    if (!kept) c = '_';
  }
  return part;
}

const std::vector<double>&
column_values(const Report& report, const std::string& name, bool score) {
  for (const ReportColumn& column : report.columns) {
    if (column.score == score && column.name == name) return column.values;
  }
  throw std::invalid_argument("column_values: no column " + name);
}

std::vector<std::string> ranked_proxies(
    const Report& report,
    const std::string& metric) {
  std::vector<study::StudyRow> rows;
  for (const study::StudyRow& row : report.study.rows) {
    if (row.metric == metric && row.subset == "all" &&
        row.proxy != report.options.study.baseline) {
      rows.push_back(row);
    }
  }
  const auto tau = [](const study::StudyRow& row) {
    return std::isnan(row.kendall.value) ? -2.0 : row.kendall.value;
  };
  std::ranges::stable_sort(rows, std::ranges::greater{}, tau);
  std::vector<std::string> names;
  for (const study::StudyRow& row : rows) names.push_back(row.proxy);
  return names;
}

void make_figure_folder(const fs::path& folder) {
  std::error_code failure;
  if (fs::is_directory(folder, failure)) return;
  if (!fs::create_directory(folder, failure)) {
    throw UserError(
        "--figures {}: cannot make this folder ({})",
        folder.string(),
        failure ? failure.message() : "there is a file of that name");
  }
}

std::vector<std::string> write_figures(
    const fs::path& folder,
    const Report& report) {
  make_figure_folder(folder);
  Folder files(folder);
  const auto write = [&](const std::string& name, const Draw& draw) {
    files.write(name, draw);
  };
  for (const std::string& metric : report.options.study.metrics) {
    const std::string part = file_part(metric);
    write("difference-" + part, [&](std::ostream& out) {
      write_difference_figure(out, report, metric);
    });
    write("top-" + part, [&](std::ostream& out) {
      write_curve_figure(out, report, metric);
    });
    for (const ReportColumn& column : report.columns) {
      if (!column.score) continue;
      write(
          "scatter-" + part + "-" + file_part(column.name),
          [&](std::ostream& out) {
            write_scatter_figure(out, report, column.name, metric);
          });
    }
    for (const ReportColumn* cost : distinct_costs(report)) {
      write(
          "pareto-" + part + "-" + file_part(cost->name),
          [&](std::ostream& out) {
            write_pareto_figure(out, report, metric, *cost);
          });
    }
  }
  write("similarity", [&](std::ostream& out) {
    write_similarity_figure(out, report);
  });
  return files.names();
}

}  // namespace zcp::report
