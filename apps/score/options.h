// What `zcp score` is asked for.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apps/budget.h"
#include "apps/command.h"
#include "apps/score/sandbox.h"
#include "apps/selection_options.h"
#include "apps/shard.h"
#include "proxies/engine/evaluator.h"

namespace zcp::apps {

struct ScoreOptions {
  SelectionOptions selection;
  TaskOptions task;
  std::vector<std::string> proxies;  ///< names and groups
  /// All but device and loss.
  engine::EvaluatorOptions evaluator;
  std::string init;                  ///< name of an initialiser, or "default"
  std::vector<std::string> devices;  ///< one or more, of one kind
  int workers = 1;                   ///< on all devices together
  std::string csv;
  std::string store;               ///< empty: none
  Sandbox sandbox = Sandbox::off;  ///< of model files
  double timeout = 0;              ///< seconds a network; 0: no limit
  bool retry_failed = false;  ///< compute anew what the store has as failed
  Shard shard;
  Budget budget;
  std::vector<std::string> notes;  ///< on what was asked for, a line each
  bool quiet = false;
  /// Whether a former process has begun this call (handoff.h).
  bool continues = false;
  std::string
      note;  ///< to the user, of what the batch system decided; or empty
  std::string command_line;

  /// Of the devices: cpu or cuda.
  std::string device_kind() const;

  /// The files and folders that are read.
  std::vector<std::string> inputs() const;
};

/// The options of `zcp score`, for the commands that take the same.
boost::program_options::options_description score_options();

/// The values of what score_options() added. `words` are those of a call of zcp
/// score. Throws as parse_score_options().
ScoreOptions read_score_values(
    const boost::program_options::variables_map& values,
    const Arguments& words);

/// Nothing where --help was asked for, and printed. Throws UserError for an
/// option that is unknown, ill-formed or out of range; selection and task are
/// checked later, by who looks for them.
std::optional<ScoreOptions> parse_score_options(const Arguments& arguments);

}  // namespace zcp::apps
