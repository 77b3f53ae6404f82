#include <fmt/format.h>

#include <cmath>

#include "benchmarks/tables/arch_list.h"
#include "benchmarks/tables/table.h"
#include "tests/support/temporary.h"
#include "tests/support/test_files.h"

using zcp::tables::read_arch_list;
using zcp::tables::read_table;
using zcp::tables::Table;
using zcp::test::TemporaryFolder;

namespace {

Table table_of(std::string_view text, std::vector<std::string> wanted = {}) {
  const TemporaryFolder folder;
  return read_table(folder.write("t.csv", text), wanted);
}

/// The message without the folder in front of it.
std::string error_of(
    std::string_view text,
    std::vector<std::string> wanted = {}) {
  const std::string error =
      zcp::test::user_error([&] { table_of(text, wanted); });
  const std::size_t name = error.find("t.csv");
  return name == std::string::npos ? error : error.substr(name);
}

std::vector<std::string> list_of(std::string_view text) {
  const TemporaryFolder folder;
  return read_arch_list(folder.write("l", text));
}

}  // namespace

TEST_CASE("table: numeric columns, text columns, empty fields") {
  const Table table = table_of("note,arch,acc,n,none\nx,a,1.5,,\ny,b,,-2e3,\n");
  CHECK(table.arch == std::vector<std::string>{"a", "b"});
  CHECK(table.columns == std::vector<std::string>{"acc", "n", "none"});
  CHECK(table.values[0][0] == 1.5);
  CHECK(std::isnan(table.values[0][1]));
  CHECK(std::isnan(table.values[1][0]));
  CHECK(table.values[1][1] == -2000.0);
  CHECK(std::isnan(table.values[2][1]));
  CHECK(table.source.ends_with("t.csv"));
}

TEST_CASE("table: wanted columns in the order asked") {
  const Table table = table_of("a,arch,b,c\n1,x,2,text\n", {"b", "a"});
  CHECK(table.columns == std::vector<std::string>{"b", "a"});
  CHECK(table.values[0][0] == 2.0);
  CHECK(table.values[1][0] == 1.0);
}

TEST_CASE("table: quoted specs and comment lines") {
  const Table table = table_of("# command, version\narch,v\n\"[1, 2]\",3\n");
  CHECK(table.arch == std::vector<std::string>{"[1, 2]"});
}

TEST_CASE("table: 17 digits come back bit for bit") {
  CHECK(table_of("arch,v\na,0.10000000000000001\n").values[0][0] == 0.1);
  CHECK(table_of("arch,v\na,+2.5e-310\n").values[0][0] == 2.5e-310);
}

TEST_CASE("table: each mistake is one line that says where and what") {
  CHECK(
      error_of("") ==
      "t.csv: the file is empty, expected a CSV with a column 'arch'");
  CHECK(
      error_of("id,v\n1,2\n") ==
      "t.csv: line 1: found the columns 'id,v', expected one named 'arch' "
      "(fields separated by commas, semicolons or tabs)");
  CHECK(
      error_of("arch,v,w\na,1,2\nb,1\n") ==
      "t.csv: line 3: found 2 fields, expected 3 as in the header (a cut "
      "file?)");
  CHECK(
      error_of("arch,v\na,1\nb,2\na,3\n") ==
      "t.csv: line 4: column 'arch': found 'a' again with another value of 'v' "
      "than on line 2, expected each architecture once");
  CHECK(
      error_of("arch,v\na,1\n\nb,x1\n", {"v"}) ==
      "t.csv: line 4: column 'v': found 'x1', expected a number or an empty "
      "field");
  CHECK(
      error_of("arch,v\na,1\nb,1e999\n", {"v"})
          .find("found '1e999' (beyond the range of double precision)") !=
      std::string::npos);
  CHECK(
      error_of("arch,v\na,1\nb,1 2\n", {"v"}).find("found '1 2'") !=
      std::string::npos);
  CHECK(error_of("arch,v,v\na,1,2\n").find("'v' twice") != std::string::npos);
  CHECK(
      error_of("arch,v\n,2\n").find("line 2: column 'arch': found nothing") !=
      std::string::npos);
}

TEST_CASE("table: a wanted column that is absent or not numeric") {
  CHECK(
      error_of("arch,cifar10_test,n\na,1,2\n", {"cifar_test"}) ==
      "t.csv: no column 'cifar_test', did you mean 'cifar10_test'?; its "
      "columns are cifar10_test, n");
  CHECK(
      error_of("arch,note\na,text\n", {"note"}) ==
      "t.csv: line 2: column 'note': found 'text', expected a number or an "
      "empty field");
}

TEST_CASE("table: a column is numeric by all its fields, in any order") {
  for (const char* text :
       {"arch,s,n\na,1,6\nb,x,5\n", "arch,s,n\nb,x,5\na,1,6\n"}) {
    const Table table = table_of(text);
    CHECK(table.columns == std::vector<std::string>{"n"});
    REQUIRE(table.left_out.size() == 1);
    CHECK(table.left_out[0].column == "s");
    CHECK(table.left_out[0].found == "x");
  }
  const Table table = table_of("arch,p\na,1\nb,\"587,386\"\n");
  REQUIRE(table.left_out.size() == 1);
  CHECK(
      table.left_out[0].text() ==
      "line 3: column 'p': found '587,386' (a decimal comma or a thousands "
      "separator?), expected a number or an empty field");
  // A column that is not asked for is nobody's trouble.
  CHECK(table_of("arch,s,n\na,1,x\n", {"s"}).left_out.empty());
}

TEST_CASE("table: words for a missing number") {
  const Table table = table_of(
      "arch,v\na,NA\nb,nan\nc,None\nd,\ne,null\nf,N/A\ng,#N/A\nh,NaN\n"
      "i,<NA>\nj,-nan\nk,\" \"\nl,7\n");
  CHECK(table.columns == std::vector<std::string>{"v"});
  REQUIRE(table.values[0].size() == 12);
  for (std::size_t row = 0; row < 11; ++row) {
    CHECK(std::isnan(table.values[0][row]));
  }
  CHECK(table.values[0][11] == 7.0);
}

TEST_CASE("table: infinities keep their sign") {
  const Table table =
      table_of("arch,v\na,inf\nb,-inf\nc,Infinity\nd,-Infinity\ne,+INF\nf,1\n");
  REQUIRE(table.columns.size() == 1);
  REQUIRE(table.notes.size() == 1);
  CHECK(table.notes[0].find("v (line 2: 'inf')") != std::string::npos);
  CHECK(
      table.values[0] ==
      std::vector<double>{
          HUGE_VAL, -HUGE_VAL, HUGE_VAL, -HUGE_VAL, HUGE_VAL, 1});
}

TEST_CASE("table: semicolons, tabs, decimal commas") {
  for (const char* text :
       {"arch;s;n\na;1,5;6\nb;-2,25e1;NA\n",
        "arch\ts\tn\na\t1,5\t6\nb\t-2,25e1\tNA\n"}) {
    const Table table = table_of(text);
    REQUIRE(table.columns == std::vector<std::string>{"s", "n"});
    CHECK(table.values[0] == std::vector<double>{1.5, -22.5});
    CHECK(table.values[1][0] == 6.0);
    REQUIRE(table.notes.size() == 1);
    CHECK(
        table.notes[0].find(
            "commas are read as decimal points in s (line 2: '1,5')") !=
        std::string::npos);
  }
  const auto left_out = [](const char* text) {
    std::string names;
    for (const auto& column : table_of(text).left_out) names += column.column;
    return names;
  };
  // Thousands may be meant, unless another column says otherwise.
  CHECK(left_out("arch;s\na;587,386\nb;73,306\n") == "s");
  CHECK(left_out("arch;s;t\na;587,386;0,5\n") == "");
  CHECK(left_out("arch;s\na;0,586\n") == "");
  // Points and commas in one file: which is which is not said.
  CHECK(left_out("arch;s;t\na;1,5;2.5\n") == "s");
  CHECK(left_out("arch;s\na;1,5\nb;1.5\n") == "s");
  CHECK(left_out("arch;s\na;1.5\nb;1,5\n") == "s");
  CHECK(left_out("arch;s\na;1,234,567\n") == "s");
  CHECK(left_out("arch;s\na;1.234,5\n") == "s");
  // Where commas separate, a quoted one is no decimal comma.
  CHECK(left_out("arch,s\na,\"1,5\"\n") == "s");
}

TEST_CASE("table: a row that comes again") {
  const Table table =
      table_of("index,arch,v,note\n0,a,1,x\n1,b,nan,x\n2,a,1.0,y\n3,b,,x\n");
  CHECK(table.arch == std::vector<std::string>{"a", "b"});
  CHECK(table.values[1][0] == 1.0);
  CHECK(table.values[1].size() == 2);
  REQUIRE(table.notes.size() == 1);
  CHECK(table.notes[0].find("2 rows") != std::string::npos);
  CHECK(table.notes[0].find("line 4: 'a'") != std::string::npos);
  CHECK(error_of("arch,v\na,1\na,\n").find("line 3") != std::string::npos);
  // Other columns than those asked for may differ.
  CHECK(table_of("arch,v,w\na,1,2\na,1,3\n", {"v"}).arch.size() == 1);
}

TEST_CASE("table: names of columns that number rows") {
  using zcp::tables::is_index_column;
  for (const char* name :
       {"index", "Index", "idx", "id", "Unnamed: 0", "arch_id"}) {
    CHECK(is_index_column(name));
  }
  for (const char* name : {"params", "grid", "indexed", "valid"}) {
    CHECK_FALSE(is_index_column(name));
  }
}

TEST_CASE("arch list: lines or a CSV") {
  CHECK(
      list_of("index;arch\n1;x\n2;z\n") == std::vector<std::string>{"x", "z"});
  CHECK(
      list_of("# made by hand\na\n\n  b \r\na\n") ==
      std::vector<std::string>{"a", "b", "a"});
  CHECK(
      list_of("index,arch\n1,\"x,y\"\n2,z\n") ==
      std::vector<std::string>{"x,y", "z"});
  CHECK(list_of("# c\narch\nq\n") == std::vector<std::string>{"q"});
  CHECK(list_of("[1,\"2]\n") == std::vector<std::string>{"[1,\"2]"});
  CHECK(zcp::test::user_error([] {
          list_of("#\n\n");
        }).find("found no architecture") != std::string::npos);
  CHECK(zcp::test::user_error([] {
          list_of("arch,v\na\n");
        }).find("line 2: found 1 fields") != std::string::npos);
}

TEST_CASE("table: the tables of the reference data") {
  const auto path = zcp::test::shared("data/nats_tss_accuracy.csv");
  if (zcp::test::absent(path)) return;
  const Table table = read_table(path);
  CHECK(table.arch.size() == 15625);
  CHECK(table.columns.size() == 8);
  CHECK(table.values[1][0] == 85.8633);
  CHECK(read_arch_list(path) == table.arch);
}

TEST_CASE("table: 423,624 rows of 4 columns are read") {
  std::string text = "arch,a,b,c,d\n";
  for (int i = 0; i < 423'624; ++i) {
    text += fmt::format(
        "|nor_conv_3x3~0|+|none~0|+|none~{}|,{},{},93.2512345678901{},{}\n",
        i,
        i,
        i * 0.37,
        i % 10,
        1.0 / (i + 1));
  }
  const TemporaryFolder folder;
  const auto path = folder.write("big.csv", text);
  CHECK(read_table(path).arch.size() == 423'624);
}

TEST_CASE("a table by another column than arch") {
  const auto table =
      zcp::tables::parse_table("index,ms\n0,1.5\n1,2\n", "t", {}, "index");
  CHECK(table.arch == std::vector<std::string>{"0", "1"});
  CHECK(table.columns == std::vector<std::string>{"ms"});
  const auto refused = [](const char* text) {
    return zcp::test::user_error(
        [&] { zcp::tables::parse_table(text, "t", {}, "index"); });
  };
  CHECK(refused("arch,ms\na,1\n").find("named 'index'") != std::string::npos);
  CHECK(refused("index,v\n1,2\n1,3\n").find("'index'") != std::string::npos);
  CHECK(refused("").find("'index'") != std::string::npos);
}

TEST_CASE("the names of a table's columns") {
  using Names = std::vector<std::string>;
  const Names keys{"arch"};
  const auto names = [&](const char* text) {
    return zcp::tables::column_names(text, "t", keys);
  };
  CHECK(names("# a note\narch,\"b,c\"\n1,2\n") == Names{"arch", "b,c"});
  CHECK(names("") == Names{});
}

TEST_CASE("table: whole numbers that lose digits are named") {
  // 2^53 and what double precision has beyond it lose nothing.
  CHECK(table_of("arch,v\na,9007199254740992\nb,9007199254740994\n")
            .notes.empty());
  CHECK(table_of("arch,v\na,1e300\nb,-9223372036854775808\n").notes.empty());
  const Table table = table_of(
      "arch,v,w\na,1,2\nb,100000000000000001,2\nc,100000000000000003,2\n");
  REQUIRE(table.notes.size() == 1);
  CHECK(
      table.notes[0].find(
          "whole numbers beyond 2^53 lose digits, so that different ones may "
          "be equal: v (line 3: '100000000000000001')") != std::string::npos);
}
