#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>

#include "apps/commands.h"
#include "apps/score/options.h"
#include "apps/search/options.h"
#include "apps/submit/options.h"
#include "apps/submit/script.h"
#include "apps/train/options.h"
#include "common/error.h"

namespace zcp::apps {
namespace {

/// A file that goes with the object.
class TemporaryScript {
 public:
  explicit TemporaryScript(const std::string& text) {
    path_ = std::filesystem::temp_directory_path() / "zcp-submit-XXXXXX";
    const int file = mkstemp(path_.data());
    if (file < 0) {
      throw std::runtime_error(
          fmt::format("cannot make {}: {}", path_, std::strerror(errno)));
    }
    close(file);
    std::ofstream out(path_);
    out << text << std::flush;
    if (!out) throw std::runtime_error("cannot write " + path_);
  }
  ~TemporaryScript() { std::remove(path_.c_str()); }
  TemporaryScript(const TemporaryScript&) = delete;
  TemporaryScript& operator=(const TemporaryScript&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

bool is_program(const std::string& name) {
  const char* folders = std::getenv("PATH");
  for (const std::string& folder :
       split_list(folders == nullptr ? "" : folders, ':')) {
    if (access((folder + "/" + name).c_str(), X_OK) == 0) return true;
  }
  return false;
}

/// What is wrong with the command is said now, not by every task.
void check_command(const Arguments& command, int tasks) {
  Arguments words(command.begin() + 1, command.end());
  if (command[0] == "score") parse_score_options(words);
  if (command[0] == "train") parse_train_options(words);
  if (command[0] != "search") return;
  // The tasks of a search are its islands; the last one lacks its own first.
  words.push_back(fmt::format("--shard={}/{}", tasks - 1, tasks));
  parse_search_options(words);
}

/// Runs the script by a shell, which submits it. Returns the exit status.
int hand_to_sbatch(const std::string& text) {
  if (!is_program("sbatch")) {
    throw UserError(
        "--run: there is no sbatch here; run it where jobs are submitted, or "
        "print the script without --run");
  }
  const TemporaryScript script(text);
  std::cout.flush();
  const pid_t shell = fork();
  if (shell == 0) {
    // A task of an array may submit another array.
    unsetenv("SLURM_ARRAY_TASK_ID");
    execlp("bash", "bash", script.path().c_str(), nullptr);
    _exit(127);
  }
  int status = 0;
  if (shell < 0 || waitpid(shell, &status, 0) < 0) {
    throw std::runtime_error(
        fmt::format("cannot run bash: {}", std::strerror(errno)));
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : 1;
}

}  // namespace

int submit(const Arguments& arguments) {
  const auto options = parse_submit_options(arguments);
  if (!options) return 0;
  check_command(options->command, options->resources.tasks);
  const std::string script = submit_script(*options);
  if (options->run) return hand_to_sbatch(script);
  std::cout << script;
  return 0;
}

}  // namespace zcp::apps
