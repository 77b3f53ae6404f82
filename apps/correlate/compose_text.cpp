#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iostream>

#include "apps/correlate/compose.h"
#include "apps/study_tables.h"
#include "apps/terminal.h"
#include "apps/text_table.h"
#include "common/json.h"
#include "common/missing.h"

namespace zcp::apps {
namespace {

using nlohmann::ordered_json;
using study::TravelResult;
using study::TravelScore;

std::string role_text(const TravelScore& score) {
  if (score.role == "composite") return "composite";
  if (score.role == "single") return "single chosen likewise: " + score.proxy;
  if (score.role == "best") return "best single on it: " + score.proxy;
  return score.proxy;
}

Cells cells_of(const TravelScore& score) {
  if (score.role == "composite") {
    return {"composite", with_interval(score.tau, score.interval), "-"};
  }
  return {
      role_text(score),
      with_interval(score.tau, score.interval),
      with_interval(score.composite_minus, score.composite_minus_interval)};
}

/// "not below" where no interval of the best single proxy lies above.
const TravelScore& best_single(const TravelResult& result) {
  return *std::ranges::find(
      result.scores, "best", [](const TravelScore& s) { return s.role; });
}

bool is_below(const TravelResult& result) {
  return result.scores.front().tau < best_single(result).interval.low;
}

void print_result(
    const TravelResult& result,
    const char* left_out,
    TableWriter& out) {
  out.title(
      fmt::format("{}, {}: n = {}", result.space, result.metric, result.n));
  out.note(
      fmt::format(
          "chosen without {}: {}, tau {} there",
          left_out,
          study::formula_of(result.chosen),
          short_number(result.tau_where_chosen)),
      2);
  std::vector<Cells> lines{{"score", "tau", "composite - it"}};
  for (const TravelScore& score : result.scores) {
    lines.push_back(cells_of(score));
  }
  out.table(lines);
}

void print_overall(const study::Travelling& found, TableWriter& out) {
  std::size_t below = 0;
  std::size_t trails = 0;
  std::size_t leads = 0;
  for (const TravelResult& result : found.results) {
    below += is_below(result) ? 1 : 0;
    const auto& paired = best_single(result).composite_minus_interval;
    trails += paired.high < 0 ? 1 : 0;
    leads += paired.low > 0 ? 1 : 0;
  }
  const std::size_t all = found.results.size();
  const bool drawn = std::ranges::none_of(found.results, [](const auto& one) {
    return std::isnan(best_single(one).interval.low);
  });
  if (drawn) {
    out.note(
        fmt::format(
            "On {} of {} left out the composite is not below the 95 % interval "
            "of the proxy that is best there, which only its own accuracies "
            "could tell. By the difference of both on the same draws, which "
            "tells smaller ones, it leads on {} and trails on {}.",
            all - below,
            all,
            leads,
            trails),
        0);
  }
  std::vector<std::string> taus;
  for (std::size_t i = 0; i < all; ++i) {
    taus.push_back(fmt::format(
        "{} {} {}",
        found.results[i].space,
        found.results[i].metric,
        short_number(found.overall_tau[i])));
  }
  out.note(
      fmt::format(
          "Chosen on all: --composites \"travelling={}\". Where it was chosen, "
          "which flatters it, its tau is: {}.",
          found.overall.members.size() == 1
              ? fmt::format("rank_sum({})", found.overall.members[0])
              : study::formula_of(found.overall),
          fmt::join(taus, ", ")),
      0);
}

ordered_json to_json(const TravelResult& result, const TravelScore& score) {
  ordered_json object;
  object["space"] = result.space;
  object["metric"] = result.metric;
  object["n"] = result.n;
  object["role"] = score.role;
  object["proxy"] = score.proxy;
  object["kendall_tau"] = number_or_null(score.tau);
  object["kendall_tau_low"] = number_or_null(score.interval.low);
  object["kendall_tau_high"] = number_or_null(score.interval.high);
  object["composite_minus"] = number_or_null(score.composite_minus);
  object["composite_minus_low"] =
      number_or_null(score.composite_minus_interval.low);
  object["composite_minus_high"] =
      number_or_null(score.composite_minus_interval.high);
  object["where_chosen"] = false;
  return object;
}

/// Every score, then the composite that was chosen on all tasks.
std::vector<ordered_json> objects_of(const study::Travelling& found) {
  std::vector<ordered_json> objects;
  for (std::size_t i = 0; i < found.results.size(); ++i) {
    const TravelResult& result = found.results[i];
    for (const TravelScore& score : result.scores) {
      objects.push_back(to_json(result, score));
    }
    TravelScore all{
        "overall",
        study::formula_of(found.overall),
        found.overall_tau[i],
        {kNan, kNan},
        kNan,
        {kNan, kNan}};
    objects.push_back(to_json(result, all));
    objects.back()["where_chosen"] = true;
  }
  return objects;
}

void print_fields(const std::vector<ordered_json>& objects) {
  std::vector<Cells> lines(1);
  for (const auto& [name, value] : objects.front().items()) {
    lines[0].push_back(name);
  }
  for (const ordered_json& object : objects) {
    Cells& cells = lines.emplace_back();
    for (const auto& [name, value] : object.items()) {
      if (value.is_number_float()) {
        cells.push_back(fmt::format("{:.17g}", value.get<double>()));
      } else if (value.is_string()) {
        cells.push_back(value.get<std::string>());
      } else {
        cells.push_back(value.is_null() ? "" : value.dump());
      }
    }
  }
  TableWriter(std::cout, TableFormat::csv).table(lines);
}

void print_choice(const Composed& composed) {
  print_notes(composed.notes);
  const study::Travelling& found = composed.found;
  std::cerr << fmt::format(
      "{} proxies to choose from: {}\n",
      found.candidates.size(),
      fmt::join(found.candidates, ", "));
  if (found.left_out.empty()) return;
  std::cerr << fmt::format(
      "not for choosing: {}\n", fmt::join(found.left_out, ", "));
}

}  // namespace

void print_composed(const Composed& composed, const CorrelateOptions& options) {
  if (!options.quiet) print_choice(composed);
  const study::Travelling& found = composed.found;
  if (options.format == TableFormat::json) {
    std::cout << json_text(ordered_json(objects_of(found))) << "\n";
    return;
  }
  if (options.format == TableFormat::csv)
    return print_fields(objects_of(found));
  const bool whole =
      options.compose->travel.leave_out == study::LeaveOut::space;
  TableWriter out(std::cout, options.format, has_colours());
  for (const TravelResult& result : found.results) {
    print_result(result, whole ? "this space" : "this metric", out);
    out.gap();
  }
  print_overall(found, out);
}

}  // namespace zcp::apps
