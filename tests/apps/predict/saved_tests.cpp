// A predictor as a file.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "apps/predict/fitted.h"
#include "apps/predict/saved.h"
#include "common/error.h"
#include "tests/support/temporary.h"

using namespace zcp;
using namespace zcp::apps;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

/// What version 1.0 of the format had, as the program wrote it.
const std::string kFirst =
    R"({"format":"zcp predictor","version":1,"metric":"acc","model":"ridge",)"
    R"("seed":7,"space":"","task":"","graph":false,"encoding":false,)"
    R"("command_line":"zcp predict","proxies":["good","other"],"rows":[)"
    R"(["a0",0.5,1.0,null],["a1",0.25,3.0,4.0]]})"
    "\n";

SavedEncoder small_encoder() {
  SavedEncoder encoder;
  encoder.space = "nats-tss";
  encoder.losses = {1 / 3.0};
  encoder.layout.words = {"input", "none", "output"};
  encoder.layout.nodes = 8;
  encoder.weights = {{"layer 0 epsilon", {0.1F}}};
  return encoder;
}

SavedPredictor predictor_of(SavedPoints points) {
  SavedPredictor predictor;
  predictor.metric = "acc";
  predictor.model = "gp";
  predictor.seed = std::numeric_limits<std::uint64_t>::max();
  predictor.space = "nats-tss";
  predictor.points = std::move(points);
  predictor.proxies = {"good"};
  predictor.archs = {"a", "b", "c", "d"};
  predictor.labels = {0.1, 1 / 3.0, -2, 1e300};
  predictor.scores = {{kInfinity, -kInfinity, kNone, 1e-300}};
  return predictor;
}

tables::Table points_table() {
  tables::Table table;
  table.arch = {"a", "b"};
  table.columns = {"x", "y"};
  table.values = {{0.1, -0.0}, {1 / 3.0, 5e-324}};
  return table;
}

void check_refused(const std::string& text, const std::string& words) {
  const std::string line =
      test::user_error([&] { parse_predictor(text, "x.json"); });
  CAPTURE(line);
  CHECK(line.starts_with("x.json: "));
  CHECK(line.find(words) != std::string::npos);
  CHECK(line.find('\n') == std::string::npos);
}

std::string
replaced(std::string text, const std::string& old, const std::string& now) {
  const std::size_t at = text.find(old);
  REQUIRE(at != std::string::npos);
  return text.replace(at, old.size(), now);
}

}  // namespace

TEST_CASE(
    "saved predictor: files of version 1 are read and written as before") {
  const SavedPredictor read = parse_predictor(kFirst, "old.json");
  CHECK_EQ(read.source, "old.json");
  CHECK(read.points.empty());
  CHECK_EQ(read.archs, std::vector<std::string>{"a0", "a1"});
  CHECK_EQ(read.labels, std::vector<double>{0.5, 0.25});
  CHECK(std::isnan(read.scores[1][0]));
  CHECK_EQ(predictor_text(read), kFirst);
  SavedPredictor described = read;
  described.space = "my.json";
  described.space_name = "mine@0123456789abcdef";
  described.graph = true;
  CHECK_EQ(
      parse_predictor(predictor_text(described), "x.json").space_name,
      described.space_name);
}

TEST_CASE("saved predictor: an encoder and its checksum are carried") {
  SavedPoints points;
  points.encoder = small_encoder();
  const std::string text = predictor_text(predictor_of(points));
  const SavedPredictor read = parse_predictor(text, "x.json");
  REQUIRE(read.points.encoder);
  CHECK_EQ(encoder_text(*read.points.encoder), encoder_text(small_encoder()));
  CHECK_EQ(predictor_text(read), text);
  // Infinite scores rank at their own end, missing ones at the lower one.
  CHECK_EQ(read.scores[0][0], kInfinity);
  CHECK_EQ(read.scores[0][1], -kInfinity);
  CHECK(std::isnan(read.scores[0][2]));
  check_refused(
      replaced(text, "\"nodes\":8", "\"nodes\":9"), "damaged: its checksum");
}

TEST_CASE("saved predictor: a table is carried to the bit") {
  SavedPoints points;
  points.table = points_table();
  const std::string text = predictor_text(predictor_of(points));
  const SavedPredictor read = parse_predictor(text, "x.json");
  REQUIRE(read.points.table);
  CHECK_EQ(read.points.table->arch, points_table().arch);
  CHECK_EQ(read.points.table->columns, points_table().columns);
  CHECK(read.points.table->values == points_table().values);
  CHECK(std::signbit(read.points.table->values[0][1]));
  check_refused(replaced(text, R"(["b",-0.0,)", R"(["b",)"), "points: row 2");
}

TEST_CASE("saved predictor: what is refused, in a line that names the file") {
  check_refused("", "no predictor of zcp predict --save");
  check_refused("[1, 2]", "no predictor");
  check_refused(kFirst.substr(0, 200), "no predictor of zcp predict --save");
  check_refused(
      replaced(kFirst, "\"version\":1", "\"version\":3"),
      "a predictor of version 3: this program reads versions 1 and 2");
  check_refused(replaced(kFirst, "\"version\":1", "\"version\":2"), "points");
  check_refused(replaced(kFirst, "\"seed\":7", "\"seed\":1.5"), "seed: found");
  check_refused(replaced(kFirst, "\"seed\":7", "\"seed\":-1"), "seed: found");
  check_refused(replaced(kFirst, "0.25,", ""), "row 2: expected 4 entries");
  check_refused(std::string(1000, '['), "levels");
  const SavedPredictor other =
      parse_predictor(replaced(kFirst, "ridge", "tree"), "x.json");
  const std::string line =
      test::user_error([&] { FittedPredictor predictor(other); });
  CHECK(line.starts_with("x.json: "));
  CHECK(line.find("boosting") != std::string::npos);
}
