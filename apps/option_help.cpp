#include "apps/option_help.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <nlohmann/json.hpp>
#include <ostream>
#include <sstream>
#include <typeinfo>

#include "apps/option_values.h"
#include "apps/terminal.h"
#include "common/json.h"

namespace zcp::apps {
namespace {

namespace po = boost::program_options;

/// What options of these names take in every subcommand. One that takes
/// something else in a single subcommand says so where it is declared.
struct ValueName {
  std::string_view option;
  std::string_view value;
};

constexpr ValueName kValueNames[] = {
    {"account", "NAME"},        {"adapt", "LIST"},
    {"algorithm", "LIST"},      {"arch", "SPEC"},
    {"archs", "FILE"},          {"baseline", "PROXY"},
    {"batch-size", "N"},        {"bins", "COLUMN:N"},
    {"blocks", "LIST"},         {"by", "PROXY"},
    {"ceiling", "LIST"},        {"cells", "N"},
    {"channels", "N"},          {"choose", "NAME"},
    {"classes", "N"},           {"columns", "LIST"},
    {"command", "COMMAND"},     {"composites", "LIST"},
    {"cost", "COLUMN"},         {"costs", "FILE"},
    {"count", "NAME"},          {"csv", "FILE"},
    {"data", "PATH"},           {"device", "LIST"},
    {"features", "LIST"},       {"figure", "FILE"},
    {"figures", "FOLDER"},      {"fit", "LIST"},
    {"fix", "PLACE=OPTION"},    {"forbid", "PLACE=OPTION"},
    {"format", "FORMAT"},       {"html", "FILE"},
    {"init", "NAME"},           {"inputs", "FILES"},
    {"interval", "NAME"},       {"key", "COLUMN"},
    {"key-scores", "COLUMN"},   {"key-truth", "COLUMN"},
    {"labels", "LIST"},         {"leave-out", "NAME"},
    {"limit", "LIST"},          {"matrix", "FILE"},
    {"max", "COLUMN=X"},        {"memory", "BYTES"},
    {"metric", "LIST"},         {"min", "COLUMN=X"},
    {"minibatches", "N"},       {"missing", "NAME"},
    {"model", "FILES"},         {"name", "NAME"},
    {"non-positive", "NAME"},   {"output", "I|KEY"},
    {"partition", "NAME"},      {"population", "NAME"},
    {"precision", "NAME"},      {"prefer", "PLACE=OPTION"},
    {"proxies", "LIST"},        {"published", "ID"},
    {"range", "COLUMN=A:B"},    {"repeats", "FILES"},
    {"resolution", "N"},        {"sbatch", "OPTION"},
    {"scores", "FILE"},         {"search", "FILE"},
    {"shard", "I/N"},           {"shard-by", "NAME"},
    {"source", "PATH"},         {"space", "SPACE"},
    {"start", "SPEC"},          {"store", "FILE"},
    {"table", "FILE"},          {"task", "TASK"},
    {"task-data", "TASK=PATH"}, {"time", "TIME"},
    {"timeout", "S"},           {"top", "LIST"},
    {"transform", "NAME"},      {"truth", "FILE"},
    {"workers", "N"},           {"encodings", "FILE"},
    {"encoding", "NAME"},
};

const std::type_info* value_type(const po::option_description& option) {
  const auto* typed =
      dynamic_cast<const po::typed_value_base*>(option.semantic().get());
  return typed == nullptr ? nullptr : &typed->value_type();
}

bool is_one_of(
    const std::type_info* type,
    std::initializer_list<const std::type_info*> types) {
  return type != nullptr && std::ranges::any_of(types, [&](const auto* known) {
           return *type == *known;
         });
}

bool is_whole(const std::type_info* type) {
  return is_one_of(type, {&typeid(int), &typeid(std::int64_t)});
}

bool is_real(const std::type_info* type) {
  return is_one_of(type, {&typeid(double)});
}

bool is_flag(const po::option_description& option) {
  return option.semantic()->max_tokens() == 0;
}

/// Boost's own words for what an option takes: "arg (=3)", where another name
/// of its value was declared "N (=3)".
std::string declared_value(const po::option_description& option) {
  return option.format_parameter();
}

/// The default of an option as text; empty where it has none.
std::string default_text(const po::option_description& option) {
  const std::string text = declared_value(option);
  const std::size_t begin = text.find(" (=");
  if (begin == std::string::npos || !text.ends_with(')')) return {};
  return text.substr(begin + 3, text.size() - begin - 4);
}

/// Boost tells the headings of options to nobody but its own printer, so they
/// are read from what it prints: a heading is a line without indent.
struct Declared {
  std::string group;
  std::string name;
};

std::vector<Declared> declared_order(const po::options_description& options) {
  std::stringstream printed;
  printed << options;
  std::vector<Declared> order;
  std::string group;
  for (std::string line; std::getline(printed, line);) {
    if (line.starts_with("  --")) {
      order.push_back({group, line.substr(4, line.find(' ', 4) - 4)});
    } else if (!line.empty() && line.front() != ' ' && line.ends_with(':')) {
      group = line.substr(0, line.size() - 1);
    }
  }
  return order;
}

std::string left_column(const OptionHelp& option) {
  std::string text = "  --" + option.name;
  if (!option.value.empty()) text += " " + option.value;
  if (!option.initial.empty()) text += " (=" + option.initial + ")";
  return text;
}

/// Paragraphs fill the width; a line with an indent stays one, and goes on
/// behind it where it is too long.
void print_usage(std::ostream& out, std::string_view usage, std::size_t width) {
  std::istringstream lines{std::string(usage)};
  std::string paragraph;
  const auto end_paragraph = [&] {
    if (!paragraph.empty()) out << wrapped(paragraph, width);
    paragraph.clear();
  };
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty() && line.front() != ' ') {
      paragraph += line + " ";
      continue;
    }
    end_paragraph();
    if (line.size() <= width) {
      out << line << "\n";
    } else {
      const std::string indent(line.find_first_not_of(' '), ' ');
      out << wrapped(line, width, indent, indent + "  ");
    }
  }
  end_paragraph();
}

void print_option(
    std::ostream& out,
    const OptionHelp& option,
    std::size_t column,
    std::size_t width) {
  const std::string indent(column, ' ');
  std::string left = left_column(option);
  if (left.size() + 2 > column) {
    out << left << "\n";
    left = indent;
  }
  left.resize(column, ' ');
  out << wrapped(option.text, width, left, indent);
}

}  // namespace

std::string value_name(const po::option_description& option) {
  if (is_flag(option)) return {};
  const std::string declared = declared_value(option);
  const std::string name = declared.substr(0, declared.find(" (="));
  if (name != "arg" && name != "[=arg(") return name;
  if (is_whole(value_type(option))) return "N";
  const auto* known = std::ranges::find(
      kValueNames, std::string_view(option.long_name()), &ValueName::option);
  if (known != std::end(kValueNames)) return std::string(known->value);
  return is_real(value_type(option)) ? "X" : "TEXT";
}

std::string expected_value(const po::option_description& option) {
  const std::type_info* type = value_type(option);
  const std::string kind = is_whole(type)  ? "a whole number"
                           : is_real(type) ? "a number"
                                           : value_name(option);
  const auto* range = dynamic_cast<const HasRange*>(option.semantic().get());
  return range == nullptr ? kind : kind + range->range_text();
}

std::vector<OptionHelp> option_help(const po::options_description& options) {
  std::vector<OptionHelp> all;
  for (const auto& [group, name] : declared_order(options)) {
    const po::option_description& option = options.find(name, false);
    all.push_back(
        {group,
         name,
         value_name(option),
         default_text(option),
         option.description()});
  }
  return all;
}

void print_help(
    std::ostream& out,
    std::string_view usage,
    const po::options_description& options,
    std::string_view example) {
  const std::size_t width = terminal_width();
  print_usage(out, usage, width);
  const std::vector<OptionHelp> all = option_help(options);
  std::size_t column = 0;
  for (const OptionHelp& option : all) {
    column = std::max(column, left_column(option).size() + 2);
  }
  column = std::min(column, width * 2 / 5);
  std::string group;
  for (const OptionHelp& option : all) {
    if (option.group != group) out << "\n" << option.group << ":\n";
    group = option.group;
    print_option(out, option, column, width);
  }
  out << "\nExample:\n" << example << "\n";
}

void print_help_as_json(
    std::ostream& out,
    std::string_view usage,
    const po::options_description& options,
    std::string_view example) {
  nlohmann::ordered_json object;
  object["usage"] = usage;
  object["example"] = example;
  object["options"] = nlohmann::ordered_json::array();
  for (const OptionHelp& option : option_help(options)) {
    object["options"].push_back(
        {{"group", option.group},
         {"name", option.name},
         {"value", option.value},
         {"initial", option.initial},
         {"text", option.text}});
  }
  out << json_text(object) << "\n";
}

}  // namespace zcp::apps
