// zcp encode, and what takes its tables.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "benchmarks/tables/table.h"
#include "tests/support/program.h"

namespace {

using namespace zcp::test;
using nlohmann::json;

zcp::tables::Table table_of(const std::string& text) {
  return zcp::tables::parse_table(text, "encoding");
}

const Strings kFew{
    "encode",
    "--space",
    "nats-tss",
    "--sample",
    "60",
    "--epochs",
    "2",
    "--hidden",
    "16",
    "--latent",
    "4",
    "--draws",
    "50",
    "--quiet"};

const Strings kSearch{"search", "--space", "nats-tss", "--by", "params"};

/// A conv, then accuracies that follow its number.
std::string truth_of(const zcp::tables::Table& table) {
  std::string text = "arch,acc\n";
  for (const std::string& arch : table.arch) {
    int convolutions = 0;
    for (std::size_t at = arch.find("conv"); at != std::string::npos;
         at = arch.find("conv", at + 1)) {
      ++convolutions;
    }
    text += "\"" + arch + "\"," + std::to_string(10 * convolutions) + "\n";
  }
  return text;
}

}  // namespace

TEST_CASE("zcp encode: a learned table, what is known of it, by the seed") {
  const TemporaryFolder folder;
  const std::string csv = (folder.path() / "learned.csv").string();
  const json found =
      json::parse(output_of(kFew + Strings{"--csv", csv, "--json"}));
  CHECK_EQ(found["space"], "nats-tss");
  CHECK_EQ(found["encoding"], "learned");
  CHECK_EQ(found["architectures"], 60);
  CHECK_EQ(found["columns"], 4);
  CHECK_EQ(found["trained"], 54);
  CHECK_EQ(found["tested"], 6);
  CHECK_EQ(found["losses"].size(), 2);
  for (const char* share :
       {"reconstruction_operations",
        "reconstruction_edges",
        "reconstruction_graphs",
        "validity_arch2vec",
        "validity"}) {
    CAPTURE(share);
    CHECK_GE(found[share].get<double>(), 0);
    CHECK_LE(found[share].get<double>(), 1);
  }
  // A share of the valid ones, where there are any.
  CHECK_EQ(
      found["uniqueness"].is_null(),
      found["validity_arch2vec"].get<double>() == 0);
  CHECK_EQ(found["smoothness"]["by_distance"].size(), 10);
  const std::string first = read_file(csv);
  const auto table = table_of(first);
  CHECK_EQ(table.arch.size(), 60);
  CHECK_EQ(table.columns.front(), "latent_0");
  CHECK_EQ(table.columns.size(), 4);
  // To the bit again, and otherwise with another seed.
  CHECK_EQ(output_of(kFew + Strings{"--csv", "-"}), first);
  CHECK_NE(output_of(kFew + Strings{"--csv", "-", "--dropout", "0"}), first);
}

TEST_CASE("zcp encode: adjacency and paths of two cells by hand") {
  const TemporaryFolder folder;
  const std::string archs = folder.write(
      "archs.txt",
      "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|none~0|none~1|skip_connect~2|"
      "\n"
      "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|none~0|none~1|nor_conv_1x1~2|"
      "\n");
  const Strings call{
      "encode", "--space", "nats-tss", "--archs", archs, "--csv", "-"};
  const auto adjacency =
      table_of(output_of(call + Strings{"--encoding", "adjacency"}));
  REQUIRE_EQ(adjacency.columns.size(), 2);
  CHECK_EQ(adjacency.columns[0], "node 5 nor_conv_1x1");
  CHECK(adjacency.values[0] == std::vector<double>{0, 1});
  CHECK_EQ(adjacency.columns[1], "node 5 skip_connect");
  CHECK(adjacency.values[1] == std::vector<double>{1, 0});
  // Paths that one of two cells has are too rare to be columns.
  check_refused(call + Strings{"--encoding", "path"}, "do not differ");
}

TEST_CASE("zcp encode: spaces without cells and with two of them") {
  for (const char* space : {"pit", "darts", "nats-sss", "nas-bench-101"}) {
    CAPTURE(space);
    Strings call = kFew;
    call[2] = space;
    const auto table = table_of(output_of(call + Strings{"--csv", "-"}));
    CHECK_EQ(table.arch.size(), 60);
    const bool two = space == std::string("darts");
    CHECK_EQ(table.columns.size(), two ? 8 : 4);
    if (two) CHECK_EQ(table.columns[4], "reduce latent_0");
  }
}

TEST_CASE("zcp encode: figure, truth, and searches and predictions of it") {
  const TemporaryFolder folder;
  const std::string csv = (folder.path() / "learned.csv").string();
  output_of(kFew + Strings{"--csv", csv});
  const auto table = table_of(read_file(csv));
  const std::string truth = folder.write("truth.csv", truth_of(table));
  const std::string figure = (folder.path() / "latent.svg").string();
  const std::string printed = output_of(
      kFew + Strings{"--truth", truth, "--metric", "acc", "--figure", figure});
  CHECK(printed.find("difference in acc") != std::string::npos);
  const std::string svg = read_file(figure);
  CHECK(svg.starts_with("<svg"));
  CHECK(svg.find("first principal component") != std::string::npos);
  CHECK(svg.find("acc") != std::string::npos);
  // A search sees the table's architectures and no others.
  const auto searched = table_of(output_of(
      {"search",
       "--space",
       "nats-tss",
       "--encodings",
       csv,
       "--by",
       "params",
       "--algorithm",
       "bayes",
       "--evaluations",
       "30",
       "--csv",
       "-",
       "--quiet"}));
  const std::set<std::string> known(table.arch.begin(), table.arch.end());
  CHECK_EQ(searched.arch.size(), 30);
  for (const std::string& arch : searched.arch) CHECK(known.contains(arch));
  // A model learns from its columns alone.
  const std::string importance = (folder.path() / "importance.csv").string();
  output_of({"predict", "--scores",     csv,        "--truth",
             truth,     "--metric",     "acc",      "--encodings",
             csv,       "--features",   "points",   "--labels",
             "30",      "--model",      "ridge",    "--repeats",
             "2",       "--importance", importance, "--quiet"});
  const std::string columns = read_file(importance);
  CHECK(columns.find("latent_3") != std::string::npos);
  CHECK(columns.find("params") == std::string::npos);
}

TEST_CASE("zcp encode: an encoder that is kept gives the same points") {
  const TemporaryFolder folder;
  const std::string encoder = (folder.path() / "nats.encoder").string();
  const std::string csv = (folder.path() / "learned.csv").string();
  output_of(kFew + Strings{"--save", encoder, "--csv", csv});
  const std::string first = read_file(csv);
  const Strings few{
      "encode", "--space", "nats-tss", "--sample", "60", "--quiet"};
  const Strings by{"--encoder", encoder};
  CHECK_EQ(output_of(few + by + Strings{"--csv", "-"}), first);
  const json found = json::parse(output_of(few + by + Strings{"--json"}));
  CHECK_EQ(found["encoder"], encoder);
  CHECK_EQ(found["trained"], 54);
  CHECK_EQ(found["tested"], 60);
  CHECK_EQ(found["losses"].size(), 2);
  CHECK_FALSE(found.contains("draws"));
  const std::string printed = output_of(few + by);
  CHECK(printed.find(encoder) != std::string::npos);
  CHECK(printed.find("draws") == std::string::npos);
  // Architectures that it was not trained on.
  const auto other = table_of(output_of(
      {"encode",
       "--space",
       "nats-tss",
       "--sample",
       "5",
       "--seed",
       "3",
       "--encoder",
       encoder,
       "--csv",
       "-",
       "--quiet"}));
  CHECK_EQ(other.arch.size(), 5);
  CHECK_EQ(other.columns.size(), 4);
  // Again over itself, as any output of the program.
  output_of(kFew + Strings{"--save", encoder});
}

TEST_CASE("zcp encode: an encoder stands for its table in searches") {
  const TemporaryFolder folder;
  const std::string encoder = (folder.path() / "nats.encoder").string();
  const std::string csv = (folder.path() / "all.csv").string();
  output_of(kFew + Strings{"--save", encoder});
  output_of(
      {"encode",
       "--space",
       "nats-tss",
       "--all",
       "--encoder",
       encoder,
       "--csv",
       csv,
       "--quiet"});
  REQUIRE_EQ(table_of(read_file(csv)).arch.size(), 15625);
  const Strings search{
      "search",
      "--space",
      "nats-tss",
      "--by",
      "params",
      "--algorithm",
      "bayes,evolution",
      "--evaluations",
      "40",
      "--json",
      "--quiet"};
  CHECK_EQ(
      output_of(search + Strings{"--encodings", encoder}),
      output_of(search + Strings{"--encodings", csv}));
  // A space of which not all can be listed: those of the truth.
  const std::string darts = (folder.path() / "darts.encoder").string();
  const std::string points = (folder.path() / "darts.csv").string();
  Strings call = kFew;
  call[2] = "darts";
  output_of(call + Strings{"--save", darts, "--csv", points});
  const std::string truth =
      folder.write("truth.csv", truth_of(table_of(read_file(points))));
  Strings own = search;
  own[2] = "darts";
  check_refused(own + Strings{"--encodings", darts}, "too many to encode");
  own[4] = "acc";
  own = own + Strings{"--truth", truth};
  CHECK_EQ(
      output_of(own + Strings{"--encodings", darts}),
      output_of(own + Strings{"--encodings", points}));
}

TEST_CASE("zcp encode: an encoder stands for its table in predictions") {
  const TemporaryFolder folder;
  const std::string encoder = (folder.path() / "nats.encoder").string();
  const std::string csv = (folder.path() / "learned.csv").string();
  output_of(kFew + Strings{"--save", encoder, "--csv", csv});
  const std::string truth =
      folder.write("truth.csv", truth_of(table_of(read_file(csv))));
  const Strings predict{
      "predict",
      "--scores",
      csv,
      "--truth",
      truth,
      "--metric",
      "acc",
      "--features",
      "points",
      "--labels",
      "30",
      "--model",
      "ridge",
      "--repeats",
      "2",
      "--json",
      "--quiet"};
  const json by_table =
      json::parse(output_of(predict + Strings{"--encodings", csv}));
  const json by_encoder =
      json::parse(output_of(predict + Strings{"--encodings", encoder}));
  CHECK_EQ(by_encoder, by_table);
  check_refused(
      predict + Strings{"--encodings", encoder, "--space", "darts"},
      "nats-tss");
}

namespace {

/// Sixty cells, an encoder of theirs, a score of each, and accuracies of forty.
struct FewLabels {
  FewLabels() {
    encoder = (folder.path() / "nats.encoder").string();
    points = (folder.path() / "learned.csv").string();
    output_of(kFew + Strings{"--save", encoder, "--csv", points});
    const auto table = table_of(read_file(points));
    std::string scores_text = "arch,good\n";
    std::string truth_text = "arch,acc\n";
    for (std::size_t i = 0; i < table.arch.size(); ++i) {
      const double y = table.values[0][i] + 2 * table.values[1][i];
      scores_text +=
          "\"" + table.arch[i] + "\"," + std::to_string(i % 7) + "\n";
      if (i >= 40) continue;
      truth_text += "\"" + table.arch[i] + "\"," + std::to_string(y) + "\n";
    }
    scores = folder.write("scores.csv", scores_text);
    truth = folder.write("truth.csv", truth_text);
    saved = (folder.path() / "saved.json").string();
    said = (folder.path() / "said.csv").string();
  }

  Strings predict(const std::string& encodings, const Strings& more) const {
    return Strings{
               "predict",
               "--scores",
               scores,
               "--truth",
               truth,
               "--metric",
               "acc",
               "--encodings",
               encodings,
               "--repeats",
               "2",
               "--quiet",
               "--save",
               saved,
               "--csv",
               said} +
           more;
  }

  /// The objective of all cells that the search may evaluate, by their specs.
  std::map<std::string, double> searched(const Strings& more) const {
    const auto table = table_of(output_of(
        Strings{
            "search",
            "--space",
            "nats-tss",
            "--by",
            "predict:" + saved,
            "--algorithm",
            "exhaustive",
            "--proposals",
            "1000",
            "--csv",
            "-",
            "--quiet"} +
        more));
    std::map<std::string, double> values;
    for (std::size_t i = 0; i < table.arch.size(); ++i) {
      values[table.arch[i]] = table.values[0][i];
    }
    return values;
  }

  /// Twenty predictions of the call that saved the predictor are the search's.
  void check_said(const std::map<std::string, double>& values) const {
    const auto table = table_of(read_file(said));
    REQUIRE_EQ(table.arch.size(), 20);
    const auto column = std::ranges::find(table.columns, "saved");
    REQUIRE(column != table.columns.end());
    const auto& expected =
        table.values[std::size_t(column - table.columns.begin())];
    std::set<double> different;
    for (std::size_t i = 0; i < table.arch.size(); ++i) {
      CHECK_EQ(values.at(table.arch[i]), expected[i]);
      different.insert(expected[i]);
    }
    CHECK_GT(different.size(), 10);
  }

  TemporaryFolder folder;
  std::string encoder;
  std::string points;
  std::string scores;
  std::string truth;
  std::string saved;
  std::string said;
};

}  // namespace

TEST_CASE("zcp predict: a predictor that is kept carries its encoder") {
  const FewLabels files;
  for (const char* model : {"ridge", "gp", "forest"}) {
    CAPTURE(model);
    output_of(files.predict(
        files.encoder, {"--features", "points", "--model", model}));
    // The file of the encoder may be another one by then, or none.
    std::filesystem::rename(files.encoder, files.encoder + ".away");
    const auto values = files.searched({});
    CHECK_EQ(values.size(), 15625);
    files.check_said(values);
    std::filesystem::rename(files.encoder + ".away", files.encoder);
  }
  // With proxies and graphs beside the points.
  output_of(files.predict(
      files.encoder, {"--space", "nats-tss", "--model", "gp,ridge"}));
  const auto values = files.searched({"--scores", files.scores});
  CHECK_EQ(values.size(), 60);
  files.check_said(values);
  check_refused(
      {"search", "--space", "darts", "--by", "predict:" + files.saved},
      "fitted to architectures of nats-tss");
  std::string text = read_file(files.saved);
  const std::size_t weights = text.find("\"weights\"");
  REQUIRE(weights != std::string::npos);
  const std::size_t digit = text.find_first_of("123456789", weights + 40);
  text[digit] = text[digit] == '5' ? '6' : '5';
  check_refused(
      {"search",
       "--space",
       "nats-tss",
       "--by",
       "predict:" + files.folder.write("damaged.json", text).string()},
      "damaged.json: damaged: its checksum");
}

TEST_CASE("zcp predict: nothing is said of what an encoder has not seen") {
  const FewLabels files;
  // No cell of the sample has the operation `none`; other cells have.
  std::string few;
  for (int i = 0; i < 64; ++i) {
    const auto op = [&](int edge) {
      return std::string(
          (i >> edge) % 2 == 0 ? "nor_conv_3x3" : "skip_connect");
    };
    few += "|" + op(0) + "~0|+|" + op(1) + "~0|" + op(2) + "~1|+|" + op(3) +
           "~0|" + op(4) + "~1|" + op(5) + "~2|\n";
  }
  const std::string specs = files.folder.write("few.txt", few);
  const std::string encoder = (files.folder.path() / "few.encoder").string();
  const std::string csv = (files.folder.path() / "few.csv").string();
  output_of(
      {"encode",
       "--space",
       "nats-tss",
       "--archs",
       specs,
       "--epochs",
       "2",
       "--hidden",
       "16",
       "--latent",
       "4",
       "--draws",
       "10",
       "--save",
       encoder,
       "--csv",
       csv,
       "--quiet"});
  const std::string truth =
      files.folder.write("few_truth.csv", truth_of(table_of(read_file(csv))));
  const Strings predict{
      "predict",
      "--scores",
      csv,
      "--truth",
      truth,
      "--metric",
      "acc",
      "--encodings",
      encoder,
      "--features",
      "points",
      "--repeats",
      "2",
      "--save",
      files.saved,
      "--quiet"};
  output_of(predict);
  const auto run = run_zcp(
      {"search",
       "--space",
       "nats-tss",
       "--by",
       "predict:" + files.saved,
       "--algorithm",
       "exhaustive",
       "--proposals",
       "1000",
       "--csv",
       "-"});
  CHECK_EQ(run.status, 0);
  CHECK(
      run.err.find("nothing is expected of 15561 architectures, which are "
                   "unlike all that its encoder has seen") !=
      std::string::npos);
}

TEST_CASE("zcp predict: a predictor that is kept carries a table of points") {
  const FewLabels files;
  const Strings points{"--features", "points"};
  check_refused(files.predict(files.points, points), "--save: " + files.points);
  output_of(
      files.predict(files.points, points + Strings{"--space", "nats-tss"}));
  std::filesystem::remove(files.points);
  files.check_said(files.searched({}));
  const auto run = run_zcp(
      {"search",
       "--space",
       "nats-tss",
       "--by",
       "predict:" + files.saved,
       "--algorithm",
       "exhaustive",
       "--proposals",
       "1000",
       "--csv",
       "-"});
  CHECK(
      run.err.find("nothing is expected of 15565 architectures, of which its "
                   "table of points has no row") != std::string::npos);
}

TEST_CASE("zcp predict: a predictor knows the space that it was fitted to") {
  const FewLabels files;
  const std::string text = read_file(
      std::filesystem::path(ZCP_TABLES_DIR) /
      "../../nets/spaces/examples/nats_tss.json");
  const std::string space = files.folder.write("my.json", text).string();
  Strings call = files.predict(files.points, {"--space", space});
  const auto encodings = std::ranges::find(call, "--encodings");
  call.erase(encodings, encodings + 2);  // features of graphs are enough
  output_of(call + Strings{"--features", "encoding"});
  const auto search = Strings{
      "search",
      "--space",
      space,
      "--by",
      "predict:" + files.saved,
      "--evaluations",
      "20",
      "--quiet"};
  output_of(search);
  // The same file of another content.
  std::string other = text;
  const std::size_t at = other.find("nor_conv_3x3");
  REQUIRE(at != std::string::npos);
  for (std::size_t i = at; i != std::string::npos;
       i = other.find("nor_conv_3x3", i)) {
    other.replace(i, 12, "nor_conv_5x5");
  }
  files.folder.write("my.json", other);
  check_refused(search, "fitted to architectures of ");
}

TEST_CASE("zcp search: among points as somebody wishes them, and their page") {
  const TemporaryFolder folder;
  const std::string csv = (folder.path() / "points.csv").string();
  output_of(
      {"encode",
       "--space",
       "nats-tss",
       "--sample",
       "300",
       "--encoding",
       "adjacency",
       "--csv",
       csv,
       "--quiet"});
  const auto table = table_of(read_file(csv));
  const auto searched = [&](const std::string& algorithm, const Strings& more) {
    const Strings call{
        "search",
        "--space",
        "nats-tss",
        "--encodings",
        csv,
        "--by",
        "params",
        "--algorithm",
        algorithm,
        "--csv",
        "-",
        "--quiet"};
    return table_of(output_of(call + more)).arch;
  };
  const auto skips = [](const std::string& arch) {
    int count = 0;
    for (std::size_t at = arch.find("skip"); at != std::string::npos;
         at = arch.find("skip", at + 1)) {
      ++count;
    }
    return count;
  };
  // All that the wish allows of the table, and nothing else.
  std::set<std::string> expected;
  for (const std::string& arch : table.arch) {
    const bool fixed = arch.starts_with("|nor_conv_3x3~0|");
    if (fixed && skips(arch) == 0) expected.insert(arch);
  }
  REQUIRE_GT(expected.size(), 5);
  const Strings wishes{"--fix", "1=nor_conv_3x3", "--forbid", "skip_connect"};
  const auto found = searched("exhaustive", wishes);
  CHECK(std::set<std::string>(found.begin(), found.end()) == expected);
  for (const char* algorithm : {"bayes", "evolution", "local", "reinforce"}) {
    CAPTURE(algorithm);
    for (const std::string& arch :
         searched(algorithm, wishes + Strings{"--evaluations", "5"})) {
      CHECK(expected.contains(arch));
    }
  }
  // Preferred is drawn more often, and from the table alone.
  const std::set<std::string> known(table.arch.begin(), table.arch.end());
  const Strings few{"--evaluations", "60"};
  int with = 0;
  int without = 0;
  for (const std::string& arch :
       searched("evolution", few + Strings{"--prefer", "skip_connect"})) {
    CHECK(known.contains(arch));
    with += skips(arch);
  }
  for (const std::string& arch : searched("evolution", few)) {
    without += skips(arch);
  }
  CHECK_GT(with, without);
  const Strings search{
      "search",
      "--space",
      "nats-tss",
      "--encodings",
      csv,
      "--by",
      "params",
      "--quiet"};
  Strings every;
  for (int place = 1; place <= 6; ++place) {
    every = every + Strings{"--fix", std::to_string(place) + "=none"};
  }
  check_refused(search + every, "--fix, --forbid: leave ");
  check_refused(
      search + Strings{"--algorithm", "random", "--prefer", "none"},
      "--prefer");
  check_refused(
      search +
          Strings{
              "--start",
              "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|",
              "--algorithm",
              "local"},
      "points of --encodings");
  const std::string html = (folder.path() / "page.html").string();
  output_of(search + wishes + Strings{"--html", html, "--evaluations", "20"});
  const std::string page = read_file(html);
  const std::string start = "<script type=\"application/json\" id=\"data\">";
  const std::size_t from = page.find(start) + start.size();
  const json data =
      json::parse(page.substr(from, page.find("</script", from) - from));
  CHECK_EQ(data["places"].size(), 7);  // six, and anywhere
  CHECK_EQ(data["wishes"].size(), 2);
  const auto command = data["command"].get<Strings>();
  const auto option = std::find(command.begin(), command.end(), "--encodings");
  REQUIRE(option != command.end());
  CHECK_EQ(*(option + 1), "points.csv");
  CHECK(page.find(folder.path().string()) == std::string::npos);
  CHECK(page.find("points.csv") != std::string::npos);
}

TEST_CASE("zcp encode: encoders that are refused") {
  const TemporaryFolder folder;
  const std::string encoder = (folder.path() / "nats.encoder").string();
  output_of(kFew + Strings{"--save", encoder});
  const Strings nats{"encode", "--space", "nats-tss", "--sample", "9"};
  const Strings by{"--encoder", encoder};
  const std::string text = read_file(encoder);
  const std::string half =
      folder.write("half.encoder", text.substr(0, text.size() / 2));
  check_refused(nats + Strings{"--encoder", half}, "half.encoder");
  std::string other = text;
  const std::size_t weights = other.find("\"weights\"");
  const std::size_t digit = other.find_first_of("123456789", weights + 40);
  other[digit] = other[digit] == '5' ? '6' : '5';
  const std::string damaged = folder.write("damaged.encoder", other);
  check_refused(nats + Strings{"--encoder", damaged}, "checksum");
  check_refused(
      {"encode", "--space", "darts", "--sample", "9", "--encoder", encoder},
      "trained on architectures of nats-tss, found --space darts");
  check_refused(
      nats + Strings{"--encoder", "absent.encoder"}, "absent.encoder");
  check_refused(nats + by + Strings{"--epochs", "3"}, "--epochs");
  check_refused(nats + by + Strings{"--save", "x"}, "--save");
  check_refused(nats + by + Strings{"--encoding", "path"}, "--encoder");
  check_refused(nats + Strings{"--encoding", "path", "--save", "x"}, "--save");
  check_refused(nats + Strings{"--save", "-"}, "--save -");
  const Strings search{
      "search", "--space", "darts", "--by", "params", "--encodings"};
  check_refused(search + Strings{encoder}, "nats-tss");
  check_refused(search + Strings{damaged}, "checksum");
  // A cell with an operation that the encoder has never seen.
  const std::string few = folder.write(
      "few.txt",
      "|none~0|+|none~0|none~1|+|none~0|none~1|skip_connect~2|\n"
      "|none~0|+|none~0|none~1|+|none~0|skip_connect~1|none~2|\n"
      "|none~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|\n");
  const std::string small = (folder.path() / "small.encoder").string();
  output_of(
      {"encode",
       "--space",
       "nats-tss",
       "--archs",
       few,
       "--epochs",
       "1",
       "--draws",
       "10",
       "--save",
       small,
       "--quiet"});
  check_refused(nats + Strings{"--encoder", small}, "has the operation");
  check_refused(
      kSearch + Strings{"--encodings", small, "--key-encodings", "cell"},
      "small.encoder is an encoder");
}

TEST_CASE("zcp encode and its tables: what is refused") {
  const TemporaryFolder folder;
  const std::string csv = folder.write(
      "points.csv",
      "arch,x\n|none~0|+|none~0|none~1|+|none~0|none~1|none~2|,1\n"
      "|none~0|+|none~0|none~1|+|none~0|none~1|skip_connect~2|,\n");
  const Strings encode{"encode", "--space", "nats-tss", "--sample", "9"};
  check_refused({"encode"}, "--space");
  check_refused(encode + Strings{"--encoding", "hash"}, "adjacency, path");
  check_refused(
      encode + Strings{"--encoding", "path", "--epochs", "3"}, "--epochs");
  check_refused(encode + Strings{"--most-paths", "3"}, "--most-paths");
  check_refused(encode + Strings{"--metric", "acc"}, "--truth");
  check_refused(encode + Strings{"--dropout", "1"}, "--dropout 1");
  check_refused(encode + Strings{"--held-out", "0.99"}, "--held-out");
  check_refused(encode + Strings{"--csv", "-", "--json"}, "--csv -");
  check_refused(kSearch + Strings{"--encodings", csv}, "x of |none~0|");
  check_refused(kSearch + Strings{"--key-encodings", "x"}, "--key-encodings");
  check_refused(
      {"predict",
       "--scores",
       csv,
       "--truth",
       csv,
       "--metric",
       "x",
       "--features",
       "points"},
      "--encodings");
}
