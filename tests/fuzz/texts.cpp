// Texts of one's own and vocabularies: words are below the vocabulary's size.
#include <algorithm>
#include <cstdlib>

#include "benchmarks/tasks/text_file.h"
#include "tests/fuzz/fuzz.h"

using namespace zcp::tasks;

namespace {

void check(const TextWords& made, const WordPieces& pieces) {
  const bool rows = made.words.size() % std::size_t(made.length) == 0;
  const bool known = std::ranges::all_of(made.words, [&](std::int64_t word) {
    return std::max(word, -1 - word) < pieces.size();
  });
  if (!rows || !known) std::abort();
}

/// A vocabulary, a zero byte and the texts; without one, texts as bytes.
void parse(const std::string& input) {
  const std::size_t zero = input.find('\0');
  const std::string text = zero == input.npos ? input : input.substr(zero + 1);
  const WordPieces pieces =
      zero == input.npos ? WordPieces()
                         : WordPieces(input.substr(0, zero), "vocab.txt");
  for (const bool plain : {true, false}) {
    try {
      const TextFile file = parse_texts(text, "fuzz", plain);
      check(rows_of_texts(file.texts, pieces, 8), pieces);
      check(packed_texts(file.texts, pieces, 8), pieces);
    } catch (const zcp::UserError&) {
      continue;  // the other way may read it
    }
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return zcp::fuzz::run(data, size, parse);
}
