#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "benchmarks/tasks/task.h"
#include "benchmarks/tasks/text_file.h"
#include "common/error.h"
#include "tests/support/temporary.h"

using namespace zcp;
using namespace zcp::tasks;
using Words = std::vector<std::int64_t>;

namespace {

std::string error_of(const std::string& name, const std::string& content) {
  const zcp::test::TemporaryFolder folder;
  try {
    read_texts(folder.write(name, content));
  } catch (const UserError& error) {
    const std::string text = error.what();
    return text.substr(text.find(name));
  }
  return "none";
}

}  // namespace

TEST_CASE("texts: tables and lines, with labels and without") {
  const zcp::test::TemporaryFolder folder;
  const TextFile lines = read_texts(folder.write("a.txt", "one\r\n\n two\n"));
  CHECK(lines.texts == std::vector<std::string>{"one", " two"});
  CHECK(lines.labels.empty());
  CHECK(lines.classes == 0);
  // GLUE's files have no quotes: what looks like one is part of the text.
  const TextFile glue = read_texts(
      folder.write("train.tsv", "sentence\tlabel\n\"so, good\t1\nbad\" \t0\n"));
  CHECK(glue.texts == std::vector<std::string>{"\"so, good", "bad\" "});
  CHECK(glue.labels == Words{1, 0});
  CHECK(glue.classes == 2);
  const TextFile named = read_texts(folder.write(
      "b.csv", "id,label,text\n7,sport,\"a, b\"\n8,arts,c\n9,sport,d\n"));
  CHECK(named.texts == std::vector<std::string>{"a, b", "c", "d"});
  CHECK(named.labels == Words{1, 0, 1});
  REQUIRE(named.notes.size() == 1);
  CHECK(named.notes[0] == "2 classes by their names: 0 arts, 1 sport");
}

TEST_CASE("texts: files that are none") {
  CHECK(
      error_of("a.csv", "words,label\nx,1\n") ==
      "a.csv: found the columns words, label, expected one called text or "
      "sentence, and perhaps label");
  CHECK(
      error_of("a.csv", "text,label\nx,1\ny\n") ==
      "a.csv: line 3: found 1 fields, expected 2 as in the header");
  CHECK(
      error_of("a.tsv", "text\tlabel\nx\t\n") ==
      "a.tsv: line 2: found no label");
  CHECK(
      error_of("a.csv", "text,label\n") ==
      "a.csv: found no text, expected one or more");
  CHECK(
      error_of("a.txt", "\n\n") == "a.txt: found no text, expected one a line");
}

TEST_CASE("texts: rows are padded or cut, streams are neither") {
  const WordPieces bytes;
  const TextWords rows = rows_of_texts({"a", "bcde"}, bytes, 5);
  CHECK(rows.length == 5);
  CHECK(
      rows.words ==
      Words{1, 'a' + 3, 2, -1, -1, 1, 'b' + 3, 'c' + 3, 'd' + 3, 2});
  CHECK(rows.notes[0] == "2 texts of 5 words; 1 longer ones are cut");
  REQUIRE(rows.notes.size() == 2);
  CHECK(
      rows.notes[1] ==
      "2 of 10 words are padding; proxies that read what layers compute (such "
      "as naswot, meco and near) count their places as well");
  CHECK(rows_of_texts({"a", "b"}, bytes, 0).notes.size() == 1);
  CHECK(rows_of_texts({"abc", "bcd"}, bytes, 5).notes.size() == 1);
  CHECK(rows_of_texts({"a", "bcde"}, bytes, 0).length == 6);
  CHECK(rows_of_texts({std::string(900, 'a')}, bytes, 0).length == 512);
  const TextWords stream = packed_texts({"ab", "cd"}, bytes, 3);
  CHECK(
      stream.words == Words{1, 'a' + 3, 'b' + 3, 1, 2, 'c' + 3, 1, 'd' + 3, 2});
  CHECK_THROWS_AS(packed_texts({"ab"}, bytes, 0), UserError);
  CHECK_THROWS_AS(rows_of_texts({"ab"}, bytes, 2), UserError);
}

TEST_CASE("texts: a task of words, by the seed") {
  const zcp::test::TemporaryFolder folder;
  folder.write(
      "vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\ngood\nbad\nfilm\n##s\n");
  const std::string table = folder.write(
      "t.csv", "text,label\nGood films,1\nbad,0\nfilm,1\ngood bad,0\n");
  const auto task = open_task("texts", table, 0, Transform::normalise, 0, 0);
  CHECK(task->info().shape == Shape{1, 5, 1});
  CHECK(task->info().vocabulary == 8);
  CHECK(task->info().classes == 2);
  CHECK(task->info().head == Head::classes);
  const Minibatch batch = task->minibatch(0, 4);
  CHECK(batch.vocabulary == 8);
  CHECK_FALSE(batch.noise);
  CHECK(std::ranges::count(batch.y, 1) == 2);
  // "Good films" is the one text that fills its row.
  const std::vector<float> longest{2, 4, 6, 7, 3};
  CHECK_FALSE(std::ranges::search(batch.x, longest).empty());
  CHECK(std::ranges::count(batch.x, -1.0F) == 5);
  CHECK_THROWS_AS(task->minibatch(1, 4), UserError);
  const auto longer = open_task("texts", table, 0, Transform::normalise, 3, 8);
  CHECK(longer->info().shape == Shape{1, 8, 1});
  CHECK(longer->info().classes == 3);
  CHECK(longer->fingerprint() != task->fingerprint());
  const std::string lines = folder.write("t.txt", "good bad film\nfilms\n");
  const auto plain = open_task("texts", lines, 0, Transform::normalise, 0, 4);
  CHECK(plain->info().head == Head::tokens);
  CHECK(plain->minibatch(0, 2).y.empty());
  CHECK(std::ranges::count(plain->minibatch(0, 2).x, 2.0F) == 2);
  CHECK_THROWS_AS(
      open_task("texts", lines, 0, Transform::normalise, 2, 4), UserError);
}
