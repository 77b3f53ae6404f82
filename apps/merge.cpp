#include <filesystem>
#include <iostream>

#include "analysis/store/merge_stores.h"
#include "apps/command.h"
#include "apps/commands.h"
#include "common/error.h"

namespace zcp::apps {
namespace {

namespace po = boost::program_options;

std::vector<std::filesystem::path> input_paths(
    const po::variables_map& values) {
  if (values.count("inputs") == 0) {
    throw UserError("no stores to merge were named (--help shows an example)");
  }
  const auto& names = values["inputs"].as<std::vector<std::string>>();
  return {names.begin(), names.end()};
}

}  // namespace

int merge(const Arguments& arguments) {
  po::options_description options("Options");
  options.add_options()(
      "store", po::value<std::string>()->required(), "the store to make")(
      "inputs", po::value<std::vector<std::string>>(), "the stores to unite");
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
    return 0;
  }
  const auto out = values["store"].as<std::string>();
  const auto inputs = input_paths(values);
  const store::MergeSummary done = store::merge_stores(out, inputs);
  if (values.count("quiet") == 0) {
    std::cerr << fmt::format(
        "zcp: {}: {} scores of {} architectures, {} of them new\n",
        out,
        done.scores,
        done.architectures,
        done.added);
  }
  return 0;
}

}  // namespace zcp::apps
