// How jemalloc, which zcp-networks is linked with where it is there, keeps
// memory; it looks for this name when the program starts. The activations of a
// pass are megabytes each and come again with the next one, so any free extent
// that is large enough serves again. By default an extent that is much larger
// than what is asked for does not, and a run of many networks then takes more
// and more. Nor does idle memory go back to the system, which clears it before
// it comes again: a fifth of a run's time where networks take turns every
// second. Memory of 8 MB and more is given back to all threads, since those of
// one network take turns at it; what cells ask for is less, and stays with the
// thread. Huge pages are left to the system's own choice: some virtual machines
// take seconds to get a gigabyte of them.
extern "C" {
extern const char* malloc_conf;
const char* malloc_conf =
    "oversize_threshold:8388608,lg_extent_max_active_fit:30,dirty_decay_ms:-1";
}
