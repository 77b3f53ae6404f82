#include "analysis/published/published.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <stdexcept>
#include <utility>

#include "analysis/published/published_files.h"
#include "benchmarks/formats/csv.h"
#include "common/error.h"
#include "common/missing.h"

namespace zcp::published {
namespace {

/// "# title: ZiCo" -> {title, ZiCo}; nothing from any other line.
std::optional<std::pair<std::string, std::string>> parse_comment(
    std::string_view line) {
  const std::size_t colon = line.find(": ");
  if (!line.starts_with("# ") || colon == std::string_view::npos) return {};
  return std::pair(
      std::string(line.substr(2, colon - 2)),
      std::string(line.substr(colon + 2)));
}

void set_comment(
    PublishedTable& table,
    const std::string& key,
    const std::string& text) {
  const std::array<std::pair<std::string_view, std::string*>, 4> known{
      {{"title", &table.title},
       {"source", &table.source},
       {"truth", &table.truth},
       {"note", &table.note}}};
  for (const auto& [name, field] : known) {
    if (key == name) *field = text;
  }
}

template <typename Number>
Number parse_number(std::string_view text, const std::string& where) {
  Number value{};
  const char* end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, value);
  if (result.ec == std::errc() && result.ptr == end) return value;
  throw std::runtime_error(
      fmt::format("{}: '{}' is no number", where, std::string(text)));
}

/// Half a unit of the last digit: "0.57" -> 0.005.
double rounding_of(std::string_view printed) {
  const std::size_t point = printed.find('.');
  const auto digits = point == std::string_view::npos
                          ? 0.0
                          : double(printed.size() - point - 1);
  return 0.5 * std::pow(10.0, -digits);
}

void require_header(
    std::span<const std::string_view> fields,
    const std::string& where) {
  constexpr std::array<std::string_view, 8> kHeader{
      "space",
      "population",
      "cells",
      "metric",
      "proxy",
      "printed",
      "statistic",
      "value"};
  if (!std::equal(
          fields.begin(), fields.end(), kHeader.begin(), kHeader.end())) {
    throw std::runtime_error(fmt::format("{}: another header", where));
  }
}

PublishedValue parse_value(
    std::span<const std::string_view> fields,
    const std::string& where) {
  if (fields.size() != 8) {
    throw std::runtime_error(
        fmt::format("{}: {} fields, expected 8", where, fields.size()));
  }
  PublishedValue value;
  value.space = fields[0];
  value.population = fields[1];
  value.cells = parse_number<std::size_t>(fields[2], where);
  value.metric = fields[3];
  value.proxy = fields[4];
  value.printed = fields[5];
  value.statistic = fields[6];
  value.value = parse_number<double>(fields[7], where);
  value.rounding = rounding_of(fields[7]);
  return value;
}

std::vector<PublishedTable> parse_all() {
  std::vector<PublishedTable> tables;
  for (const PublishedFile& file : published_files()) {
    tables.push_back(parse_published(file.id, file.text));
  }
  return tables;
}

/// A spec of fields of digits and `_` between separators.
bool looks_like(std::string_view arch, std::string_view pattern) {
  if (arch.size() != pattern.size()) return false;
  for (std::size_t i = 0; i < arch.size(); ++i) {
    const bool digit = arch[i] >= '0' && arch[i] <= '9';
    if (pattern[i] == '0' ? !digit : arch[i] != pattern[i]) return false;
  }
  return true;
}

/// What comes before the split of the data set: cifar10_test -> cifar10.
std::string_view data_set(std::string_view metric) {
  for (const std::string_view split :
       {"_half_test", "_valid_and_test", "_test", "_valid"}) {
    if (metric.ends_with(split))
      return metric.substr(0, metric.size() - split.size());
  }
  return metric;
}

/// cifar10_test_200 -> cifar10_test.
std::string_view without_epochs(std::string_view metric) {
  const std::size_t at = metric.find_last_not_of("0123456789");
  if (at == std::string_view::npos || at + 1 == metric.size()) return metric;
  return metric[at] == '_' ? metric.substr(0, at) : metric;
}

/// The proxy's own name: aliases replaced, the metric's data set taken off the
/// front, as imported tables of scores have it.
std::string_view plain_proxy(std::string_view proxy, std::string_view metric) {
  const std::string_view set = data_set(without_epochs(metric));
  if (proxy.starts_with(set) && proxy.substr(set.size()).starts_with("_")) {
    proxy.remove_prefix(set.size() + 1);
  }
  if (proxy == "flops") return "macs";
  if (proxy == "jacov") return "jacob_cov";
  return proxy;
}

struct Ours {
  double value = kNan;
  statistics::Interval interval{kNan, kNan};
};

Ours ours_of(const study::StudyRow& row, const std::string& statistic) {
  if (statistic == "tau") return {row.kendall.value, row.kendall_interval};
  if (statistic == "rho") return {row.spearman.value, row.spearman_interval};
  for (const auto& [name, value] : row.criteria) {
    if (name == statistic) return {value, {kNan, kNan}};
  }
  return {};
}

/// The names of all tables, for messages.
std::string known_ids() {
  std::vector<std::string> ids;
  for (const PublishedTable& table : published_tables()) {
    ids.push_back(table.id);
  }
  return fmt::format("{}", fmt::join(ids, ", "));
}

const PublishedTable& find_table(std::string_view id) {
  for (const PublishedTable& table : published_tables()) {
    if (table.id == id) return table;
  }
  throw UserError(
      "--published {}: expected list or one of {}", id, known_ids());
}

}  // namespace

std::vector<std::string> PublishedTable::spaces() const {
  std::vector<std::string> names;
  for (const PublishedValue& value : values) {
    if (std::find(names.begin(), names.end(), value.space) == names.end()) {
      names.push_back(value.space);
    }
  }
  return names;
}

PublishedTable parse_published(std::string_view id, std::string_view text) {
  PublishedTable table;
  table.id = id;
  for (std::string_view rest = text; rest.starts_with('#');) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    if (auto comment = parse_comment(rest.substr(0, end))) {
      set_comment(table, comment->first, comment->second);
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  bool header = true;
  formats::parse_csv(text, table.id, [&](std::size_t line, const auto& fields) {
    const std::string where = fmt::format("{}: line {}", table.id, line);
    if (header) {
      require_header(fields, where);
    } else {
      table.values.push_back(parse_value(fields, where));
    }
    header = false;
  });
  return table;
}

const std::vector<PublishedTable>& published_tables() {
  static const std::vector<PublishedTable> tables = parse_all();
  return tables;
}

std::string space_of(std::string_view arch) {
  if (arch.starts_with('|') && arch.ends_with('|')) return "nats-tss";
  if (looks_like(arch, "00-00000-0_00_000")) return "transnas-micro";
  if (std::count(arch.begin(), arch.end(), ':') == 4 &&
      arch.find_first_not_of("0123456789:") == std::string_view::npos) {
    return "nats-sss";
  }
  return "";
}

PublishedChoice choose_published(std::string_view text, std::string_view arch) {
  const std::size_t at = text.find('@');
  const PublishedTable& table = find_table(text.substr(0, at));
  const std::vector<std::string> spaces = table.spaces();
  const bool given = at != std::string_view::npos;
  const std::string space =
      given ? std::string(text.substr(at + 1)) : space_of(arch);
  if (std::find(spaces.begin(), spaces.end(), space) != spaces.end()) {
    return {&table, space};
  }
  const std::string found =
      given ? fmt::format("no space {}", space)
            : fmt::format(
                  "{} looks {}",
                  arch,
                  space.empty() ? "like no known space" : "to be of " + space);
  throw UserError(
      "--published {}: {}; expected {}@SPACE with one of {}",
      text,
      found,
      table.id,
      fmt::join(spaces, ", "));
}

std::vector<PublishedChoice> choose_all_published(
    std::string_view text,
    std::string_view arch) {
  const std::size_t at = text.find('@');
  const std::string space = at == std::string_view::npos
                                ? space_of(arch)
                                : std::string(text.substr(at + 1));
  std::vector<PublishedChoice> choices;
  for (const PublishedTable& table : published_tables()) {
    const std::vector<std::string> spaces = table.spaces();
    if (std::find(spaces.begin(), spaces.end(), space) != spaces.end()) {
      choices.push_back({&table, space});
    }
  }
  if (!choices.empty()) return choices;
  throw UserError(
      "--published {}: no table has numbers of {}; expected all@SPACE (list: "
      "the tables and their spaces)",
      text,
      space.empty() ? "the space of " + std::string(arch) : space);
}

std::string_view to_text(Reproduction verdict) {
  switch (verdict) {
    case Reproduction::reproduced:
      return "reproduced";
    case Reproduction::differs:
      return "differs";
    case Reproduction::cannot_tell:
      break;
  }
  return "cannot tell";
}

namespace {

/// Fills in what can be told of a row whose numbers are there.
void judge(const std::string& population, PublishedRow& row) {
  row.width = row.interval.high - row.interval.low;
  const bool sample = row.theirs.population == "sample";
  if (std::isnan(row.width)) {
    row.why = "no interval";
  } else if (!row.same_truth) {
    row.why = "other truth";
  } else if (!sample && row.theirs.population != population) {
    row.why = "other architectures";
  }
  if (!row.why.empty()) return;
  // Theirs, over a sample, has an error of its own: about ours, by the roots of
  // the numbers of architectures.
  const double wider = sample
                           ? std::sqrt(
                                 1 + static_cast<double>(row.n) /
                                         static_cast<double>(row.theirs.cells))
                           : 1;
  row.width *= wider;
  const double low = row.ours - (row.ours - row.interval.low) * wider;
  const double high = row.ours + (row.interval.high - row.ours) * wider;
  const bool inside = low <= row.theirs.value + row.theirs.rounding &&
                      row.theirs.value - row.theirs.rounding <= high;
  if (!inside) {
    row.verdict = Reproduction::differs;
  } else if (row.width <= kTellingWidth) {
    row.verdict = Reproduction::reproduced;
  } else {
    row.why = fmt::format("interval of {:.2f}", row.width);
  }
}

}  // namespace

std::vector<PublishedRow> compare_published(
    const PublishedChoice& choice,
    const std::vector<study::StudyRow>& rows,
    const std::string& population) {
  std::vector<PublishedRow> out;
  for (const study::StudyRow& row : rows) {
    if (row.subset != "all") continue;
    const std::string_view metric = without_epochs(row.metric);
    const std::string_view proxy = plain_proxy(row.proxy, row.metric);
    for (const PublishedValue& theirs : choice.table->values) {
      if (theirs.space != choice.space || theirs.proxy != proxy) continue;
      if (data_set(theirs.metric) != data_set(metric)) continue;
      const Ours ours = ours_of(row, theirs.statistic);
      const statistics::Interval& interval = ours.interval;
      out.push_back(
          {row.proxy,
           row.metric,
           ours.value,
           interval,
           row.n,
           theirs,
           theirs.metric == metric,
           theirs.population == population && theirs.cells == row.n,
           interval.low <= theirs.value + theirs.rounding &&
               theirs.value - theirs.rounding <= interval.high});
      judge(population, out.back());
    }
  }
  return out;
}

}  // namespace zcp::published
