# Files compiled for one instruction set: chosen by name, called only after the processor was asked (lib/csv/isa.c).
set(SHMCOL_AVX2_FLAGS -mavx2 -mfma -mbmi -mbmi2 -mpclmul -mlzcnt -mpopcnt)
set(SHMCOL_AVX512_FLAGS ${SHMCOL_AVX2_FLAGS} -mavx512f -mavx512bw -mavx512vl -mavx512dq -mavx512vbmi -mavx512vbmi2 -mavx512cd -mavx512ifma)

# Gives *_avx2.c and *_avx512.c of the list their flags; where the machine is no x86-64 they leave the list.
function(shmcol_isa_sources list_name)
    set(avx2 ${${list_name}})
    list(FILTER avx2 INCLUDE REGEX "_avx2\\.c$")
    set(avx512 ${${list_name}})
    list(FILTER avx512 INCLUDE REGEX "_avx512\\.c$")
    if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$")
        set_source_files_properties(${avx2} PROPERTIES COMPILE_OPTIONS "${SHMCOL_AVX2_FLAGS}")
        set_source_files_properties(${avx512} PROPERTIES COMPILE_OPTIONS "${SHMCOL_AVX512_FLAGS}")
    elseif(avx2 OR avx512)
        set(rest ${${list_name}})
        list(REMOVE_ITEM rest ${avx2} ${avx512})
        set(${list_name} ${rest} PARENT_SCOPE)
    endif()
endfunction()
