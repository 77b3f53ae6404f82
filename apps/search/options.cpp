#include "apps/search/options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "apps/allocation.h"
#include "apps/command_line.h"
#include "apps/points.h"
#include "apps/study_options.h"
#include "common/error.h"

namespace zcp::apps {
namespace {

namespace po = boost::program_options;
using Strings = std::vector<std::string>;

constexpr std::string_view kUsage =
    "zcp search: the best architecture of a space under a budget\n"
    "\n"
    "Lets an algorithm propose architectures, scores them and prints the best "
    "one and\n"
    "the front of several objectives. What is scored is kept in the store and "
    "never\n"
    "scored again: a search that was stopped goes on to the same end with the "
    "same\n"
    "command. An evaluation is an architecture that was not evaluated before.\n"
    "\n"
    "An objective is a column of --scores or --truth, else params, macs, depth "
    "or\n"
    "features of the network, else a proxy, TASK:PROXY on another task; or a\n"
    "composite of such columns over all that was evaluated: az_nas, "
    "vkdnw_agg,\n"
    "te_nas, vote, NAME=log_rank(a,b,...), NAME=rank_sum(a,b,...); or "
    "predict:FILE,\n"
    "what a predictor of zcp predict --save expects. A leading - asks for "
    "less.";

constexpr std::string_view kExample =
    "  zcp search --space nats-tss --task cifar10 --data cifar-10-batches-bin "
    "\\\n    --by az_nas --max params=1e6 --algorithm evolution --evaluations "
    "200 \\\n    --store search.sqlite --csv search.csv\n\n"
    "  zcp search --space nats-tss --truth nats_tss_accuracy.csv --by "
    "cifar10_valid \\\n    --metric cifar10_test --algorithm "
    "random,evolution,local --evaluations 300 \\\n    --repeats 100 --figure "
    "regret.svg";

/// Options that `zcp score` parses, for a search as for it.
struct Shared {
  const char* name;
  const char* text;
};
constexpr std::array kShared{
    Shared{
        "task",
        "the data set, which decides input shape and number of classes "
        "(default cifar10)"},
    Shared{"data", "the folder or file where the task's data lie"},
    Shared{"transform", "what is done to images: normalise, or augment"},
    Shared{"resolution", "height and width to which images are reduced"},
    Shared{"classes", "number of classes, the outputs of the network"},
    Shared{"batch-size", "images in a minibatch (default 64)"},
    Shared{
        "minibatches",
        "minibatches for the proxies that look at several (default 2)"},
    Shared{"init", "how weights are drawn"},
    Shared{
        "precision",
        "number format: fp32, bf16, fp64, or tf32 on CUDA devices"},
    Shared{"device", "cpu, or cuda:0[,cuda:1...]"},
    Shared{
        "workers",
        "architectures that are scored at once; results do not depend on it"},
    Shared{"memory", "memory in bytes that a proxy may need for a network"},
    Shared{"channels", "channels of the first layer, for thinner networks"},
    Shared{"cells", "cells in each stage, for shallower networks"},
    Shared{
        "store",
        "an SQLite file that keeps every score; what it has already is not "
        "computed again"},
    Shared{
        "shard",
        "only the islands I, I + N, ... (in a Slurm array: the task's); zcp "
        "merge unites the stores"}};

std::string algorithm_help() {
  std::string text = "one or more, separated by commas";
  const char* before = ": ";
  for (const auto& info : search::algorithms()) {
    text += fmt::format("{}{} ({})", before, info.name, info.summary);
    before = "; ";
  }
  return text;
}

po::options_description search_options() {
  const auto text = [] { return po::value<std::string>(); };
  const auto number = [] { return po::value<std::int64_t>(); };
  po::options_description options("Search");
  options.add_options()(
      "space",
      text()->required(),
      "search space (zcp spaces), or FILE.json that describes one")(
      "by",
      text()->required(),
      "the objectives, what is to be made best, separated by commas; a leading "
      "- asks for less")(
      "algorithm",
      text()->default_value("evolution"),
      algorithm_help().c_str())(
      "evaluations",
      number(),
      "how many architectures are evaluated (default 100; exhaustive: all)")(
      "seed",
      number()->default_value(0),
      "seed of the search and, as in zcp score, of weights, minibatches and "
      "noise")(
      "start",
      text(),
      "a spec to begin with; on mobilenet-v2 evolution then is ZenNAS's")(
      "population",
      number(),
      "size of the population of evolution (default 30; ZenNAS's 512) and "
      "nsga2 (20); number of first draws of local (10) and bayes (16)")(
      "tournament",
      number(),
      "how many members of evolution's population compete to be a parent (a "
      "third of it)")(
      "proposals",
      number(),
      "architectures proposed at a time, before their values are known "
      "(default: 16 where networks are run, 1 on tables alone)")(
      "islands",
      number(),
      "number of searches that know nothing of each other and share the "
      "evaluations; their results are united (default: N of --shard I/N, else "
      "1)")(
      "count",
      text(),
      "what counts as an evaluation: distinct (an architecture that is new), "
      "or queries (every proposal, as the literature counts on tables; default "
      "with --repeats, else distinct)");
  po::options_description wishes("Wishes");
  wishes.add_options()(
      "fix",
      po::value<Strings>()->composing(),
      "only architectures that have this option at this place, such as "
      "3=nor_conv_3x3; places count from 1 in the order of the spec. OPTION "
      "alone may be at any place, and in spaces without places it is a word of "
      "the spec; repeatable")(
      "forbid",
      po::value<Strings>()->composing(),
      "no architectures that have it, PLACE=OPTION or OPTION as with --fix; "
      "repeatable")(
      "prefer",
      po::value<Strings>()->composing(),
      "rather those that have it, PLACE=OPTION or OPTION as with --fix: each "
      "draw and mutation is made twice, and the one that has more of it is "
      "taken; repeatable");
  po::options_description budget("Budget");
  add_budget_options(budget);
  add_study_options(budget, {"drop-dead"});
  po::options_description tables("Tables");
  tables.add_options()(
      "scores",
      text(),
      "scores to search by instead of running networks: a CSV or a store")(
      "encodings",
      text(),
      "search among the points of this table, a row an architecture (zcp "
      "encode --csv), or of an encoder (zcp encode --save): these numbers are "
      "what bayes learns from, and the nearest points are mutations and "
      "neighbours")(
      "truth", text(), "trained accuracies: a CSV with a column arch")(
      "metric",
      text(),
      "the truth's column by which the chosen architectures are judged; a "
      "leading - means that less is better (default: the objective, where it "
      "is such a column)")(
      "repeats",
      number(),
      "replay the search so many times on the tables, with the seeds from "
      "--seed on, and print the expected regret against the number of queries")(
      "key",
      text()->default_value("arch"),
      "the column of all CSVs that names the architectures")(
      "key-scores",
      text(),
      "that column of --scores, where the tables call it differently")(
      "key-encodings",
      text()->value_name("COLUMN"),
      "that column of --encodings")(
      "key-truth", text(), "that column of --truth");
  po::options_description protocol("Protocol, as in zcp score");
  for (const Shared& shared : kShared) {
    protocol.add_options()(shared.name, text(), shared.text);
  }
  protocol.add_options()(
      "task-data",
      po::value<Strings>()->composing(),
      "where the data of another task lie, for an objective TASK:PROXY; "
      "repeatable");
  po::options_description where("Where");
  where.add_options()(
      "csv",
      text(),
      "the file for a table of what was evaluated, in that order (-: standard "
      "output)")("figure", text(), "also draw the search, or its regret (SVG)")(
      "html",
      text(),
      "also make a page of the search: its course, front, winner, what each "
      "operation does, and the command that goes on with wishes")(
      "output",
      text()->value_name("FILE"),
      "also write the winner as a TorchScript file (.pt), with fresh weights "
      "by --init and --seed")(
      "json", "print one object instead of a readable table")(
      "stored",
      "compute nothing: the search ends where the store has no more scores");
  add_format_option(where);
  options.add(wishes).add(budget).add(tables).add(protocol).add(where);
  return options;
}

/// What `zcp score` makes of the options that both have.
ScoreOptions shared_options(
    const po::variables_map& values,
    const Arguments& arguments) {
  Arguments words{"--space", values["space"].as<std::string>()};
  words.insert(words.end(), {"--proxies", "params", "--sample", "1"});
  words.push_back("--seed");
  words.push_back(std::to_string(non_negative(values, "seed")));
  for (const Shared& shared : kShared) {
    const auto value = optional_value<std::string>(values, shared.name);
    if (!value) continue;
    words.push_back(fmt::format("--{}", shared.name));
    words.push_back(*value);
  }
  if (const auto csv = optional_value<std::string>(values, "csv")) {
    words.insert(words.end(), {"--csv", *csv});
  }
  if (is_given(values, "quiet")) words.emplace_back("--quiet");
  ScoreOptions options = *parse_score_options(words);
  options.proxies.clear();
  options.command_line = command_line("search", arguments);
  return options;
}

std::optional<search::Count> parse_count(const po::variables_map& values) {
  const auto text = optional_value<std::string>(values, "count");
  if (!text) return std::nullopt;
  if (*text == "distinct") return search::Count::distinct;
  if (*text == "queries") return search::Count::queries;
  throw UserError("--count {}: expected distinct or queries", *text);
}

void read_tables(const po::variables_map& values, SearchOptions& options) {
  const auto text = [&](const char* name, const std::string& initial = "") {
    return optional_value<std::string>(values, name).value_or(initial);
  };
  options.scores = text("scores");
  options.encodings = text("encodings");
  options.truth = text("truth");
  options.key_scores = text("key-scores", text("key"));
  options.key_encodings = text("key-encodings", text("key"));
  options.key_truth = text("key-truth", text("key"));
  options.metric = text("metric");
  if (options.metric.starts_with('-')) {
    options.less = true;
    options.metric.erase(0, 1);
  }
  options.repeats = positive(values, "repeats");
  for (const char* name : {"metric", "repeats"}) {
    if (values.count(name) != 0 && options.truth.empty()) {
      throw UserError("--{}: goes with --truth", name);
    }
  }
  require_table_for_key(values, options.encodings);
}

/// The number of islands, and what of the call an array of jobs decides.
void read_islands(const po::variables_map& values, SearchOptions& options) {
  const Shard& shard = options.score.shard;
  options.islands = positive(values, "islands").value_or(shard.count);
  if (shard.index >= options.islands) {
    throw UserError(
        "--shard {}/{}: has none of {} islands; expected at most as many "
        "shards "
        "as --islands",
        shard.index,
        shard.count,
        options.islands);
  }
  if (options.evaluations && *options.evaluations < options.islands) {
    throw UserError(
        "--evaluations {}: expected one or more for each of {} islands",
        *options.evaluations,
        options.islands);
  }
  if (options.repeats && options.islands > 1) {
    throw UserError(
        "--repeats: replays are not divided into islands, found {}",
        options.islands);
  }
  options.csv = options.score.csv == "-" ? options.csv : options.score.csv;
  if (options.score.note.empty()) return;
  options.figure = task_path(options.figure, array_task()->id);
  options.html = task_path(options.html, array_task()->id);
  options.output = task_path(options.output, array_task()->id);
}

/// Columns of the search's own table have names that nothing else may have.
void check_names(const SearchOptions& options) {
  constexpr std::array kOwn{
      "arch", "architecture", "step", "on_front", "island", "algorithm"};
  const auto check = [&](const std::string& option, const std::string& name) {
    if (std::ranges::find(kOwn, name) == kOwn.end()) return;
    throw UserError(
        "{}: the search's own table has a column {}; expected another name",
        option,
        name);
  };
  for (const Objective& objective : options.objectives) {
    check("--by " + objective.name, objective.name);
  }
  for (const Bound& bound : options.budget.bounds) {
    check(bound.text(), bound.column);
  }
}

/// Options that exclude each other or need one another.
void check_options(const SearchOptions& options) {
  Strings streams;
  if (options.format == TableFormat::json) streams.emplace_back("--json");
  if (options.csv == "-") streams.emplace_back("--csv -");
  if (options.html == "-") streams.emplace_back("--html -");
  if (streams.size() > 1) {
    throw UserError(
        "{}: both go to standard output", fmt::join(streams, " and "));
  }
  if (options.output == "-") {
    throw UserError("--output -: expected a file, such as winner.pt");
  }
  if (!options.output.empty() && !options.output.ends_with(".pt")) {
    throw UserError(
        "--output {}: expected a name that ends in .pt, as --model takes it{}",
        options.output,
        options.output.ends_with(".pt2")
            ? "; exported programs are written from Python, by "
              "zcp.search(output=...)"
            : "");
  }
  if (options.stored && options.repeats) {
    throw UserError("--stored: goes with one search, not with --repeats");
  }
  if (options.repeats && !options.output.empty()) {
    throw UserError("--output: goes with one search, not with --repeats");
  }
  for (const std::string& text : options.task_data) {
    const std::size_t equals = text.find('=');
    if (equals == 0 || equals == std::string::npos ||
        equals + 1 == text.size()) {
      throw UserError("--task-data {}: expected TASK=PATH", text);
    }
  }
  for (const std::string& name : options.algorithms) {
    if (std::ranges::count(options.algorithms, name) > 1) {
      throw UserError("--algorithm {}: comes twice", name);
    }
  }
  check_names(options);
}

SearchOptions read_values(
    const po::variables_map& values,
    const Arguments& arguments) {
  SearchOptions options;
  options.algorithms = split_list(values["algorithm"].as<std::string>());
  if (options.algorithms.empty()) {
    throw UserError("--algorithm: expected one or more (--help lists them)");
  }
  options.objectives = parse_objectives(values["by"].as<std::string>());
  options.budget = parse_budget(values);
  options.drop_dead = is_given(values, "drop-dead");
  options.evaluations = positive(values, "evaluations");
  options.count = parse_count(values);
  options.settings.seed = non_negative(values, "seed");
  options.settings.population = positive(values, "population").value_or(0);
  options.settings.tournament = positive(values, "tournament").value_or(0);
  options.settings.batch = positive(values, "proposals").value_or(0);
  options.settings.start =
      optional_value<std::string>(values, "start").value_or("");
  read_tables(values, options);
  options.task_data =
      optional_value<Strings>(values, "task-data").value_or(Strings());
  options.csv = optional_value<std::string>(values, "csv").value_or("");
  options.figure = optional_value<std::string>(values, "figure").value_or("");
  options.output = optional_value<std::string>(values, "output").value_or("");
  options.html = optional_value<std::string>(values, "html").value_or("");
  options.format = parse_format(values);
  const auto wishes = [&](const char* name) {
    return optional_value<Strings>(values, name).value_or(Strings());
  };
  options.fix = wishes("fix");
  options.forbid = wishes("forbid");
  options.prefer = wishes("prefer");
  options.stored = is_given(values, "stored");
  options.arguments = arguments;
  check_options(options);
  options.score = shared_options(values, arguments);
  if (options.stored && options.score.store.empty()) {
    throw UserError("--stored: goes with --store");
  }
  read_islands(values, options);
  return options;
}

}  // namespace

Strings SearchOptions::inputs() const {
  Strings paths{score.task.data, scores, encodings, truth, budget.costs};
  for (const std::string& text : task_data) {
    paths.push_back(text.substr(text.find('=') + 1));
  }
  for (const Objective& objective : objectives) {
    if (objective.predictor) {
      paths.push_back(objective.predictor->saved().source);
    }
  }
  return paths;
}

std::optional<SearchOptions> parse_search_options(const Arguments& arguments) {
  po::options_description description = search_options();
  po::variables_map values;
  if (!parse_options(arguments, kUsage, kExample, description, values)) {
    return std::nullopt;
  }
  return read_values(values, arguments);
}

std::string store_of_task(const std::string& path, const std::string& task) {
  if (path.empty() || task.empty()) return path;
  const std::filesystem::path store(path);
  std::filesystem::path name = store.stem();
  name += "." + task;
  name += store.extension();
  return store.parent_path() / name;
}

}  // namespace zcp::apps
