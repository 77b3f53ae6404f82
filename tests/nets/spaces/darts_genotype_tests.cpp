// Genotypes of DARTS; their number is 10^18 by the paper (section 2.1 of
// https://arxiv.org/abs/1806.09055 counts 7^8 operations and the pairs of
// inputs of each cell).
#include <set>
#include <string>
#include <vector>

#include "nets/spaces/darts_genotype.h"
#include "tests/support/temporary.h"
#include "tests/support/test_files.h"

using namespace zcp::spaces::darts;

TEST_CASE("DARTS genotypes: edges enter nodes of growing choice") {
  CHECK(sources(0) == 2);
  CHECK(sources(1) == 2);
  CHECK(sources(2) == 3);
  CHECK(sources(7) == 5);
}

TEST_CASE("DARTS genotypes: the numbered ones") {
  // 1, 3, 6 and 10 pairs of inputs; 7 operations at each of 8 edges.
  constexpr std::int64_t kCell = 1 * 3 * 6 * 10 * std::int64_t{5764801};
  CHECK(space_size() == kCell * kCell);
  const Genotype first = genotype_at(0);
  for (const Cell& cell : {first.normal, first.reduce}) {
    for (const Edge& edge : cell) CHECK(edge.op == EdgeOp::max_pool);
    CHECK(cell[6].source == 0);
    CHECK(cell[7].source == 1);
  }
  const Genotype last = genotype_at(space_size() - 1);
  for (const Cell& cell : {last.normal, last.reduce}) {
    for (const Edge& edge : cell) CHECK(edge.op == EdgeOp::dil_5);
    CHECK(cell[6].source == 3);
    CHECK(cell[7].source == 4);
  }
}

TEST_CASE("DARTS genotypes: both forms") {
  const std::string cell =
      "none~0,max_pool_3x3~1|avg_pool_3x3~0,skip_connect~2|"
      "sep_conv_3x3~1,sep_conv_5x5~3|dil_conv_3x3~4,dil_conv_5x5~0";
  const std::string spec = "normal:" + cell + ";reduce:" + cell;
  const Genotype genotype = parse(spec);
  CHECK(format(genotype) == spec);
  CHECK(genotype.normal[0].op == EdgeOp::none);
  CHECK(genotype.normal[6].op == EdgeOp::dil_3);
  CHECK(genotype.reduce[6].source == 4);
  const std::string edges =
      "[('none', 0), ('max_pool_3x3', 1), ('avg_pool_3x3', 0), "
      "('skip_connect', 2), ('sep_conv_3x3', 1), ('sep_conv_5x5', 3), "
      "('dil_conv_3x3', 4), ('dil_conv_5x5', 0)]";
  CHECK(
      format(parse("Genotype(normal=" + edges + ", reduce=" + edges + ")")) ==
      spec);
  CHECK(zcp::test::user_error([&] {
          parse("normal:" + cell);
        }).find("''") != std::string::npos);
}

TEST_CASE("DARTS genotypes: nothing left over, nothing twice") {
  const std::string cell =
      "none~0,max_pool_3x3~1|avg_pool_3x3~0,skip_connect~2|"
      "sep_conv_3x3~1,sep_conv_5x5~3|dil_conv_3x3~4,dil_conv_5x5~0";
  const std::string edges =
      "[('none', 0), ('max_pool_3x3', 1), ('avg_pool_3x3', 0), "
      "('skip_connect', 2), ('sep_conv_3x3', 1), ('sep_conv_5x5', 3), "
      "('dil_conv_3x3', 4), ('dil_conv_5x5', 0)]";
  const std::string both = "normal=" + edges + ", reduce=" + edges;
  for (const std::string& right : std::vector<std::string>{
           "Genotype(" + both + ",)",
           "Genotype(" + both + ", normal_concat=[2, 3, 4, 5])",
           "Genotype( reduce=" + edges + ",normal=" + edges +
               ",reduce_concat=range(2,6) )"}) {
    CAPTURE(right);
    CHECK(format(parse(right)) == "normal:" + cell + ";reduce:" + cell);
  }
  for (const std::string& wrong : std::vector<std::string>{
           "normal:" + cell + "|;reduce:" + cell,
           "normal:" + cell + ";reduce:" + cell + "|",
           "normal:" + cell + ",;reduce:" + cell,
           "normal:" + cell + ";;reduce:" + cell,
           "normal:" + cell + ";reduce:" + cell + ";",
           "normal::" + cell + ";reduce:" + cell,
           "normal:none~-0" + cell.substr(6) + ";reduce:" + cell,
           "normal:none~4294967296" + cell.substr(6) + ";reduce:" + cell,
           "Genotype(normal=" + edges + " reduce=" + edges + ")",
           "Genotype(" + both + ", reduce=" + edges + ")",
           "Genotype(" + both + ",,)",
           "Genotype(" + both + "))",
           "Genotype(" + both,
           "Genotype(" + both + ", normal_concat=[23, 45])",
           "Genotype(" + both + ", normal_concat=[2 3 4 5])",
           "Genotype(" + both + ", normal_concat=[3, 4, 5])",
           "Genotype(" + both + ", normal_concat=range(2, 6, 1))",
           "Genotype(" + both + ", depth=8)"}) {
    CAPTURE(wrong);
    CHECK_FALSE(zcp::test::user_error([&] { parse(wrong); }).empty());
  }
}
