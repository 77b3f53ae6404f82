#include <fmt/format.h>

#include <iostream>

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

}  // namespace

void print_ensembles(const CorrelateResult& result) {
  for (const study::EnsembleResult& ensemble : result.ensembles) {
    std::cout << "\n";
    print_ensemble(ensemble);
  }
}

}  // namespace zcp::apps
