#include "analysis/study/proxy_columns.h"
#include "common/error.h"
#include "tests/support/temporary.h"
#include "tests/support/test_files.h"

using namespace zcp::study;
using zcp::tables::parse_table;
using Names = std::vector<std::string>;

TEST_CASE("proxies: accuracies by their names") {
  for (const char* name :
       {"acc",
        "cifar10_test_200",
        "accuracy_seed0",
        "val-accuracy",
        "cifar100_valid_and_test"}) {
    CHECK(is_accuracy_column(name));
  }
  for (const char* name : {"params", "zico", "cifar10_nwot", "jacob_cov"}) {
    CHECK_FALSE(is_accuracy_column(name));
  }
}

TEST_CASE("proxies: neither metrics with their runs nor row numbers") {
  const auto scores = parse_table(
      "arch,index,s,params,top1,top1_seed0,top1_mean,val_acc,zico_seed1\n"
      "a,0,1,2,3,4,5,6,7\n",
      "s.csv");
  StudyOptions options;
  options.metrics = {"top1"};
  CHECK(
      proxy_columns(scores, options).proxies ==
      Names{"s", "params", "zico_seed1"});
  const Names notes = notes_of_scores(scores, options);
  REQUIRE(notes.size() == 1);
  CHECK(
      notes[0] ==
      "s.csv: no proxies by their names: index, top1, top1_seed0, top1_mean, "
      "val_acc (--proxies takes them)");
  // Whoever names a column gets it.
  options.proxies = {"top1"};
  CHECK(proxy_columns(scores, options).proxies == Names{"top1"});
  CHECK(notes_of_scores(scores, options).empty());
  // Without a metric there is no truth that a column could be.
  CHECK(proxy_columns(scores, {}).others == Names{"index"});
}

TEST_CASE("proxies: none at all, and columns that are left out") {
  StudyOptions options;
  options.metrics = {"acc"};
  const auto truth = parse_table("arch,acc\na,1\n", "t.csv");
  CHECK(
      zcp::test::user_error([&] { proxy_columns(truth, options); }) ==
      "t.csv: found no proxy among the columns acc, expected a numeric column "
      "that is none of row numbers and accuracies (--proxies names columns)");
  const auto more = parse_table("arch,acc,note\na,1,x\n", "t.csv");
  CHECK(
      notes_of(more) ==
      Names{"t.csv: left out: line 2: column 'note': found 'x', "
            "expected a number or an empty field"});
}

TEST_CASE("proxies: what zcp train writes is none") {
  const auto scores = parse_table(
      "arch,trainability,cifar10_test,cifar10_test_loss,cifar10_train,"
      "cifar10_train_loss,cifar10_test_seed0,train_seconds\n"
      "a,1,2,3,4,5,6,7\n",
      "s.csv");
  StudyOptions options;
  options.metrics = {"cifar10_test"};
  CHECK(proxy_columns(scores, options).proxies == Names{"trainability"});
}
