#include <fmt/format.h>

#include <cmath>
#include <iostream>

#include "analysis/statistics/columns.h"
#include "analysis/study/join.h"
#include "apps/devices/request.h"
#include "apps/study_tables.h"
#include "apps/text_table.h"
#include "benchmarks/formats/csv.h"
#include "common/destination.h"

namespace zcp::apps {
namespace {

using hardware::Monotonicity;

void write_matrix(std::ostream& out, const Monotonicity& found) {
  std::string header = "device";
  for (const std::size_t at : found.order) {
    header += ',';
    formats::append_csv_field(header, found.devices[at]);
  }
  out << header << ",cluster\n";
  for (const std::size_t at : found.order) {
    std::string line;
    formats::append_csv_field(line, found.devices[at]);
    for (const std::size_t other : found.order) {
      const double rho = found.rho[at][other];
      line += std::isnan(rho) ? "," : fmt::format(",{:.17g}", rho);
    }
    out << fmt::format("{},{}\n", line, found.cluster[at]);
  }
}

void print_clusters(const Monotonicity& found) {
  for (std::size_t c = 0; c < found.proxies.size(); ++c) {
    std::vector<std::string> members;
    for (const std::size_t at : found.order) {
      if (found.cluster[at] == c) members.push_back(found.devices[at]);
    }
    if (members.size() == 1) {
      std::cerr << fmt::format("cluster {}: {} alone\n", c, members.front());
      continue;
    }
    std::cerr << fmt::format(
        "cluster {} (rho .9 and more on average): {}; proxy device {}\n",
        c,
        fmt::join(members, ", "),
        found.devices[found.proxies[c]]);
  }
  if (!found.proxy) {
    std::cerr << fmt::format(
        "no proxy device for all: none has a rho with every other, which takes "
        "{} architectures that both measured, not all alike\n",
        statistics::kLeastRows);
    return;
  }
  std::cerr << fmt::format(
      "one proxy device for all: {}, whose rho is at least {} and {} on "
      "average\n",
      found.devices[*found.proxy],
      short_number(found.least[*found.proxy]),
      short_number(found.mean[*found.proxy]));
}

/// The metric of each row of the costs.
study::Column truth_of(
    const DevicesRequest& request,
    const tables::Table& costs) {
  StudyRequest study;
  study.truth = *request.truth;
  study.key_truth = request.key_truth;
  set_one_metric(request.metric, study);
  const tables::Table truth = read_study_truth(study);
  const std::size_t metric =
      study::require_column(truth, study.study.metrics.front(), "metric");
  return study::truth_by_score(costs, truth, study::join(costs, truth), metric);
}

void print_transfers(
    const DevicesRequest& request,
    const tables::Table& costs,
    const Monotonicity& found) {
  const study::Column value = truth_of(request, costs);
  std::vector<Cells> lines{
      {"proxy device",
       "target",
       "rho",
       "fronts",
       "common",
       "budgets without",
       "mean loss",
       "most"}};
  for (std::size_t p = 0; p < costs.columns.size(); ++p) {
    for (std::size_t t = 0; t < costs.columns.size(); ++t) {
      if (p == t) continue;
      const hardware::Transfer loss =
          hardware::transfer(value, costs.values[p], costs.values[t]);
      lines.push_back(
          {costs.columns[p],
           costs.columns[t],
           short_number(found.rho[p][t]),
           fmt::format("{}/{}", loss.proxy_front, loss.target_front),
           std::to_string(loss.common),
           std::to_string(loss.without),
           fixed_number(loss.mean_loss, 2),
           fixed_number(loss.most_loss, 2)});
    }
  }
  TableWriter out(std::cout, request.format);
  out.title(fmt::format(
      "{} lost at the target's own budgets by choosing among the front that "
      "the proxy device gives",
      request.metric));
  out.table(lines, 2);
}

}  // namespace

void compare_devices(const DevicesRequest& request) {
  const tables::Table costs = read_costs(request);
  const Monotonicity found = hardware::monotonicity(costs);
  if (request.truth) {
    print_transfers(request, costs, found);
  } else {
    write_output(
        request.csv, [&](std::ostream& out) { write_matrix(out, found); });
  }
  if (!request.quiet) print_clusters(found);
}

}  // namespace zcp::apps
