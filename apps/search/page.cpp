#include "apps/search/page.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "apps/command_line.h"
#include "apps/search/figure.h"
#include "apps/version.h"
#include "nets/spaces/parts.h"

namespace zcp::apps {
namespace {

using report::SearchPageColumn;
using report::SearchPlace;
using report::SearchReport;
using Strings = std::vector<std::string>;

constexpr std::size_t kMostWords = 40;  // in spaces without places

/// More is better; NaN: none.
std::vector<double> goodness(const SearchPageColumn& column) {
  std::vector<double> values = column.values;
  if (!column.less) return values;
  for (double& value : values) value = -value;
  return values;
}

std::vector<SearchPageColumn> columns_of(
    const SearchOptions& options,
    const SearchData& data,
    const SearchResult& result) {
  std::vector<SearchPageColumn> columns;
  for (std::size_t o = 0; o < options.objectives.size(); ++o) {
    const Objective& objective = options.objectives[o];
    columns.push_back(
        {objective.name,
         SearchPageColumn::Kind::objective,
         objective.less,
         result.values[o]});
  }
  const auto is_new = [&](const std::string& name) {
    return std::ranges::find(columns, name, &SearchPageColumn::name) ==
           columns.end();
  };
  for (const Bound& bound : options.budget.bounds) {
    if (!is_new(bound.column)) continue;
    SearchPageColumn column{
        bound.column,
        SearchPageColumn::Kind::budget,
        bound.side == Bound::Side::most,
        {}};
    for (const std::string& arch : result.history.archs()) {
      column.values.push_back(data.budget_value(arch, bound.column));
    }
    columns.push_back(std::move(column));
  }
  if (data.metric() && is_new(data.metric()->name)) {
    SearchPageColumn column{
        data.metric()->name,
        SearchPageColumn::Kind::metric,
        data.metric()->less,
        {}};
    for (const std::string& arch : result.history.archs()) {
      column.values.push_back(data.truth()->value(arch, data.metric()->column));
    }
    columns.push_back(std::move(column));
  }
  return columns;
}

/// The effects of an option on each objective.
std::vector<search::Effect> effects_on(
    const SearchReport& report,
    const std::string& option,
    const std::vector<bool>& has) {
  std::vector<search::Effect> effects;
  for (const SearchPageColumn& column : report.columns) {
    if (column.kind != SearchPageColumn::Kind::objective) continue;
    effects.push_back(search::effect_of(option, has, goodness(column)));
  }
  return effects;
}

/// A place whose option is the same part of every architecture.
SearchPlace place_of(
    const SearchReport& report,
    const Strings& options,
    std::size_t place) {
  SearchPlace made{place + 1, options, {}, {}};
  std::vector<std::size_t> taken;
  for (const Strings& parts : report.parts) {
    const auto found = std::ranges::find(options, parts[place]);
    taken.push_back(static_cast<std::size_t>(found - options.begin()));
  }
  for (const SearchPageColumn& column : report.columns) {
    if (column.kind != SearchPageColumn::Kind::objective) continue;
    made.shares.push_back(search::share_decided(taken, goodness(column)));
  }
  for (std::size_t i = 0; i < options.size(); ++i) {
    std::vector<bool> has;
    for (const std::size_t option : taken) has.push_back(option == i);
    made.effects.push_back(effects_on(report, options[i], has));
  }
  return made;
}

/// Options wherever they stand.
SearchPlace anywhere(const SearchReport& report, const Strings& options) {
  SearchPlace made{0, options, {}, {}};
  for (const std::string& option : options) {
    std::vector<bool> has;
    for (const Strings& parts : report.parts) {
      has.push_back(std::ranges::find(parts, option) != parts.end());
    }
    made.effects.push_back(effects_on(report, option, has));
  }
  return made;
}

/// The words that some architectures have and others do not, the most frequent
/// first.
Strings words_that_differ(const SearchReport& report) {
  std::map<std::string, std::size_t> counts;
  for (const Strings& parts : report.parts) {
    for (const std::string& part : parts) ++counts[part];
  }
  Strings words;
  for (const auto& [word, count] : counts) {
    if (count < report.parts.size()) words.push_back(word);
  }
  std::ranges::stable_sort(words, [&](const auto& a, const auto& b) {
    return counts[a] > counts[b];
  });
  if (words.size() > kMostWords) words.resize(kMostWords);
  return words;
}

/// Options that several places have.
Strings shared_options(const spaces::Parts& parts) {
  std::map<std::string, std::size_t> counts;
  Strings order;
  for (std::size_t place = 0; place < parts.places(); ++place) {
    for (const std::string& option : parts.options(place)) {
      if (++counts[option] == 1) order.push_back(option);
    }
  }
  std::erase_if(order, [&](const auto& name) { return counts[name] < 2; });
  return order;
}

void add_parts(SearchReport& report, const spaces::Space& space) {
  const spaces::Parts parts(space);
  for (const std::string& arch : report.arch) {
    report.parts.push_back(parts.of(arch));
  }
  for (std::size_t place = 0; place < parts.places(); ++place) {
    report.places.push_back(place_of(report, parts.options(place), place));
  }
  const Strings everywhere =
      parts.places() > 0 ? shared_options(parts) : words_that_differ(report);
  if (!everywhere.empty()) {
    report.places.push_back(anywhere(report, everywhere));
  }
}

void add_wishes(SearchReport& report, const search::Wishes& wishes) {
  const auto add = [&](const char* kind, const auto& parts) {
    for (const search::Part& part : parts) {
      report.wishes.push_back({kind, part.text()});
    }
  };
  add("fix", wishes.fixed);
  add("forbid", wishes.forbidden);
  add("prefer", wishes.preferred);
}

/// The command that a search with other wishes is.
void add_command(
    SearchReport& report,
    const SearchOptions& options,
    const SearchData& data) {
  Strings names{"fix", "forbid", "prefer"};
  const bool zen = data.space().info().name == "mobilenet-v2";
  if (!zen) names.emplace_back("start");
  if (options.algorithms.size() > 1) names.emplace_back("algorithm");
  Arguments words = without_outputs(options.arguments, names);
  if (options.algorithms.size() > 1) {
    words.insert(words.end(), {"--algorithm", report.name});
  }
  report.command = shown_words(words, report.shortened);
  const std::string& name = report.name;
  const bool climbs = name == "evolution" || name == "local" || name == "nsga2";
  report.takes_start = climbs && !zen && !options.repeats;
  report.takes_preference = data.takes_preference(name);
}

void add_facts(
    SearchReport& report,
    const SearchOptions& options,
    const SearchData& data,
    const SearchResult& result) {
  const auto add = [&](const char* name, std::string text) {
    report.facts.emplace_back(name, std::move(text));
  };
  add("space", data.space().info().name);
  if (!data.tables_alone()) {
    add("task",
        fmt::format(
            "{}, seed {}", options.score.task.name, options.settings.seed));
  }
  if (!options.scores.empty()) add("scores", options.scores);
  if (!options.truth.empty()) add("truth", options.truth);
  if (!options.encodings.empty()) add("points", options.encodings);
  if (!options.score.store.empty()) add("store", options.score.store);
  Strings bounds;
  for (const Bound& bound : options.budget.bounds) {
    bounds.push_back(bound.text());
  }
  if (!bounds.empty()) add("budget", fmt::format("{}", fmt::join(bounds, " ")));
  if (options.islands > 1) add("islands", std::to_string(options.islands));
  if (options.repeats) {
    add("shown", fmt::format("the first of {} searches", *options.repeats));
  }
  if (result.outcome.end == search::End::stopped) {
    report.notes.emplace_back(
        "The search was not finished: the page shows what it has evaluated so "
        "far.");
  }
}

SearchReport make_one(
    const SearchOptions& options,
    const SearchData& data,
    const SearchResult& result,
    const SearchSummary& summary) {
  SearchReport made;
  made.name = result.algorithm;
  Strings names;
  for (const Objective& objective : options.objectives) {
    names.push_back((objective.less ? "-" : "") + objective.name);
  }
  made.title =
      fmt::format("{} by {}", data.space().info().name, fmt::join(names, ", "));
  made.program = fmt::format("zcp {}", version());
  made.arch = result.history.archs();
  made.columns = columns_of(options, data, result);
  made.steps = search::first_queries(result.outcome, result.history);
  made.islands = result.islands;
  made.front = result.front;
  made.best = result.history.best();
  made.queries = result.outcome.queries.size();
  add_facts(made, options, data, result);
  add_parts(made, data.whole_space());
  add_wishes(made, data.wishes());
  add_command(made, options, data);
  if (summary.optimum && !result.regret.empty()) {
    made.regret = regret_figure(options, {&result, 1}, summary);
  }
  return made;
}

/// Where an option's value names a file.
constexpr std::array
    kFiles{"store", "data", "truth", "scores", "costs", "space", "encodings"};

std::string file_name(const std::string& path) {
  const std::size_t last = path.find_last_not_of('/');
  if (last == std::string::npos) return path;
  const std::size_t slash = path.rfind('/', last);
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

/// The value of an option as a page may show it.
std::string shown_value(const std::string& option, const std::string& value) {
  if (std::ranges::find(kFiles, option) != kFiles.end()) {
    return file_name(value);
  }
  const std::size_t equals = value.find('=');
  if (option == "task-data" && equals != std::string::npos) {
    return value.substr(0, equals + 1) + file_name(value.substr(equals + 1));
  }
  constexpr std::string_view kPredict = "predict:";
  if (option != "by" || value.find(kPredict) == std::string::npos) return value;
  Strings shown;
  for (const std::string& part : split_list(value)) {
    const std::size_t at = part.find(kPredict);
    shown.push_back(
        at == std::string::npos
            ? part
            : part.substr(0, at + kPredict.size()) +
                  file_name(part.substr(at + kPredict.size())));
  }
  return fmt::format("{}", fmt::join(shown, ","));
}

/// "name" of "--name" and of "--name=value"; empty for what is no option.
std::string option_name(const std::string& argument) {
  if (!argument.starts_with("--")) return {};
  return argument.substr(2, argument.find('=') - 2);
}

}  // namespace

Arguments without_outputs(const Arguments& arguments, const Strings& more) {
  Strings names{"csv", "figure", "output", "html", "format"};
  names.insert(names.end(), more.begin(), more.end());
  const Strings flags{"json", "quiet", "stored"};
  const auto is_among = [](const Strings& list, const std::string& name) {
    return std::ranges::find(list, name) != list.end();
  };
  Arguments kept;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string name = option_name(arguments[i]);
    if (!name.empty() && is_among(flags, name)) continue;
    if (!name.empty() && is_among(names, name)) {
      const bool joined = arguments[i].find('=') != std::string::npos;
      if (!joined) ++i;
      continue;
    }
    kept.push_back(arguments[i]);
  }
  return kept;
}

Strings shown_words(const Arguments& arguments, bool& shortened) {
  Strings words{"zcp", "search"};
  std::string option;
  for (const std::string& argument : arguments) {
    std::string shown = argument;
    const std::string name = option_name(argument);
    const std::size_t equals = argument.find('=');
    if (name.empty()) {
      shown = shown_value(option, argument);
    } else if (equals != std::string::npos) {
      shown = argument.substr(0, equals + 1) +
              shown_value(name, argument.substr(equals + 1));
    }
    option = name;
    shortened = shortened || shown != argument;
    words.push_back(shell_word(shown));
  }
  return words;
}

std::vector<SearchReport> make_search_reports(
    const SearchOptions& options,
    const SearchData& data,
    const std::vector<SearchResult>& results,
    const SearchSummary& summary) {
  std::vector<SearchReport> made;
  for (const SearchResult& result : results) {
    if (result.history.size() == 0) continue;  // interrupted at once
    made.push_back(make_one(options, data, result, summary));
  }
  return made;
}

}  // namespace zcp::apps
