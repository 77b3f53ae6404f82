#include "common/crew.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace zcp {

void SpareCores::add(int count) {
  const std::scoped_lock lock(mutex_);
  free_ += count;
  most_ = std::max(most_, free_);
}

bool SpareCores::try_take() {
  const std::scoped_lock lock(mutex_);
  if (free_ <= 0) return false;
  --free_;
  return true;
}

int SpareCores::most() const {
  const std::scoped_lock lock(mutex_);
  return most_;
}

double SpareCores::seconds() const {
  const std::scoped_lock lock(mutex_);
  return seconds_;
}

void SpareCores::add_seconds(double seconds) {
  const std::scoped_lock lock(mutex_);
  seconds_ += seconds;
}

Crew::Crew(SpareCores* spare, std::function<void()> set_up, double memory)
    : spare_(spare), set_up_(std::move(set_up)), memory_(memory) {}

Crew::~Crew() {
  {
    const std::scoped_lock lock(mutex_);
    waiting_.clear();
  }
  for (std::thread& helper : helpers_) helper.join();
}

Crew::Handle
Crew::submit(std::function<void()> work, double memory, bool stays) {
  auto job = std::make_shared<Job>();
  job->work_ = std::move(work);
  job->memory_ = memory;
  job->stays_ = stays;
  {
    const std::scoped_lock lock(mutex_);
    waiting_.push_back(job);
  }
  changed_.notify_all();
  start_helpers();
  return job;
}

/// As many as jobs wait that there is memory for, and cores are free.
void Crew::start_helpers() {
  if (spare_ == nullptr) return;
  const std::scoped_lock lock(mutex_);
  double taken = taken_;
  for (const Handle& job : waiting_) {
    if (!fits(*job, taken)) continue;
    if (!spare_->try_take()) return;
    taken += job->memory_;
    helpers_.emplace_back([this] { help(); });
  }
}

void Crew::help() {
  const auto begin = std::chrono::steady_clock::now();
  if (set_up_) set_up_();
  while (const Handle job = next()) run(job);
  const auto end = std::chrono::steady_clock::now();
  spare_->add_seconds(std::chrono::duration<double>(end - begin).count());
  spare_->add(1);
}

/// Whether there is memory for the job when so much is taken.
bool Crew::fits(const Job& job, double taken) const {
  return memory_ == 0 || job.memory_ == 0 || taken == 0 ||
         taken + job.memory_ <= memory_;
}

bool Crew::waits(const Handle& job) const {
  return std::ranges::find(waiting_, job) != waiting_.end();
}

bool Crew::fits_now(const Handle& job) const {
  return running_ == 0 || fits(*job, taken_);
}

/// The job that has waited longest of those that there is memory for.
std::deque<Crew::Handle>::const_iterator Crew::first_to_begin() const {
  return std::ranges::find_if(
      waiting_, [&](const Handle& one) { return fits_now(one); });
}

/// The first to begin; null: there is none.
Crew::Handle Crew::next() {
  const std::scoped_lock lock(mutex_);
  const auto place = first_to_begin();
  if (place == waiting_.end()) return nullptr;
  Handle job = *place;
  take(job);
  return job;
}

bool Crew::begin(const Handle& job) {
  const std::scoped_lock lock(mutex_);
  if (!waits(job)) return false;
  take(job);
  return true;
}

/// Moves a job from those that wait to those that run.
void Crew::take(const Handle& job) {
  job->counts_ = true;
  taken_ += job->memory_;
  ++running_;
  waiting_.erase(std::ranges::find(waiting_, job));
}

void Crew::give_back(Job& job) {
  if (job.counts_) taken_ -= job.memory_;
  job.counts_ = false;
}

void Crew::run(const Handle& job) {
  std::exception_ptr failure;
  try {
    job->work_();
  } catch (...) {
    failure = std::current_exception();
  }
  job->work_ = nullptr;  // lets go of what it holds
  {
    const std::scoped_lock lock(mutex_);
    job->failure_ = failure;
    job->done_ = true;
    --running_;
    if (!job->stays_) give_back(*job);
  }
  changed_.notify_all();
  if (memory_ > 0) start_helpers();  // others have ended for want of memory
}

void Crew::release(const Handle& job) {
  {
    const std::scoped_lock lock(mutex_);
    give_back(*job);
  }
  changed_.notify_all();
  start_helpers();
}

void Crew::wait(const Handle& job, const std::vector<Handle>& others) {
  start_helpers();  // cores may have become free
  if (begin(job)) run(job);
  for (;;) {
    Handle other;
    {
      std::unique_lock lock(mutex_);
      const auto ready = [&] {
        return std::ranges::find_if(others, [&](const Handle& one) {
          return waits(one) && fits_now(one);
        });
      };
      changed_.wait(
          lock, [&] { return job->done_ || ready() != others.end(); });
      if (job->done_) break;
      other = *ready();
      take(other);
    }
    run(other);
  }
  if (job->failure_) std::rethrow_exception(job->failure_);
}

void Crew::drop(const Handle& job) {
  std::unique_lock lock(mutex_);
  const auto place = std::ranges::find(waiting_, job);
  if (place != waiting_.end()) {
    waiting_.erase(place);
    return;
  }
  changed_.wait(lock, [&] { return job->done_; });
}

void Crew::finish() {
  for (;;) {
    start_helpers();
    if (const Handle job = next()) {
      run(job);
      continue;
    }
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] {
      return running_ == 0 || first_to_begin() != waiting_.end();
    });
    if (waiting_.empty() && running_ == 0) return;
  }
}

}  // namespace zcp
