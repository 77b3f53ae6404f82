#include <filesystem>
#include <iostream>
#include <optional>

#include "analysis/store/merge_stores.h"
#include "apps/command.h"
#include "apps/commands.h"
#include "common/error.h"

namespace zcp::apps {
namespace {

namespace po = boost::program_options;

struct MergeOptions {
  std::string store;
  std::vector<std::filesystem::path> inputs;
  bool quiet = false;
};

/// Nothing where --help was asked for, and printed.
std::optional<MergeOptions> parse(const Arguments& arguments) {
  using Strings = std::vector<std::string>;
  po::options_description options("Options");
  options.add_options()(
      "store", po::value<std::string>()->required(), "the store to make")(
      "inputs", po::value<Strings>(), "the stores to unite");
  const std::string positional[] = {"inputs"};
  po::variables_map values;
  if (!parse_options(
          arguments,
          "zcp merge --store OUT IN...: unites stores of one protocol\n\n"
          "A score that several stores hold must be the same in all of them.\n"
          "OUT appears complete or not at all. An OUT that exists must be\n"
          "among IN: the others are added to it.",
          "  zcp merge --store all.sqlite shard0.sqlite shard1.sqlite",
          options,
          positional,
          true,
          values)) {
    return std::nullopt;
  }
  const auto inputs = optional_value<Strings>(values, "inputs");
  if (!inputs) {
    throw UserError("no stores to merge were named (--help shows an example)");
  }
  return MergeOptions{
      values["store"].as<std::string>(),
      {inputs->begin(), inputs->end()},
      is_given(values, "quiet")};
}

}  // namespace

int merge(const Arguments& arguments) {
  const auto options = parse(arguments);
  if (!options) return 0;
  const store::MergeSummary done =
      store::merge_stores(options->store, options->inputs);
  if (!options->quiet) {
    std::cerr << fmt::format(
        "zcp: {}: {} scores of {} architectures, {} of them new\n",
        options->store,
        done.scores,
        done.architectures,
        done.added);
  }
  return 0;
}

}  // namespace zcp::apps
