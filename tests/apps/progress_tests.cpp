#include <doctest/doctest.h>

#include <cstdlib>
#include <limits>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "apps/progress.h"
#include "apps/score_csv.h"

namespace {

using namespace zcp::apps;

/// A stream in memory and a clock that is set by hand.
class Screen {
 public:
  Screen() : stream_(open_memstream(&text_, &size_)) {}
  ~Screen() {
    std::fclose(stream_);
    std::free(text_);
  }
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  ProgressOutput output(bool terminal) {
    return {stream_, terminal, [this] { return now; }};
  }
  std::string text() {
    std::fflush(stream_);
    return {text_, size_};
  }

  double now = 1000;

 private:
  char* text_ = nullptr;
  std::size_t size_ = 0;
  std::FILE* stream_;
};

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t n = 0;
  for (auto at = text.find(part); at != std::string::npos;
       at = text.find(part, at + 1)) {
    ++n;
  }
  return n;
}

}  // namespace

TEST_CASE("durations") {
  CHECK(format_duration(0) == "0:00");
  CHECK(format_duration(-3) == "0:00");
  CHECK(format_duration(59.6) == "1:00");
  CHECK(format_duration(754) == "12:34");
  CHECK(format_duration(3723) == "1:02:03");
  CHECK(format_duration(3 * 86400 + 4 * 3600 + 300) == "3 d 04:05");
}

TEST_CASE("a line tells done, rate, elapsed and left") {
  CHECK(
      progress_line({"scoring", 120, 500, 2.0, 60, 190}) ==
      "scoring: 120/500 (24%), 2.0 arch/s, 1:00 elapsed, 3:10 left");
  CHECK(
      progress_line({"scoring", 1, 3, 0.25, 4, 8}) ==
      "scoring: 1/3 (33%), 4.0 s/arch, 0:04 elapsed, 0:08 left");
  CHECK(
      progress_line({"scoring", 0, 3, 0, 4}) ==
      "scoring: 0/3 (0%), 0:04 elapsed");
  CHECK(
      progress_line({"scoring", 999, 1000, 500, 2, 0.1}) ==
      "scoring: 999/1000 (99%), 500 arch/s, 0:02 elapsed, 0:00 left");
}

TEST_CASE("a bar fills its width and goes where there is none") {
  const ProgressState half{"scoring", 5, 10, 1, 5, 5};
  for (int width = 1; width < 140; ++width) {
    CHECK(progress_bar(half, width).size() <= static_cast<std::size_t>(width));
  }
  CHECK(progress_bar(half, 100).starts_with(
      "scoring [===================>                    ] 5/10 (50%)"));
  CHECK(progress_bar(half, 60).starts_with("scoring: 5/10 (50%)"));
  CHECK(
      progress_bar({"scoring", 10, 10, 1, 5}, 100)
          .starts_with("scoring [" + std::string(40, '=') + "] 10/10 (100%)"));
}

TEST_CASE("the rate forgets an early burst") {
  RateWindow window;
  window.add(0, 0);
  std::int64_t done = 0;
  for (; done < 1000; ++done) window.add(1, done + 1);
  CHECK(window.rate(1, done) == doctest::Approx(1000));
  for (int second = 2; second <= 200; ++second) window.add(second, ++done);
  CHECK(window.rate(200, done) == doctest::Approx(1.0).epsilon(0.02));
}

TEST_CASE("the rate of slow items reaches back far enough, and sinks") {
  RateWindow window;
  for (int i = 0; i <= 100; ++i) window.add(30.0 * i, i);
  CHECK(window.rate(3000, 100) == doctest::Approx(1.0 / 30));
  CHECK(window.rate(3600, 100) < 1.0 / 30);
  CHECK(RateWindow().rate(5, 5) == 0);
}

TEST_CASE("time left follows the work, not the number of architectures") {
  // Ten that take 9 seconds each, then ninety that take 1: 90 + 90 seconds.
  Screen screen;
  Progress progress("scoring", 100, false, 180, screen.output(false));
  for (int i = 0; i < 5; ++i) {
    screen.now += 9;
    progress.advance(1, 9);
  }
  // The last line is that of the fourth: 144 of 180 seconds' work to do.
  CHECK(screen.text().find("2:24 left") != std::string::npos);
}

TEST_CASE("off a terminal: a line every ten seconds and one at the end") {
  Screen screen;
  Progress progress("scoring", 100, false, 0, screen.output(false));
  for (int i = 0; i < 100; ++i) {
    screen.now += 0.25;
    progress.advance();
  }
  CHECK(count(screen.text(), "\n") == 2);
  progress.finish();
  progress.finish();
  const std::string text = screen.text();
  CHECK(count(text, "\n") == 3);
  CHECK(text.find('\r') == std::string::npos);
  CHECK(text.starts_with(
      "scoring: 40/100 (40%), 4.0 arch/s, 0:10 elapsed, 0:15 left\n"));
  CHECK(text.ends_with("scoring: 100/100 (100%), 4.0 arch/s, 0:25 elapsed\n"));
}

TEST_CASE("on a terminal: at most ten drawings a second") {
  Screen screen;
  {
    Progress progress("scoring", 1000, false, 0, screen.output(true));
    for (int i = 0; i < 1000; ++i) {
      screen.now += 0.001;
      progress.advance();
    }
    CHECK(count(screen.text(), "\r") <= 10);
    CHECK(count(screen.text(), "\r") >= 8);
    progress.finish();
  }
  CHECK(count(screen.text(), "\n") == 1);
  CHECK(screen.text().ends_with("\n"));
  CHECK(screen.text().find("1000/1000 (100%)") != std::string::npos);
}

TEST_CASE("a note stands on a line of its own") {
  Screen screen;
  Progress progress("scoring", 10, false, 0, screen.output(true));
  progress.note("first");
  CHECK(screen.text() == "first\n");
  screen.now += 1;
  progress.advance();
  progress.note("second");
  CHECK(
      screen.text().find("\r\033[Ksecond\n\r\033[Kscoring") !=
      std::string::npos);
}

TEST_CASE("a job that breaks off ends the bar's line") {
  Screen screen;
  {
    Progress progress("scoring", 10, false, 0, screen.output(true));
    screen.now += 1;
    progress.advance();
  }
  CHECK(screen.text().ends_with("elapsed, 0:09 left\n"));
}

TEST_CASE("quiet is silent, and so is a job of nothing") {
  Screen screen;
  {
    Progress progress("scoring", 10, true, 0, screen.output(true));
    screen.now += 20;
    progress.advance(10);
    progress.note("warning");
    progress.finish();
    Progress nothing("scoring", 0, false, 0, screen.output(false));
    nothing.finish();
  }
  CHECK(screen.text().empty());
}

TEST_CASE("several threads advance one bar") {
  Screen screen;
  Progress progress("scoring", 4000, false, 0, screen.output(false));
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) progress.advance();
    });
  }
  for (std::thread& thread : threads) thread.join();
  screen.now += 1;
  progress.finish();
  CHECK(screen.text().starts_with("scoring: 4000/4000 (100%)"));
}

TEST_CASE("scores as CSV") {
  const double values[2][3] = {
      {0.1, 272474, std::numeric_limits<double>::quiet_NaN()},
      {-0.0, 1e61, std::numeric_limits<double>::infinity()}};
  const std::vector<std::string> archs = {"|a~0|+|b~1|", "x,\"y\""};
  const std::vector<std::string> proxies = {"zico", "params", "naswot"};
  std::ostringstream out;
  write_scores_csv(out, archs, proxies, [&](std::size_t a, std::size_t p) {
    return values[a][p];
  });
  CHECK(
      out.str() ==
      "arch,zico,params,naswot\n"
      "|a~0|+|b~1|,0.10000000000000001,272474,\n"
      "\"x,\"\"y\"\"\",0,9.9999999999999995e+60,\n");
}

TEST_CASE("a number in a CSV gives every bit back") {
  const std::vector<double> values = {
      0.1, -1.0 / 3, 5e-324, 2.2250738585072014e-308, 1.7976931348623157e308};
  for (const double value : values) {
    std::ostringstream out;
    const std::vector<std::string> names = {"a"};
    write_scores_csv(
        out, names, names, [&](std::size_t, std::size_t) { return value; });
    const std::string row = out.str().substr(out.str().find('\n') + 3);
    CHECK(std::strtod(row.c_str(), nullptr) == value);
  }
}
