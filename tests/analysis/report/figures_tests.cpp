#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include "analysis/report/figures.h"
#include "analysis/report/svg.h"
#include "common/error.h"
#include "tests/support/make_report.h"
#include "tests/support/temporary.h"
#include "tests/support/test_files.h"

using namespace zcp::report;
using namespace zcp::test;

namespace {

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos;
       at = text.find(part, at + 1)) {
    ++found;
  }
  return found;
}

template <typename Write>
std::string drawn(const Write& write) {
  std::ostringstream out;
  write(out);
  return out.str();
}

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Numbers that do not exist have no place in a drawing.
void check_sound(const std::string& svg) {
  CHECK(svg.starts_with("<svg "));
  CHECK(svg.ends_with("</svg>\n"));
  CHECK(count(svg, "nan") == 0);
  CHECK(count(svg, "inf") == 0);
}

}  // namespace

TEST_CASE("the difference figure marks every proxy but the baseline") {
  const Report report = make(sample_material(300));
  const std::string svg = drawn([&](std::ostream& out) {
    write_difference_figure(out, report, "accuracy");
  });
  check_sound(svg);
  CHECK(count(svg, "class=\"beats\"") == 1);
  CHECK(count(svg, "class=\"worse\"") == 1);
  CHECK(count(svg, "class=\"baseline\"") == 1);
  CHECK(count(svg, ">good<") == 1);
  CHECK(count(svg, ">params<") == 0);
  CHECK(count(svg, "no difference") == 1);
}

TEST_CASE("a scatter draws those that have both values") {
  const Report report = make(sample_material(100));
  const std::string svg = drawn([&](std::ostream& out) {
    write_scatter_figure(out, report, "good", "second");
  });
  check_sound(svg);
  std::size_t both = 0;
  for (std::size_t i = 0; i < 100; ++i) both += i % 10 != 9 && i % 7 != 3;
  CHECK(count(svg, "<circle") == both);
  CHECK(svg.find("without a score not drawn") != std::string::npos);
}

TEST_CASE("outliers do not squeeze all others into a line") {
  Material material = sample_material(100);
  const auto middle_of = [](const std::string& svg) {
    std::vector<double> places;
    for (std::size_t at = svg.find("cx=\""); at != std::string::npos;
         at = svg.find("cx=\"", at + 1)) {
      places.push_back(std::stod(svg.substr(at + 4)));
    }
    REQUIRE(places.size() > 50);
    std::ranges::sort(places);
    const std::size_t tenth = places.size() / 10;
    return (places[places.size() - 1 - tenth] - places[tenth]) /
           (places.back() - places.front());
  };
  const auto draw = [&] {
    const Report report = make(material);
    return drawn([&](std::ostream& out) {
      write_scatter_figure(out, report, "good", "accuracy");
    });
  };
  const std::string plain = draw();
  CHECK(plain.find("by rank") == std::string::npos);
  CHECK(middle_of(plain) > 0.3);
  material.scores.values[1][4] = -1e8;
  const std::string ranked = draw();
  check_sound(ranked);
  CHECK(ranked.find(">good, by rank (%)<") != std::string::npos);
  CHECK(middle_of(ranked) > 0.7);
}

TEST_CASE("many architectures are counted in hexagons") {
  const Report report = make(sample_material(3000));
  const std::string svg = drawn([&](std::ostream& out) {
    write_scatter_figure(out, report, "random", "accuracy");
  });
  check_sound(svg);
  CHECK(count(svg, "<circle") == 0);
  CHECK(count(svg, "<polygon") > 100);
  CHECK(svg.find("architectures a hexagon") != std::string::npos);
}

TEST_CASE("the curve has a line a proxy, the heat map a cell a pair") {
  const Report report = make(sample_material(300));
  const std::string curve = drawn(
      [&](std::ostream& out) { write_curve_figure(out, report, "accuracy"); });
  check_sound(curve);
  CHECK(count(curve, "class=\"series\"") == 2);
  CHECK(count(curve, "class=\"baseline\"") == 1);
  CHECK(count(curve, "class=\"interval-thin\"") == 9);
  CHECK(count(curve, ">10 %<") == 1);
  CHECK(count(curve, ">n = 300<") == 1);
  CHECK(count(curve, ">n = 30<") == 1);
  const std::string heat =
      drawn([&](std::ostream& out) { write_similarity_figure(out, report); });
  check_sound(heat);
  CHECK(count(heat, "<rect") == 1 + 16);
  CHECK(count(heat, ">1.00<") == 3);
}

TEST_CASE("all figures are files of a folder") {
  Material material = sample_material(60);
  material.scores.columns[1] = "a/b & <c>";
  material.scores.columns[2] = "a_b___&c_";
  const Report report = make(material);
  const TemporaryFolder folder;
  const auto path = folder.path() / "figures";
  const std::vector<std::string> names = write_figures(path, report);
  CHECK(names.size() == 2 * (2 + 4 + 2) + 1);
  CHECK(std::set(names.begin(), names.end()).size() == names.size());
  for (const std::string& name : names) {
    CAPTURE(name);
    check_sound(read(path / name));
    CHECK(name.find_first_of("/<>& ") == std::string::npos);
  }
  CHECK(count(read(path / "difference-accuracy.svg"), "a/b &amp; &lt;c&gt;"));
  write_figures(path, report);
  const std::string file = folder.write("file", "");
  CHECK(user_error([&] {
          write_figures(file, report);
        }).find(file) != std::string::npos);
  CHECK(user_error([&] {
          write_figures(folder.path() / "no" / "such", report);
        }).find("--figures") != std::string::npos);
}

TEST_CASE("figures of next to nothing are sound") {
  for (const std::size_t size : {1, 2, 3}) {
    CAPTURE(size);
    Material material = sample_material(size);
    material.scores.values[1].assign(size, kNan);
    const Report report = make(material);
    const TemporaryFolder folder;
    for (const std::string& name : write_figures(folder.path(), report)) {
      CAPTURE(name);
      check_sound(read(folder.path() / name));
    }
  }
}
