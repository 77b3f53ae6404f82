#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <iostream>
#include <optional>

#include "analysis/study/composite.h"
#include "apps/commands.h"
#include "apps/terminal.h"
#include "apps/text_table.h"
#include "common/json.h"
#include "proxies/engine/cost.h"
#include "proxies/registry.h"

namespace zcp::apps {
namespace {

namespace po = boost::program_options;
using engine::Descriptor;
using engine::PassKind;

std::string needs_text(const Descriptor& proxy) {
  const auto& needs = proxy.needs;
  std::string text;
  switch (needs.pass) {
    case PassKind::structure:
      return "structure";
    case PassKind::weights:
      return "weights";
    case PassKind::synflow:
    case PassKind::synflow_bn:
      return "weights, ones; forward, backward";
    case PassKind::noise:
    case PassKind::noise_one:
      text = needs.pass == PassKind::noise ? "noise; forward"
                                           : "one noise input; forward";
      return needs.detail.empty() ? text : text + "; " + needs.detail;
    case PassKind::minibatch:
    case PassKind::jacobian:
    case PassKind::signs:
    case PassKind::own:
      break;
  }
  text = needs.inputs() ? "inputs" : "noise";
  if (needs.labels) text += ", labels";
  if (needs.minibatches > 1) {
    text += fmt::format(", {} minibatches or more", needs.minibatches);
  }
  text += "; forward";
  if (needs.parameter_gradients || needs.activation_gradients ||
      needs.pass == PassKind::jacobian) {
    text += ", backward";
  }
  if (!needs.detail.empty()) text += "; " + needs.detail;
  return text;
}

std::string mode_text(const Descriptor& proxy) {
  switch (proxy.needs.pass) {
    case PassKind::structure:
    case PassKind::weights:
      return "-";
    case PassKind::synflow:
      return "BatchNorm bypassed";
    default:
      return proxy.needs.mode.empty() ? "train, BatchNorm kept"
                                      : proxy.needs.mode;
  }
}

std::string initialiser_text(const Descriptor& proxy) {
  return std::string(initialisers::initialiser_name(
      proxy.needs.initialiser.value_or(initialisers::Initialiser::pytorch)));
}

std::string layers_text(const Descriptor& proxy) {
  return proxy.needs.folding == graph::Folding::as_declared
             ? "as declared, unread layers too"
             : "those that reach the output";
}

/// With the protocol's defaults, or as many minibatches as it needs.
double cost_of(const Descriptor& proxy) {
  engine::PassCounts counts;
  counts.minibatches = std::max(counts.minibatches, proxy.needs.minibatches);
  return engine::relative_cost(proxy, counts);
}

std::string cost_text(const Descriptor& proxy) {
  return brief_number(cost_of(proxy));
}

nlohmann::ordered_json to_json(const Descriptor& proxy) {
  return {
      {"name", proxy.name},
      {"aliases", proxy.aliases},
      {"family", proxy.family},
      {"formula", proxy.formula},
      {"direction", "higher"},
      {"published_direction", proxy.published},
      {"needs", needs_text(proxy)},
      {"mode", mode_text(proxy)},
      {"layers", layers_text(proxy)},
      {"cost", cost_of(proxy)},
      {"dtype", proxy.dtype},
      {"initialiser", initialiser_text(proxy)},
      {"degenerate", proxy.degenerate},
      {"variant", proxy.variant},
      {"paper", proxy.paper},
      {"reference", proxy.reference}};
}

/// Columns of a table as text, behind each of them two spaces.
std::vector<std::size_t> column_widths(const std::vector<Cells>& rows) {
  std::vector<std::size_t> widths(rows.front().size());
  for (const Cells& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], row[i].size() + 2);
    }
  }
  return widths;
}

/// Leaves the columns that a terminal shows in a line, the most telling ones;
/// returns the names of the others.
Cells fit_to_terminal(std::vector<Cells>& rows) {
  // The name, what a proxy needs, its cost, its direction, ...
  constexpr std::array<std::size_t, 8> kByWorth{0, 2, 3, 1, 5, 4, 6, 7};
  const std::vector<std::size_t> widths = column_widths(rows);
  std::vector<bool> shown(widths.size());
  std::size_t width = 0;
  for (const std::size_t column : kByWorth) {
    shown[column] = width + widths[column] <= terminal_width();
    if (shown[column]) width += widths[column];
  }
  Cells others;
  for (Cells& row : rows) {
    Cells kept;
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (shown[i]) {
        kept.push_back(row[i]);
      } else if (&row == &rows.front()) {
        others.push_back(row[i]);
      }
    }
    row = kept;
  }
  return others;
}

void print_table(TableFormat format) {
  std::vector<Cells> rows{
      {"proxy",
       "published",
       "needs",
       "cost",
       "dtype",
       "initialiser",
       "paper",
       "reference"}};
  for (const Descriptor& proxy : proxies::registry()) {
    rows.push_back(
        {proxy.name,
         proxy.published,
         needs_text(proxy),
         cost_text(proxy),
         proxy.dtype,
         initialiser_text(proxy),
         proxy.paper,
         proxy.reference});
  }
  const bool narrow = format == TableFormat::text && isatty(STDOUT_FILENO) == 1;
  const Cells others = narrow ? fit_to_terminal(rows) : Cells();
  TableWriter(std::cout, format, has_colours())
      .table(rows, rows.front().size(), 0);
  if (format != TableFormat::text) return;
  if (!others.empty()) {
    std::cout << fmt::format(
        "\nToo wide for this terminal: {}. `zcp proxies NAME` explains one, "
        "`zcp proxies --json` has everything.\n",
        fmt::join(others, ", "));
  }
  std::cout
      << "\nScores are stored so that higher is predicted better; "
         "`published` is the authors' direction.\n`cost` is in forward "
         "passes of a minibatch, about: what proxies share is run once.\n";
  for (const auto& group : proxies::groups()) {
    std::cout << fmt::format(
        "group {}: {}\n", group.name, fmt::join(group.members, ", "));
  }
  std::cout << "group all: every proxy\n";
}

void print_markdown() {
  std::cout
      << "| proxy | formula | published | needs | cost | mode | layers | dtype "
         "| initialiser | no score when | variant | paper | reference |\n"
         "|---|---|---|---|---|---|---|---|---|---|---|---|---|\n";
  const auto cell = [](std::string text) {
    for (std::size_t at = text.find('|'); at != std::string::npos;
         at = text.find('|', at + 2)) {
      text.insert(at, "\\");
    }
    return text;
  };
  for (const Descriptor& proxy : proxies::registry()) {
    std::string name = "`" + proxy.name + "`";
    for (const auto& alias : proxy.aliases) name += ", `" + alias + "`";
    std::cout << fmt::format(
        "| {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |\n",
        name,
        cell(proxy.formula),
        proxy.published,
        needs_text(proxy),
        cost_text(proxy),
        mode_text(proxy),
        layers_text(proxy),
        proxy.dtype,
        initialiser_text(proxy),
        cell(proxy.degenerate),
        cell(proxy.variant),
        proxy.paper,
        proxy.reference);
  }
}

void print_json(const std::vector<std::string>& names) {
  auto all = nlohmann::ordered_json::array();
  for (const std::string& name : names) {
    all.push_back(to_json(proxies::find_proxy(name)));
  }
  for (const Descriptor& proxy : proxies::registry()) {
    if (names.empty()) all.push_back(to_json(proxy));
  }
  std::cout << json_text(all) << "\n";
}

/// A line of the explanation of one proxy.
void print_field(const char* field, const std::string& text) {
  if (text.empty()) return;
  constexpr std::size_t kColumn = 16;
  std::cout << wrapped(
      text,
      terminal_width(),
      fmt::format("  {:<{}}", field, kColumn - 2),
      std::string(kColumn, ' '));
}

/// What decides whether a network has a score, in one line.
void print_proxy(const Descriptor& proxy) {
  std::cout << proxy.name;
  if (!proxy.aliases.empty()) {
    std::cout << fmt::format(", also {}", fmt::join(proxy.aliases, ", "));
  }
  std::cout << "\n";
  print_field("family", proxy.family);
  print_field("formula", proxy.formula);
  print_field(
      "direction",
      proxy.published == "higher"
          ? "higher is predicted better"
          : "higher is predicted better; its authors state it the other way "
            "round, so the sign is changed");
  print_field("needs", needs_text(proxy));
  print_field("mode", mode_text(proxy));
  print_field("layers", layers_text(proxy));
  print_field("sums in", proxy.dtype);
  print_field("initialiser", initialiser_text(proxy));
  print_field("no score when", proxy.degenerate);
  print_field("variant", proxy.variant);
  print_field("paper", proxy.paper);
  print_field("reference", proxy.reference);
  std::cout << fmt::format(
      "\n  zcp score --space nats-tss --sample 10 --task gaussian --proxies "
      "{}\n",
      proxy.name);
}

void print_composite(const study::Composite& composite) {
  const bool logs = composite.rule == study::RankRule::log_sum;
  std::cout << composite.name << "\n";
  print_field("family", "composite: ranks over a pool of architectures");
  print_field(
      "formula",
      fmt::format(
          "sum of {} over {}",
          logs ? "log(rank / n)" : "ranks",
          fmt::join(composite.members, ", ")));
  print_field("needs", "scores of these proxies");
  std::cout << fmt::format(
      "\n  zcp score ... --proxies {0} --store scores.sqlite\n"
      "  zcp rank --scores scores.sqlite --by {0}\n",
      composite.name);
}

void print_group(const proxies::Group& group) {
  std::cout << group.name << "\n";
  print_field("family", "group");
  print_field("members", fmt::format("{}", fmt::join(group.members, ", ")));
}

/// One proxy, group or composite.
void print_one(const std::string& name) {
  const auto group =
      std::ranges::find(proxies::groups(), name, &proxies::Group::name);
  if (group != proxies::groups().end()) return print_group(*group);
  if (study::is_composite(name)) {
    return print_composite(study::parse_composite(name));
  }
  print_proxy(proxies::find_proxy(name));
}

struct ProxiesOptions {
  std::vector<std::string> names;  ///< empty: all
  TableFormat format = TableFormat::text;
  bool json = false;
  bool markdown = false;
};

/// Nothing where --help was asked for, and printed.
std::optional<ProxiesOptions> parse(const Arguments& arguments) {
  po::options_description options("Options");
  options.add_options()("json", "everything, as an array of objects")(
      "markdown", "everything, as the table of docs/proxies.md")(
      "names",
      po::value<std::vector<std::string>>()->value_name("PROXY..."),
      "only these, explained: proxies, groups or composites");
  add_format_option(options);
  const std::string positional[] = {"names"};
  po::variables_map values;
  if (!parse_options(
          arguments,
          "zcp proxies [PROXY...]: every proxy, or some explained: what each "
          "needs, when it has no score and where it comes from",
          "  zcp proxies zico",
          options,
          positional,
          true,
          values)) {
    return std::nullopt;
  }
  ProxiesOptions asked;
  asked.names = optional_value<std::vector<std::string>>(values, "names")
                    .value_or(std::vector<std::string>());
  asked.format = parse_format(values);
  asked.json = asked.format == TableFormat::json;
  asked.markdown = is_given(values, "markdown");
  return asked;
}

}  // namespace

int list_proxies(const Arguments& arguments) {
  const auto options = parse(arguments);
  if (!options) return 0;
  if (options->json) {
    print_json(options->names);
  } else if (options->markdown) {
    print_markdown();
  } else if (options->names.empty()) {
    print_table(options->format);
  } else {
    for (std::size_t i = 0; i < options->names.size(); ++i) {
      if (i > 0) std::cout << "\n";
      print_one(options->names[i]);
    }
  }
  return 0;
}

}  // namespace zcp::apps
