#include <fmt/format.h>

#include "apps/correlate/print.h"
#include "apps/text_table.h"

namespace zcp::apps {
namespace {

std::string members_of(const study::Ensemble& ensemble) {
  const bool sum = ensemble.rule == study::RankRule::sum;
  if (ensemble.members.size() == 1) return ensemble.members.front();
  return fmt::format(
      "{}({})",
      sum ? "rank_sum" : "log_rank",
      fmt::join(ensemble.members, ","));
}

void print_choices(const study::EnsembleMethod& method, TableWriter& out) {
  out.note(method.name + ", chosen without fold", 2);
  for (std::size_t fold = 0; fold < method.chosen.size(); ++fold) {
    out.note(
        fmt::format(
            "{}: {}, tau {} there, {} on the fold",
            fold + 1,
            members_of(method.chosen[fold]),
            short_number(method.chosen[fold].tau),
            short_number(method.fold_tau[fold])),
        4);
  }
  out.note(fmt::format("on all rows: {}", members_of(method.overall)), 4);
}

void print_ensemble(const study::EnsembleResult& result, TableWriter& out) {
  out.title(fmt::format(
      "{}: ensembles, n = {}, chosen on {} folds of {} and judged on the one "
      "left out",
      result.metric,
      result.n,
      result.methods.front().fold_tau.size() - 1,
      result.methods.front().fold_tau.size()));
  std::vector<Cells> lines{
      {"method", "held-out tau", "tau - best single", "tau where chosen"}};
  for (const study::EnsembleMethod& method : result.methods) {
    lines.push_back(
        {method.name,
         with_interval(method.tau, method.interval),
         with_interval(method.minus_single, method.minus_single_interval),
         short_number(method.overall.tau)});
  }
  out.table(lines);
  print_choices(result.methods[0], out);
  print_choices(result.methods[1], out);
}

}  // namespace

void print_ensembles(const CorrelateResult& result, TableWriter& out) {
  for (const study::EnsembleResult& ensemble : result.ensembles) {
    out.gap();
    print_ensemble(ensemble, out);
  }
}

}  // namespace zcp::apps
