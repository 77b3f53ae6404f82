// How jemalloc, which zcp is linked with where it is there, keeps memory; it
// looks for this name when the program starts. Activations of a pass are
// megabytes each and come again with the next one: in huge pages, and never
// given back, they cost a quarter less of a scoring's time.
extern "C" {
extern const char* malloc_conf;
const char* malloc_conf =
    "thp:always,dirty_decay_ms:-1,muzzy_decay_ms:-1,oversize_threshold:0";
}
