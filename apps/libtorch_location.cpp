#include "apps/libtorch_location.h"

#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "common/error.h"

namespace zcp::apps {
namespace {

/// Prints the version and the library folder of python3's torch, a line each,
/// without importing it, which takes seconds.
constexpr const char* kAskPython =
    "python3 -c \"\n"
    "import importlib.util, os, re\n"
    "spec = importlib.util.find_spec('torch')\n"
    "folder = os.path.dirname(spec.origin)\n"
    "text = open(os.path.join(folder, 'version.py')).read()\n"
    "print(re.search(r'__version__ = .(.+?).\\n', text).group(1))\n"
    "print(os.path.join(folder, 'lib'))\n"
    "\" 2>/dev/null";

struct Installed {
  std::string version;  ///< empty: none was found
  std::string folder;
};

std::string read_line(FILE* from) {
  std::string line;
  for (int c = std::getc(from); c != EOF && c != '\n'; c = std::getc(from)) {
    line += static_cast<char>(c);
  }
  return line;
}

Installed ask_python() {
  const std::unique_ptr<FILE, int (*)(FILE*)> answer(
      popen(kAskPython, "r"), &pclose);
  if (answer == nullptr) return {};
  Installed found;
  found.version = read_line(answer.get());
  found.folder = read_line(answer.get());
  return found;
}

/// "2.11.0+cu130" is of "2.11".
std::string minor_version(const std::string& version) {
  const std::size_t first = version.find('.');
  return version.substr(0, version.find('.', first + 1));
}

}  // namespace

void find_libtorch() {
  std::string folder;
  if (const char* named = std::getenv("ZCP_TORCH_LIB")) {
    folder = named;
  } else {
    const Installed found = ask_python();
    if (found.version.empty()) {
      throw UserError(
          "python3 has no PyTorch, and this zcp brings no LibTorch along: "
          "install torch {}, or name its folder of libraries in ZCP_TORCH_LIB",
          minor_version(ZCP_TORCH_VERSION));
    }
    if (minor_version(found.version) != minor_version(ZCP_TORCH_VERSION)) {
      throw UserError(
          "python3 has PyTorch {} in {}, but this zcp was built for {}; "
          "ZCP_TORCH_LIB may name another folder of libraries",
          found.version,
          found.folder,
          minor_version(ZCP_TORCH_VERSION));
    }
    folder = found.folder;
  }
  if (const char* others = std::getenv("LD_LIBRARY_PATH")) {
    folder += fmt::format(":{}", others);
  }
  setenv("LD_LIBRARY_PATH", folder.c_str(), 1);
}

}  // namespace zcp::apps
