// What decides a score besides architecture and proxy, and what produced it.
#pragma once

#include <map>
#include <optional>
#include <string>

namespace zcp::store {

/// The choices that decide a score, as field -> value: "batch_size" -> "64",
/// "space", "task", "seed", "init", "precision", "data" (a fingerprint), ...
/// Two scores may be compared only when their protocols are equal.
using Protocol = std::map<std::string, std::string>;

/// Where two protocols differ; nullopt stands for a field that is not there.
struct ProtocolDifference {
  std::string field;
  std::optional<std::string> stored;
  std::optional<std::string> asked;
};

/// The first field, in alphabetical order, that is not the same in both. A
/// `data` that only one side names is no difference: a run of proxies that read
/// no data has none, and its scores do not depend on it.
std::optional<ProtocolDifference> first_difference(
    const Protocol& stored,
    const Protocol& asked);

/// What ran, and where. It is kept for the reader; it must not change a score.
/// The times of a run are the store's to write.
struct Provenance {
  std::string version;   // of zcp
  std::string command;   // as typed
  std::string host;      // its name in the network
  std::string cpu;       // the model
  std::string libtorch;  // version, empty where it took no part
  std::string blas;
  int threads = 1;  // workers at once
};

/// Host and processor of this machine; the caller fills in the rest.
Provenance this_machine();

}  // namespace zcp::store
