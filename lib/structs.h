/* Structs that callers own. They begin with their size, so that a program built against an older
 * shmcol.h, whose structs are shorter, runs on this library: fields that it does not have are
 * neither read nor written. */
#ifndef SHMCOL_STRUCTS_H
#define SHMCOL_STRUCTS_H

#include <string.h>

#include "error.h"
#include "shmcol.h"

/* The bytes of a struct up to the end of one field. */
#define SHM_SIZE_UP_TO(type, field) (offsetof(type, field) + sizeof((type *)0)->field)

/* The least size that is taken: that of version 1.0. Until its release a new field raises it;
 * afterwards none of them changes again (tests/unit/test_structs.c pins them). A new field begins
 * behind the padding at the end of the struct as it was, else old programs would seem to have set
 * it. shmcol_strings is a part of shmcol_dictionary and shmcol_list, and never grows. */
#define SHM_ERROR_SIZE_1_0 SHM_SIZE_UP_TO(shmcol_error, hint)
#define SHM_OPEN_OPTIONS_SIZE_1_0                                                                  \
    offsetof(shmcol_open_options, cache_dir) /* as programs had it before 1.0 */
#define SHM_FILE_INFO_SIZE_1_0 offsetof(shmcol_file_info, compressed) /* the same */
#define SHM_COLUMN_INFO_SIZE_1_0 SHM_SIZE_UP_TO(shmcol_column_info, ascending)
#define SHM_STRINGS_SIZE_1_0 SHM_SIZE_UP_TO(shmcol_strings, validity)
#define SHM_DICTIONARY_SIZE_1_0 SHM_SIZE_UP_TO(shmcol_dictionary, order)
#define SHM_LIST_SIZE_1_0 SHM_SIZE_UP_TO(shmcol_list, strings)
#define SHM_TAKE_OPTIONS_SIZE_1_0 SHM_SIZE_UP_TO(shmcol_take_options, threads)
#define SHM_TAKEN_SIZE_1_0 SHM_SIZE_UP_TO(shmcol_taken, data_length)
#define SHM_STATS_SIZE_1_0 SHM_SIZE_UP_TO(shmcol_stats, max_decimal)
#define SHM_VERIFY_OPTIONS_SIZE_1_0 offsetof(shmcol_verify_options, temporary_limit) /* the same */
#define SHM_FIELD_SIZE_1_0 SHM_SIZE_UP_TO(shmcol_field, scale)
#define SHM_WRITER_OPTIONS_SIZE_1_0 offsetof(shmcol_writer_options, zstd_level) /* the same */
#define SHM_COLUMN_DATA_SIZE_1_0 SHM_SIZE_UP_TO(shmcol_column_data, element_data)
#define SHM_COMPRESS_OPTIONS_SIZE_1_0 SHM_SIZE_UP_TO(shmcol_compress_options, progress_arg)
#define SHM_APPEND_OPTIONS_SIZE_1_0 SHM_SIZE_UP_TO(shmcol_append_options, report)
#define SHM_APPEND_REPORT_SIZE_1_0 SHM_SIZE_UP_TO(shmcol_append_report, table_id)
#define SHM_CSV_OPTIONS_SIZE_1_0 SHM_SIZE_UP_TO(shmcol_csv_options, skip_footer)

/* Ends the function with INVALID_ARGUMENT for a struct that is NULL or smaller than it can be. */
#define SHM_CHECK_SIZE(pointer, least, err)                                                        \
    do {                                                                                           \
        if ((pointer) == NULL || (pointer)->size < (least))                                        \
            return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "",                                  \
                            "%s is NULL or was not begun with its _INIT macro", #pointer);         \
    } while (0)

/* Fills the caller's struct from `all`, this version's: as far as the caller's goes, whose size
 * stays. */
#define SHM_GIVE(pointer, all)                                                                     \
    do {                                                                                           \
        (all).size = (pointer)->size;                                                              \
        if ((all).size >= sizeof(all))                                                             \
            *(pointer) = (all);                                                                    \
        else                                                                                       \
            memcpy((pointer), &(all), (all).size);                                                 \
    } while (0)

/* Reads the caller's options, if any, over the defaults in `own`: as far as the caller's go. */
#define SHM_TAKE(own, given)                                                                       \
    do {                                                                                           \
        if ((given) != NULL)                                                                       \
            memcpy(&(own), (given), (given)->size < sizeof(own) ? (given)->size : sizeof(own));    \
        (own).size = sizeof(own);                                                                  \
    } while (0)

#endif
