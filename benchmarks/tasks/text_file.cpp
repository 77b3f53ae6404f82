#include "benchmarks/tasks/text_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string_view>

#include "benchmarks/formats/csv.h"
#include "common/error.h"

namespace zcp::tasks {
namespace {

using Fields = std::span<const std::string_view>;

constexpr int kUsualLength = 512;  // BERT's
constexpr int kLeastLength = 3;

/// The lines of `text`, without those that are empty, with their numbers.
void for_each_line(
    std::string_view text,
    const std::function<void(std::size_t, std::string_view)>& take) {
  std::size_t number = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    ++number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.find_first_not_of(" \t") != line.npos) take(number, line);
  }
}

std::vector<std::string_view> split_at_tabs(std::string_view line) {
  std::vector<std::string_view> fields;
  while (true) {
    const std::size_t tab = std::min(line.find('\t'), line.size());
    fields.push_back(line.substr(0, tab));
    if (tab == line.size()) return fields;
    line.remove_prefix(tab + 1);
  }
}

/// Collects the texts and labels of a table.
class TableReader {
 public:
  explicit TableReader(std::string source) : source_(std::move(source)) {}

  void take(std::size_t line, Fields fields) {
    if (columns_ == 0) return read_header(fields);
    if (fields.size() != columns_) {
      throw UserError(
          "{}: line {}: found {} fields, expected {} as in the header",
          source_,
          line,
          fields.size(),
          columns_);
    }
    file_.texts.emplace_back(fields[text_]);
    if (!label_) return;
    labels_.emplace_back(fields[*label_]);
    if (labels_.back().empty()) {
      throw UserError("{}: line {}: found no label", source_, line);
    }
  }

  TextFile finish() {
    if (file_.texts.empty()) {
      throw UserError("{}: found no text, expected one or more", source_);
    }
    if (label_) number_labels();
    return std::move(file_);
  }

 private:
  void read_header(Fields fields) {
    columns_ = fields.size();
    std::optional<std::size_t> text;
    for (std::size_t i = 0; i < fields.size(); ++i) {
      if (fields[i] == "label") label_ = i;
      const bool is_text = fields[i] == "text" || fields[i] == "sentence";
      if (is_text && !text) text = i;
    }
    if (!text) {
      throw UserError(
          "{}: found the columns {}, expected one called text or sentence, and "
          "perhaps label",
          source_,
          fmt::join(fields, ", "));
    }
    text_ = *text;
  }

  static std::optional<std::int64_t> whole_number(const std::string& text) {
    constexpr std::int64_t kMost = 1 << 20;
    std::int64_t number = 0;
    const char* end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, number);
    if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
    if (number < 0 || number >= kMost) return std::nullopt;
    return number;
  }

  void number_labels() {
    const bool numbers = std::ranges::all_of(labels_, [](const auto& label) {
      return whole_number(label).has_value();
    });
    std::map<std::string, std::int64_t> names;
    if (!numbers) {
      for (const std::string& label : labels_) names.emplace(label, 0);
      std::int64_t next = 0;
      std::vector<std::string> said;
      for (auto& [name, number] : names) {
        number = next++;
        said.push_back(fmt::format("{} {}", number, name));
      }
      constexpr std::size_t kShown = 10;
      const bool many = said.size() > kShown;
      if (many) said.resize(kShown);
      file_.notes.push_back(fmt::format(
          "{} classes by their names: {}{}",
          names.size(),
          fmt::join(said, ", "),
          many ? ", ..." : ""));
    }
    for (const std::string& label : labels_) {
      file_.labels.push_back(numbers ? *whole_number(label) : names.at(label));
    }
    file_.classes = static_cast<int>(std::ranges::max(file_.labels)) + 1;
  }

  std::string source_;
  std::size_t columns_ = 0;
  std::size_t text_ = 0;
  std::optional<std::size_t> label_;
  std::vector<std::string> labels_;
  TextFile file_;
};

bool is_plain(const std::filesystem::path& path) {
  const std::string name = path.filename();
  return name.ends_with(".txt") || name.ends_with(".txt.gz");
}

void check_length(int length) {
  if (length >= kLeastLength) return;
  throw UserError(
      "--resolution {}: expected {} words or more: one that begins a text, one "
      "of it and one that ends it",
      length,
      kLeastLength);
}

}  // namespace

TextFile read_texts(const std::filesystem::path& path) {
  return parse_texts(
      formats::read_text(path), formats::source_name(path), is_plain(path));
}

TextFile
parse_texts(std::string_view text, const std::string& source, bool plain) {
  if (plain) {
    TextFile file;
    for_each_line(text, [&](std::size_t, std::string_view line) {
      file.texts.emplace_back(line);
    });
    if (!file.texts.empty()) return file;
    throw UserError("{}: found no text, expected one a line", source);
  }
  const std::array<std::string, 2> names{"text", "sentence"};
  const char separator = formats::find_separator(text, names);
  TableReader reader(source);
  const auto take = [&](std::size_t line, Fields fields) {
    reader.take(line, fields);
  };
  if (separator == '\t') {
    for_each_line(text, [&](std::size_t number, std::string_view line) {
      take(number, split_at_tabs(line));
    });
  } else {
    formats::parse_csv(text, source, take, separator);
  }
  return reader.finish();
}

TextWords rows_of_texts(
    const std::vector<std::string>& texts,
    const WordPieces& pieces,
    int length) {
  std::vector<std::vector<std::int64_t>> all;
  std::size_t longest = 0;
  for (const std::string& text : texts) {
    all.push_back(pieces.words(text));
    longest = std::max(longest, all.back().size());
  }
  TextWords made;
  const auto needed = static_cast<std::int64_t>(longest) + 2;
  made.length = length > 0 ? length
                           : static_cast<int>(std::clamp<std::int64_t>(
                                 needed, kLeastLength, kUsualLength));
  check_length(made.length);
  const auto most = static_cast<std::size_t>(made.length) - 2;
  std::size_t cut = 0;
  std::size_t padding = 0;
  for (std::vector<std::int64_t>& words : all) {
    cut += words.size() > most ? 1 : 0;
    words.resize(std::min(words.size(), most));
    const std::size_t hidden = most - words.size();
    padding += hidden;
    made.words.push_back(pieces.begin());
    made.words.insert(made.words.end(), words.begin(), words.end());
    made.words.push_back(pieces.end());
    made.words.insert(made.words.end(), hidden, -1 - pieces.padding());
  }
  made.notes.push_back(fmt::format(
      "{} texts of {} words; {} longer ones are cut",
      texts.size(),
      made.length,
      cut));
  if (padding > 0) {
    made.notes.push_back(fmt::format(
        "{} of {} words are padding; proxies that read what layers compute "
        "(such as naswot, meco and near) count their places as well",
        padding,
        made.words.size()));
  }
  return made;
}

TextWords packed_texts(
    const std::vector<std::string>& texts,
    const WordPieces& pieces,
    int length) {
  TextWords made;
  made.length = length > 0 ? length : kUsualLength;
  check_length(made.length);
  std::vector<std::int64_t> all;
  for (const std::string& text : texts) {
    const std::vector<std::int64_t> words = pieces.words(text);
    all.insert(all.end(), words.begin(), words.end());
    all.push_back(pieces.end());
  }
  const auto own = static_cast<std::size_t>(made.length) - 1;
  const std::size_t rows = all.size() / own;
  if (rows == 0) {
    throw UserError(
        "found {} words, expected {} or more, which fill a row of {}; "
        "--resolution says another length",
        all.size(),
        own,
        made.length);
  }
  for (std::size_t row = 0; row < rows; ++row) {
    made.words.push_back(pieces.begin());
    const auto first = all.begin() + static_cast<std::ptrdiff_t>(row * own);
    made.words.insert(
        made.words.end(), first, first + static_cast<std::ptrdiff_t>(own));
  }
  made.notes.push_back(fmt::format(
      "{} texts one behind the other, as {} rows of {} words",
      texts.size(),
      rows,
      made.length));
  return made;
}

}  // namespace zcp::tasks
