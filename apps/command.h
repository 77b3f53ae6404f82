// What a subcommand is, and what all of them share.
#pragma once

#include <boost/program_options.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace zcp::apps {

/// The arguments behind the subcommand's name.
using Arguments = std::vector<std::string>;

/// One subcommand of `zcp`. `run` returns the exit status; it throws UserError
/// for wrong use (exit 2) and anything else for a failure on the way (exit 1).
struct Command {
  std::string_view name;
  std::string_view summary;
  int (*run)(const Arguments& arguments);
};

/// The subcommands this build has, in the order `zcp --help` lists them.
std::span<const Command> commands();

/// Parses `arguments` by `options`, which gets `--help` and `--quiet` added.
/// Prints `usage`, the options and `example` and returns false on `--help` or
/// `-h`, and on `--help-json`, which is for programs (option_help.h).
/// Abbreviated and positional arguments are refused, and empty texts.
/// Throws UserError naming the option that is unknown, misspelt, missing or
/// ill-formed, with the nearest known name.
bool parse_options(
    const Arguments& arguments,
    std::string_view usage,
    std::string_view example,
    boost::program_options::options_description& options,
    boost::program_options::variables_map& values);

/// The same with positional arguments, named in order; the last name takes the
/// rest when `repeat_last`.
bool parse_options(
    const Arguments& arguments,
    std::string_view usage,
    std::string_view example,
    boost::program_options::options_description& options,
    std::span<const std::string> positional,
    bool repeat_last,
    boost::program_options::variables_map& values);

/// The value of an option declared as std::int64_t that may not be negative.
/// Throws UserError.
std::uint64_t non_negative(
    const boost::program_options::variables_map& values,
    const char* name);

/// The value of an option declared as std::int64_t that is 1 or more; none when
/// it was not given. Throws UserError.
std::optional<std::size_t> positive(
    const boost::program_options::variables_map& values,
    const char* name);

/// What a number may be. More than `most` is no sensible wish on any machine,
/// and would end in want of memory or of threads.
struct Limits {
  int least;
  int most;
};

constexpr Limits kWorkers{0, 1024};  ///< 0: the cores
constexpr Limits kBatchSize{1, 65536};

/// The value of an option declared as int. Throws UserError for one outside the
/// limits.
int whole_number(
    const boost::program_options::variables_map& values,
    const char* name,
    Limits limits);

/// `value`, of the option `name`. Throws UserError as whole_number() does.
int in_limits(const char* name, int value, Limits limits);

/// The value of an option that has no default; none where it was not given.
template <typename Value>
std::optional<Value> optional_value(
    const boost::program_options::variables_map& values,
    const char* name) {
  if (values.count(name) == 0) return std::nullopt;
  return values[name].as<Value>();
}

/// Whether an option that takes no value was given.
inline bool is_given(
    const boost::program_options::variables_map& values,
    const char* name) {
  return values.count(name) != 0;
}

/// The items of a list that was given for the option of that name (without
/// dashes), separated by commas. Throws UserError for an item that is empty.
std::vector<std::string> named_list(
    std::string_view option,
    std::string_view text);

/// "a,b,,c" -> {a, b, c}.
std::vector<std::string> split_list(
    std::string_view text,
    char separator = ',');

}  // namespace zcp::apps
