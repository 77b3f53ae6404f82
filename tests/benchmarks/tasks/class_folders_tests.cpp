// Photographs on disk, a folder a class.
#include <string>
#include <vector>

#include "benchmarks/tasks/class_folders.h"
#include "tests/support/temporary.h"
#include "tests/support/test_files.h"

using namespace zcp::tasks;
using zcp::test::TemporaryFolder;
using zcp::test::user_error;

namespace {

/// "label class/file" of each photograph; the files are not opened.
std::vector<std::string> listed(const TemporaryFolder& folder) {
  const ClassFolders found = list_class_folders(folder.path(), "classes");
  std::vector<std::string> lines;
  for (const LabelledFile& file : found.examples) {
    lines.push_back(
        std::to_string(file.label) + " " +
        found.classes.at(static_cast<std::size_t>(file.label)) + "/" +
        file.path.filename().string());
  }
  return lines;
}

}  // namespace

TEST_CASE("class folders: labels and files by name, photographs alone") {
  const TemporaryFolder folder;
  for (const char* name :
       {"dog/b.png",
        "dog/a.JPG",
        "dog/notes.txt",
        "dog/.hidden.png",
        "dog/png",
        "cat/10.jpeg",
        "cat/2.Png",
        ".git/x.png",
        "readme.png"}) {
    folder.write(name, "x");
  }
  CHECK(
      listed(folder) ==
      std::vector<std::string>{
          "0 cat/10.jpeg", "0 cat/2.Png", "1 dog/a.JPG", "1 dog/b.png"});
  CHECK(
      list_class_folders(folder.path(), "classes").classes ==
      std::vector<std::string>{"cat", "dog"});
}

TEST_CASE("class folders: classes without photographs, and too few") {
  const TemporaryFolder folder;
  folder.write("a/1.png", "x");
  CHECK(
      user_error([&] { list_class_folders(folder.path(), "two or more"); }) ==
      folder.path().string() + ": found 1 folders, expected two or more");
  folder.write("b/1.gif", "x");
  CHECK(
      user_error([&] { list_class_folders(folder.path(), "two or more"); }) ==
      (folder.path() / "b").string() +
          ": found no .png, .jpg or .jpeg file, expected the photographs of a "
          "class");
}

TEST_CASE("class folders: the folders of the splits") {
  const TemporaryFolder folder;
  folder.write("train/a/1.png", "x");
  // Training takes all where there is nothing to test with.
  CHECK(split_folder(folder.path(), Split::train) == folder.path());
  CHECK(
      user_error([&] {
        split_folder(folder.path(), Split::test);
      }).find("found no folders train and test (or val)") != std::string::npos);
  folder.write("val/a/1.png", "x");
  CHECK(split_folder(folder.path(), Split::train) == folder.path() / "train");
  CHECK(split_folder(folder.path(), Split::test) == folder.path() / "val");
  folder.write("test/a/1.png", "x");
  CHECK(split_folder(folder.path(), Split::test) == folder.path() / "test");
}
