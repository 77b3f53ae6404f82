#include <fmt/format.h>

#include <iostream>
#include <sstream>

#include "apps/command.h"
#include "apps/command_help.h"
#include "apps/commands.h"
#include "apps/version.h"

namespace zcp::apps {
namespace {

namespace po = boost::program_options;

/// Text as troff prints it: no line begins with what troff takes for a request.
std::string troff(std::string_view text) {
  std::string out;
  bool line_begins = true;
  for (const char c : text) {
    if (line_begins && (c == '.' || c == '\'')) out += "\\&";
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      out += c;
    }
    line_begins = c == '\n';
  }
  return out;
}

/// Paragraphs are filled; lines with an indent stay as they are.
void print_text(const std::string& text) {
  std::istringstream lines(text);
  bool plain = false;
  for (std::string line; std::getline(lines, line);) {
    const bool indented = line.starts_with(' ');
    if (indented != plain) std::cout << (indented ? ".nf\n" : ".fi\n");
    plain = indented;
    std::cout << (line.empty() ? ".PP" : troff(line)) << "\n";
  }
  if (plain) std::cout << ".fi\n";
}

void print_command(const CommandHelp& command) {
  std::cout << fmt::format(".SS zcp {}\n", command.name);
  print_text(command.usage);
  for (const OptionHelp& option : command.options) {
    std::cout << fmt::format(".TP\n\\fB\\-\\-{}\\fR", troff(option.name));
    if (!option.value.empty()) {
      std::cout << fmt::format(" \\fI{}\\fR", troff(option.value));
    }
    if (!option.initial.empty()) {
      std::cout << fmt::format(" (={})", troff(option.initial));
    }
    std::cout << "\n" << troff(option.text) << "\n";
  }
  std::cout << ".PP\nExample:\n.PP\n.nf\n"
            << troff(command.example) << "\n.fi\n";
}

}  // namespace

int print_manual(const Arguments& arguments) {
  po::options_description options("Options");
  po::variables_map values;
  if (!parse_options(
          arguments,
          "zcp man: the manual page of zcp, as troff",
          "  zcp man | man -l -",
          options,
          values)) {
    return 0;
  }
  std::cout << fmt::format(
      ".TH ZCP 1 \"\" \"zcp {0}\" \"User Commands\"\n"
      ".SH NAME\n"
      "zcp \\- scores neural architectures without training them\n"
      ".SH SYNOPSIS\n"
      ".B zcp\n"
      "\\fICOMMAND\\fR [\\fIOPTIONS\\fR]\n"
      ".SH DESCRIPTION\n"
      "Scores architectures of search spaces and TorchScript networks by\n"
      "zero\\-cost proxies, and judges the scores by trained accuracies.\n"
      "Results go to standard output or the file asked for; progress, "
      "warnings\n"
      "and summaries go to standard error.\n"
      ".SH COMMANDS\n",
      version());
  for (const CommandHelp& command : all_command_help()) print_command(command);
  std::cout << ".SH EXIT STATUS\n"
               "0 done, 1 failed on the way, 2 wrong use.\n"
               ".SH ENVIRONMENT\n"
               ".TP\n.B NO_COLOR\nset: no colours.\n"
               ".TP\n.B COLUMNS\nthe width of help.\n";
  return 0;
}

}  // namespace zcp::apps
