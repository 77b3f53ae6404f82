#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "benchmarks/tasks/word_pieces.h"
#include "common/error.h"

using zcp::UserError;
using zcp::tasks::WordPieces;
using Words = std::vector<std::int64_t>;

namespace {

/// With and without the two pieces that have capitals, or lose an accent.
const std::string kSmall =
    "[PAD]\n[UNK]\n[CLS]\n[SEP]\nthe\nmovie\nwas\ngreat\n##ly\nun\n##friend\n"
    "cafe\n!\n,\n.\ndon\n'\nt\n中\n文\na\n##b\n##c\n";
const std::string kCased = kSmall + "résumé\nRESUME\n";

struct Example {
  const char* text;
  Words uncased;
  Words cased;
};

}  // namespace

// The numbers are those of BertWordPieceTokenizer (PyPI, tokenizers 0.23.3)
// with these vocabularies, lowercase and strip_accents as the vocabulary has
// it.
TEST_CASE("word pieces: those of the authors' tokenizer") {
  const std::string zero(
      "a\0b a\xe2\x80\x8d"
      "b \xef\xbf\xbdthe",
      16);
  const Example examples[] = {
      {"The movie was great!", {4, 5, 6, 7, 12}, {1, 5, 6, 7, 12}},
      {"Unfriendly, greatly.", {9, 10, 8, 13, 7, 8, 14}, {1, 13, 7, 8, 14}},
      {"  Café\tDON'T 中文a  ",
       {11, 15, 16, 17, 18, 19, 20},
       {1, 1, 16, 1, 18, 19, 20}},
      {"abc abcc zzz",
       {20, 21, 22, 20, 21, 22, 22, 1},
       {20, 21, 22, 20, 21, 22, 22, 1}},
      {"résumé RESUME Résumé", {1, 1, 1}, {23, 24, 1}},
      {"Ａ é́ ﬁ", {1, 1, 1}, {1, 1, 1}}};
  const WordPieces uncased(kSmall, "vocab.txt");
  const WordPieces cased(kCased, "vocab.txt");
  CHECK(uncased.lower_case());
  CHECK_FALSE(cased.lower_case());
  CHECK(uncased.size() == 23);
  CHECK(uncased.padding() == 0);
  CHECK(uncased.begin() == 2);
  CHECK(uncased.end() == 3);
  for (const Example& example : examples) {
    CAPTURE(example.text);
    CHECK(uncased.words(example.text) == example.uncased);
    CHECK(cased.words(example.text) == example.cased);
  }
  CHECK(uncased.words(zero) == Words{20, 21, 20, 21, 4});
}

TEST_CASE("word pieces: long words are unknown, bytes are themselves") {
  const WordPieces pieces(kSmall, "vocab.txt");
  CHECK(pieces.words("a" + std::string(99, 'b')).size() == 100);
  CHECK(pieces.words("a" + std::string(100, 'b')) == Words{1});
  const WordPieces bytes;
  CHECK(bytes.size() == 259);
  CHECK(bytes.words("a\xff") == Words{100, 258});
}

TEST_CASE("word pieces: vocabularies that are none") {
  CHECK_THROWS_WITH_AS(
      WordPieces("[PAD]\n[UNK]\n[CLS]\na\n", "v.txt"),
      "v.txt: found 4 pieces without [SEP], expected a BERT vocabulary: a "
      "piece a line, with [PAD], [UNK], [CLS] and [SEP]",
      UserError);
  CHECK_THROWS_WITH_AS(
      WordPieces("[PAD]\na\nb\na\n", "v.txt"),
      "v.txt: line 4: found 'a' again, which is the piece of line 2",
      UserError);
}
