#include "analysis/study/proxy_columns.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

#include "common/error.h"

namespace zcp::study {
namespace {

/// The parts of a name in lower case: letters and digits between other
/// characters.
std::vector<std::string> parts_of(std::string_view name) {
  std::vector<std::string> parts{""};
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0) {
      parts.back() += static_cast<char>(std::tolower(byte));
    } else if (!parts.back().empty()) {
      parts.emplace_back();
    }
  }
  return parts;
}

/// "acc_seed12", "acc_mean", "acc_std" -> "acc"; other names as they are.
std::string_view stem_of(std::string_view name) {
  const std::size_t at = name.rfind('_');
  if (at == std::string_view::npos) return name;
  std::string_view last = name.substr(at + 1);
  const std::string_view stem = name.substr(0, at);
  if (last == "mean" || last == "std") return stem;
  if (!last.starts_with("seed")) return name;
  last.remove_prefix(4);
  const bool number = !last.empty() && last.find_first_not_of("0123456789") ==
                                           std::string_view::npos;
  return number ? stem : name;
}

/// What `zcp train` writes beside accuracies on other data: TASK_train and
/// TASK_train_loss, of training images, and what the training took.
bool is_of_training(std::string_view name) {
  return name.ends_with("_train") || name.ends_with("_train_loss") ||
         name == "train_seconds";
}

bool is_truth(const std::string& name, const StudyOptions& options) {
  if (options.metrics.empty()) return false;
  const auto same_stem = [&](const std::string& metric) {
    return stem_of(metric) == stem_of(name);
  };
  return std::ranges::any_of(options.metrics, same_stem) ||
         std::ranges::find(options.ceiling, name) != options.ceiling.end() ||
         is_accuracy_column(name) || is_of_training(name);
}

}  // namespace

bool is_accuracy_column(const std::string& name) {
  constexpr std::array<std::string_view, 6> kParts = {
      "accuracy", "acc", "test", "valid", "validation", "val"};
  return std::ranges::any_of(parts_of(name), [&](const std::string& part) {
    return std::ranges::find(kParts, part) != kParts.end();
  });
}

ProxyColumns proxy_columns(
    const tables::Table& scores,
    const StudyOptions& options) {
  if (!options.proxies.empty()) return {options.proxies, {}};
  ProxyColumns found;
  for (const std::string& name : scores.columns) {
    const bool other = tables::is_index_column(name) || is_truth(name, options);
    (other ? found.others : found.proxies).push_back(name);
  }
  if (!found.proxies.empty()) return found;
  for (const tables::LeftOut& column : scores.left_out) {
    throw UserError("{}: {}", scores.source, column.text());
  }
  throw UserError(
      "{}: found no proxy{}{}, expected a numeric column that is none of row "
      "numbers and accuracies (--proxies names columns)",
      scores.source,
      found.others.empty() ? "" : " among the columns ",
      fmt::join(found.others, ", "));
}

std::vector<std::string> notes_of(const tables::Table& table) {
  std::vector<std::string> notes = table.notes;
  for (const tables::LeftOut& column : table.left_out) {
    notes.push_back(
        fmt::format("{}: left out: {}", table.source, column.text()));
  }
  return notes;
}

std::vector<std::string> notes_of_scores(
    const tables::Table& scores,
    const StudyOptions& options) {
  std::vector<std::string> notes = notes_of(scores);
  const std::vector<std::string> others = proxy_columns(scores, options).others;
  if (!others.empty()) {
    notes.push_back(fmt::format(
        "{}: no proxies by their names: {} (--proxies takes them)",
        scores.source,
        fmt::join(others, ", ")));
  }
  return notes;
}

}  // namespace zcp::study
