# cpack -G DEB in the build folder makes a Debian package of what cmake --install puts in place.
set(CPACK_PACKAGE_NAME zcp)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "scores neural architectures without training them")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"zcp computes zero-cost proxies of neural architectures: numbers that are to
 rank networks as training would, from their graph or from a few batches. It
 keeps them in a store, searches spaces by them, and compares their rankings
 with trained accuracies by rank correlations with intervals.")
# Who gives the package to others names himself: cpack -D CPACK_PACKAGE_CONTACT="Name <address>".
set(CPACK_PACKAGE_CONTACT "the maintainers of zcp <zcp@localhost>")
set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_GENERATOR DEB)
include(CPack)
