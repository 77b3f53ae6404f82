// Texts of one's own, and words of them in the shape that networks take.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "benchmarks/tasks/word_pieces.h"

namespace zcp::tasks {

struct TextFile {
  std::vector<std::string> texts;
  std::vector<std::int64_t> labels;  ///< one a text, or empty
  int classes = 0;                   ///< the largest label + 1; 0: no labels
  std::vector<std::string> notes;    ///< how the file was read, a line each
};

/// Reads texts. A file whose name ends in .txt or .txt.gz has a text a line and
/// no labels. Any other is a table with a header, in which the column `text` or
/// `sentence` holds the texts and `label`, which may be absent, their classes:
/// whole numbers from 0, or names, which are numbered in alphabetical order.
/// Fields are separated by commas or semicolons and quoted as CSV has it, or
/// separated by tabs without any quotes, as GLUE's files are. Throws UserError,
/// which names file and line.
TextFile read_texts(const std::filesystem::path& path);

/// The same from the file's text; `plain` where a line is a text.
TextFile
parse_texts(std::string_view text, const std::string& source, bool plain);

/// Texts as words of one length, row by row.
struct TextWords {
  int length = 0;                   ///< T
  std::vector<std::int64_t> words;  ///< [N, T]; a hidden word w is -1 - w
  std::vector<std::string> notes;
};

/// A row a text: a word that begins it, its own words, one that ends it, and
/// hidden padding. Longer ones are cut. `length` 0: as the longest text needs,
/// at most 512. Throws UserError for a length below 3.
TextWords rows_of_texts(
    const std::vector<std::string>& texts,
    const WordPieces& pieces,
    int length);

/// All texts one behind the other, each with the word that ends it, cut into
/// rows that begin with the word that begins a text. Nothing is hidden, and
/// what does not fill a row is left out. `length` 0: 512. Throws UserError for
/// a length below 3 and where no row is filled.
TextWords packed_texts(
    const std::vector<std::string>& texts,
    const WordPieces& pieces,
    int length);

}  // namespace zcp::tasks
