// NASLib's tuples: the reader, and the specs that they stand for. Their
// conventions are those of naslib/search_spaces/*/conversions.py; numbers of
// parameters are those of NAS-Bench-Suite-Zero's files (naslib/data/zc_*.json).
#include <set>
#include <string>
#include <vector>

#include "benchmarks/formats/csv.h"
#include "nets/spaces/naslib_tuple.h"
#include "nets/spaces/space.h"
#include "tests/support/temporary.h"
#include "tests/support/test_files.h"

using namespace zcp;
using namespace zcp::spaces;

namespace {

std::string normalised(const std::string& space, const std::string& spec) {
  return find_space(space).normalise(spec);
}

std::string refusal(const std::string& space, const std::string& spec) {
  return test::user_error([&] { normalised(space, spec); });
}

std::int64_t params(
    const std::string& space,
    const std::string& tuple,
    Shape input,
    int classes) {
  return find_space(space).build(tuple, input, classes).params();
}

}  // namespace

TEST_CASE("NASLib tuples: numbers in brackets") {
  using Numbers = std::vector<int>;
  CHECK(naslib_numbers("(4, 0, 3)", 4, "x") == Numbers{4, 0, 3});
  CHECK(naslib_numbers("[4,0 , 3]", 4, "x") == Numbers{4, 0, 3});
  CHECK(is_naslib_tuple("(4)"));
  CHECK_FALSE(is_naslib_tuple("64-41414-1_02_333"));
  for (const std::string& wrong : std::vector<std::string>{
           "",
           "(",
           "()",
           "(4, 0, 3",
           "(4, 0, 3]",
           "4, 0, 3",
           "(4, 0, 3))",
           "(4, 0, 3),",
           "(4, 0, 3) 1",
           "(4,, 0, 3)",
           "(4, 0, 3,)",
           "(4 0 3)",
           "((4, 0, 3))",
           "(4, 0, 5)",
           "(4, 0, -0)",
           "(4, 0, 3.0)",
           "(4, 0, 0x3)",
           "(4, 0, 4294967299)",
           "(4, 0, 18446744073709551619)"}) {
    CAPTURE(wrong);
    const std::string error =
        test::user_error([&] { naslib_numbers(wrong, 4, "three numbers"); });
    CHECK(error.find("spec '" + wrong + "': found '") == 0);
    CHECK(error.find("expected three numbers") != std::string::npos);
  }
}

TEST_CASE("NASLib tuples: NATS-TSS") {
  CHECK(
      normalised("nats-tss", "(4, 0, 3, 1, 4, 3)") ==
      "|avg_pool_3x3~0|+|skip_connect~0|none~1|+|nor_conv_1x1~0|"
      "avg_pool_3x3~1|nor_conv_1x1~2|");
  CHECK(
      normalised("nas-bench-201", "[2, 4, 0, 0, 3, 2]") ==
      "|nor_conv_3x3~0|+|avg_pool_3x3~0|skip_connect~1|+|skip_connect~0|"
      "nor_conv_1x1~1|nor_conv_3x3~2|");
  CHECK(
      normalised("nas-bench-360", "(4, 0, 3, 1, 4, 3)") ==
      normalised("nats-tss", "(4, 0, 3, 1, 4, 3)"));
  CHECK(params("nats-tss", "(0, 2, 3, 2, 3, 1)", {3, 32, 32}, 10) == 615386);
  CHECK(
      refusal("nats-tss", "(4, 0, 3, 1, 4)").find("found 5 numbers") !=
      std::string::npos);
  CHECK(
      refusal("nats-tss", "(4, 0, 3, 1, 4, 5)").find("'5'") !=
      std::string::npos);
}

TEST_CASE("NASLib tuples: 9,445 cells of NATS-TSS with their specs") {
  const auto path = test::shared("data/naslib_scores_nb201.csv");
  if (test::absent(path)) return;
  const Space& space = find_space("nats-tss");
  std::size_t rows = 0;
  const std::string text = formats::read_text(path);
  formats::parse_csv(text, "f", [&](std::size_t line, const auto& fields) {
    if (line == 1) {
      REQUIRE(fields[0] == "net");
      REQUIRE(fields[1] == "net_str");
      return;
    }
    REQUIRE(space.normalise(fields[0]) == fields[1]);
    ++rows;
  });
  CHECK(rows == 9445);
}

TEST_CASE("NASLib tuples: TransNAS-Bench-101, cells") {
  const Shape image{3, 256, 256};
  CHECK(
      normalised("transnas-micro", "(1, 0, 2, 3, 3, 3)") ==
      "64-41414-1_02_333");
  CHECK(
      normalised("transnas-micro", "[0, 1, 2, 0, 1, 0]") ==
      "64-41414-0_12_010");
  // Of class_scene, whose network has 63 classes in NASLib. The digits of the
  // same cells in the order of nats-tss's tuples give other numbers.
  CHECK(params("transnas-micro", "(1, 0, 0, 2, 1, 0)", image, 63) == 910687);
  CHECK(params("transnas-micro", "(1, 0, 0, 2, 2, 3)", image, 63) == 9440607);
  CHECK(params("transnas-micro", "(0, 1, 1, 2, 3, 3)", image, 63) == 16256351);
  CHECK(params("transnas-micro", "(1, 1, 0, 3, 1, 2)", image, 63) == 7381087);
  CHECK(params("transnas-micro", "(1, 3, 3, 2, 2, 3)", image, 63) == 23237983);
  CHECK(params("transnas-micro", "(2, 3, 1, 0, 3, 1)", image, 63) == 14534239);
  CHECK(
      refusal("transnas-micro", "(4, 0, 3, 1, 4, 3)").find("'4'") !=
      std::string::npos);
  CHECK(
      refusal("transnas-micro", "(0, 3, 1)").find("found 3 numbers") !=
      std::string::npos);
}

TEST_CASE("NASLib tuples: TransNAS-Bench-101, modules") {
  CHECK(normalised("transnas-macro", "(1, 2, 4, 2, 0, 0)") == "64-1242-basic");
  CHECK(normalised("transnas-macro", "(2, 3, 1, 4)") == "64-2314-basic");
  CHECK(
      normalised("transnas-macro", "(2, 3, 2, 3, 2, 3)") == "64-232323-basic");
  CHECK(
      params("transnas-macro", "(1, 2, 4, 2, 0, 0)", {3, 256, 256}, 63) ==
      11218783);
  CHECK_FALSE(refusal("transnas-macro", "(0, 1, 2, 4, 2, 0)").empty());
  CHECK_FALSE(refusal("transnas-macro", "(1, 2, 4, 2, 0, 0, 0)").empty());
  CHECK_FALSE(refusal("transnas-macro", "(0, 0, 0, 0, 0, 0)").empty());
  CHECK_FALSE(refusal("transnas-macro", "(1, 1, 1, 1)").empty());
}

TEST_CASE("NASLib tuples: NAS-Bench-301") {
  const std::string cell =
      "((0, 6), (1, 4), (0, 0), (1, 5), (1, 4), (3, 2), (0, 6), (3, 2))";
  const std::string other =
      "((0, 1), (1, 4), (0, 1), (1, 4), (2, 6), (3, 4), (1, 5), (2, 1))";
  const std::string spec =
      "normal:dil_conv_5x5~0,sep_conv_5x5~1|max_pool_3x3~0,dil_conv_3x3~1|"
      "sep_conv_5x5~1,skip_connect~3|dil_conv_5x5~0,skip_connect~3;"
      "reduce:avg_pool_3x3~0,sep_conv_5x5~1|avg_pool_3x3~0,sep_conv_5x5~1|"
      "dil_conv_5x5~2,sep_conv_5x5~3|dil_conv_3x3~1,avg_pool_3x3~2";
  CHECK(normalised("darts", "(" + cell + ", " + other + ")") == spec);
  // As make_compact_mutable writes it.
  std::string list = "[" + cell + "," + other + "]";
  CHECK(normalised("nas-bench-301", list) == spec);
  // NASLib's BatchNorms within the cells have no weights.
  Skeleton plain;
  plain.affine = false;
  const auto params_of = [&](const std::string& tuple) {
    return find_space("darts").build(tuple, {3, 32, 32}, 10, plain).params();
  };
  CHECK(
      params_of(
          "[[(1, 0), (0, 6), (1, 2), (2, 4), (2, 1), (1, 3), (4, 5), (3, 0)],"
          " [(0, 4), (1, 6), (1, 0), (0, 5), (1, 1), (2, 3), (4, 2), (3, "
          "2)]]") == 838634);
  CHECK(
      params_of(
          "[[(0, 2), (1, 4), (0, 5), (1, 6), (0, 2), (3, 0), (2, 0), (0, 2)],"
          " [(0, 0), (1, 4), (1, 0), (0, 6), (2, 0), (1, 3), (1, 6), (3, "
          "5)]]") == 769834);
  for (const std::string& wrong :
       std::vector<std::string>{
           "(" + cell + ")",
           "(" + cell + ", " + other + ", " + cell + ")",
           "(" + cell + " " + other + ")",
           "(" + cell + ", " + other + "))",
           "(" + cell + ", " + cell.substr(0, cell.size() - 9) + "))",
           "((0, 6), (1, 4))",
           "(" + cell + ", ((2" + other.substr(3) + ")",      // not yet a node
           "(" + cell + ", ((0, 7" + other.substr(6) + ")"})  // no operation
  {
    CAPTURE(wrong);
    CHECK(refusal("darts", wrong).find("found '") != std::string::npos);
  }
}

TEST_CASE("NASLib tuples: NAS-Bench-101") {
  const std::string numbers = "0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 4, 1";
  const std::string spec = "011-001-000|input,conv3x3-bn-relu,output";
  CHECK(normalised("nas-bench-101", "(" + numbers + ")") == spec);
  CHECK(normalised("nas-bench-101", "[" + numbers + "]") == spec);
  CHECK(normalised("nas-bench-101", numbers) == spec);
  for (const std::string& wrong : std::vector<std::string>{
           "(" + numbers,
           numbers + ")",
           "[" + numbers + ")",
           numbers + ",",
           "," + numbers,
           "(" + numbers + ",)",
           "(" + numbers +
               ") "
               "x"}) {
    CAPTURE(wrong);
    CHECK_FALSE(refusal("nas-bench-101", wrong).empty());
  }
}
