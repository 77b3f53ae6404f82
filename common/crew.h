// Threads that help with the parts of one piece of work while there are cores
// that nobody else uses.
#pragma once

#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace zcp {

/// How many cores of a run nobody uses at the moment. May be used from several
/// threads.
class SpareCores {
 public:
  explicit SpareCores(int count = 0) { add(count); }

  /// From here on so many more are free.
  void add(int count);
  /// Takes one, if one is free.
  bool try_take();
  /// The largest number that was ever free at once.
  int most() const;

  /// Seconds that helpers of crews have worked on them, all together.
  double seconds() const;
  void add_seconds(double seconds);

 private:
  mutable std::mutex mutex_;
  int free_ = 0;
  int most_ = 0;
  double seconds_ = 0;
};

/// Jobs that whoever has a core runs: helpers, of which one is started for each
/// spare core that can be had while jobs wait, and the thread that waits for a
/// job. Without spare cores everything runs in the thread that waits, in the
/// order in which it waits. What a job computes must not depend on the thread.
///
/// Jobs may submit jobs and wait for them. Jobs that say how much memory they
/// take run at once as far as the crew's memory goes; one that is waited for
/// runs in any case, and so does one while no other runs or that takes none.
class Crew {
 public:
  class Job;
  using Handle = std::shared_ptr<Job>;

  /// `spare` has to outlive the crew; null: there are no helpers. `set_up` is
  /// called once in each helper. `memory`: bytes that running jobs may take
  /// together; 0: any number.
  explicit Crew(
      SpareCores* spare = nullptr,
      std::function<void()> set_up = nullptr,
      double memory = 0);
  /// Jobs that nobody has begun are dropped, the others are waited for.
  ~Crew();
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  /// How many jobs may run at once.
  int most() const { return spare_ == nullptr ? 1 : spare_->most() + 1; }

  /// `memory`: bytes that the job takes besides those that it submits, until it
  /// ends; where what it made `stays`, until release().
  Handle
  submit(std::function<void()> work, double memory = 0, bool stays = false);

  /// Returns when the job has ended, and throws what it threw. A job that
  /// nobody has begun runs here. While another thread is at it, this one runs
  /// those of `others` that nobody has begun, in their order, as far as there
  /// is memory.
  void wait(const Handle& job, const std::vector<Handle>& others = {});

  /// Takes back a job that nobody has begun, and waits for the end of one that
  /// somebody has, whatever it throws.
  void drop(const Handle& job);

  /// Says that what a job made is let go of; it has ended, or was dropped.
  void release(const Handle& job);

  /// Runs jobs here until none is left and all have ended, for a caller that
  /// waits for them afterwards. Not for jobs.
  void finish();

 private:
  void start_helpers();
  void help();
  void run(const Handle& job);
  /// Takes the job for the caller, unless somebody has begun it.
  bool begin(const Handle& job);
  Handle next();
  void take(const Handle& job);
  void give_back(Job& job);
  bool waits(const Handle& job) const;
  bool fits(const Job& job, double taken) const;
  bool fits_now(const Handle& job) const;
  std::deque<Handle>::const_iterator first_to_begin() const;

  SpareCores* const spare_;
  const std::function<void()> set_up_;
  const double memory_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Handle> waiting_;
  int running_ = 0;
  double taken_ = 0;  ///< bytes of the jobs that run
  std::vector<std::thread> helpers_;
};

class Crew::Job {
 private:
  friend class Crew;

  std::function<void()> work_;
  double memory_ = 0;
  bool stays_ = false;
  bool counts_ = false;  ///< in the crew's memory
  bool done_ = false;
  std::exception_ptr failure_;
};

}  // namespace zcp
