# SPDX-License-Identifier: Apache-2.0
# For keywright's own programs only; nothing here is installed or seen by a consumer.
#   keywright_dev                       private target: warnings as errors
#   keywright_add_tests(<layer> ...)    one doctest program per layer, <layer>_tests, run by CTest; target `layers`: all of them
#   keywright_build_together(<target> ...) some of its files as one translation unit
#   keywright_add_fuzz(<name> ...)      a fuzz target; without libFuzzer it replays its corpus
#   keywright_add_bench(<name> ...)     a benchmark program, never run by CTest

add_library(keywright_dev INTERFACE)
target_compile_features(keywright_dev INTERFACE cxx_std_20)
target_compile_options(keywright_dev INTERFACE
    -Werror -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wold-style-cast -Woverloaded-virtual
    -Wnon-virtual-dtor -Wdeprecated-copy-dtor)
set_target_properties(keywright_dev PROPERTIES INTERFACE_CXX_EXTENSIONS OFF)
target_compile_definitions(keywright_dev INTERFACE
    KEYWRIGHT_TEST_DATA="${PROJECT_SOURCE_DIR}/tests/data"
    KEYWRIGHT_BINARY_DIR="${PROJECT_BINARY_DIR}/bin")
set(CMAKE_CXX_EXTENSIONS OFF)

# keywright_include_folders(<variable> <library>...): a file that holds their include folders, one a line, for checks
# that call a compiler themselves
function(keywright_include_folders variable)
    string(MAKE_C_IDENTIFIER "${CMAKE_CURRENT_SOURCE_DIR}_${variable}" probe)
    set(unit ${CMAKE_CURRENT_BINARY_DIR}/${variable}.cpp)
    file(CONFIGURE OUTPUT ${unit} CONTENT "namespace {}\n")
    add_library(${probe} OBJECT EXCLUDE_FROM_ALL ${unit})
    target_link_libraries(${probe} PRIVATE ${ARGN})
    set(folders ${CMAKE_CURRENT_BINARY_DIR}/${variable}.txt)
    file(GENERATE OUTPUT ${folders}
        CONTENT "$<JOIN:$<REMOVE_DUPLICATES:$<TARGET_PROPERTY:INCLUDE_DIRECTORIES>>,\n>\n" TARGET ${probe})
    set(${variable} ${folders} PARENT_SCOPE)
endfunction()

# keywright_add_tests(<layer> SOURCES a.cpp ... [LIBRARIES keywright::keywright ...])
function(keywright_add_tests layer)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LIBRARIES")
    if(NOT arg_SOURCES OR arg_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "keywright_add_tests(${layer}): expected SOURCES and LIBRARIES, got '${ARGN}'")
    endif()
    if(NOT TARGET keywright_test_main)
        add_library(keywright_test_main OBJECT ${PROJECT_SOURCE_DIR}/tests/main.cpp)
        target_link_libraries(keywright_test_main PUBLIC doctest::doctest PRIVATE keywright_dev)
        add_custom_target(layers)
    endif()
    add_executable(${layer}_tests ${arg_SOURCES})
    list(TRANSFORM arg_SOURCES PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/ OUTPUT_VARIABLE files)
    set_property(GLOBAL APPEND PROPERTY KEYWRIGHT_COMPILED_FIRST ${files}) # for tests/house
    target_link_libraries(${layer}_tests PRIVATE keywright_test_main keywright_dev ${arg_LIBRARIES})
    add_dependencies(layers ${layer}_tests)
    add_test(NAME ${layer} COMMAND ${layer}_tests --no-version)
    # A program whose test cases were all filtered away or never registered would pass.
    set_tests_properties(${layer} PROPERTIES FAIL_REGULAR_EXPRESSION "test cases: +0 ")
endfunction()

# keywright_build_together(<target> a.cpp ...): these files of a target become one translation unit, unless
# KEYWRIGHT_TOGETHER is off, in the order of the target's sources. For files that would each instantiate the same heavy templates.
function(keywright_build_together target first)
    if(KEYWRIGHT_TOGETHER)
        set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
        string(MAKE_C_IDENTIFIER with_${first} group)
        set_source_files_properties(${first} ${ARGN} PROPERTIES UNITY_GROUP ${group})
        list(TRANSFORM ARGN PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/ OUTPUT_VARIABLE behind)
        get_property(compiled_first GLOBAL PROPERTY KEYWRIGHT_COMPILED_FIRST)
        list(REMOVE_ITEM compiled_first ${behind})
        set_property(GLOBAL PROPERTY KEYWRIGHT_COMPILED_FIRST ${compiled_first})
    endif()
endfunction()

# keywright_add_fuzz(<name> [SOURCES ...] [LIBRARIES ...]): <name>.cpp defines LLVMFuzzerTestOneInput, its corpus is
# corpus/<name>/ and must not be empty.
function(keywright_add_fuzz name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LIBRARIES")
    add_executable(fuzz_${name} ${name}.cpp ${arg_SOURCES})
    target_link_libraries(fuzz_${name} PRIVATE keywright_dev ${arg_LIBRARIES})
    if(NOT arg_LIBRARIES)
        target_link_libraries(fuzz_${name} PRIVATE keywright::keywright)
    endif()
    set(corpus ${CMAKE_CURRENT_SOURCE_DIR}/corpus/${name})
    if(KEYWRIGHT_FUZZ)
        target_compile_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
        target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
        set(seconds $ENV{KEYWRIGHT_FUZZ_SECONDS})
        if(NOT seconds)
            set(seconds 60)
        endif()
        # New inputs go to the build folder; the corpus in the tree is only read.
        set(found ${CMAKE_CURRENT_BINARY_DIR}/found/${name})
        file(MAKE_DIRECTORY ${found})
        add_test(NAME fuzz_${name} COMMAND fuzz_${name} -max_total_time=${seconds} -print_final_stats=1
            -artifact_prefix=${found}/ ${found} ${corpus})
    else()
        target_sources(fuzz_${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests/fuzz/replay_main.cpp)
        add_test(NAME fuzz_${name} COMMAND fuzz_${name} ${corpus})
    endif()
    set_tests_properties(fuzz_${name} PROPERTIES LABELS fuzz)
    if(NOT TARGET fuzzers)
        add_custom_target(fuzzers)
    endif()
    add_dependencies(fuzzers fuzz_${name})
endfunction()

# keywright_add_bench(<name> [SOURCES ...] [LIBRARIES ...]): <name>.cpp with a main of its own
function(keywright_add_bench name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LIBRARIES")
    add_executable(bench_${name} ${name}.cpp ${arg_SOURCES})
    target_link_libraries(bench_${name} PRIVATE keywright_dev ${arg_LIBRARIES})
    if(NOT arg_LIBRARIES)
        target_link_libraries(bench_${name} PRIVATE keywright::keywright)
    endif()
endfunction()
