// How jemalloc, which zcp is linked with where it is there, keeps memory; it
// looks for this name when the program starts. The activations of a pass are
// megabytes each and come again with the next one: they lie in huge pages, are
// never given back, and any extent that is large enough serves again.
extern "C" {
extern const char* malloc_conf;
const char* malloc_conf =
    "thp:always,dirty_decay_ms:-1,muzzy_decay_ms:-1,oversize_threshold:0,"
    "lg_extent_max_active_fit:30";
}
