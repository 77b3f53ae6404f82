#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iostream>

#include "apps/correlate/correlate.h"
#include "apps/text_table.h"

namespace zcp::apps {
namespace {

constexpr std::size_t kWidth = 100;  ///< of a line

// Published numbers ---------------------------------------------------------

/// What keeps the two from being the same quantity.
std::string remark(const published::PublishedRow& row) {
  std::vector<std::string> parts;
  if (!row.same_truth) parts.push_back("theirs: " + row.theirs.metric);
  if (!row.same_population) {
    parts.push_back(fmt::format(
        "theirs: {} {}, ours: {}",
        row.theirs.population,
        row.theirs.cells,
        row.n));
  }
  return fmt::format("{}", fmt::join(parts, "; "));
}

/// With the decimals that the paper prints.
std::string as_printed(const published::PublishedValue& theirs) {
  const double decimals = -std::log10(2 * theirs.rounding);
  return fixed_number(theirs.value, static_cast<int>(std::lround(decimals)));
}

Cells to_cells(const published::PublishedRow& row) {
  const bool known = !std::isnan(row.interval.low);
  return {
      row.proxy,
      row.metric,
      row.theirs.statistic,
      as_printed(row.theirs),
      with_interval(row.ours, row.interval),
      known ? row.inside ? "yes" : "no" : "-"};
}

/// Says once what holds for all rows.
void print_remarks(const std::vector<published::PublishedRow>& rows) {
  std::vector<std::string> said;
  for (const published::PublishedRow& row : rows) {
    std::string text = remark(row);
    if (text.empty() ||
        std::find(said.begin(), said.end(), text) != said.end()) {
      continue;
    }
    print_wrapped("differs: " + row.metric + ": " + text, 2);
    said.push_back(std::move(text));
  }
}

void print_published(const CorrelateResult& result) {
  if (!result.published) return;
  const published::PublishedTable& table = *result.published->table;
  std::cout << "\n";
  print_wrapped(
      fmt::format(
          "published: {} [{}]; {}; {}",
          table.title,
          result.published->space,
          table.truth,
          table.source),
      0);
  if (!table.note.empty()) print_wrapped("note: " + table.note, 2);
  print_remarks(result.published_rows);
  if (result.published_rows.empty()) {
    print_wrapped("no proxy and metric is in both", 2);
    return;
  }
  std::vector<Cells> lines{
      {"proxy", "metric", "statistic", "theirs", "ours", "inside"}};
  std::size_t inside = 0;
  std::size_t known = 0;
  for (const published::PublishedRow& row : result.published_rows) {
    lines.push_back(to_cells(row));
    inside += row.inside ? 1 : 0;
    known += std::isnan(row.interval.low) ? 0 : 1;
  }
  print_aligned(lines, 3);
  print_wrapped(fmt::format("{} of {} lie in our interval", inside, known), 2);
}

// Proxies among themselves --------------------------------------------------

/// Numbers of the proxies in the matrix as printed, from 1.
std::string label(std::size_t place) {
  return fmt::format("{}", place + 1);
}

/// The columns [first, last) of the matrix in its order: rho right of the
/// diagonal, tau left of it.
void print_block(
    const study::ColumnMatrix& matrix,
    std::size_t first,
    std::size_t last) {
  const auto& order = matrix.order;
  std::vector<Cells> lines{{"", "proxy"}};
  for (std::size_t column = first; column < last; ++column) {
    lines.front().push_back(label(column));
  }
  for (std::size_t row = 0; row < order.size(); ++row) {
    Cells cells{label(row), matrix.names[order[row]]};
    for (std::size_t column = first; column < last; ++column) {
      const auto& values = column < row ? matrix.tau : matrix.rho;
      cells.push_back(
          column == row ? "."
                        : fixed_number(values[order[row]][order[column]], 2));
    }
    lines.push_back(std::move(cells));
  }
  print_aligned(lines, 2);
}

/// "naswot, nwot (mean |tau| .951)"
std::string describe_cluster(
    const study::ColumnMatrix& matrix,
    const std::vector<std::size_t>& members) {
  std::vector<std::string> names;
  double sum = 0;
  double pairs = 0;
  for (std::size_t i = 0; i < members.size(); ++i) {
    names.push_back(matrix.names[members[i]]);
    for (std::size_t j = 0; j < i; ++j) {
      sum += std::abs(matrix.tau[members[i]][members[j]]);
      pairs += 1;
    }
  }
  return fmt::format(
      "{} (mean |tau| {})", fmt::join(names, ", "), short_number(sum / pairs));
}

void print_clusters(const study::ColumnMatrix& matrix, double alike) {
  std::vector<std::vector<std::size_t>> clusters(matrix.names.size());
  for (const std::size_t item : matrix.order) {
    clusters[matrix.cluster[item]].push_back(item);
  }
  std::vector<std::string> alone;
  std::cout << fmt::format(
      "  clusters (average linkage, mean |tau| of {} or more)\n", alike);
  for (const auto& members : clusters) {
    if (members.size() == 1) alone.push_back(matrix.names[members[0]]);
    if (members.size() < 2) continue;
    print_wrapped(describe_cluster(matrix, members), 4);
  }
  if (!alone.empty()) {
    print_wrapped(fmt::format("alone: {}", fmt::join(alone, ", ")), 4);
  }
}

void print_matrix(const CorrelateResult& result) {
  if (!result.print_matrix) return;
  const study::ColumnMatrix& matrix = *result.matrix;
  std::cout << fmt::format(
      "every two proxies, n = {}: tau left of the dots, rho right of them\n",
      result.matrix_rows);
  std::size_t widest = 5;
  for (const std::string& name : matrix.names) {
    widest = std::max(widest, name.size());
  }
  // An indent, the row's number and name, then six characters a column.
  const std::size_t used = 2 + 2 + 2 + widest;
  const std::size_t fit = used + 6 < kWidth ? (kWidth - used) / 6 : 1;
  for (std::size_t first = 0; first < matrix.names.size(); first += fit) {
    if (first != 0) std::cout << "\n";
    print_block(matrix, first, std::min(first + fit, matrix.names.size()));
  }
  print_clusters(matrix, result.alike);
}

/// "mean (least)".
std::string with_least(double mean, double least) {
  return fmt::format("{} ({})", short_number(mean), short_number(least));
}

void print_stability(const CorrelateResult& result) {
  if (result.stability.empty()) return;
  const study::Stability& first = result.stability.front();
  std::cout << fmt::format(
      "stability over {} runs: mean (least) of their pairs\n", first.runs);
  std::vector<Cells> lines{
      {"proxy",
       "n",
       "missing",
       "tau",
       "rho",
       "ICC(1,1)",
       "ICC(3,1)",
       "rank change",
       "top 10 % kept"}};
  for (const study::Stability& row : result.stability) {
    lines.push_back(
        {row.proxy,
         fmt::format("{}", row.n),
         fmt::format("{}", row.missing),
         with_least(row.tau, row.tau_least),
         with_least(row.rho, row.rho_least),
         short_number(row.icc_agreement),
         short_number(row.icc_consistency),
         std::isnan(row.rank_change) ? "-"
                                     : fmt::format("{:.1f}", row.rank_change),
         short_number(row.kept)});
  }
  print_aligned(lines);
}

/// Mean, standard deviation and range of tau with a metric over the runs.
void print_run_taus(const CorrelateResult& result) {
  if (result.run_taus.empty()) return;
  std::vector<Cells> lines{
      {"proxy", "metric", "mean tau", "deviation", "least", "greatest"}};
  for (const RunTaus& row : result.run_taus) {
    const auto n = static_cast<double>(row.tau.size());
    double mean = 0;
    double squares = 0;
    for (const double tau : row.tau) mean += tau / n;
    for (const double tau : row.tau) squares += (tau - mean) * (tau - mean);
    const auto [low, high] =
        std::minmax_element(row.tau.begin(), row.tau.end());
    lines.push_back(
        {row.proxy,
         row.metric,
         short_number(mean),
         fmt::format("{:.4f}", std::sqrt(squares / (n - 1))),
         short_number(*low),
         short_number(*high)});
  }
  std::cout << "\ntau with the truth over the runs\n";
  print_aligned(lines, 2);
}

// Ensembles -----------------------------------------------------------------

std::string members_of(const study::Ensemble& ensemble) {
  const bool sum = ensemble.rule == study::RankRule::sum;
  if (ensemble.members.size() == 1) return ensemble.members.front();
  return fmt::format(
      "{}({})",
      sum ? "rank_sum" : "log_rank",
      fmt::join(ensemble.members, ","));
}

void print_choices(const study::EnsembleMethod& method) {
  std::cout << "  " << method.name << ", chosen without fold\n";
  for (std::size_t fold = 0; fold < method.chosen.size(); ++fold) {
    print_wrapped(
        fmt::format(
            "{}: {}, tau {} there, {} on the fold",
            fold + 1,
            members_of(method.chosen[fold]),
            short_number(method.chosen[fold].tau),
            short_number(method.fold_tau[fold])),
        4);
  }
  print_wrapped(fmt::format("on all rows: {}", members_of(method.overall)), 4);
}

void print_ensemble(const study::EnsembleResult& result) {
  std::cout << fmt::format(
      "{}: ensembles, n = {}, chosen on {} folds of {} and judged on the one "
      "left out\n",
      result.metric,
      result.n,
      result.methods.front().fold_tau.size() - 1,
      result.methods.front().fold_tau.size());
  std::vector<Cells> lines{
      {"method", "held-out tau", "tau - best single", "tau where chosen"}};
  for (const study::EnsembleMethod& method : result.methods) {
    lines.push_back(
        {method.name,
         with_interval(method.tau, method.interval),
         with_interval(method.minus_single, method.minus_single_interval),
         short_number(method.overall.tau)});
  }
  print_aligned(lines);
  print_choices(result.methods[0]);
  print_choices(result.methods[1]);
}

// Cost ----------------------------------------------------------------------

/// The rows of one metric.
void print_cost(const std::vector<study::CostTradeOff>& rows) {
  const study::CostTradeOff& first = rows.front();
  std::cout << fmt::format(
      "{} against {}: n = {}, {} on the true front\n",
      first.metric,
      first.cost,
      first.n,
      first.true_front);
  Cells header{"proxy", "missing", "front", "shared", "hypervolume"};
  Cells best{"", "", "", "", "best"};
  for (const study::LimitLoss& loss : first.limits) {
    header.push_back(fmt::format("lost at {}", plain_number(loss.limit)));
    best.push_back(plain_number(loss.best));
  }
  std::vector<Cells> lines{header, best};
  for (const study::CostTradeOff& row : rows) {
    Cells cells{
        row.proxy,
        fmt::format("{}", row.missing),
        fmt::format("{}", row.chosen_front),
        fmt::format("{}", row.shared),
        short_number(row.hypervolume_ratio)};
    for (const study::LimitLoss& loss : row.limits) {
      cells.push_back(fmt::format("{:.4g}", loss.lost));
    }
    lines.push_back(std::move(cells));
  }
  print_aligned(lines);
}

void print_costs(const CorrelateResult& result) {
  for (const std::string& metric : result.options.metrics) {
    std::vector<study::CostTradeOff> rows;
    for (const study::CostTradeOff& row : result.costs) {
      if (row.metric == metric) rows.push_back(row);
    }
    if (rows.empty()) continue;
    std::cout << "\n";
    print_cost(rows);
  }
}

}  // namespace

void print_other_tables(const CorrelateResult& result) {
  const bool alone = result.study.rows.empty();
  print_published(result);
  for (const study::EnsembleResult& ensemble : result.ensembles) {
    std::cout << "\n";
    print_ensemble(ensemble);
  }
  print_costs(result);
  if (result.print_matrix && !alone) std::cout << "\n";
  print_matrix(result);
  if (!result.stability.empty() && (!alone || result.print_matrix)) {
    std::cout << "\n";
  }
  print_stability(result);
  print_run_taus(result);
}

}  // namespace zcp::apps
