// Several model files in one call, and stores of model files.
#include <doctest/doctest.h>

#include <filesystem>
#include <string>

#include "analysis/store/score_store.h"
#include "tests/support/program.h"
#include "tests/support/test_files.h"

namespace {

using namespace zcp::test;
namespace fs = std::filesystem;

Strings score(const Strings& models, const Strings& more = {}) {
  Strings arguments = {
      "score",
      "--task",
      "tensors",
      "--data",
      golden("net_batch.pt"),
      "--batch-size",
      "8",
      "--proxies",
      "params,naswot"};
  for (const std::string& model : models) {
    arguments.insert(arguments.end(), {"--model", model});
  }
  return arguments + more;
}

struct Models {
  TemporaryFolder folder;
  std::string good = golden("net_resnet.pt");
  std::string other = golden("net_mobile.pt");
  std::string text = folder.write("text.pt", "hello");
  std::string cut = folder.write(
      "cut.pt",
      read_file(golden("net_resnet.pt")).substr(0, 5000));
  std::string absent = folder.path() / "absent.pt";
};

}  // namespace

TEST_CASE("score: files that are no models harm no other") {
  const Models models;
  const auto alone = csv_rows(output_of(score({models.good})));
  const Finished run = run_zcp(score(
      {models.text, models.good, models.cut, models.absent, models.other}));
  CHECK(run.status == 1);
  const auto rows = csv_rows(run.out);
  REQUIRE(rows.size() == 6);
  CHECK(rows[1] == Strings{"text", "", ""});
  CHECK(rows[2] == alone.at(1));
  CHECK(rows[3] == Strings{"cut", "", ""});
  CHECK(rows[4] == Strings{"absent", "", ""});
  CHECK(rows[5][2] != "");
  for (const char* part :
       {"text.pt: not a TorchScript file",
        "cut.pt: found",
        "absent.pt: no such file",
        "3 of 5 networks could not be run: text, cut, absent\n"}) {
    CHECK_MESSAGE(run.err.find(part) != std::string::npos, part);
  }
}

TEST_CASE("score: the only model is refused by its name") {
  const Models models;
  check_refused(score({models.text}), "text.pt: not a TorchScript file");
  check_refused(score({models.cut}), "cut.pt");
  check_refused(score({models.absent}), "absent.pt: no such file");
  const auto folder = models.folder.path() / "nothing";
  std::filesystem::create_directory(folder);
  check_refused(score({folder}), "the folder has no *.pt or *.pt2");
  check_refused(score({"/dev/zero"}), "found a pipe or a device");
  check_refused({"describe", "--model", models.text}, "text.pt");
}

TEST_CASE("score: a store tells files of one name by their contents") {
  const Models models;
  const std::string net = models.folder.path() / "net.pt";
  const std::string store = models.folder.path() / "s.sqlite";
  const Strings in_store = {"--store", store};
  const auto with = [&](const std::string& file) {
    fs::copy_file(file, net, fs::copy_options::overwrite_existing);
    return csv_rows(output_of(score({net}, in_store))).at(1);
  };
  const auto first = with(models.good);
  CHECK(csv_rows(output_of({"export", "--store", store})).at(1) == first);
  const auto second = with(models.other);
  CHECK(first[0] == second[0]);
  CHECK(first[1] != second[1]);
  CHECK(csv_rows(output_of(score({models.other}))).at(1)[2] == second[2]);
  // Both are kept, and neither is computed again.
  CHECK(with(models.good) == first);
  const auto all = csv_rows(output_of({"export", "--store", store}));
  REQUIRE(all.size() == 3);
  CHECK(all[1][0].starts_with("net@"));
  CHECK(all[1][0].size() == 4 + 16);
  CHECK(all[1][1] == first[1]);
  CHECK(all[2][1] == second[1]);
  CHECK(zcp::store::ScoreStore::read(store).runs().size() == 2);
}

TEST_CASE("score: scores of an unknown content are kept and not taken") {
  const Models models;
  const std::string net = models.folder.path() / "net.pt";
  const std::string store = models.folder.path() / "s.sqlite";
  fs::copy_file(models.good, net);
  output_of(score({net}, {"--store", store}));
  const auto protocol = zcp::store::ScoreStore::read(store).protocol();
  fs::remove(store);
  {  // as an older program wrote it
    auto old = zcp::store::ScoreStore::open(store, protocol, {});
    zcp::store::ScoreRecord record;
    record.arch = "net";
    record.proxy = "params";
    record.value = 1;
    old.put(std::vector{record});
  }
  CHECK(
      csv_rows(output_of({"export", "--store", store})).at(1) ==
      Strings{"net", "1"});
  const Finished run = run_zcp(score({net}, {"--store", store}));
  CHECK(run.status == 0);
  CHECK(csv_rows(run.out).at(1)[1] == "5266");
  CHECK(run.err.find("does not say which content of net") != std::string::npos);
  const auto all = csv_rows(output_of({"export", "--store", store}));
  REQUIRE(all.size() == 3);
  CHECK(all[1][0] == "net@unknown");
  CHECK(all[1][1] == "1");
  CHECK(all[2][1] == "5266");
}
