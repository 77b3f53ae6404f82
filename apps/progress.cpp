#include "apps/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "common/printable.h"

namespace zcp::apps {
namespace {

constexpr double kWindowSeconds = 60;
constexpr std::size_t kWindowReports = 20;
constexpr double kSampleSeconds = 0.1;
constexpr double kTerminalSeconds = 0.1;
constexpr double kPlainSeconds = 10;
constexpr const char* kEraseLine = "\r\033[K";

int terminal_width(std::FILE* stream) {
  winsize size{};
  const bool known = ioctl(fileno(stream), TIOCGWINSZ, &size) == 0;
  return known && size.ws_col > 0 ? size.ws_col : 80;
}

double steady_seconds() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration<double>(now).count();
}

std::string format_rate(double rate) {
  if (rate >= 100) return fmt::format("{:.0f} arch/s", rate);
  if (rate >= 1) return fmt::format("{:.1f} arch/s", rate);
  return fmt::format("{:.1f} s/arch", 1 / rate);
}

/// What stands behind the label and the bar.
std::string figures(const ProgressState& state) {
  const double share = state.total > 0
                           ? 100.0 * static_cast<double>(state.done) /
                                 static_cast<double>(state.total)
                           : 100.0;
  std::string text = fmt::format(
      "{}/{} ({:.0f}%)", state.done, state.total, std::floor(share));
  if (state.rate > 0) text += ", " + format_rate(state.rate);
  text += fmt::format(", {} elapsed", format_duration(state.elapsed));
  if (state.left > 0) {
    text += fmt::format(", {} left", format_duration(state.left));
  }
  return text;
}

std::string draw_bar(const ProgressState& state, std::size_t cells) {
  const double share =
      static_cast<double>(state.done) /
      static_cast<double>(std::max<std::int64_t>(state.total, 1));
  const auto full = static_cast<std::size_t>(
      std::clamp(share, 0.0, 1.0) * static_cast<double>(cells));
  std::string bar(cells, ' ');
  std::fill_n(bar.begin(), full, '=');
  if (full > 0 && full < cells) bar[full - 1] = '>';
  return "[" + bar + "]";
}

}  // namespace

void RateWindow::add(double seconds, double done) {
  // Many reports at once are one sample, or the window would hold them all.
  if (samples_.size() > 1 &&
      seconds - samples_[samples_.size() - 2].seconds < kSampleSeconds) {
    samples_.back() = {seconds, done};
  } else {
    samples_.push_back({seconds, done});
  }
  while (samples_.size() > kWindowReports + 1 &&
         samples_[1].seconds < seconds - kWindowSeconds) {
    samples_.pop_front();
  }
}

double RateWindow::rate(double seconds, double done) const {
  if (samples_.empty()) return 0;
  const double time = seconds - samples_.front().seconds;
  return time > 0 ? (done - samples_.front().done) / time : 0;
}

std::string format_duration(double seconds) {
  const auto all = std::llround(std::max(seconds, 0.0));
  const auto s = all % 60;
  const auto m = all / 60 % 60;
  const auto h = all / 3600;
  if (h == 0) return fmt::format("{}:{:02}", m, s);
  if (h < 24) return fmt::format("{}:{:02}:{:02}", h, m, s);
  return fmt::format("{} d {:02}:{:02}", h / 24, h % 24, m);
}

std::string progress_line(const ProgressState& state) {
  return fmt::format("{}: {}", state.label, figures(state));
}

std::string progress_bar(const ProgressState& state, int width) {
  constexpr std::size_t kLeast = 10;
  constexpr std::size_t kMost = 40;
  const std::string text = figures(state);
  const auto room = static_cast<std::size_t>(std::max(width, 1));
  const std::size_t used = state.label.size() + text.size() + 4;
  if (used + kLeast > room) return progress_line(state).substr(0, room);
  const std::size_t cells = std::min(room - used, kMost);
  return fmt::format("{} {} {}", state.label, draw_bar(state, cells), text);
}

ProgressOutput ProgressOutput::standard() {
  return {stderr, isatty(STDERR_FILENO) == 1, steady_seconds};
}

Progress::Progress(
    std::string label,
    std::int64_t total,
    bool quiet,
    double work)
    : Progress(
          std::move(label),
          total,
          quiet,
          work,
          ProgressOutput::standard()) {}

Progress::Progress(
    std::string label,
    std::int64_t total,
    bool quiet,
    double work,
    ProgressOutput output)
    : label_(std::move(label)),
      total_(total),
      quiet_(quiet),
      output_(std::move(output)),
      start_(output_.seconds()),
      work_(work > 0 ? work : static_cast<double>(total)),
      next_(output_.terminal ? 0 : kPlainSeconds) {
  window_.add(0, 0);
  work_window_.add(0, 0);
}

Progress::~Progress() {
  end_bar();
}

void Progress::advance(std::int64_t count, double work) {
  const std::lock_guard lock(mutex_);
  done_ += count;
  work_done_ += work > 0 ? work : static_cast<double>(count);
  if (quiet_ || finished_) return;
  const double now = elapsed();
  window_.add(now, static_cast<double>(done_));
  work_window_.add(now, work_done_);
  if (now < next_) return;
  show();
  next_ = now + (output_.terminal ? kTerminalSeconds : kPlainSeconds);
}

void Progress::set_label(std::string label) {
  const std::scoped_lock lock(mutex_);
  label_ = std::move(label);
}

void Progress::finish() {
  const std::lock_guard lock(mutex_);
  if (quiet_ || finished_ || total_ == 0) return;
  finished_ = true;
  show();
  end_bar();
}

void Progress::note(std::string_view line) {
  const std::lock_guard lock(mutex_);
  if (quiet_) return;
  const bool redraw = bar_shown_;
  if (redraw) std::fputs(kEraseLine, output_.stream);
  fmt::print(output_.stream, "{}\n", printable(line));
  bar_shown_ = false;
  if (redraw) show();
}

void Progress::show() {
  if (output_.terminal) {
    // The last column stays free: some terminals wrap when it is filled.
    const int width = terminal_width(output_.stream) - 1;
    fmt::print(
        output_.stream, "{}{}", kEraseLine, progress_bar(state(), width));
    bar_shown_ = true;
  } else {
    fmt::print(output_.stream, "{}\n", progress_line(state()));
  }
  std::fflush(output_.stream);
}

void Progress::end_bar() {
  if (bar_shown_) std::fputs("\n", output_.stream);
  bar_shown_ = false;
}

double Progress::elapsed() const {
  return output_.seconds() - start_;
}

ProgressState Progress::state() const {
  ProgressState state{label_, done_, total_, 0, elapsed(), 0};
  const auto done = static_cast<double>(done_);
  if (finished_) {
    // At the end the rate of the whole job says more than that of its last
    // part.
    state.rate = state.elapsed > 0 ? done / state.elapsed : 0;
    return state;
  }
  state.rate = window_.rate(state.elapsed, done);
  const double pace = work_window_.rate(state.elapsed, work_done_);
  const double left = work_ - work_done_;
  if (pace > 0 && left > 0) state.left = left / pace;
  return state;
}

}  // namespace zcp::apps
