// Words of texts as BERT's tokenizer makes them (Devlin et al. 2019,
// google-research/bert: tokenization.py), or bytes where there is no
// vocabulary.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace zcp::tasks {

/// Texts as numbers. Everything is const and may be called from many threads.
class WordPieces {
 public:
  /// A byte a word: 0 pads, 1 begins and 2 ends a text, byte b is b + 3.
  WordPieces();

  /// `vocabulary` is the text of a BERT vocab.txt: a piece a line, whose number
  /// is its place from 0, and pieces that go on with a word begin with ##. It
  /// needs [PAD], [UNK], [CLS] and [SEP]. Where no other piece has a capital
  /// letter of ASCII, texts lose capitals and accents, as in the uncased
  /// models. Throws UserError, which names `source`, for a piece that is
  /// missing or comes twice.
  WordPieces(std::string_view vocabulary, const std::string& source);

  /// How many words there are.
  std::int64_t size() const { return size_; }
  std::int64_t padding() const { return padding_; }
  std::int64_t begin() const { return begin_; }
  std::int64_t end() const { return end_; }
  bool lower_case() const { return lower_case_; }

  /// The words of a text of UTF-8, without those that begin, end and pad. What
  /// is no UTF-8 is left out, as control characters are; with bytes everything
  /// stays as it is.
  std::vector<std::int64_t> words(std::string_view text) const;

 private:
  std::vector<std::int64_t> pieces(const std::string& word) const;

  std::unordered_map<std::string, std::int64_t> numbers_;  // empty: bytes
  std::int64_t size_ = 0;
  std::int64_t padding_ = 0;
  std::int64_t begin_ = 1;
  std::int64_t end_ = 2;
  std::int64_t unknown_ = 0;
  bool lower_case_ = false;
};

}  // namespace zcp::tasks
