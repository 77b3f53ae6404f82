#include "benchmarks/tasks/word_pieces.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "common/error.h"

namespace zcp::tasks {
namespace {

using Characters = std::vector<utf8proc_int32_t>;

constexpr std::int64_t kBytes = 256;
constexpr std::int64_t kFirstByte = 3;

/// The code points of UTF-8; bytes that are none are left out.
Characters characters_of(std::string_view text) {
  Characters all;
  const auto* at = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  auto left = static_cast<utf8proc_ssize_t>(text.size());
  while (left > 0) {
    utf8proc_int32_t character = 0;
    const auto read = utf8proc_iterate(at, left, &character);
    if (read > 0) all.push_back(character);
    const utf8proc_ssize_t step = std::max<utf8proc_ssize_t>(read, 1);
    at += step;
    left -= step;
  }
  return all;
}

void append(std::string& text, utf8proc_int32_t character) {
  std::array<utf8proc_uint8_t, 4> bytes{};
  const auto size = utf8proc_encode_char(character, bytes.data());
  text.append(
      reinterpret_cast<const char*>(bytes.data()),
      static_cast<std::size_t>(size));
}

bool is_space(utf8proc_int32_t character) {
  if (character == '\t' || character == '\n' || character == '\r') return true;
  const auto category = utf8proc_category(character);
  return category >= UTF8PROC_CATEGORY_ZS && category <= UTF8PROC_CATEGORY_ZP;
}

/// Characters that BERT drops: U+0000, U+FFFD and the categories Cc, Cf and Co.
bool is_control(utf8proc_int32_t character) {
  if (character == 0 || character == 0xfffd) return true;
  const auto category = utf8proc_category(character);
  return category == UTF8PROC_CATEGORY_CC || category == UTF8PROC_CATEGORY_CF ||
         category == UTF8PROC_CATEGORY_CO;
}

/// All of ASCII that is neither letter, digit nor blank, and the categories P*.
bool is_punctuation(utf8proc_int32_t character) {
  if (character < 128) return std::ispunct(int(character)) != 0;
  const auto category = utf8proc_category(character);
  return category >= UTF8PROC_CATEGORY_PC && category <= UTF8PROC_CATEGORY_PO;
}

/// The blocks that BERT takes for Chinese, whose characters are words.
bool is_chinese(utf8proc_int32_t c) {
  struct Block {
    utf8proc_int32_t first;
    utf8proc_int32_t last;
  };
  constexpr std::array kBlocks{
      Block{0x4e00, 0x9fff},
      Block{0x3400, 0x4dbf},
      Block{0x20000, 0x2a6df},
      Block{0x2a700, 0x2b73f},
      Block{0x2b740, 0x2b81f},
      Block{0x2b820, 0x2ceaf},
      Block{0xf900, 0xfaff},
      Block{0x2f800, 0x2fa1f}};
  return std::ranges::any_of(kBlocks, [&](const Block& block) {
    return c >= block.first && c <= block.last;
  });
}

/// Without accents, which stand behind their letters once these are decomposed,
/// and in small letters.
Characters simplified(const Characters& characters) {
  Characters plain;
  std::array<utf8proc_int32_t, 32> parts{};
  for (const utf8proc_int32_t character : characters) {
    int last_class = 0;
    const auto count = utf8proc_decompose_char(
        character,
        parts.data(),
        static_cast<utf8proc_ssize_t>(parts.size()),
        UTF8PROC_DECOMPOSE,
        &last_class);
    for (utf8proc_ssize_t i = 0; i < count; ++i) {
      const utf8proc_int32_t part = parts[static_cast<std::size_t>(i)];
      if (utf8proc_category(part) == UTF8PROC_CATEGORY_MN) continue;
      plain.push_back(utf8proc_tolower(part));
    }
  }
  return plain;
}

/// Parted at blanks; punctuation and Chinese characters are words of their own.
std::vector<std::string> whole_words(const Characters& characters) {
  std::vector<std::string> words;
  bool goes_on = false;
  for (const utf8proc_int32_t character : characters) {
    if (is_space(character)) {
      goes_on = false;
      continue;
    }
    if (is_control(character)) continue;
    const bool alone = is_punctuation(character) || is_chinese(character);
    if (alone || !goes_on) words.emplace_back();
    append(words.back(), character);
    goes_on = !alone;
  }
  return words;
}

}  // namespace

WordPieces::WordPieces() : size_(kBytes + kFirstByte) {}

WordPieces::WordPieces(std::string_view vocabulary, const std::string& source)
    : lower_case_(true) {
  std::size_t start = 0;
  while (start < vocabulary.size()) {
    const std::size_t end =
        std::min(vocabulary.find('\n', start), vocabulary.size());
    std::string piece(vocabulary.substr(start, end - start));
    if (piece.ends_with('\r')) piece.pop_back();
    start = end + 1;
    const bool special = piece.starts_with('[') && piece.ends_with(']');
    if (!special) {
      lower_case_ = lower_case_ && std::ranges::none_of(piece, [](char c) {
                      return c >= 'A' && c <= 'Z';
                    });
    }
    const auto [place, is_new] = numbers_.emplace(std::move(piece), size_++);
    if (!is_new) {
      throw UserError(
          "{}: line {}: found '{}' again, which is the piece of line {}",
          source,
          size_,
          place->first,
          place->second + 1);
    }
  }
  const auto number_of = [&](const char* piece) {
    const auto found = numbers_.find(piece);
    if (found != numbers_.end()) return found->second;
    throw UserError(
        "{}: found {} pieces without {}, expected a BERT vocabulary: a piece a "
        "line, with [PAD], [UNK], [CLS] and [SEP]",
        source,
        size_,
        piece);
  };
  padding_ = number_of("[PAD]");
  unknown_ = number_of("[UNK]");
  begin_ = number_of("[CLS]");
  end_ = number_of("[SEP]");
}

std::vector<std::int64_t> WordPieces::words(std::string_view text) const {
  std::vector<std::int64_t> all;
  if (numbers_.empty()) {
    for (const char byte : text) {
      all.push_back(static_cast<unsigned char>(byte) + kFirstByte);
    }
    return all;
  }
  Characters characters = characters_of(text);
  if (lower_case_) characters = simplified(characters);
  for (const std::string& word : whole_words(characters)) {
    const std::vector<std::int64_t> own = pieces(word);
    all.insert(all.end(), own.begin(), own.end());
  }
  return all;
}

/// The longest piece that the word begins with, then the longest that goes on;
/// one unknown word where none fits, and for words of over 100 characters.
std::vector<std::int64_t> WordPieces::pieces(const std::string& word) const {
  constexpr std::size_t kLongest = 100;
  if (characters_of(word).size() > kLongest) return {unknown_};
  std::vector<std::int64_t> found;
  std::size_t start = 0;
  while (start < word.size()) {
    std::size_t length = word.size() - start;
    auto piece = numbers_.end();
    for (; length > 0; --length) {
      const std::string before = start > 0 ? "##" : "";
      piece = numbers_.find(before + word.substr(start, length));
      if (piece != numbers_.end()) break;
    }
    if (piece == numbers_.end()) return {unknown_};
    found.push_back(piece->second);
    start += length;
  }
  return found;
}

}  // namespace zcp::tasks
