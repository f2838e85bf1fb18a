# SPDX-License-Identifier: Apache-2.0
# One file of SQLite's own test suite, on an installed library: tclsh suite.tcl FILE.test OPTIONS
# The suite expects a test program with SQLite inside. Here stands what its tester.tcl asks of that program before the first
# test. What else it would have is not there: a test that asks for it fails, with an encrypted database as with one in the
# clear, and what tests say is compared. OPTIONS: lines of names and values, what the library was compiled with.
package require sqlite3

set file [file normalize [lindex $argv 0]]
array set sqlite_options [read [set from [open [lindex $argv 1]]]]
close $from
set argv0 $file
set argv {}

foreach name {
    abuse_create_function autoinstall_test_functions breakpoint database_may_be_corrupt database_never_corrupt extra_schema_checks
    file_control_chunksize_test install_malloc_faultsim optimization_control restore_prng_state save_prng_state sqlite3_config
    sqlite3_config_alt_pcache sqlite3_config_lookaside sqlite3_config_memstatus sqlite3_config_pagecache sqlite3_config_uri
    sqlite3_connection_pointer sqlite3_db_config sqlite3_db_config_lookaside sqlite3_extended_result_codes sqlite3_hard_heap_limit64
    sqlite3_initialize sqlite3_memdebug_settitle sqlite3_release_memory sqlite3_reset_auto_extension sqlite3_shutdown
    sqlite3_simulate_device sqlite3_soft_heap_limit sqlite3_soft_heap_limit64 sqlite3_test_control_pending_byte
} { proc $name args {} }
foreach {name value} {
    sqlite_open_file_count 0 sqlite_search_count 0 sqlite_found_count 0 sqlite_sort_count 0 sqlite_like_count 0 sqlite_sync_count 0
    sqlite_fullsync_count 0 sqlite_interrupt_count 0 sqlite_current_time 0 sqlite_opentemp_count 0 sqlite3_max_blobsize 0
    sqlite_fts3_enable_parentheses 0 bitmask_size 64 sqlite_static_bind_value 0 sqlite_static_bind_nbyte 0 sqlite_query_plan {}
    sqlite_temp_directory {} sqlite_data_directory {}
} { set $name $value }
array set cmdlinearg {soft-heap-limit 0 hard-heap-limit 0 maxerror 1000000 malloctrace 0 binarylog 0 soak 0 file-retries 0
    file-retry-delay 0 start {} match {} verbose 1 output {} testdir {}}
set cmdlinearg(TESTFIXTURE_HOME) [pwd]
set cmdlinearg(INFO_SCRIPT) $file
set testdir [file dirname $file]

# An encrypted database begins with 8192 bytes that SQLite does not see.
rename file file_of_tcl
proc file {what args} {
    set answer [uplevel 1 [list file_of_tcl $what {*}$args]]
    if {$what ne "size" || $answer < 8192} { return $answer }
    set from [open [lindex $args 0] rb]
    set begins [read $from 15]
    close $from
    if {$begins eq "keywright pages"} { incr answer -8192 }
    return $answer
}

source $testdir/tester.tcl

proc finalize_testing {} {
    puts "$::TC(count) tests"
    exit 0
}
# Pages have reserved bytes; and where SQLite says that a test does not go with encryption, it ends.
proc nonzero_reserved_bytes {} { return 1 }
proc do_not_use_codec {} {
    puts "not with encryption, says SQLite"
    finalize_testing
}
proc speed_trial args {}
proc speed_trial_tcl args {}

if {[catch {uplevel #0 {source $file}} why]} { puts "ended: $why" }
finalize_testing
