// What a TorchScript file, which is a program, may not do.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace zcp::apps {

/// Whether model files run in a sandbox.
enum class Sandbox {
  off,
  where_possible,  ///< with what the system has of it
  required,
};

/// The rule of --sandbox and --no-sandbox: where nothing is said, models on a
/// processor have one where possible; spaces, whose networks are zcp's own, and
/// devices, whose drivers do not work in one, have none. Throws UserError for
/// both options, and for --sandbox where there can be none.
Sandbox sandbox_asked_for(bool yes, bool no, bool models, bool processor);

/// enter_sandbox() as it was asked for. Says on standard error, unless `quiet`,
/// where a sandbox that was not asked for is not whole; throws UserError where
/// one that was asked for is not.
void sandbox_models(
    Sandbox sandbox,
    const std::vector<std::filesystem::path>& folders,
    bool quiet);

/// From here on the calling thread, and all that it starts, can write, make and
/// remove files only within these folders and in /dev (Landlock), and can open
/// no socket and touch no other process (seccomp). What is open stays open. It
/// cannot be undone, and outlives execve(). Called before the process has other
/// threads.
///
/// Returns what the kernel or its settings do not have, empty where everything
/// is in place.
std::string enter_sandbox(const std::vector<std::filesystem::path>& folders);

/// The folder in which a file lies or will lie, behind links; empty for "-" and
/// "".
std::filesystem::path folder_of(const std::string& file);

}  // namespace zcp::apps
