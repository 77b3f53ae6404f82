#include "apps/plan/options.h"

#include <array>
#include <string_view>

namespace zcp::apps {
namespace {

namespace po = boost::program_options;

constexpr std::array<std::string_view, 3> kWithValue{
    "--nodes",
    "--measure",
    "--format"};

/// The words without those that zcp score does not know.
Arguments score_words(const Arguments& arguments) {
  Arguments words;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    if (word == "--json") continue;
    bool own = false;
    for (const std::string_view name : kWithValue) {
      if (word == name) ++i;
      own = own || word == name || word.starts_with(std::string(name) + "=");
    }
    if (!own) words.push_back(word);
  }
  return words;
}

}  // namespace

std::optional<PlanOptions> parse_plan_options(const Arguments& arguments) {
  po::options_description description = score_options();
  po::options_description plan("Plan");
  plan.add_options()(
      "nodes",
      po::value<int>()->default_value(1),
      "number of machines of this kind that will run it")(
      "measure",
      po::value<int>()->default_value(8),
      "networks that are run now, to know what the others take")(
      "json", "print an object instead of the text, as --format json");
  add_format_option(plan);
  description.add(plan);
  po::variables_map values;
  if (!parse_options(
          arguments,
          "zcp plan: what a zcp score of these options will take\n\n"
          "Runs a few of the networks, one of each share of the predicted "
          "cost, "
          "and says\nhours, memory and the store's size of all, and how to "
          "submit them. --workers are\nthose of a node. --store and --csv are "
          "neither read nor written.",
          "  zcp plan --space nats-tss --all --task cifar10 "
          "--data cifar-10-batches-bin \\\n    --proxies core --nodes 4 "
          "--workers 32",
          description,
          values)) {
    return std::nullopt;
  }
  PlanOptions options;
  options.command = score_words(arguments);
  options.score = read_score_values(values, options.command);
  options.nodes = whole_number(values, "nodes", {1, 100000});
  options.measured = whole_number(values, "measure", {1, 10000});
  options.format = parse_format(values);
  return options;
}

}  // namespace zcp::apps
