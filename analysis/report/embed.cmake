# cmake -DOUT=FILE.cpp -DPAGE=FILE -DSTYLE=FILE -DCHARTS=FILE -DSCRIPTS=LIST -P embed.cmake
# Writes the C++ source that holds these files as raw strings (see embedded.h).
# The scripts, separated by commas, become one function, so that they share names and the page sees none of them. The first
# is run once, the others anew for each study that is shown.
set(delimiter "zcp-embedded")

function(read_text file out)
  file(READ "${file}" text)
  if(text MATCHES "\\)${delimiter}\"")
    message(FATAL_ERROR "${file} holds the delimiter of raw strings")
  endif()
  set(${out} "${text}" PARENT_SCOPE)
endfunction()

read_text("${PAGE}" page)
read_text("${STYLE}" style)
read_text("${CHARTS}" charts)
string(REPLACE "," ";" SCRIPTS "${SCRIPTS}")
list(POP_FRONT SCRIPTS first)
read_text("${first}" studies)
set(script "")
foreach(file IN LISTS SCRIPTS)
  read_text("${file}" text)
  string(APPEND script "${text}\n")
endforeach()
set(script "(() => {
\"use strict\";
${studies}
/** `data`: a study, `position`: its place, `ended`: when another is shown. */
function showStudy(data, position, ended) {
${script}}

openStudy(studyInAddress(), showStudy);
})();")

set(source "#include \"analysis/report/embedded.h\"\n\nnamespace zcp::report::embedded {\n\n")
string(APPEND source "const std::string_view kPage = R\"${delimiter}(${page})${delimiter}\";\n")
string(APPEND source "const std::string_view kStyle = R\"${delimiter}(${style})${delimiter}\";\n")
string(APPEND source "const std::string_view kCharts = R\"${delimiter}(${charts})${delimiter}\";\n")
string(APPEND source "const std::string_view kScript = R\"${delimiter}(${script}\n)${delimiter}\";\n")
string(APPEND source "\n}  // namespace zcp::report::embedded\n")
file(WRITE "${OUT}" "${source}")
