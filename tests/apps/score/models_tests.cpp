#include <doctest/doctest.h>

#include "analysis/store/model_key.h"
#include "apps/score/models.h"
#include "common/hash.h"
#include "tests/support/temporary.h"

namespace {

using namespace zcp::apps;
using Strings = std::vector<std::string>;

}  // namespace

TEST_CASE("models: a store's names say what the files hold") {
  const zcp::test::TemporaryFolder folder;
  Selection selection;
  selection.models = {
      folder.write("a.pt", "one"),
      folder.write("b.pt", "one"),
      folder.path() / "absent.pt"};
  read_contents(selection);
  const Architectures architectures = unite_names(selection.names());
  const auto key = [](const char* name, const char* content) {
    return zcp::store::model_key(name, zcp::hash64(content));
  };
  CHECK(
      store_keys(selection, architectures) ==
      Strings{key("a", "one"), key("b", "one"), "absent@"});
  folder.write("a.pt", "two");
  read_contents(selection);
  CHECK(store_keys(selection, architectures)[0] == key("a", "two"));
}

TEST_CASE("models: a reason is about a file that it begins with") {
  CHECK(is_about_file("net.pt: is damaged", "net.pt"));
  CHECK(is_about_file("/other/net.pt: is damaged", "x/net.pt"));
  CHECK_FALSE(is_about_file("resnet.pt: is damaged", "net.pt"));
  CHECK_FALSE(is_about_file("label 6, but the network has 5 outputs", "6"));
  CHECK_FALSE(is_about_file("", "net.pt"));
}
