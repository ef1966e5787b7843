# Warnings and hardening, after the OpenSSF guide "Compiler Options Hardening Guide for C and C++".
include(CheckCCompilerFlag)
include(CheckLinkerFlag)

set(SHMCOL_C_FLAGS "")
function(shmcol_probe_flags)
    foreach(flag IN LISTS ARGN)
        string(MAKE_C_IDENTIFIER "SHMCOL_HAS${flag}" known)
        check_c_compiler_flag(${flag} ${known})
        if(${known})
            list(APPEND SHMCOL_C_FLAGS ${flag})
        endif()
    endforeach()
    set(SHMCOL_C_FLAGS ${SHMCOL_C_FLAGS} PARENT_SCOPE)
endfunction()

shmcol_probe_flags(
    -Wall -Wextra -Wformat=2 -Wimplicit-fallthrough -Wstrict-prototypes -Wmissing-prototypes -Wshadow -Wvla -Wpointer-arith -Wundef
    -Wwrite-strings -Wtrampolines -Wbidi-chars=any -Werror=implicit -Werror=incompatible-pointer-types
    -Werror=int-conversion)
list(APPEND SHMCOL_C_FLAGS -Werror=format-security) # fails the probe, which is without -Wformat
if(SHMCOL_WERROR)
    shmcol_probe_flags(-Werror)
endif()
# The values of a float column must not depend on whether a multiply-add was fused.
shmcol_probe_flags(-ffp-contract=off)
shmcol_probe_flags(-fno-strict-overflow -fno-delete-null-pointer-checks -fno-strict-aliasing)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$")
    shmcol_probe_flags(-fcf-protection=full)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)$")
    shmcol_probe_flags(-mbranch-protection=standard)
endif()
if(NOT SHMCOL_SANITIZE)
    # Each of these would hide from a sanitizer what it is there to see.
    shmcol_probe_flags(-fstack-protector-strong -fstack-clash-protection -ftrivial-auto-var-init=zero -fstrict-flex-arrays=3)
endif()

set(SHMCOL_LINK_FLAGS "")
foreach(flag IN ITEMS -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack -Wl,--as-needed -Wl,--no-copy-dt-needed-entries -Wl,--gc-sections)
    string(MAKE_C_IDENTIFIER "SHMCOL_HAS${flag}" known)
    check_linker_flag(C ${flag} ${known})
    if(${known})
        list(APPEND SHMCOL_LINK_FLAGS ${flag})
    endif()
endforeach()

if(SHMCOL_SANITIZE)
    # For every target, so that no instrumented object meets a plain executable. A report needs the names of functions and lines: -g1 has
    # them, and builds in three quarters of the time of -g.
    add_compile_options(-fsanitize=${SHMCOL_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer -g1)
    add_link_options(-fsanitize=${SHMCOL_SANITIZE})
endif()

include(CheckPIESupported)
check_pie_supported(LANGUAGES C)

function(shmcol_compiler_flags target)
    target_compile_options(${target} PRIVATE ${SHMCOL_C_FLAGS} -ffunction-sections -fdata-sections)
    if(NOT SHMCOL_SANITIZE)
        # Needs an optimizing build; undefined first, because distributions define a level of their own.
        target_compile_options(${target} PRIVATE $<$<NOT:$<CONFIG:Debug>>:-U_FORTIFY_SOURCE> $<$<NOT:$<CONFIG:Debug>>:-D_FORTIFY_SOURCE=3>)
    endif()
endfunction()

function(shmcol_link_flags target)
    target_link_options(${target} PRIVATE ${SHMCOL_LINK_FLAGS})
endfunction()
