// The options that say what a study is, for every subcommand that makes one.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/study/composite.h"
#include "analysis/study/objective.h"
#include "analysis/study/study.h"
#include "apps/command.h"

namespace zcp::apps {

/// A study as the command line asks for it: where its tables are, and what is
/// to be computed from them.
struct StudyRequest {
  std::string scores;        ///< a store or a CSV; `-` is standard input
  std::string truth;         ///< a CSV; empty where no truth is needed
  std::string key = "arch";  ///< the column of CSVs that names architectures
  std::string key_scores;    ///< that of scores; `key` where none was given
  std::string key_truth;     ///< that of the truth; likewise
  study::StudyOptions study;
  /// Those of the metrics that are sums of ranks of columns of the truth.
  std::vector<study::Objective> computed_metrics;
  std::vector<study::Composite> composites;
  bool drop_dead = false;  ///< see dead.h
  std::string space;       ///< of the scores, where it is asked for; or empty
};

/// Whether a subcommand can do without truth and metrics.
enum class Truth { needed, not_needed };

/// Adds those options of a study that `names` lists, in that order. `shares` is
/// the default of --top; without it there is none.
void add_study_options(
    boost::program_options::options_description& options,
    std::initializer_list<std::string_view> names,
    const std::optional<std::string>& shares = {});

/// The same options as ones that may be repeated: text_option() gives the
/// first, all_texts() all of them.
void add_repeatable_study_options(
    boost::program_options::options_description& options,
    std::initializer_list<std::string_view> names);

/// The texts of an option that may be repeated; none when it was not given.
std::vector<std::string> all_texts(
    const boost::program_options::variables_map& values,
    const std::string& option);

/// The texts of an option for each of several tables: one is for all of them.
/// None when it was not given. Throws UserError for another number of texts.
std::vector<std::string> one_for_each(
    const boost::program_options::variables_map& values,
    const std::string& option,
    std::size_t tables);

/// Sets the metrics: columns of the truth, or NAME=rank_sum(a,-b,...) and
/// NAME=log_rank(...) of them, where a leading - asks for less. Of `lists` each
/// is separated by commas outside of parentheses. One that comes twice counts
/// once. Throws UserError for a list without names and an ill-formed sum.
void set_metrics(const std::vector<std::string>& lists, StudyRequest& request);

/// The same of a subcommand that takes one. Throws UserError for several.
void set_one_metric(const std::string& text, StudyRequest& request);

/// What the options say. A metric, proxy, share or run named twice counts once.
/// Composites follow the proxies, if any are named. Options that the subcommand
/// does not have keep their defaults. Throws UserError naming the option that
/// is missing or says something impossible.
StudyRequest parse_study_request(
    const boost::program_options::variables_map& values,
    Truth truth = Truth::needed);

// What other options of these subcommands are parsed with.

/// The value of a text option, if it was given: the first of one that may be
/// repeated.
std::optional<std::string> text_option(
    const boost::program_options::variables_map& values,
    const std::string& option);

/// The value of a text option. Throws UserError when it was not given.
std::string required_option(
    const boost::program_options::variables_map& values,
    const std::string& option);

/// The names of an option that takes a list, as often as they are given; none
/// when the option was not given. Throws UserError for a list without names.
std::vector<std::string> list_option(
    const boost::program_options::variables_map& values,
    const std::string& option);

/// An option with the file it names.
struct NamedInput {
  std::string option;
  std::string path;
};

/// Throws UserError where two of the files are `-`: standard input is read once
/// and would be empty for the second.
void refuse_standard_input_twice(const std::vector<NamedInput>& inputs);

/// A finite number that is the whole text.
std::optional<double> parse_number(const std::string& text);

}  // namespace zcp::apps
