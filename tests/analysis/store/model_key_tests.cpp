#include <doctest/doctest.h>

#include "analysis/store/model_key.h"

using namespace zcp::store;
using Strings = std::vector<std::string>;

TEST_CASE("model keys: a name and the hash of a content") {
  const std::string key = model_key("net", 0x0123456789abcdefU);
  CHECK(key == "net@0123456789abcdef");
  CHECK(names_content(key));
  CHECK(model_name(key) == "net");
  CHECK(model_key("a@b", 1) == "a@b@0000000000000001");
  CHECK(model_name("a@b@0000000000000001") == "a@b");
  for (const char* other :
       {"net",
        "",
        "@",
        "net@0123",
        "net@0123456789abcdeF",
        "0123456789abcdef"}) {
    CHECK_FALSE(names_content(other));
    CHECK(model_name(other) == other);
  }
}

TEST_CASE("model keys: tables show the name where it says enough") {
  const std::string first = model_key("net", 1);
  const std::string second = model_key("net", 2);
  CHECK(
      shown_models({first, model_key("b", 1), "old"}) ==
      Strings{"net", "b", "old"});
  CHECK(shown_models({first, second}) == Strings{first, second});
  CHECK(shown_models({"net", first}) == Strings{"net@unknown", first});
}
