#include "analysis/study/composite.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "analysis/study/join.h"
#include "analysis/study/rank_sums.h"
#include "analysis/study/subset.h"
#include "common/error.h"

namespace zcp::study {
namespace {

constexpr std::array<std::pair<std::string_view, RankRule>, 2> kRules{
    {{"log_rank", RankRule::log_sum}, {"rank_sum", RankRule::sum}}};

/// Pairs of names of the same proxy.
constexpr std::array<std::pair<std::string_view, std::string_view>, 2> kAliases{
    {{"macs", "flops"}, {"jacob_cov", "jacov"}}};

const std::vector<double>& member_column(
    const Composite& composite,
    const std::string& member,
    const tables::Table& scores) {
  auto column = find_column(scores, member);
  if (!column) column = find_column(scores, other_name(member));
  if (!column) {
    refuse_left_out(scores, member);
    const std::string near = nearest_name(member, scores.columns);
    throw UserError(
        "{}: composite {} needs the proxy {}, which is not a column{} "
        "(columns: "
        "{})",
        scores.source,
        composite.name,
        member,
        near.empty() ? "" : ", did you mean " + near + "?",
        fmt::join(scores.columns, ", "));
  }
  const std::vector<double>& values = scores.values[*column];
  const auto missing = [](double value) { return std::isnan(value); };
  if (std::all_of(values.begin(), values.end(), missing)) {
    throw UserError(
        "{}: composite {} needs the proxy {}, which no architecture has a "
        "score of",
        scores.source,
        composite.name,
        member);
  }
  return values;
}

std::string trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  const std::size_t last = text.find_last_not_of(" \t");
  return std::string(text.substr(first, last - first + 1));
}

[[noreturn]] void refuse(std::string_view text) {
  std::vector<std::string> names;
  for (const Composite& composite : named_composites()) {
    names.push_back(composite.name);
  }
  const std::string near = nearest_name(std::string(text), names);
  throw UserError(
      "unknown composite {}{} (known: {}, or NAME=log_rank(a,b,...) or "
      "NAME=rank_sum(a,b,...))",
      text,
      near.empty() ? "" : ", did you mean " + near + "?",
      fmt::join(names, ", "));
}

/// In a sum of ranks a member that is named twice weighs double; in a product
/// of them that is taken for a slip.
void add_member(std::string member, Composite& composite) {
  for (const std::string& known : composite.members) {
    if (composite.rule == RankRule::sum && known == member) continue;
    if (known != member && known != other_name(member)) continue;
    throw UserError(
        "composite {}: {} is among its members twice", composite.name, member);
  }
  composite.members.push_back(std::move(member));
}

/// `NAME=rule(a,b,...)`.
Composite parse_definition(std::string_view text) {
  const std::size_t equals = text.find('=');
  const std::size_t open = text.find('(', equals);
  if (open == std::string_view::npos || text.back() != ')') refuse(text);
  const std::string rule = trimmed(text.substr(equals + 1, open - equals - 1));
  const auto known =
      std::find_if(kRules.begin(), kRules.end(), [&](const auto& entry) {
        return entry.first == rule;
      });
  Composite composite{trimmed(text.substr(0, equals)), RankRule::sum, {}};
  if (known == kRules.end() || composite.name.empty()) refuse(text);
  composite.rule = known->second;
  const std::string_view list = text.substr(open + 1, text.size() - open - 2);
  for (const std::string& member : split_composites(list)) {
    add_member(trimmed(member), composite);
  }
  const auto items = std::count(list.begin(), list.end(), ',') + 1;
  const auto found = static_cast<std::ptrdiff_t>(composite.members.size());
  if (list.find('(') == std::string_view::npos && items != found) {
    throw UserError(
        "composite {}: an item of {} is empty; expected names separated by "
        "single commas",
        composite.name,
        trimmed(text.substr(equals + 1)));
  }
  return composite;
}

}  // namespace

std::string other_name(std::string_view name) {
  for (const auto& [canonical, alias] : kAliases) {
    if (name == canonical) return std::string(alias);
    if (name == alias) return std::string(canonical);
  }
  return std::string(name);
}

std::vector<Composite> named_composites() {
  return {
      {"az_nas",
       RankRule::log_sum,
       {"expressivity", "progressivity", "trainability", "macs"}},
      {"vkdnw_agg",
       RankRule::log_sum,
       {"vkdnw", "expressivity", "trainability", "macs", "jacob_cov"}},
      {"te_nas", RankRule::sum, {"ntk_condition", "linear_regions"}},
      {"vote", RankRule::sum, {"synflow", "jacob_cov", "snip"}},
  };
}

Composite parse_composite(std::string_view text) {
  const std::string plain = trimmed(text);
  if (plain.find('=') != std::string::npos) return parse_definition(plain);
  for (Composite& composite : named_composites()) {
    if (composite.name == plain) return composite;
  }
  refuse(plain);
}

bool is_composite(std::string_view text) {
  if (text.find('=') != std::string_view::npos) return true;
  const std::vector<Composite> known = named_composites();
  return std::any_of(known.begin(), known.end(), [&](const Composite& each) {
    return each.name == text;
  });
}

std::vector<double> composite_scores(
    const Composite& composite,
    const tables::Table& scores) {
  std::vector<bool> any(scores.arch.size(), false);
  std::vector<std::pair<std::string, const std::vector<double>*>> members;
  for (const std::string& member : composite.members) {
    const std::vector<double>& values =
        member_column(composite, member, scores);
    members.emplace_back(member, &values);
    for (std::size_t row = 0; row < any.size(); ++row) {
      any[row] = any[row] || !std::isnan(values[row]);
    }
  }
  // Always added in one order: that in which they are written decides nothing,
  // not even the last digit.
  std::sort(members.begin(), members.end());
  Ballots ballots;
  for (const auto& [name, values] : members) add_ballot(*values, ballots);
  std::vector<double> sums = ballots.sum(
      composite.rule, all_rows(members.size()).rows, all_rows(any.size()).rows);
  for (std::size_t row = 0; row < sums.size(); ++row) {
    if (!any[row]) sums[row] = std::numeric_limits<double>::quiet_NaN();
  }
  return sums;
}

void add_composites(
    const std::vector<Composite>& composites,
    tables::Table& scores) {
  for (const Composite& composite : composites) {
    if (find_column(scores, composite.name)) {
      throw UserError(
          "{} has a column {} already: a composite needs another name",
          scores.source,
          composite.name);
    }
    scores.values.push_back(composite_scores(composite, scores));
    scores.columns.push_back(composite.name);
  }
}

std::vector<std::string> split_composites(std::string_view list) {
  std::vector<std::string> parts;
  std::string part;
  int depth = 0;
  for (const char c : list) {
    depth += c == '(' ? 1 : 0;
    depth -= c == ')' ? 1 : 0;
    if (c == ',' && depth == 0) {
      if (!part.empty()) parts.push_back(std::move(part));
      part.clear();
    } else {
      part += c;
    }
  }
  if (!part.empty()) parts.push_back(std::move(part));
  return parts;
}

}  // namespace zcp::study
