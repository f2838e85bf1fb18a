# SPDX-License-Identifier: Apache-2.0
# An overlay port of the tree that it lies in:
#   vcpkg install keywright --overlay-ports=<this tree>/cmake/vcpkg
get_filename_component(SOURCE_PATH "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)

set(components keywright)
foreach(feature IN ITEMS sqlite openssl testing)
    if(feature IN_LIST FEATURES)
        list(APPEND components ${feature})
    endif()
endforeach()

set(VCPKG_BUILD_TYPE release) # headers only: there is nothing to debug
vcpkg_cmake_configure(
    SOURCE_PATH "${SOURCE_PATH}"
    OPTIONS
        -DKEYWRIGHT_BUILD_TESTS=OFF
        -DKEYWRIGHT_BUILD_EXAMPLES=OFF
        "-DKEYWRIGHT_COMPONENTS=${components}"
)
vcpkg_cmake_install()
vcpkg_cmake_config_fixup(CONFIG_PATH lib/cmake/keywright)
vcpkg_fixup_pkgconfig()
file(REMOVE_RECURSE "${CURRENT_PACKAGES_DIR}/lib")

file(INSTALL "${CMAKE_CURRENT_LIST_DIR}/usage" DESTINATION "${CURRENT_PACKAGES_DIR}/share/${PORT}")
vcpkg_install_copyright(FILE_LIST "${SOURCE_PATH}/LICENSE")
