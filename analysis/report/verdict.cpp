#include "analysis/report/verdict.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <optional>

#include "analysis/report/svg.h"

namespace zcp::report {
namespace {

constexpr double kAlpha = 0.05;
/// The subset that the answer's second part is about, where there is a choice.
constexpr double kBestShare = 0.1;

using Rows = std::vector<study::StudyRow>;

std::string with_interval(double value, const statistics::Interval& interval) {
  if (std::isnan(interval.low)) return value_text(value);
  return fmt::format(
      "{} [{}, {}]",
      value_text(value),
      value_text(interval.low),
      value_text(interval.high));
}

Rows of_subset(
    std::span<const study::StudyRow> rows,
    const std::string& subset) {
  Rows chosen;
  for (const study::StudyRow& row : rows) {
    if (row.subset == subset) chosen.push_back(row);
  }
  return chosen;
}

/// The rows of one metric and subset by their verdicts; those that beat the
/// baseline with the greatest gain first.
struct Sides {
  Rows beats;
  std::size_t undecided = 0;
  std::size_t trails = 0;
  std::size_t unknown = 0;
  std::string only;  ///< the proxy that is undecided or trails, if it is one

  std::size_t decided() const { return beats.size() + undecided + trails; }
};

Sides sides_of(const Rows& rows, const std::string& baseline) {
  Sides sides;
  for (const study::StudyRow& row : rows) {
    switch (verdict_of(row, baseline)) {
      case Verdict::beats:
        sides.beats.push_back(row);
        break;
      case Verdict::undecided:
        ++sides.undecided;
        sides.only = row.proxy;
        break;
      case Verdict::trails:
        ++sides.trails;
        sides.only = row.proxy;
        break;
      case Verdict::unknown:
        ++sides.unknown;
        break;
      case Verdict::baseline:
        break;
    }
  }
  std::ranges::stable_sort(
      sides.beats,
      std::ranges::greater{},
      &study::StudyRow::tau_minus_baseline);
  return sides;
}

/// "Two", "12".
std::string count_text(std::size_t count) {
  constexpr std::array kWords{
      "No",
      "One",
      "Two",
      "Three",
      "Four",
      "Five",
      "Six",
      "Seven",
      "Eight",
      "Nine",
      "Ten"};
  return count < kWords.size() ? kWords[count] : fmt::format("{}", count);
}

std::string plural(std::size_t count, const char* one, const char* several) {
  return fmt::format("{} {}", count, count == 1 ? one : several);
}

/// "a", "a and b", "a, b and c".
std::string listed(const std::vector<std::string>& names) {
  if (names.size() < 2) return names.empty() ? "" : names.front();
  return fmt::format(
      "{} and {}",
      fmt::join(names.begin(), names.end() - 1, ", "),
      names.back());
}

/// Whom the verdict "beats" applies to, as the headline has it.
std::string headline_of(
    const Sides& sides,
    const std::string& metric,
    const study::StudyOptions& options) {
  const std::string rival = describe_baseline(options.baseline);
  if (sides.decided() == 0) {
    return fmt::format(
        "Whether any proxy beats {} on {} is not answered here.",
        rival,
        metric);
  }
  if (sides.beats.size() == 1) {
    return fmt::format(
        "{} beats {} on {}.", sides.beats.front().proxy, rival, metric);
  }
  if (sides.decided() == 1) {
    return fmt::format(
        "{} {} {} on {}.",
        sides.only,
        sides.trails == 1 ? "ranks worse than" : "is not shown to beat",
        rival,
        metric);
  }
  if (sides.beats.empty()) {
    return fmt::format(
        "None of {} proxies is shown to beat {} on {}.",
        sides.decided(),
        rival,
        metric);
  }
  return fmt::format(
      "{} of {} proxies beat {} on {}.",
      count_text(sides.beats.size()),
      sides.decided(),
      rival,
      metric);
}

/// Why there are no verdicts at all.
std::string no_verdict(const Rows& rows, const study::StudyOptions& options) {
  const auto most = std::ranges::max_element(rows, {}, &study::StudyRow::n);
  if (most != rows.end() && most->n < statistics::kLeastRows) {
    return fmt::format(
        "There {} {}: over fewer than {} there is no interval, p-value or "
        "verdict.",
        most->n == 1 ? "is" : "are",
        plural(most->n, "architecture", "architectures"),
        statistics::kLeastRows);
  }
  const bool no_baseline =
      std::ranges::all_of(rows, [](const study::StudyRow& row) {
        return std::isnan(row.tau_minus_baseline);
      });
  if (no_baseline) {
    return fmt::format(
        "The scores have no usable column {} to compare with.",
        options.baseline);
  }
  if (options.draws == 0) {
    return "No intervals were drawn, and point estimates alone decide nothing.";
  }
  return "There is no other proxy with an interval of its difference.";
}

std::string gains(const Sides& sides) {
  const study::StudyRow& first = sides.beats.front();
  return fmt::format(
      "{} gains most: {} of tau-b.",
      first.proxy,
      with_interval(
          first.tau_minus_baseline, first.tau_minus_baseline_interval));
}

/// "5 cannot be told from it, 12 rank worse."
std::string others(const Sides& sides) {
  std::vector<std::string> parts;
  if (sides.undecided > 0) {
    parts.push_back(
        plural(sides.undecided, "proxy", "proxies") +
        " cannot be told from it");
  }
  if (sides.trails > 0) {
    parts.push_back(
        plural(sides.trails, "proxy ranks", "proxies rank") + " worse");
  }
  if (sides.unknown > 0) {
    parts.push_back(
        plural(sides.unknown, "proxy has", "proxies have") + " no interval");
  }
  return parts.empty() ? "" : listed(parts) + ".";
}

std::string baseline_alone(const Rows& rows, const std::string& baseline) {
  const auto found = std::ranges::find(rows, baseline, &study::StudyRow::proxy);
  if (found == rows.end() || std::isnan(found->kendall.value)) return "";
  return fmt::format(
      "{} alone reaches tau-b {}.",
      baseline,
      with_interval(found->kendall.value, found->kendall_interval));
}

/// Says so where there are too few draws for the number of proxies: then none
/// can pass Holm's correction.
std::string too_few_draws(
    const Sides& sides,
    const study::StudyOptions& options) {
  if (least_p_value(options.draws, sides.decided()) < kAlpha) return "";
  return fmt::format(
      "With {} draws no p-value can pass Holm's correction over {} proxies: "
      "draw more.",
      options.draws,
      sides.decided());
}

/// Sentences that are not empty, one after the other.
std::string text_of(const std::vector<std::string>& sentences) {
  std::string text;
  for (const std::string& sentence : sentences) {
    if (sentence.empty()) continue;
    if (!text.empty()) text += ' ';
    text += sentence;
  }
  return text;
}

/// The subset whose share is nearest to kBestShare, of those asked for.
std::optional<double> best_share(const study::StudyOptions& options) {
  std::optional<double> nearest;
  for (const double share : options.top) {
    if (share >= 1) continue;
    const auto apart = [](double s) { return std::abs(s - kBestShare); };
    if (!nearest || apart(share) < apart(*nearest)) nearest = share;
  }
  return nearest;
}

std::string among_best(
    std::span<const study::StudyRow> rows,
    const Sides& all,
    const study::StudyOptions& options) {
  const auto share = best_share(options);
  if (!share) return "";
  const Rows chosen = of_subset(rows, fmt::format("top {}", *share));
  const Sides sides = sides_of(chosen, options.baseline);
  if (sides.decided() == 0) return "";
  std::vector<std::string> names;
  for (const study::StudyRow& row : sides.beats) names.push_back(row.proxy);
  const std::size_t still = static_cast<std::size_t>(std::count_if(
      all.beats.begin(), all.beats.end(), [&](const study::StudyRow& row) {
        return std::ranges::find(names, row.proxy) != names.end();
      }));
  std::string text = fmt::format(
      "Among the best {:.4g} % by {} (n = {}), ",
      *share * 100,
      chosen.front().metric,
      chosen.front().n);
  if (names.empty()) {
    text += fmt::format("none is shown to beat {}.", options.baseline);
    return text;
  }
  text += fmt::format(
      "{} {} {}",
      names.size() > 4 ? plural(names.size(), "proxy", "proxies")
                       : listed(names),
      names.size() == 1 ? "beats" : "beat",
      options.baseline);
  if (all.beats.empty()) return text + ".";
  return text + fmt::format(
                    "; of the {} above, {} still {}.",
                    all.beats.size(),
                    still == 0 ? "none" : fmt::format("{}", still),
                    still == 1 ? "does" : "do");
}

}  // namespace

std::string_view to_text(Verdict verdict) {
  switch (verdict) {
    case Verdict::beats:
      return "beats";
    case Verdict::undecided:
      return "undecided";
    case Verdict::trails:
      return "trails";
    case Verdict::baseline:
      return "baseline";
    case Verdict::unknown:
      break;
  }
  return "unknown";
}

Verdict verdict_of(const study::StudyRow& row, const std::string& baseline) {
  if (row.proxy == baseline) return Verdict::baseline;
  const statistics::Interval& interval = row.tau_minus_baseline_interval;
  if (row.n < statistics::kLeastRows || std::isnan(interval.low) ||
      std::isnan(row.tau_minus_baseline)) {
    return Verdict::unknown;
  }
  if (interval.high < 0) return Verdict::trails;
  const bool beats = interval.low > 0 && row.p_beats_baseline_holm < kAlpha;
  return beats ? Verdict::beats : Verdict::undecided;
}

std::string describe_baseline(const std::string& baseline) {
  return baseline == "params" ? "counting parameters" : baseline;
}

double least_p_value(std::size_t draws, std::size_t proxies) {
  return static_cast<double>(proxies) / static_cast<double>(draws + 1);
}

namespace {

/// "among the best 10 %", "within params bin 1/4, ...".
std::string among_text(const std::string& subset) {
  constexpr std::string_view kTop = "top ";
  if (!subset.starts_with(kTop)) return "within " + subset;
  const double share = std::strtod(subset.c_str() + kTop.size(), nullptr);
  return fmt::format("among the best {:.4g} %", share * 100);
}

/// What is said below a headline: by how much, and how many do not.
std::string detail_of(
    const Rows& rows,
    const Sides& sides,
    const study::StudyOptions& options) {
  if (sides.decided() == 0) return no_verdict(rows, options);
  return text_of(
      {sides.beats.empty() ? "" : gains(sides),
       baseline_alone(rows, options.baseline),
       others(sides),
       too_few_draws(sides, options)});
}

std::vector<SubsetAnswer> subset_answers(
    std::span<const study::StudyRow> rows,
    const study::StudyOptions& options) {
  std::vector<SubsetAnswer> answers;
  for (const study::StudyRow& row : rows) {
    const bool known =
        std::ranges::find(answers, row.subset, &SubsetAnswer::subset) !=
        answers.end();
    if (known || row.subset == "all") continue;
    const Rows own = of_subset(rows, row.subset);
    const Sides sides = sides_of(own, options.baseline);
    const std::string where =
        fmt::format("{} {}", row.metric, among_text(row.subset));
    answers.push_back(
        {row.subset,
         headline_of(sides, where, options),
         detail_of(own, sides, options)});
  }
  return answers;
}

}  // namespace

Answer answer_of(
    std::span<const study::StudyRow> rows,
    const study::StudyOptions& options) {
  const Rows all = of_subset(rows, "all");
  const Sides sides = sides_of(all, options.baseline);
  Answer answer;
  answer.metric = rows.front().metric;
  answer.headline = headline_of(sides, answer.metric, options);
  answer.detail = detail_of(all, sides, options);
  answer.among = subset_answers(rows, options);
  if (sides.decided() == 0) return answer;
  answer.best = among_best(rows, sides, options);
  return answer;
}

std::string summary_of(
    std::span<const study::StudyRow> rows,
    const study::StudyOptions& options) {
  if (options.metrics.size() < 2) return "";
  std::vector<std::string> names;
  bool decided = false;
  for (const study::StudyRow& row : rows) {
    if (row.metric != options.metrics.front() || row.subset != "all") continue;
    const bool everywhere =
        std::ranges::all_of(rows, [&](const study::StudyRow& other) {
          if (other.proxy != row.proxy || other.subset != "all") return true;
          const Verdict verdict = verdict_of(other, options.baseline);
          decided |=
              verdict != Verdict::unknown && verdict != Verdict::baseline;
          return verdict == Verdict::beats;
        });
    if (everywhere) names.push_back(row.proxy);
  }
  if (!decided) return "";
  const std::string rival = describe_baseline(options.baseline);
  const std::size_t metrics = options.metrics.size();
  const std::string both =
      metrics == 2 ? "both" : fmt::format("all {}", metrics);
  if (names.empty()) {
    return fmt::format(
        "No proxy is shown to beat {} on {} metrics.", rival, both);
  }
  return fmt::format(
      "On {} metrics, {} {} {}.",
      both,
      listed(names),
      names.size() == 1 ? "beats" : "beat",
      rival);
}

}  // namespace zcp::report
