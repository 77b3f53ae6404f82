#include <doctest/doctest.h>

#include <algorithm>
#include <map>

#include "analysis/latent/encoded_space.h"
#include "analysis/search/algorithm.h"
#include "analysis/search/runner.h"
#include "analysis/search/wishes.h"
#include "tests/support/temporary.h"

using namespace zcp::search;
using zcp::spaces::find_space;
using zcp::spaces::Parts;
using zcp::test::user_error;

namespace {

const auto& cells() {
  return find_space("nats-tss");
}

Part part(const std::string& text) {
  return parse_part("fix", text, cells(), Parts(cells()));
}

std::size_t count(const std::string& text, const std::string& word) {
  std::size_t found = 0;
  for (std::size_t at = text.find(word); at != std::string::npos;
       at = text.find(word, at + 1)) {
    ++found;
  }
  return found;
}

}  // namespace

TEST_CASE("wishes: a word that no draw has is refused at once") {
  const auto& space = find_space("autoformer-small");
  const auto refusal = [&](const char* option, const std::string& text) {
    Wishes wishes;
    const Part part{0, text};
    (std::string(option) == "fix"      ? wishes.fixed
     : std::string(option) == "forbid" ? wishes.forbidden
                                       : wishes.preferred)
        .push_back(part);
    return user_error([&] { const WishedSpace wished(space, wishes); });
  };
  for (const char* option : {"fix", "forbid", "prefer"}) {
    CHECK(refusal(option, "e321")
              .starts_with(
                  std::string("--") + option + " e321: none of 1000 draws"));
  }
  Wishes wishes;
  wishes.fixed.push_back({0, "e320"});
  wishes.forbidden.push_back({0, "7x4"});
  const WishedSpace own(space, wishes);
  CHECK(own.allows("e320-6x3-5x4"));
  CHECK_FALSE(own.allows("e320-6x3-7x4"));
  CHECK_FALSE(own.allows("e384-6x3-5x4"));
}

TEST_CASE("parts are read as they are written") {
  CHECK(part("3=none") == Part{3, "none"});
  CHECK(part("none") == Part{0, "none"});
  CHECK(part("3=none").text() == "3=none");
  CHECK(part("none").text() == "none");
  const auto refused = [](const std::string& text) {
    return user_error([&] { part(text); });
  };
  CHECK(refused("7=none").find("from 1 to 6") != std::string::npos);
  CHECK(refused("0=none").find("from 1 to 6") != std::string::npos);
  CHECK(refused("3=conv").find("nor_conv_3x3") != std::string::npos);
  CHECK(refused("conv").find("nor_conv_3x3") != std::string::npos);
  CHECK_FALSE(refused("").empty());
  const auto& others = find_space("nas-bench-101");
  CHECK(
      parse_part("forbid", "maxpool3x3", others, Parts(others)) ==
      Part{0, "maxpool3x3"});
  CHECK_FALSE(user_error([&] {
                parse_part("forbid", "1=maxpool3x3", others, Parts(others));
              }).empty());
}

TEST_CASE("draws have what is fixed and nothing that is forbidden") {
  const WishedSpace space(
      cells(),
      {{part("1=nor_conv_3x3"), part("avg_pool_3x3")},
       {part("none"), part("6=skip_connect")},
       {}});
  std::map<std::string, int> second;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    const std::string spec = space.draw(seed);
    CHECK(space.allows(spec));
    CHECK(spec.starts_with("|nor_conv_3x3~0|"));
    CHECK(count(spec, "avg_pool_3x3") >= 1);
    CHECK(count(spec, "none") == 0);
    CHECK_FALSE(spec.ends_with("skip_connect~2|"));
    ++second[Parts(cells()).of(spec)[1]];
  }
  CHECK(second.size() == 4);
  for (const auto& [name, times] : second) CHECK(times > 50);
  CHECK_FALSE(space.allows(
      "|nor_conv_3x3~0|+|none~0|avg_pool_3x3~1|+|skip_connect~0|nor_conv_1x1~1|"
      "nor_conv_1x1~2|"));
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const std::string spec = space.draw(seed);
    const std::string mutant = space.mutate(spec, seed);
    CHECK(mutant != spec);
    CHECK(space.allows(mutant));
  }
}

TEST_CASE("among some architectures of a space draws stay among them") {
  // The nearest of these four to any of them are the other three.
  const std::vector<std::string> specs{
      "|none~0|+|none~0|none~1|+|none~0|none~1|skip_connect~2|",
      "|none~0|+|none~0|none~1|+|none~0|skip_connect~1|skip_connect~2|",
      "|none~0|+|none~0|none~1|+|skip_connect~0|skip_connect~1|none~2|",
      "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|"};
  const Eigen::MatrixXd points = Eigen::MatrixXd::Identity(4, 4);
  const zcp::latent::EncodedSpace some(cells(), specs, points);
  const WishedSpace space(some, {{}, {}, {part("6=skip_connect")}}, cells());
  int preferred = 0;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    const std::string drawn = space.draw(seed);
    const std::string mutant = space.mutate(drawn, seed);
    CHECK(some.has(drawn));
    CHECK(some.has(mutant));
    CHECK_NE(mutant, drawn);
    if (drawn.ends_with("skip_connect~2|")) ++preferred;
  }
  // Two of four: of two draws one has it three times out of four.
  CHECK_GT(preferred, 270);
  CHECK_LT(preferred, 330);
}

TEST_CASE("without wishes that matter a draw is the space's own") {
  const WishedSpace space(cells(), {{}, {part("1=none")}, {}});
  int same = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const std::string own = cells().draw(seed);
    if (own.starts_with("|none~0|")) continue;
    CHECK(space.draw(seed) == own);
    ++same;
  }
  CHECK(same > 50);
}

TEST_CASE("preferred parts are drawn more often") {
  const WishedSpace space(
      cells(), {{}, {}, {part("1=nor_conv_3x3"), part("skip_connect")}});
  int first = 0;
  std::size_t skips = 0;
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    const std::string spec = space.draw(seed);
    CHECK(space.allows(spec));
    if (spec.starts_with("|nor_conv_3x3~0|")) ++first;
    skips += count(spec, "skip_connect");
  }
  CHECK(first > 120);  // of 500 draws 100 without the wish
  CHECK(skips > 700);  // and of these 600
  CHECK(first < 500);
}

TEST_CASE("a wish for a word holds in spaces without places") {
  const auto& own = find_space("nas-bench-101");
  const WishedSpace space(own, {{}, {{0, "maxpool3x3"}}, {}});
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    CHECK(space.draw(seed).find("maxpool3x3") == std::string::npos);
  }
}

TEST_CASE("wishes that leave nothing are refused") {
  const auto refused = [](const Wishes& wishes) {
    return user_error([&] { const WishedSpace space(cells(), wishes); });
  };
  CHECK_FALSE(refused({{part("1=none")}, {part("none")}, {}}).empty());
  CHECK_FALSE(refused({{part("none")}, {part("none")}, {}}).empty());
  CHECK_FALSE(
      refused({{part("1=none"), part("1=skip_connect")}, {}, {}}).empty());
  Wishes all;
  const Parts parts(cells());
  for (const auto& name : parts.options(0)) {
    all.forbidden.push_back({2, name});
  }
  CHECK(refused(all).find("place 2") != std::string::npos);
  CHECK(refused({{part("none")}, {part("1=none")}, {}}).empty());
}

TEST_CASE("every algorithm keeps to the wishes") {
  const WishedSpace space(
      cells(),
      {{part("2=nor_conv_3x3"), part("4=skip_connect"), part("5=nor_conv_1x1")},
       {part("none")},
       {}});
  const Feasible feasible = [&](const std::string& arch) {
    return space.allows(arch);
  };
  class Counting final : public Evaluator {
   public:
    bool evaluate(std::span<const std::string>) override { return true; }
    void update(History& history) override {
      std::vector<double> values;
      for (const std::string& arch : history.archs()) {
        values.push_back(static_cast<double>(count(arch, "3x3")));
      }
      history.set_values(0, std::move(values));
    }
  };
  for (const AlgorithmInfo& info : algorithms()) {
    CAPTURE(info.name);
    Settings settings;
    settings.evaluations = 40;
    const auto algorithm =
        make_algorithm(std::string(info.name), {space, feasible}, settings, 1);
    Counting evaluator;
    History history(1);
    run(*algorithm, evaluator, history, 40, Count::distinct);
    CHECK(history.size() == 40);  // of 4 * 4 * 4
    for (const std::string& arch : history.archs()) CHECK(space.allows(arch));
  }
}
