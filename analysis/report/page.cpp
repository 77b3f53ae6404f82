#include "analysis/report/page.h"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>
#include <string>
#include <vector>

#include "analysis/report/embedded.h"
#include "analysis/report/packing.h"
#include "analysis/report/page_template.h"
#include "common/json.h"
#include "common/printable.h"

namespace zcp::report {
namespace {

using nlohmann::ordered_json;

/// [value, low, high]
ordered_json numbers(double value, const statistics::Interval& interval) {
  return {
      number_or_null(value),
      number_or_null(interval.low),
      number_or_null(interval.high)};
}

ordered_json row_data(
    const study::StudyRow& row,
    const study::StudyOptions& options) {
  ordered_json data;
  data["proxy"] = row.proxy;
  data["metric"] = row.metric;
  data["subset"] = row.subset;
  data["n"] = row.n;
  data["missing"] = row.missing;
  data["tau"] = numbers(row.kendall.value, row.kendall_interval);
  data["rho"] = numbers(row.spearman.value, row.spearman_interval);
  data["r"] = numbers(row.pearson.value, row.pearson_interval);
  data["weighted_tau"] = number_or_null(row.weighted_tau);
  data["partial_tau"] = number_or_null(row.partial_tau);
  data["difference"] =
      numbers(row.tau_minus_baseline, row.tau_minus_baseline_interval);
  data["p"] = number_or_null(row.p_beats_baseline_holm);
  data["verdict"] = to_text(verdict_of(row, options.baseline));
  return data;
}

ordered_json run_data(const store::Run& run) {
  ordered_json data;
  data["version"] = run.provenance.version;
  data["command"] = without_folders(run.provenance.command);
  data["cpu"] = run.provenance.cpu;
  data["libtorch"] = run.provenance.libtorch;
  data["blas"] = run.provenance.blas;
  data["started"] = run.started;
  data["ended"] = run.ended;
  data["scores"] = run.scores;
  return data;
}

ordered_json origin_data(const Origin& origin) {
  ordered_json data;
  data["source"] = without_folders(origin.source);
  data["described"] = origin.described;
  data["store"] = origin.store;
  data["protocol"] = ordered_json::object();
  for (const auto& [field, value] : origin.protocol) {
    data["protocol"][field] = value;
  }
  data["runs"] = ordered_json::array();
  for (const store::Run& run : origin.runs)
    data["runs"].push_back(run_data(run));
  data["reasons"] = ordered_json::array();
  for (const Reason& reason : origin.reasons) {
    data["reasons"].push_back(
        {{"proxy", reason.proxy},
         {"status", reason.status},
         {"reason", reason.reason},
         {"count", reason.count}});
  }
  return data;
}

ordered_json study_data(const Report& report) {
  const study::StudyOptions& options = report.options.study;
  const study::JoinSummary& summary = report.study.summary;
  ordered_json data;
  data["metrics"] = options.metrics;
  data["baseline"] = options.baseline;
  data["population"] = options.population;
  data["missing"] =
      options.missing == statistics::Missing::last ? "last" : "drop";
  data["draws"] = options.draws;
  data["seed"] = options.seed;
  data["interval"] = options.interval == statistics::IntervalMethod::bca
                         ? "BCa"
                         : "percentile";
  data["shares"] = options.top;
  data["joined"] = summary.joined;
  data["scores_only"] = summary.scores_only;
  data["truth_only"] = summary.truth_only;
  data["members"] = summary.population;
  data["notes"] = ordered_json::array();
  for (const std::string& note : report.study.notes) {
    data["notes"].push_back(without_folders(note));
  }
  return data;
}

ordered_json among_data(const Answer& answer) {
  ordered_json data = ordered_json::object();
  for (const SubsetAnswer& each : answer.among) {
    data[each.subset] = {{"headline", each.headline}, {"detail", each.detail}};
  }
  return data;
}

ordered_json ceilings_data(const study::Study& study) {
  ordered_json data = ordered_json::array();
  for (const study::Ceiling& ceiling : study.ceilings) {
    if (ceiling.n < statistics::kLeastRows) continue;
    data.push_back(
        {{"metric", ceiling.metric},
         {"subset", ceiling.subset},
         {"runs", ceiling.columns.size()},
         {"n", ceiling.n},
         {"tau", numbers(ceiling.tau, ceiling.tau_interval)},
         {"run_tau", number_or_null(ceiling.run_tau)}});
  }
  return data;
}

ordered_json similarity_data(const Similarity& similarity) {
  ordered_json data;
  data["names"] = similarity.names;
  data["tau"] = ordered_json::array();
  for (const auto& row : similarity.tau) {
    ordered_json line = ordered_json::array();
    for (const double tau : row) line.push_back(number_or_null(tau));
    data["tau"].push_back(std::move(line));
  }
  return data;
}

ordered_json column_data(const ReportColumn& column) {
  ordered_json data;
  data["name"] = column.name;
  data["score"] = column.score;
  data["cost"] = column.cost;
  data.update(pack_numbers(column.values));
  return data;
}

/// A name may be packed in parts, which are no longer characters.
std::vector<std::string> printable_names(std::span<const std::string> names) {
  std::vector<std::string> shown;
  for (const std::string& name : names) shown.push_back(printable(name));
  return shown;
}

}  // namespace

ordered_json page_data(const Report& report) {
  ordered_json data;
  data["name"] = report.name;
  data["title"] = report.title;
  data["question"] = fmt::format(
      "Which proxy beats {} here?",
      describe_baseline(report.options.study.baseline));
  data["program"] = report.options.program;
  data["truth"] = without_folders(report.truth);
  data["origin"] = origin_data(report.origin);
  data["study"] = study_data(report);
  data["summary"] = report.summary;
  data["answers"] = ordered_json::array();
  for (const Answer& answer : report.answers) {
    data["answers"].push_back(
        {{"metric", answer.metric},
         {"headline", answer.headline},
         {"detail", answer.detail},
         {"best", answer.best},
         {"among", among_data(answer)}});
  }
  data["ceilings"] = ceilings_data(report.study);
  data["rows"] = ordered_json::array();
  for (const study::StudyRow& row : report.study.rows) {
    data["rows"].push_back(row_data(row, report.options.study));
  }
  data["similarity"] = similarity_data(report.similarity);
  data["arch"] = pack_strings(printable_names(report.arch));
  data["columns"] = ordered_json::array();
  for (const ReportColumn& column : report.columns) {
    data["columns"].push_back(column_data(column));
  }
  make_printable(data);
  return data;
}

void write_page(std::ostream& out, const Report& report) {
  write_page(out, {&report, 1}, report.title);
}

void write_page(
    std::ostream& out,
    std::span<const Report> reports,
    const std::string& title) {
  ordered_json data = page_data(reports.front());
  for (const Report& report : reports.subspan(1)) {
    data["others"].push_back(page_data(report));
  }
  write_template(out, embedded::kPage, title, embedded::kScript, data);
}

}  // namespace zcp::report
