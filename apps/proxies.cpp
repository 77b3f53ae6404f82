#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <optional>

#include "apps/commands.h"
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

void print_table() {
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
  print_aligned(rows, rows.front().size(), 0);
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

void print_json() {
  auto all = nlohmann::ordered_json::array();
  for (const Descriptor& proxy : proxies::registry()) {
    all.push_back(to_json(proxy));
  }
  std::cout << json_text(all) << "\n";
}

struct ProxiesOptions {
  bool json = false;
  bool markdown = false;
};

/// Nothing where --help was asked for, and printed.
std::optional<ProxiesOptions> parse(const Arguments& arguments) {
  po::options_description options("Options");
  options.add_options()("json", "everything, as an array of objects")(
      "markdown", "everything, as the table of docs/proxies.md");
  po::variables_map values;
  if (!parse_options(
          arguments,
          "zcp proxies: every proxy, what it needs and where it comes from",
          "  zcp proxies --json",
          options,
          values)) {
    return std::nullopt;
  }
  return ProxiesOptions{is_given(values, "json"), is_given(values, "markdown")};
}

}  // namespace

int list_proxies(const Arguments& arguments) {
  const auto options = parse(arguments);
  if (!options) return 0;
  if (options->json) {
    print_json();
  } else if (options->markdown) {
    print_markdown();
  } else {
    print_table();
  }
  return 0;
}

}  // namespace zcp::apps
