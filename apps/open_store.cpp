#include "apps/open_store.h"

namespace zcp::apps {

store::ScoreStore open_store(
    const std::string& path,
    const store::Protocol& protocol,
    const store::Provenance& provenance,
    const StoreContent& content) {
  auto store = store::ScoreStore::open(path, protocol, provenance);
  store.declare(content.columns, content.archs, content.mine);
  return store;
}

}  // namespace zcp::apps
