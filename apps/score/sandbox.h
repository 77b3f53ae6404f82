// What a TorchScript file, which is a program, may not do.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace zcp::apps {

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
