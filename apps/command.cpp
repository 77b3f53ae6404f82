#include "apps/command.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/any.hpp>
#include <iostream>

#include "common/error.h"

namespace zcp::apps {
namespace {

namespace po = boost::program_options;

/// Boost.Program_options' own exceptions, said in our words.
[[noreturn]] void rethrow_as_user_error(
    const po::error& error,
    const po::options_description& options) {
  std::string text = error.what();
  if (const auto* unknown = dynamic_cast<const po::unknown_option*>(&error)) {
    std::vector<std::string> names;
    for (const auto& option : options.options()) {
      names.push_back("--" + option->long_name());
    }
    const std::string wrong = unknown->get_option_name();
    const std::string near = nearest_name(wrong, names);
    text = fmt::format("unknown option {}", wrong);
    if (!near.empty()) text += fmt::format(", did you mean {}?", near);
  }
  throw UserError("{} (--help lists the options)", text);
}

/// An empty text is no name, number or list: more often a variable of a script
/// that is not set.
void refuse_empty_texts(
    const po::options_description& options,
    const po::variables_map& values) {
  using Strings = std::vector<std::string>;
  for (const auto& [name, value] : values) {
    const bool flag = options.find(name, false).semantic()->max_tokens() == 0;
    if (flag) continue;
    const auto* text = boost::any_cast<std::string>(&value.value());
    const auto* texts = boost::any_cast<Strings>(&value.value());
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
  options.add_options()("help", "print this and exit")(
      "quiet", "no progress, warnings or summaries on standard error");
  po::positional_options_description positions;
  for (std::size_t i = 0; i < positional.size(); ++i) {
    const bool rest = repeat_last && i + 1 == positional.size();
    positions.add(positional[i].c_str(), rest ? -1 : 1);
  }
  try {
    const auto style = po::command_line_style::default_style &
                       ~(po::command_line_style::allow_guessing |
                         po::command_line_style::allow_short);
    po::store(
        po::command_line_parser(arguments)
            .options(options)
            .positional(positions)
            .style(style)
            .run(),
        values);
    if (values.count("help") != 0) {
      std::cout << usage << "\n\n"
                << options << "\nExample:\n"
                << example << "\n";
      return false;
    }
    po::notify(values);
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
