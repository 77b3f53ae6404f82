#include "benchmarks/formats/csv.h"

#include <csv.h>

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <exception>
#include <iostream>
#include <new>
#include <vector>

#include "benchmarks/formats/files.h"
#include "common/error.h"

namespace zcp::formats {
namespace {

/// How much libcsv gets at once, so that a row that throws stops the parse.
constexpr std::size_t kCsvBlock = std::size_t{1} << 16U;

/// libcsv's parser and the row under way. libcsv is C: no exception may pass
/// through it, so what the handler throws is kept until the block is done.
class CsvParser {
 public:
  CsvParser(
      const std::string& source,
      const CsvRowHandler& on_row,
      std::size_t line,
      char separator)
      : source_(source), on_row_(on_row), line_(line), row_line_(line) {
    const unsigned char options = CSV_STRICT | CSV_STRICT_FINI | CSV_REPALL_NL;
    if (csv_init(&parser_, options) != 0) throw std::bad_alloc();
    csv_set_delim(&parser_, static_cast<unsigned char>(separator));
  }
  ~CsvParser() { csv_free(&parser_); }
  CsvParser(const CsvParser&) = delete;
  CsvParser& operator=(const CsvParser&) = delete;

  void parse(std::string_view text) {
    for (std::size_t at = 0; at < text.size(); at += kCsvBlock) {
      const std::string_view block = text.substr(at, kCsvBlock);
      const std::size_t done = csv_parse(
          &parser_, block.data(), block.size(), &on_field, &on_end, this);
      check(done == block.size());
    }
    check(csv_fini(&parser_, &on_field, &on_end, this) == 0);
  }

 private:
  void check(bool parsed) {
    if (failure_) std::rethrow_exception(failure_);
    if (parsed) return;
    const int error = csv_error(&parser_);
    if (error == CSV_ENOMEM || error == CSV_ETOOBIG) throw std::bad_alloc();
    throw UserError(
        "{}: line {}: found a misplaced or unclosed quote, expected fields "
        "quoted as in RFC 4180",
        source_,
        row_line_);
  }

  void add_field(std::string_view field) {
    after_return_ = false;
    ends_.push_back(bytes_.size() + field.size());
    bytes_.append(field);
    line_ += static_cast<std::size_t>(std::ranges::count(field, '\n'));
  }

  /// `end` is the character that ended the row, -1 at the end of the text.
  void end_row(int end) {
    if (!ends_.empty()) hand_over();
    // A carriage return and a line feed are one line's end.
    if (end != '\n' || !after_return_) ++line_;
    after_return_ = end == '\r';
    row_line_ = line_;
  }

  void hand_over() {
    fields_.clear();
    std::size_t begin = 0;
    for (const std::size_t end : ends_) {
      fields_.push_back(std::string_view(bytes_).substr(begin, end - begin));
      begin = end;
    }
    on_row_(row_line_, fields_);
    bytes_.clear();
    ends_.clear();
  }

  template <typename Action>
  static void guarded(void* self, const Action& action) {
    auto& parser = *static_cast<CsvParser*>(self);
    if (parser.failure_) return;
    try {
      action(parser);
    } catch (...) {
      parser.failure_ = std::current_exception();
    }
  }

  static void on_field(void* field, std::size_t size, void* self) {
    guarded(self, [&](CsvParser& parser) {
      parser.add_field({static_cast<const char*>(field), size});
    });
  }

  static void on_end(int end, void* self) {
    guarded(self, [&](CsvParser& parser) { parser.end_row(end); });
  }

  const std::string& source_;
  const CsvRowHandler& on_row_;
  csv_parser parser_ = {};
  std::string bytes_;              // the row's fields, one behind the other
  std::vector<std::size_t> ends_;  // where each of them ends
  std::vector<std::string_view> fields_;
  std::size_t line_;
  std::size_t row_line_;
  bool after_return_ = false;
  std::exception_ptr failure_;
};

/// How long the line `sep=;` is, by which spreadsheets name the separator; 0
/// where `text` does not begin with one.
std::size_t separator_line(std::string_view text) {
  constexpr std::string_view kName = "sep=";
  constexpr std::size_t kSize = kName.size() + 1;
  if (text.size() <= kSize) return 0;
  for (std::size_t i = 0; i < kName.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (std::tolower(c) != kName[i]) return 0;
  }
  std::size_t end = kSize;
  if (text[end] == '\r' && end + 1 < text.size()) ++end;
  return text[end] == '\n' ? end + 1 : 0;
}

/// Skips a line `sep=;` and the lines of `text` that start with #; returns how
/// many.
std::size_t skip_comments(std::string_view& text) {
  std::size_t count = 0;
  if (const std::size_t size = separator_line(text)) {
    text.remove_prefix(size);
    ++count;
  }
  while (text.starts_with('#')) {
    const std::size_t end = text.find('\n');
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    ++count;
  }
  return count;
}

/// Appends a character in UTF-8.
void append_utf8(std::string& out, std::uint32_t code) {
  const auto add = [&](std::uint32_t byte) {
    out += static_cast<char>(static_cast<unsigned char>(byte));
  };
  const auto tail = [&](unsigned shift) {
    add(0x80U | ((code >> shift) & 0x3FU));
  };
  if (code < 0x80) {
    add(code);
  } else if (code < 0x800) {
    add(0xC0U | (code >> 6U));
    tail(0);
  } else if (code < 0x10000) {
    add(0xE0U | (code >> 12U));
    tail(6);
    tail(0);
  } else {
    add(0xF0U | (code >> 18U));
    tail(12);
    tail(6);
    tail(0);
  }
}

/// UTF-16 behind its byte order mark as UTF-8. Halves of surrogate pairs that
/// stand alone become the replacement character.
std::string from_utf16(std::string_view bytes, bool big_endian) {
  constexpr std::uint32_t kReplacement = 0xFFFD;
  const auto unit = [&](std::size_t at) {
    const auto first = static_cast<unsigned char>(bytes[at]);
    const auto second = static_cast<unsigned char>(bytes[at + 1]);
    return big_endian ? std::uint32_t{first} << 8U | second
                      : std::uint32_t{second} << 8U | first;
  };
  const auto is_surrogate = [](std::uint32_t code, std::uint32_t first) {
    return code >= first && code < first + 0x400;
  };
  std::string out;
  for (std::size_t at = 0; at + 1 < bytes.size(); at += 2) {
    std::uint32_t code = unit(at);
    const bool high = is_surrogate(code, 0xD800);
    if (high && at + 3 < bytes.size() && is_surrogate(unit(at + 2), 0xDC00)) {
      at += 2;
      code = 0x10000 + ((code - 0xD800) << 10U) + (unit(at) - 0xDC00);
    } else if (high || is_surrogate(code, 0xDC00)) {
      code = kReplacement;
    }
    append_utf8(out, code);
  }
  return out;
}

/// An input without an end must not fill the memory.
std::string read_standard_input() {
  constexpr std::size_t kMost = std::size_t{1} << 30U;
  std::string text;
  std::size_t size = 0;
  while (std::cin && size <= kMost) {
    text.resize(std::min(std::max(2 * size, kCsvBlock), kMost + 1));
    const auto room = static_cast<std::streamsize>(text.size() - size);
    std::cin.read(text.data() + size, room);
    size += static_cast<std::size_t>(std::cin.gcount());
  }
  if (size > kMost) {
    throw UserError("standard input: found more than 1024 MiB");
  }
  text.resize(size);
  return text;
}

/// Ends a parse behind the first row.
struct RowSeen {
  bool found;
};

/// True when the first row, split by `separator`, has one of the names.
bool first_row_has(
    std::string_view text,
    char separator,
    std::span<const std::string> names) {
  const auto look = [&](std::size_t, std::span<const std::string_view> fields) {
    throw RowSeen{std::ranges::any_of(names, [&](const std::string& name) {
      return std::ranges::find(fields, name) != fields.end();
    })};
  };
  try {
    parse_csv(text, {}, look, separator);
  } catch (const RowSeen& seen) {
    return seen.found;
  } catch (const UserError&) {
    return false;  // a quote that another separator may explain
  }
  return false;
}

}  // namespace

std::string source_name(const std::filesystem::path& path) {
  return path == "-" ? "standard input" : path.string();
}

std::string to_utf8(std::string bytes, const std::string& source) {
  using std::string_view_literals::operator""sv;
  const bool wide = bytes.starts_with("\xFF\xFE\0\0"sv) ||
                    bytes.starts_with("\0\0\xFE\xFF"sv);
  const bool little = !wide && bytes.starts_with("\xFF\xFE");
  const bool big = bytes.starts_with("\xFE\xFF");
  if ((little || big) && bytes.size() % 2 != 0) {
    throw UserError(
        "{}: found {} bytes of UTF-16, expected an even number (a cut file?)",
        source,
        bytes.size());
  }
  if (little || big) {
    bytes = from_utf16(std::string_view(bytes).substr(2), big);
  } else if (bytes.starts_with("\xEF\xBB\xBF")) {
    bytes.erase(0, 3);
  }
  const std::size_t zero = bytes.find('\0');
  if (zero == std::string::npos) return bytes;
  // A Latin letter has three zero bytes behind or before it.
  const bool unmarked = bytes.find("\0\0\0"sv) <= 1;
  throw UserError(
      "{}: found a zero byte at offset {} ({}), expected text in UTF-8 or in "
      "UTF-16 with a byte order mark",
      source,
      zero,
      wide || unmarked ? "UTF-32" : "UTF-16 without a mark, or no text");
}

std::string read_text(const std::filesystem::path& path) {
  constexpr std::size_t kMostText = std::size_t{1} << 30U;
  if (path.extension() == ".gz") {
    return to_utf8(read_gzip(path, kMostText), source_name(path));
  }
  return to_utf8(
      path == "-" ? read_standard_input() : read_bytes(path),
      source_name(path));
}

void parse_csv(
    std::string_view text,
    const std::string& source,
    const CsvRowHandler& on_row,
    char separator) {
  const std::size_t skipped = skip_comments(text);
  CsvParser(source, on_row, skipped + 1, separator).parse(text);
}

char find_separator(std::string_view text, std::span<const std::string> names) {
  constexpr std::string_view kSeparators = ",;\t";
  for (const char separator : kSeparators) {
    if (first_row_has(text, separator, names)) return separator;
  }
  return kSeparators.front();
}

void append_csv_field(std::string& line, std::string_view field) {
  constexpr std::string_view kBlanks = " \t";
  const bool plain = field.find_first_of(",\"\r\n") == std::string_view::npos &&
                     (field.empty() ||
                      (kBlanks.find(field.front()) == std::string_view::npos &&
                       kBlanks.find(field.back()) == std::string_view::npos &&
                       field.front() != '#'));
  if (plain) {
    line += field;
    return;
  }
  line += '"';
  for (const char c : field) {
    if (c == '"') line += '"';
    line += c;
  }
  line += '"';
}

}  // namespace zcp::formats
