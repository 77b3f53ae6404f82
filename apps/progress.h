// How far a long job is, on standard error.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

namespace zcp::apps {

/// How fast the job was lately: over the last minute, or over the last 20
/// reports when those took longer. An early burst (cached scores, small
/// networks first) so does not colour the estimate for long.
class RateWindow {
 public:
  /// `seconds` since the start, not decreasing; `done` so far.
  void add(double seconds, double done);

  /// Done a second up to now; 0 while nothing is known.
  double rate(double seconds, double done) const;

 private:
  struct Sample {
    double seconds;
    double done;
  };
  std::deque<Sample> samples_;
};

/// What one line of progress tells.
struct ProgressState {
  std::string label;
  std::int64_t done = 0;
  std::int64_t total = 0;
  double rate = 0;     // architectures a second, 0 when not known
  double elapsed = 0;  // seconds
  double left = 0;     // seconds, 0 when not known
};

/// "label: 12/500 (2%), 2.1 arch/s, 0:06 elapsed, 3:52 left".
std::string progress_line(const ProgressState& state);

/// The same behind a bar, in at most `width` columns; the bar goes first where
/// there is no room.
std::string progress_bar(const ProgressState& state, int width);

/// "0:07", "12:34", "1:02:03", "3 d 04:05".
std::string format_duration(double seconds);

/// Where progress goes, and what time it is there.
struct ProgressOutput {
  std::FILE* stream = stderr;
  bool terminal = false;
  std::function<double()> seconds;  // a clock that only goes forward

  /// Standard error, and whether it is a terminal.
  static ProgressOutput standard();
};

/// On a terminal a bar that is redrawn at most ten times a second, elsewhere a
/// line at most every ten seconds and one at the end. Nothing when quiet.
/// Its functions may be called from several threads.
class Progress {
 public:
  /// `total` is what there is to do in this run, in architectures, and `work`
  /// the same in a unit that time is proportional to (0: architectures are).
  Progress(std::string label, std::int64_t total, bool quiet, double work = 0);
  Progress(
      std::string label,
      std::int64_t total,
      bool quiet,
      double work,
      ProgressOutput output);

  /// Leaves the line as it stands when finish() was not reached.
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// `work` as in the constructor, where that was given.
  void advance(std::int64_t count = 1, double work = 0);

  /// Another text before the numbers, from the next time that they are shown.
  void set_label(std::string label);

  /// Shows the final state. Nothing is shown after it but notes.
  void finish();

  /// A line of its own (a warning) that leaves the bar whole.
  void note(std::string_view line);

 private:
  void show();
  void end_bar();
  ProgressState state() const;
  double elapsed() const;

  std::string label_;
  const std::int64_t total_;
  const bool quiet_;
  const ProgressOutput output_;
  const double start_;
  const double work_;  // all of it
  std::int64_t done_ = 0;
  double work_done_ = 0;
  double next_ = 0;  // seconds after the start when to show it again
  bool bar_shown_ = false;
  bool finished_ = false;
  RateWindow window_;       // architectures
  RateWindow work_window_;  // work
  std::mutex mutex_;
};

}  // namespace zcp::apps
