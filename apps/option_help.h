// What the options of a subcommand say of themselves: for --help, for the
// manual page and for the completion of shells.
#pragma once

#include <boost/program_options.hpp>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

namespace zcp::apps {

/// One option as --help lists it.
struct OptionHelp {
  std::string group;    ///< its heading, such as "Options"
  std::string name;     ///< without dashes
  std::string value;    ///< what it takes, such as FILE; empty: nothing
  std::string initial;  ///< its default; empty: none
  std::string text;     ///< a description
};

/// The options in the order and under the headings in which they were
/// declared.
std::vector<OptionHelp> option_help(
    const boost::program_options::options_description& options);

/// What --help prints of a subcommand, within the terminal's width. Lines of
/// `usage` that are indented keep their line ends.
void print_help(
    std::ostream& out,
    std::string_view usage,
    const boost::program_options::options_description& options,
    std::string_view example);

/// The same as a JSON object: `usage`, `example` and `options`, an array of
/// objects with the members of OptionHelp.
void print_help_as_json(
    std::ostream& out,
    std::string_view usage,
    const boost::program_options::options_description& options,
    std::string_view example);

/// What an option of that name takes, as --help calls it: FILE, LIST, N, ...
std::string value_name(
    const boost::program_options::option_description& option);

/// What was expected of the value of that option, in words: "a whole number
/// from 0 to 1024".
std::string expected_value(
    const boost::program_options::option_description& option);

}  // namespace zcp::apps
