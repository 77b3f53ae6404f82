#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iostream>
#include <map>

#include "apps/command.h"
#include "apps/command_help.h"
#include "apps/commands.h"
#include "benchmarks/importers/importer.h"
#include "benchmarks/tasks/task.h"
#include "common/error.h"
#include "nets/spaces/space.h"

namespace zcp::apps {
namespace {

namespace po = boost::program_options;
using Strings = std::vector<std::string>;

constexpr std::string_view kUsage =
    "zcp completion SHELL: what bash or zsh completes on zcp's command line\n"
    "\n"
    "cmake --install puts both where the shells look. Without it, for this "
    "session: source <(zcp completion bash)";

/// What the values of an option can be, by the name of its kind.
std::map<std::string, Strings> value_words() {
  std::map<std::string, Strings> words;
  for (const auto& space : spaces::all_spaces()) {
    words["space"].push_back(space->info().name);
  }
  for (const auto& task : tasks::all_tasks()) {
    words["task"].push_back(task.name);
    words["task"].push_back("noise-" + task.name);
  }
  words["format"] = {"text", "markdown", "latex", "csv", "json"};
  words["precision"] = {"fp32", "tf32", "bf16", "fp64"};
  words["missing"] = {"last", "drop"};
  words["interval"] = {"percentile", "bca"};
  words["population"] = {"all", "connected", "filtered", "functions"};
  words["transform"] = {"normalise", "augment"};
  words["composites"] = {"az_nas", "vkdnw_agg", "te_nas", "vote"};
  words["proxies"] = {"core", "suite-zero", "all"};
  for (const std::string& proxy : proxy_names()) {
    words["proxies"].push_back(proxy);
  }
  words["by"] = words["proxies"];
  words["baseline"] = words["proxies"];
  return words;
}

/// The words that are no options, which come first.
std::map<std::string, Strings> first_words() {
  std::map<std::string, Strings> words;
  words["spaces"] = value_words()["space"];
  words["proxies"] = proxy_names();
  words["completion"] = {"bash", "zsh"};
  for (const auto& importer : importers::all_importers()) {
    words["import"].emplace_back(importer.name);
  }
  return words;
}

std::string joined(const Strings& words) {
  return fmt::format("{}", fmt::join(words, " "));
}

Strings option_names(const CommandHelp& command) {
  Strings names;
  for (const OptionHelp& option : command.options) {
    names.push_back("--" + option.name);
  }
  return names;
}

void print_bash(const std::vector<CommandHelp>& commands) {
  Strings names;
  for (const CommandHelp& command : commands) names.push_back(command.name);
  std::cout << "# bash completion of zcp\n"
               "_zcp() {\n"
               "  local cur=${COMP_WORDS[COMP_CWORD]}\n"
               "  local prev=${COMP_WORDS[COMP_CWORD-1]}\n"
               "  local command=${COMP_WORDS[1]} options= words= before=\n"
               "  COMPREPLY=()\n"
               "  if ((COMP_CWORD == 1)); then\n";
  std::cout << fmt::format(
      "    mapfile -t COMPREPLY < <(compgen -W '{} help --help --version' -- "
      "\"$cur\")\n    return\n  fi\n  case $prev in\n",
      joined(names));
  for (const auto& [option, words] : value_words()) {
    std::cout << fmt::format(
        "    --{}) words='{}' ;;\n", option, joined(words));
  }
  std::cout << "  esac\n"
               "  if [[ -n $words ]]; then\n"
               "    # Of a list the item behind the last comma.\n"
               "    [[ $cur == *,* ]] && before=${cur%,*},\n"
               "    mapfile -t COMPREPLY < <(compgen -P \"$before\" -W "
               "\"$words\" -- \"${cur##*,}\")\n"
               "    return\n"
               "  fi\n"
               "  case $command in\n";
  const auto first = first_words();
  for (const CommandHelp& command : commands) {
    const auto words = first.find(command.name);
    std::cout << fmt::format(
        "    {}) options='{}' words='{}' ;;\n",
        command.name,
        joined(option_names(command)),
        words == first.end() ? "" : joined(words->second));
  }
  std::cout << fmt::format("    help) words='{}' ;;\n", joined(names));
  std::cout << "  esac\n"
               "  if [[ $cur == -* ]]; then\n"
               "    mapfile -t COMPREPLY < <(compgen -W \"$options\" -- "
               "\"$cur\")\n"
               "  elif [[ -n $words && $COMP_CWORD -eq 2 ]]; then\n"
               "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- "
               "\"$cur\")\n"
               "  fi\n"
               "}\n"
               "complete -o default -F _zcp zcp\n";
}

/// A text within single quotes, without what _arguments takes for itself.
std::string zsh_text(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else if (c == '[' || c == ']' || c == ':' || c == '\\') {
      out += '\\';
      out += c;
    } else {
      out += c;
    }
  }
  return out;
}

std::string zsh_option(
    const OptionHelp& option,
    const std::map<std::string, Strings>& words) {
  std::string line =
      fmt::format("'*--{}[{}]", option.name, zsh_text(option.text));
  if (option.value.empty()) return line + "'";
  line += ":" + zsh_text(option.value) + ":";
  const auto known = words.find(option.name);
  return line + (known == words.end()
                     ? "_files'"
                     : "_values -s , item " + joined(known->second) + "'");
}

void print_zsh(const std::vector<CommandHelp>& commands) {
  std::cout << "#compdef zcp\n"
               "_zcp() {\n"
               "  local -a commands\n"
               "  commands=(\n";
  for (const CommandHelp& command : commands) {
    std::cout << fmt::format(
        "    '{}:{}'\n", command.name, zsh_text(command.summary));
  }
  std::cout << "    'help:explain a command'\n"
               "  )\n"
               "  if (( CURRENT == 2 )); then\n"
               "    _describe command commands\n"
               "    return\n"
               "  fi\n"
               "  local command=$words[2]\n"
               "  shift words\n"
               "  (( CURRENT-- ))\n"
               "  case $command in\n";
  const auto words = value_words();
  const auto first = first_words();
  for (const CommandHelp& command : commands) {
    std::cout << fmt::format("    {})\n      _arguments \\\n", command.name);
    for (const OptionHelp& option : command.options) {
      std::cout << "        " << zsh_option(option, words) << " \\\n";
    }
    const auto own = first.find(command.name);
    std::cout << (own == first.end()
                      ? "        '*:file:_files'"
                      : "        '1:name:(" + joined(own->second) +
                            ")' '*:file:_files'")
              << "\n      ;;\n";
  }
  std::cout << "    help) _describe command commands ;;\n"
               "  esac\n"
               "}\n"
               "if [ \"$funcstack[1]\" = _zcp ]; then\n"
               "  _zcp \"$@\"\n"
               "else\n"
               "  compdef _zcp zcp\n"
               "fi\n";
}

}  // namespace

int print_completion(const Arguments& arguments) {
  po::options_description options("Options");
  options.add_options()(
      "shell",
      po::value<std::string>()->required()->value_name("SHELL"),
      "bash or zsh");
  const std::string positional[] = {"shell"};
  po::variables_map values;
  if (!parse_options(
          arguments,
          kUsage,
          "  zcp completion bash > ~/.local/share/bash-completion/completions/"
          "zcp",
          options,
          positional,
          false,
          values)) {
    return 0;
  }
  const auto shell = values["shell"].as<std::string>();
  if (shell == "bash") {
    print_bash(all_command_help());
  } else if (shell == "zsh") {
    print_zsh(all_command_help());
  } else {
    throw UserError("completion {}: expected bash or zsh", shell);
  }
  return 0;
}

}  // namespace zcp::apps
