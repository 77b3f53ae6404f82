#include "apps/command.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/any.hpp>
#include <iostream>

#include "apps/option_help.h"
#include "common/error.h"

namespace zcp::apps {
namespace {

namespace po = boost::program_options;

/// Neither abbreviations nor options of one letter; `-h` is seen before.
constexpr int kStyle = po::command_line_style::default_style &
                       ~(po::command_line_style::allow_guessing |
                         po::command_line_style::allow_short);

/// The name of an option without its dashes.
std::string plain_name(const std::string& option) {
  const std::size_t begin = option.find_first_not_of('-');
  return begin == std::string::npos ? option : option.substr(begin);
}

/// The value that Boost's refusal of it quotes: the argument ('abc') for ...
std::string value_in(const std::string& text) {
  const std::size_t begin = text.find("('");
  const std::size_t end = text.rfind("')");
  if (begin == std::string::npos || end <= begin) return "''";
  return text.substr(begin + 2, end - begin - 2);
}

/// "--wrokers", and the option that was meant.
std::string unknown_text(
    const std::string& wrong,
    const po::options_description& options) {
  std::vector<std::string> names;
  for (const auto& option : options.options()) {
    names.push_back("--" + option->long_name());
  }
  const std::string near = nearest_name(wrong, names);
  return fmt::format(
      "unknown option {}{}",
      wrong,
      near.empty() ? "" : ", did you mean " + near + "?");
}

/// What an option should have been given.
std::string expected_text(
    const std::string& name,
    const po::options_description& options) {
  const auto* option = options.find_nothrow(name, false);
  return option == nullptr ? "a value" : expected_value(*option);
}

/// Boost.Program_options' own exceptions, said in our words.
[[noreturn]] void rethrow_as_user_error(
    const po::error& error,
    const po::options_description& options) {
  std::string text = error.what();
  if (const auto* unknown = dynamic_cast<const po::unknown_option*>(&error)) {
    text = unknown_text(unknown->get_option_name(), options);
  } else if (
      const auto* invalid =
          dynamic_cast<const po::invalid_option_value*>(&error)) {
    const std::string name = plain_name(invalid->get_option_name());
    throw UserError(
        "--{} {}: expected {}",
        name,
        value_in(text),
        expected_text(name, options));
  } else if (
      const auto* syntax =
          dynamic_cast<const po::invalid_command_line_syntax*>(&error)) {
    const std::string name = plain_name(syntax->get_option_name());
    if (syntax->kind() == po::invalid_syntax::missing_parameter) {
      text = fmt::format(
          "--{}: expected a value behind it, {}",
          name,
          expected_text(name, options));
    }
  } else if (
      const auto* twice =
          dynamic_cast<const po::multiple_occurrences*>(&error)) {
    text = fmt::format(
        "--{} was given more than once", plain_name(twice->get_option_name()));
  }
  if (const auto* absent = dynamic_cast<const po::required_option*>(&error)) {
    const std::string name = plain_name(absent->get_option_name());
    if (const auto* option = options.find_nothrow(name, false)) {
      text += ": " + option->description();
    }
  }
  throw UserError("{} (--help lists the options)", text);
}

/// A word that is neither an option nor the value of one, where a subcommand
/// takes `most` such words at most.
[[noreturn]] void refuse_word(
    const Arguments& arguments,
    const po::options_description& options,
    std::size_t most) {
  const auto parsed =
      po::command_line_parser(arguments).options(options).style(kStyle).run();
  std::size_t words = 0;
  for (const auto& option : parsed.options) {
    if (option.position_key < 0) continue;
    for (const std::string& word : option.value) {
      if (words++ < most) continue;
      if (word.starts_with('-')) {
        throw UserError(
            "{} (--help lists the options)", unknown_text(word, options));
      }
      throw UserError(
          "{}: a word that belongs to no option (--help lists the options)",
          word);
    }
  }
  throw UserError("too many words (--help lists the options)");
}

/// An empty text is no name, number or list: more often a variable of a script
/// that is not set.
void refuse_empty_texts(
    const po::options_description& options,
    const po::variables_map& values) {
  for (const auto& [name, value] : values) {
    const bool flag = options.find(name, false).semantic()->max_tokens() == 0;
    if (flag) continue;
    const auto* text = boost::any_cast<std::string>(&value.value());
    const auto* texts =
        boost::any_cast<std::vector<std::string>>(&value.value());
    const bool empty =
        (text != nullptr && text->empty()) ||
        (texts != nullptr && std::ranges::find(*texts, "") != texts->end());
    if (empty) throw UserError("--{} '': expected a value", name);
  }
}

}  // namespace

bool parse_options(
    const Arguments& arguments,
    std::string_view usage,
    std::string_view example,
    po::options_description& options,
    std::span<const std::string> positional,
    bool repeat_last,
    po::variables_map& values) {
  options.add_options()("help", "print this and exit, as -h does")(
      "quiet", "no progress, warnings or summaries on standard error");
  if (arguments == Arguments{"--help-json"}) {
    print_help_as_json(std::cout, usage, options, example);
    return false;
  }
  // Behind `--` stand words that are no options.
  const auto end = std::ranges::find(arguments, "--");
  const auto asks_for_help = [](const std::string& word) {
    return word == "-h" || word == "--help";
  };
  if (std::any_of(arguments.begin(), end, asks_for_help)) {
    print_help(std::cout, usage, options, example);
    return false;
  }
  po::positional_options_description positions;
  for (std::size_t i = 0; i < positional.size(); ++i) {
    const bool rest = repeat_last && i + 1 == positional.size();
    positions.add(positional[i].c_str(), rest ? -1 : 1);
  }
  try {
    po::store(
        po::command_line_parser(arguments)
            .options(options)
            .positional(positions)
            .style(kStyle)
            .run(),
        values);
    po::notify(values);
  } catch (const po::too_many_positional_options_error&) {
    refuse_word(arguments, options, positional.size());
  } catch (const po::error& error) {
    rethrow_as_user_error(error, options);
  }
  refuse_empty_texts(options, values);
  return true;
}

bool parse_options(
    const Arguments& arguments,
    std::string_view usage,
    std::string_view example,
    po::options_description& options,
    po::variables_map& values) {
  return parse_options(arguments, usage, example, options, {}, false, values);
}

std::uint64_t non_negative(const po::variables_map& values, const char* name) {
  const auto value = values[name].as<std::int64_t>();
  if (value < 0) throw UserError("--{} {}: expected 0 or more", name, value);
  return static_cast<std::uint64_t>(value);
}

std::optional<std::size_t> positive(
    const po::variables_map& values,
    const char* name) {
  constexpr std::int64_t kMost = 100'000'000;
  if (values.count(name) == 0) return std::nullopt;
  const auto value = values[name].as<std::int64_t>();
  if (value < 1 || value > kMost) {
    throw UserError(
        "--{} {}: expected a number from 1 to {}", name, value, kMost);
  }
  return static_cast<std::size_t>(value);
}

int whole_number(
    const po::variables_map& values,
    const char* name,
    Limits limits) {
  return in_limits(name, values[name].as<int>(), limits);
}

int in_limits(const char* name, int value, Limits limits) {
  if (value < limits.least) {
    throw UserError("--{} {}: expected {} or more", name, value, limits.least);
  }
  if (value > limits.most) {
    throw UserError("--{} {}: expected at most {}", name, value, limits.most);
  }
  return value;
}

std::vector<std::string> named_list(
    std::string_view option,
    std::string_view text) {
  std::vector<std::string> names;
  std::size_t begin = 0;
  while (begin <= text.size()) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    if (end == begin) {
      throw UserError(
          "--{} {}: an item of the list is empty; expected items separated by "
          "single commas",
          option,
          text);
    }
    names.emplace_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return names;
}

std::vector<std::string> split_list(std::string_view text, char separator) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  while (begin <= text.size()) {
    const std::size_t end = std::min(text.find(separator, begin), text.size());
    if (end > begin) parts.emplace_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

}  // namespace zcp::apps
