#include "apps/score/sandbox.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <optional>

#include "common/error.h"
#include "common/file_descriptor.h"

namespace zcp::apps {
namespace {

namespace fs = std::filesystem;

#if defined(__x86_64__)
constexpr std::optional<std::uint32_t> kMachine = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::optional<std::uint32_t> kMachine = AUDIT_ARCH_AARCH64;
#else
constexpr std::optional<std::uint32_t> kMachine = std::nullopt;
#endif

/// Everything that changes a file system, by the kernel's version of Landlock.
std::uint64_t writing(int version) {
  constexpr std::uint64_t kRefer = std::uint64_t{1} << 13;
  constexpr std::uint64_t kTruncate = std::uint64_t{1} << 14;
  std::uint64_t rights =
      LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
      LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR |
      LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
      LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |
      LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM;
  if (version >= 2) rights |= kRefer;
  if (version >= 3) rights |= kTruncate;
  return rights;
}

void allow(
    const FileDescriptor& rules,
    const fs::path& folder,
    std::uint64_t rights) {
  const FileDescriptor parent(open(folder.c_str(), O_PATH | O_CLOEXEC));
  if (!parent) return;
  const landlock_path_beneath_attr beneath{rights, parent.number()};
  syscall(
      SYS_landlock_add_rule,
      rules.number(),
      LANDLOCK_RULE_PATH_BENEATH,
      &beneath,
      0);
}

bool forbid_writing(const std::vector<fs::path>& folders) {
  const auto version = static_cast<int>(syscall(
      SYS_landlock_create_ruleset,
      nullptr,
      0,
      LANDLOCK_CREATE_RULESET_VERSION));
  if (version < 1) return false;
  const std::uint64_t rights = writing(version);
  landlock_ruleset_attr attributes{};
  attributes.handled_access_fs = rights;
  const FileDescriptor rules(static_cast<int>(syscall(
      SYS_landlock_create_ruleset,
      &attributes,
      sizeof attributes.handled_access_fs,
      0)));
  if (!rules) return false;
  for (const fs::path& folder : folders) {
    if (!folder.empty()) allow(rules, folder, rights);
  }
  allow(rules, "/dev", rights);
  return syscall(SYS_landlock_restrict_self, rules.number(), 0) == 0;
}

bool forbid_calls() {
  if (!kMachine) return false;
  constexpr std::array kForbidden{
      SYS_socket,
      SYS_io_uring_setup,
      SYS_ptrace,
      SYS_process_vm_readv,
      SYS_process_vm_writev};
  constexpr auto kNumber =
      static_cast<std::uint32_t>(offsetof(seccomp_data, nr));
  constexpr auto kArch =
      static_cast<std::uint32_t>(offsetof(seccomp_data, arch));
  std::vector<sock_filter> program{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, kArch),
      // Calls by another numbering (32 bits) end the process.
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, *kMachine, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, kNumber)};
  for (const auto number : kForbidden) {
    program.push_back(BPF_JUMP(
        BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(number), 0, 1));
    program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM));
  }
#if defined(__x86_64__)
  // The numbers of x32 are those of 64 bits with a bit more.
  constexpr std::uint32_t kX32 = 0x40000000;
  program.insert(
      program.begin() + 4,
      {BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, kX32, 0, 1),
       BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS)});
#endif
  program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  const sock_fprog filter{
      static_cast<unsigned short>(program.size()), program.data()};
  // Without the flag, kernels before 5.16 slow the whole process down, for
  // attacks that a filter of system calls does not make easier.
  if (syscall(
          SYS_seccomp,
          SECCOMP_SET_MODE_FILTER,
          SECCOMP_FILTER_FLAG_SPEC_ALLOW,
          &filter) == 0) {
    return true;
  }
  return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

}  // namespace

Sandbox sandbox_asked_for(bool yes, bool no, bool models, bool processor) {
  if (yes && no) {
    throw UserError("--sandbox and --no-sandbox: expected one of them");
  }
  if (yes && !models) {
    throw UserError("--sandbox goes with --model, not with --space");
  }
  if (yes && !processor) {
    throw UserError("--sandbox: the drivers of devices do not work in one");
  }
  if (yes) return Sandbox::required;
  return no || !models || !processor ? Sandbox::off : Sandbox::where_possible;
}

/// Whether the process is the program zcp. One that calls its commands, as
/// tests do, has other work, from which it could not come back.
static bool is_own_process() {
  std::error_code error;
  const std::string name = fs::read_symlink("/proc/self/exe", error).filename();
  return name == "zcp" || name == "zcp-networks";
}

void sandbox_models(
    Sandbox sandbox,
    const std::vector<fs::path>& folders,
    bool quiet) {
  if (sandbox == Sandbox::off) return;
  if (sandbox == Sandbox::where_possible && !is_own_process()) return;
  const std::string missing = enter_sandbox(folders);
  if (missing.empty()) return;
  if (sandbox == Sandbox::required) {
    throw UserError("--sandbox: this system has no {}", missing);
  }
  if (quiet) return;
  std::cerr << fmt::format(
      "zcp: note: this system has no {}: model files, which are programs, may "
      "do more than compute (docs/security.md)\n",
      missing);
}

std::string enter_sandbox(const std::vector<fs::path>& folders) {
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    return "the kernel has no way to give up privileges";
  }
  std::string missing;
  if (!forbid_writing(folders)) missing = "Landlock";
  if (!forbid_calls()) missing += missing.empty() ? "seccomp" : ", seccomp";
  return missing;
}

fs::path folder_of(const std::string& file) {
  if (file.empty() || file == "-") return {};
  // The name of a file that is not there yet stays relative otherwise.
  const fs::path whole = fs::absolute(file);
  std::error_code error;
  const fs::path behind_links = fs::weakly_canonical(whole, error);
  return error ? whole.parent_path() : behind_links.parent_path();
}

}  // namespace zcp::apps
