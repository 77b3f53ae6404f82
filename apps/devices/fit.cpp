#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iostream>

#include "analysis/hardware/cost_model.h"
#include "analysis/statistics/bootstrap.h"
#include "analysis/statistics/columns.h"
#include "analysis/statistics/correlation.h"
#include "analysis/study/join.h"
#include "apps/devices/request.h"
#include "apps/selection.h"
#include "apps/text_table.h"
#include "benchmarks/formats/csv.h"
#include "common/destination.h"
#include "common/error.h"
#include "common/random.h"
#include "nets/spaces/json/json_space.h"

namespace zcp::apps {
namespace {

struct Fitted {
  std::string device;
  std::size_t held = 0;
  double rho = 0;
  double error = 0;  ///< median of absolute errors as shares of the cost
  double most = 0;   ///< greatest absolute error
  hardware::CostModel model{};
};

Fitted fit_device(
    const std::vector<hardware::TermSet>& sets,
    const std::string& device,
    const std::vector<double>& cost,
    const DevicesRequest& request) {
  std::vector<std::size_t> known;
  for (std::size_t row = 0; row < cost.size(); ++row) {
    if (!std::isnan(cost[row])) known.push_back(row);
  }
  if (known.size() < request.labels + statistics::kLeastRows) {
    throw UserError(
        "--labels {}: {} has {} measurements, and at least {} are held out",
        request.labels,
        device,
        known.size(),
        statistics::kLeastRows);
  }
  std::vector<std::size_t> measured;
  std::vector<bool> given(cost.size(), false);
  for (const std::int64_t at : sample_without_replacement(
           std::ssize(known),
           static_cast<std::int64_t>(request.labels),
           derive_seed(request.seed, "measured"))) {
    measured.push_back(known[static_cast<std::size_t>(at)]);
    given[measured.back()] = true;
  }
  Fitted fitted{device};
  fitted.model = hardware::fit_cost_model(sets, cost, measured, request.seed);
  std::vector<double> said;
  std::vector<double> true_cost;
  std::vector<double> shares;
  for (const std::size_t row : known) {
    if (given[row]) continue;
    said.push_back(fitted.model.predicted[row]);
    true_cost.push_back(cost[row]);
    const double off = std::abs(said.back() - true_cost.back());
    shares.push_back(off / std::abs(true_cost.back()));
    fitted.most = std::max(fitted.most, off);
  }
  fitted.held = said.size();
  std::ranges::sort(shares);
  // The mean would tell of dead networks alone, whose costs are next to 0.
  fitted.error = statistics::quantile(shares, 0.5);
  fitted.rho = statistics::spearman_rho(said, true_cost);
  return fitted;
}

void write_coefficients(std::ostream& out, std::span<const Fitted> fitted) {
  out << "device,term,coefficient\n";
  for (const Fitted& each : fitted) {
    const auto put = [&](const std::string& term, double coefficient) {
      std::string line;
      formats::append_csv_field(line, each.device);
      line += ',';
      formats::append_csv_field(line, term);
      out << fmt::format("{},{:.17g}\n", line, coefficient);
    };
    put("constant", each.model.constant);
    for (std::size_t t = 0; t < each.model.names.size(); ++t) {
      put(each.model.names[t], each.model.coefficients[t]);
    }
  }
}

void print_fits(
    std::span<const Fitted> fitted,
    std::size_t labels,
    TableFormat format) {
  std::vector<Cells> lines{
      {"device",
       "terms",
       "number",
       "held",
       "rho",
       "median error",
       "greatest error"}};
  for (const Fitted& each : fitted) {
    lines.push_back(
        {each.device,
         each.model.terms,
         std::to_string(each.model.names.size()),
         std::to_string(each.held),
         short_number(each.rho),
         fmt::format("{:.1f} %", 100 * each.error),
         brief_number(each.most)});
  }
  TableWriter out(std::cout, format);
  out.title(fmt::format(
      "Sums of a term a layer type, fitted to {} architectures and judged on "
      "the others",
      labels));
  out.table(lines, 2);
}

}  // namespace

void fit_devices(const DevicesRequest& request) {
  const tables::Table costs = read_costs(request);
  const auto opened = spaces::open_space(request.space);
  const spaces::Space& space = *opened;
  const auto sets = hardware::term_sets(
      encodings::graph_pool(space, specs_of(costs, space)),
      encodings::graph_names(space));
  std::vector<std::string> devices = request.fit;
  if (request.fit_all) devices = costs.columns;
  std::vector<Fitted> fitted;
  for (const std::string& device : devices) {
    const std::size_t column = study::require_column(costs, device, "device");
    fitted.push_back(fit_device(sets, device, costs.values[column], request));
  }
  print_fits(fitted, request.labels, request.format);
  if (request.csv != "-") {
    write_output(request.csv, [&](std::ostream& out) {
      write_coefficients(out, fitted);
    });
  }
}

}  // namespace zcp::apps
