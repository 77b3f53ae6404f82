#include <vector>

#include "benchmarks/formats/csv.h"
#include "tests/support/temporary.h"
#include "tests/support/test_files.h"

using zcp::formats::parse_csv;
using zcp::formats::read_text;

namespace {

struct Row {
  std::size_t line;
  std::vector<std::string> fields;
  bool operator==(const Row&) const = default;
};

std::vector<Row> rows(std::string_view text) {
  std::vector<Row> all;
  parse_csv(text, "text", [&](std::size_t line, const auto& fields) {
    all.push_back({line, {fields.begin(), fields.end()}});
  });
  return all;
}

}  // namespace

TEST_CASE("csv: fields and line numbers") {
  CHECK(
      rows("a,b\n1,2\n") == std::vector<Row>{{1, {"a", "b"}}, {2, {"1", "2"}}});
  CHECK(
      rows("a,b\r\n1,2") == std::vector<Row>{{1, {"a", "b"}}, {2, {"1", "2"}}});
  CHECK(rows("a\n\n\nb\n") == std::vector<Row>{{1, {"a"}}, {4, {"b"}}});
  CHECK(rows("a\r\n\r\nb\r\n") == std::vector<Row>{{1, {"a"}}, {3, {"b"}}});
  CHECK(rows("").empty());
}

TEST_CASE("csv: quotes as in RFC 4180") {
  CHECK(
      rows("\"a,b\",\"say \"\"x\"\"\"\n") ==
      std::vector<Row>{{1, {"a,b", "say \"x\""}}});
  CHECK(
      rows("\"two\nlines\",1\nx,2\n") ==
      std::vector<Row>{{1, {"two\nlines", "1"}}, {3, {"x", "2"}}});
  CHECK(rows(",,\n") == std::vector<Row>{{1, {"", "", ""}}});
}

TEST_CASE("csv: comments stand before the first row only") {
  CHECK(
      rows("# made by \"x, y\n# two\na\n#b\n") ==
      std::vector<Row>{{3, {"a"}}, {4, {"#b"}}});
}

TEST_CASE("csv: a broken quote names its line") {
  using zcp::test::user_error;
  CHECK(user_error([] { rows("a\nb\n\"c"); }).starts_with("text: line 3: "));
  CHECK(user_error([] { rows("a\nb\"c\n"); }).starts_with("text: line 2: "));
}

TEST_CASE("csv: an exception of the handler comes through") {
  const auto refuse = [](std::size_t, const auto&) {
    throw zcp::UserError("no");
  };
  CHECK(zcp::test::user_error([&] {
          parse_csv("a\nb\n", "text", refuse);
        }) == "no");
}

TEST_CASE("csv: files that cannot be read") {
  using zcp::test::user_error;
  const zcp::test::TemporaryFolder folder;
  const auto nothing = folder.path() / "none.csv";
  CHECK(user_error([&] {
          read_text(nothing);
        }) == nothing.string() + ": no such file");
  CHECK(user_error([&] {
          read_text(folder.path());
        }).find("found a folder") != std::string::npos);
  CHECK(read_text(folder.write("bom.csv", "\xEF\xBB\xBFx")) == "x");
}

TEST_CASE("csv: UTF-16 with its mark, and what cannot be text") {
  using zcp::formats::to_utf8;
  using zcp::test::user_error;
  using std::string_literals::operator""s;
  // Python: 'a\u00e9\u20ac\U0001F600'.encode('utf-16-le')
  const std::string little =
      "\xFF\xFE"
      "a\0\xE9\0\xAC\x20\x3D\xD8\x00\xDE"s;
  const std::string big = "\xFE\xFF\0a\0\xE9\x20\xAC\xD8\x3D\xDE\x00"s;
  const std::string text = "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80";
  CHECK(to_utf8(little, "t") == text);
  CHECK(to_utf8(big, "t") == text);
  CHECK(to_utf8("\xFF\xFE\x3D\xD8"s, "t") == "\xEF\xBF\xBD");
  CHECK(user_error([&] {
          to_utf8(
              "\xFF\xFE"
              "a"s,
              "t");
        }).find("cut file") != std::string::npos);
  CHECK(user_error([&] {
          to_utf8("a\0r\0"s, "t");
        }).starts_with("t: found a zero byte at offset 1 (UTF-16"));
  CHECK(user_error([&] {
          to_utf8("\xFF\xFE\0\0a\0\0\0"s, "t");
        }).find("UTF-32") != std::string::npos);
  CHECK(user_error([&] {
          to_utf8("a\0\0\0r\0\0\0"s, "t");
        }).find("UTF-32") != std::string::npos);
}

TEST_CASE("csv: the line by which spreadsheets name the separator") {
  const std::vector<std::string> key{"arch"};
  for (const std::string start : {"sep=;\n", "SEP=;\r\n", "sep=;\n# x\n"}) {
    const std::string text = start + "arch;p\na;1\n";
    CHECK(zcp::formats::find_separator(text, key) == ';');
    std::vector<std::size_t> lines;
    std::vector<std::string> first;
    parse_csv(
        text,
        "t",
        [&](std::size_t line, const auto& row) {
          lines.push_back(line);
          if (first.empty()) first.assign(row.begin(), row.end());
        },
        ';');
    CHECK(first == std::vector<std::string>{"arch", "p"});
    CHECK(lines.front() == (start.ends_with("x\n") ? 3 : 2));
  }
}

TEST_CASE("csv: other separators") {
  const std::vector<std::string> key{"arch"};
  const auto separator = [&](std::string_view text) {
    return zcp::formats::find_separator(text, key);
  };
  CHECK(separator("arch,s;t\n") == ',');
  CHECK(separator("# x\narch;s,t\n") == ';');
  CHECK(separator("s\tarch\n") == '\t');
  CHECK(separator("\"arch\";\"a,b\"\n") == ';');
  CHECK(separator("x;y\n") == ',');
  std::vector<std::string> fields;
  parse_csv(
      "a b\t\t c \t\"d\te\"\n",
      "t",
      [&](std::size_t, const auto& row) {
        fields.assign(row.begin(), row.end());
      },
      '\t');
  CHECK(fields == std::vector<std::string>{"a b", "", "c", "d\te"});
}

TEST_CASE("csv: files that end in .gz are decompressed") {
  // gzip.compress(b'arch,a\nx,1\n', mtime=0) of Python.
  const char packed[] =
      "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\x4b\x2c\x4a\xce\xd0\x49"
      "\xe4\xaa\xd0\x31\xe4\x02\x00\x33\xe5\xd0\x56\x0b\x00\x00\x00";
  const zcp::test::TemporaryFolder folder;
  const auto file =
      folder.write("t.csv.gz", std::string(packed, sizeof packed - 1));
  CHECK(read_text(file) == "arch,a\nx,1\n");
}
