# SPDX-License-Identifier: Apache-2.0
# Runs the overlay port as `vcpkg` would, as far as that goes without it: the functions that a portfile calls, in a few
# lines each, and a portfile that calls any other one fails.
#   cmake -DFEATURES=core;sqlite -DPACKAGES=<folder> -DPREFIX_PATH=<Botan> -DPORT_FOLDER=<port> -P vcpkg_port.cmake
cmake_minimum_required(VERSION 3.25)
set(PORT keywright)
set(CURRENT_PACKAGES_DIR ${PACKAGES})
set(build ${PACKAGES}-build)

function(vcpkg_cmake_configure)
    cmake_parse_arguments(PARSE_ARGV 0 arg "" "SOURCE_PATH" "OPTIONS")
    if(arg_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "vcpkg_cmake_configure: not known: ${arg_UNPARSED_ARGUMENTS}")
    endif()
    execute_process(COMMAND ${CMAKE_COMMAND} --fresh -S ${arg_SOURCE_PATH} -B ${build} -G Ninja -DCMAKE_BUILD_TYPE=Release
        -DCMAKE_INSTALL_PREFIX=${PACKAGES} -DCMAKE_PREFIX_PATH=${PREFIX_PATH} -DCMAKE_INSTALL_LIBDIR=lib -DCMAKE_CXX_COMPILER=g++
        ${arg_OPTIONS} OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
endfunction()

function(vcpkg_cmake_install)
    execute_process(COMMAND ${CMAKE_COMMAND} --build ${build} --target install OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
endfunction()

# Moves the package files to share/<port>, one folder nearer to the prefix, and refuses paths of this machine in them.
function(vcpkg_cmake_config_fixup)
    cmake_parse_arguments(PARSE_ARGV 0 arg "" "CONFIG_PATH" "")
    file(MAKE_DIRECTORY ${PACKAGES}/share)
    file(RENAME ${PACKAGES}/${arg_CONFIG_PATH} ${PACKAGES}/share/${PORT})
    file(GLOB files ${PACKAGES}/share/${PORT}/*.cmake)
    set(up [[get_filename_component(_IMPORT_PREFIX "${_IMPORT_PREFIX}" PATH)
]])
    foreach(path IN LISTS files)
        file(READ ${path} text)
        string(FIND "${text}" "${PACKAGES}" absolute)
        if(NOT absolute EQUAL -1)
            message(FATAL_ERROR "${path} names the folder that it was installed to")
        endif()
        string(REPLACE "${up}${up}${up}" "${up}${up}" text "${text}")
        string(REPLACE [[${CMAKE_CURRENT_LIST_DIR}/../../../]] [[${CMAKE_CURRENT_LIST_DIR}/../../]] text "${text}")
        file(WRITE ${path} "${text}")
    endforeach()
endfunction()

function(vcpkg_fixup_pkgconfig)
    file(GLOB found ${PACKAGES}/lib/pkgconfig/*.pc ${PACKAGES}/share/pkgconfig/*.pc)
    if(NOT found)
        message(FATAL_ERROR "no pkg-config file was installed")
    endif()
endfunction()

function(vcpkg_install_copyright)
    cmake_parse_arguments(PARSE_ARGV 0 arg "" "" "FILE_LIST")
    file(COPY_FILE ${arg_FILE_LIST} ${PACKAGES}/share/${PORT}/copyright)
endfunction()

include(${PORT_FOLDER}/portfile.cmake)

# What vcpkg's own checks after a build would refuse.
file(GLOB left RELATIVE ${PACKAGES} ${PACKAGES}/*)
list(SORT left)
if(NOT left STREQUAL "include;share")
    message(FATAL_ERROR "the port leaves '${left}'; expected include and share alone")
endif()
foreach(file IN ITEMS copyright usage keywright-config.cmake keywright-config-version.cmake)
    if(NOT EXISTS ${PACKAGES}/share/${PORT}/${file})
        message(FATAL_ERROR "the port installs no share/${PORT}/${file}")
    endif()
endforeach()
