/* Refuses files of another kind than text, by their first bytes (C-26). */
#include <stdio.h>
#include <string.h>

#include "ingest/text/text.h"

#define LOOKED_AT 512u
#define CONTROL_WITHIN 32u
#define WORD_SIZE 256u

typedef struct kind {
    const char *name, *magic;
    const char *pipe; /* the command that writes the file's text; NULL: `say` is the hint */
    const char *say;
    uint16_t at;
    uint8_t length;
    bool control; /* also a control character in the first bytes: the magic alone may be text */
} kind;

#define PIPE(name, bytes, pipe) {name, bytes, pipe, NULL, 0, sizeof(bytes) - 1, false}
#define SAY(name, bytes, say) {name, bytes, NULL, say, 0, sizeof(bytes) - 1, false}
#define TEXT(name, bytes, say) {name, bytes, NULL, say, 0, sizeof(bytes) - 1, true}
#define WRITE(table) "in Python: shmcol.write(" table ", \"OUTPUT\")"

static const kind kinds[] = {
    PIPE("zip", "PK\x03\x04", "unzip -p"),
    PIPE("zip", "PK\x05\x06", "unzip -p"),
    PIPE("xz",
         "\xFD"
         "7zXZ\0",
         "xzcat"),
    PIPE("lzip", "LZIP\x01", "lzip -dc"),
    PIPE("bzip2", "BZh", "bzcat"),
    PIPE("lz4", "\x04\x22\x4D\x18", "lz4 -dc"),
    PIPE("lz4", "\x02\x21\x4C\x18", "lz4 -dc"),
    PIPE("snappy", "\xFF\x06\0\0sNaPpY", "snzip -dc"),
    PIPE("7z", "7z\xBC\xAF\x27\x1C", "7z x -so"),
    PIPE("rar", "Rar!\x1A\x07", "unrar p -inul"),
    PIPE("compress", "\x1F\x9D", "gzip -dc"),
    SAY("gzip", "\x1F\x8B", "it is compressed twice: decompress it once before"),
    SAY("zstd", "\x28\xB5\x2F\xFD", "it is compressed twice: decompress it once before"),
    {"tar", "ustar", "tar -xOf", NULL, 257, 5, false},
    {"shmcol", "\x89SHMCOL\n", NULL, "it is a table already: shmcol-cat prints it as CSV", 32, 8,
     false},
    SAY("Arrow", "ARROW1\0\0", WRITE("pyarrow.feather.read_table(\"FILE\")")),
    SAY("Arrow", "\xFF\xFF\xFF\xFF", WRITE("pyarrow.ipc.open_stream(open(\"FILE\", \"rb\"))")),
    TEXT("Feather", "FEA1", WRITE("pyarrow.feather.read_table(\"FILE\")")),
    TEXT("Parquet", "PAR1", WRITE("pyarrow.parquet.read_table(\"FILE\")")),
    TEXT("ORC", "ORC", WRITE("pyarrow.orc.read_table(\"FILE\")")),
    TEXT("Avro", "Obj\x01", WRITE("polars.read_avro(\"FILE\")")),
    SAY("xls", "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", "it is a spreadsheet: save the sheet as CSV"),
    SAY("HDF5", "\x89HDF\r\n\x1A\n", WRITE("pandas.read_hdf(\"FILE\")")),
    SAY("SQLite", "SQLite format 3\0",
        "sqlite3 -csv -header FILE 'select * from TABLE' | shmcol-pack - -o OUTPUT"),
    SAY("NumPy", "\x93NUMPY\x01", WRITE("{\"a\": numpy.load(\"FILE\")}")),
    SAY("NumPy", "\x93NUMPY\x02", WRITE("{\"a\": numpy.load(\"FILE\")}")),
    SAY("NumPy", "\x93NUMPY\x03", WRITE("{\"a\": numpy.load(\"FILE\")}")),
};

static const kind spreadsheet =
    SAY("xlsx", "", "it is a spreadsheet (a zip archive): save the sheet as CSV");

static bool has_control(const uint8_t *text, size_t n)
{
    for (size_t i = 0; i < n && i < CONTROL_WITHIN; i++)
        if (text[i] < 0x20 && text[i] != '\t' && text[i] != '\n' && text[i] != '\r')
            return true;
    return false;
}

/* Returns true if text[0, n), which begins with "BZh", goes on as bzip2 data. */
static bool is_bzip2(const uint8_t *text, size_t n)
{
    return n >= 10 && text[3] >= '1' && text[3] <= '9' &&
           (memcmp(text + 4, "1AY&SY", 6) == 0 ||
            memcmp(text + 4, "\x17\x72\x45\x38\x50\x90", 6) == 0);
}

/* Returns true if the first member of a zip archive has a name that a spreadsheet's has. */
static bool is_spreadsheet(const uint8_t *text, size_t n)
{
    static const char *const names[] = {"[Content_Types].xml", "_rels/", "docProps/", "xl/",
                                        "mimetypeapplication/vnd.oasis"};
    for (size_t i = 0; n > 30 && i < sizeof names / sizeof *names; i++)
        if (n - 30 >= strlen(names[i]) && memcmp(text + 30, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

/* Returns true if the file that begins with text[0, n) is of the kind. */
static bool is_kind(const kind *k, const uint8_t *text, size_t n)
{
    if (n < (size_t)k->at + k->length || memcmp(text + k->at, k->magic, k->length) != 0)
        return false;
    if (text[0] == 'B' && text[1] == 'Z')
        return is_bzip2(text, n);
    if (text[0] == 0xFF && text[1] == 0xFF) /* the length of a message is no more than 24 bits */
        return n >= 8 && text[7] == 0;
    return !k->control || has_control(text, n);
}

/* Returns the kind of the file that begins with text[0, n), or NULL for text. */
static const kind *kind_of(const uint8_t *text, size_t n)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (is_kind(&kinds[i], text, n))
            return text[0] == 'P' && is_spreadsheet(text, n) ? &spreadsheet : &kinds[i];
    return NULL;
}

/* Writes a path as one word of a shell; FILE for standard input, and for what one line cannot
 * show. */
static void shell_word(const ing_input *input, char out[WORD_SIZE])
{
    const char *path = input->path;
    const size_t n = strlen(path);
    const bool plain =
        strspn(path, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/+,:@%=-") ==
        n;
    bool shows = n != 0 && n <= WORD_SIZE - 3 && strchr(path, '\'') == NULL &&
                 strcmp(path, ING_STANDARD_INPUT) != 0;
    for (size_t i = 0; i < n; i++)
        shows = shows && (uint8_t)path[i] >= 0x20 && path[i] != 0x7f;
    const char *quote = plain ? "" : "'";
    snprintf(out, WORD_SIZE, "%s%s%s", shows ? quote : "", shows ? path : "FILE",
             shows ? quote : "");
}

shmcol_status ing_refuse_binary(const ing_input *input, shmcol_error *err)
{
    uint8_t text[LOOKED_AT];
    char word[WORD_SIZE];
    const size_t n = input->size < sizeof text ? (size_t)input->size : sizeof text;
    shmcol_status status = ing_input_read(input, 0, text, n, err);
    const kind *k = status == SHMCOL_OK ? kind_of(text, n) : NULL;
    if (k == NULL)
        return status;
    shell_word(input, word);
    shm_fail(err, SHMCOL_ERR_CSV_NOT_TEXT, "C-26", "this is %s data, not text", k->name);
    if (k->pipe != NULL)
        shm_error_hint(err, "%s %s | shmcol-pack - -o OUTPUT", k->pipe, word);
    else
        shm_error_hint(err, "%s", k->say);
    shm_error_path(err, input->path);
    return SHMCOL_ERR_CSV_NOT_TEXT;
}
