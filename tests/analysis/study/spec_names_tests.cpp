// Tables that name the same architectures in other words.
#include <doctest/doctest.h>

#include "analysis/study/join.h"
#include "analysis/study/spec_names.h"
#include "tests/support/temporary.h"

using namespace zcp::study;
using zcp::tables::Table;
using zcp::test::user_error;
using Names = std::vector<std::string>;

namespace {

Table named(const std::string& source, const Names& arch) {
  return {source, arch, {}, {}};
}

/// The rows that are joined, "score-truth" each.
Names joined(const Names& scores, const Names& truth) {
  Names rows;
  for (const MatchedRow& match :
       join(named("scores.csv", scores), named("truth.csv", truth))) {
    rows.push_back(
        std::to_string(match.score_row) + "-" +
        std::to_string(match.truth_row));
  }
  return rows;
}

const std::string kCell =
    "|avg_pool_3x3~0|+|skip_connect~0|none~1|+|nor_conv_1x1~0|"
    "avg_pool_3x3~1|nor_conv_1x1~2|";
const std::string kOther =
    "|nor_conv_3x3~0|+|avg_pool_3x3~0|skip_connect~1|+|skip_connect~0|"
    "nor_conv_1x1~1|nor_conv_3x3~2|";

}  // namespace

TEST_CASE("spec names: NASLib's tuples beside specs") {
  const Names tuples = {"(2, 4, 0, 0, 3, 2)", "(4, 0, 3, 1, 4, 3)"};
  CHECK(joined(tuples, {kCell, "mine", kOther}) == Names{"1-0", "0-2"});
  CHECK(joined({"mine", kOther, kCell}, tuples) == Names{"1-0", "2-1"});
  // The other table says of which space they are.
  CHECK(
      joined(
          {"(1, 0, 2, 3, 3, 3)"}, {"64-41414-1_20_333", "64-41414-1_02_333"}) ==
      Names{"0-1"});
  CHECK(
      joined({"64-1242-basic"}, {"(1, 2, 4, 2)", "(1, 2, 4, 1, 0, 0)"}) ==
      Names{"0-0"});
  // Tuples of both, written with blanks and without.
  CHECK(joined({"(1,0,2,3,3,3)"}, {"(1, 0, 2, 3, 3, 3)"}) == Names{"0-0"});
}

TEST_CASE("spec names: isomorphic cells, genotypes of Python") {
  CHECK(
      joined(
          {"0110-0001-0001-0000|input,maxpool3x3,conv3x3-bn-relu,output"},
          {"0110-0001-0001-0000|input,conv3x3-bn-relu,maxpool3x3,output"}) ==
      Names{"0-0"});
  std::string edges;
  std::string spec;
  for (int node = 0; node < 4; ++node) {
    edges += std::string(node > 0 ? ", " : "") + "('none', 0), ('none', 1)";
    spec += std::string(node > 0 ? "|" : "") + "none~0,none~1";
  }
  CHECK(
      joined(
          {"Genotype(normal=[" + edges + "], reduce=[" + edges + "])"},
          {"normal:" + spec + ";reduce:" + spec}) == Names{"0-0"});
}

TEST_CASE("spec names: names that are the same stay what they are") {
  CHECK(joined({"a", kCell}, {kCell, "a"}) == Names{"1-0", "0-1"});
  // The tuple is the truth's first row already.
  CHECK(
      joined({kCell, "a"}, {kCell, "(4, 0, 3, 1, 4, 3)", "a"}) ==
      Names{"0-0", "1-2"});
  CHECK(user_error([] {
          joined({"(4, 0, 3, 1, 4, 3)"}, {kOther});
        }).find("no architecture is in both tables") == 0);
  CHECK_FALSE(user_error([] { joined({"8:8:8:8:8"}, {kOther}); }).empty());
}

TEST_CASE("spec names: one architecture under two names is refused") {
  CHECK(
      user_error([] {
        joined({"(4, 0, 3, 1, 4, 3)", "(4,0,3,1,4,3)"}, {kOther, kCell});
      }) ==
      "scores.csv: found one architecture as '(4, 0, 3, 1, 4, 3)' and as "
      "'(4,0,3,1,4,3)', expected it once");
}

TEST_CASE("spec names: the spaces that names may be of") {
  const auto spaces = [](const Names& own, const Names& beside = {}) {
    return spaces_of(named("s.csv", own), named("t.csv", beside));
  };
  CHECK(spaces({kCell, kOther}) == Names{"nats-tss"});
  CHECK(spaces({"mine", "yours"}).empty());
  // Digits up to 3: of either space of cells.
  const Names tuples = {"(1, 0, 2, 3, 3, 3)", "(0, 0, 0, 0, 0, 0)"};
  const Names micro = {"64-41414-0_00_000", "64-41414-1_02_333"};
  CHECK(spaces(tuples).size() > 1);
  CHECK(spaces(tuples, micro) == Names{"transnas-micro"});
  CHECK(spaces(tuples, {kCell}) == Names{"nats-tss"});
  CHECK(
      spaces({"(1, 2, 4, 2, 0, 0)"}, {"64-1242-basic"}) ==
      Names{"transnas-macro"});
  CHECK(spaces(tuples, tuples).size() > 1);
  // A 4, a pooling edge, is of nats-tss alone, however late it comes.
  Names many(30, tuples[0]);
  many.emplace_back("(4, 0, 3, 1, 4, 3)");
  CHECK(spaces(many) == Names{"nats-tss"});
  CHECK(
      names_as_specs(named("s.csv", tuples), named("t.csv", micro)) ==
      Names{"64-41414-1_02_333", "64-41414-0_00_000"});
  CHECK(names_as_specs(named("s.csv", tuples)) == tuples);
}
