/* From a directory to the chain of its parts (F-80 … F-83). Each part is opened by its name, looked
 * at through a read and not through its map, mapped whole, and closed. */
#include "format/chain.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "format/bytes.h"
#include "format/descriptor.h"
#include "format/directory.h"
#include "format/header.h"
#include "format/ondisk.h"
#include "format/types.h"
#include "read/table.h"

enum {
    FIRST_READ = 16384,
    RETRY_MS = 20 /* before the second look (F-83): a network file system may be late */
};

enum {
    SUPPORTED = 1,
    ORDERED = 2 /* dictionary columns: that flag of the dictionary */
};

/* The columns that all parts must have: those of the first. */
typedef struct schema {
    uint32_t columns;
    fmt_descriptor *descriptors;
    uint8_t *kinds; /* SUPPORTED, ORDERED */
    uint8_t *names;
} schema;

typedef struct walk {
    read_chain *chain;
    read_part *known;
    schema schema;
    uint8_t *front; /* bytes [0, end of metadata) of the part that is looked at */
    size_t capacity, got;
    size_t likely; /* the length of the part before: more of a part is read only if it is longer */
    int fd;        /* of the last part that was added, else -1 */
    /* The part that was added last in this walk, and its bytes: a column whose descriptor is the
     * same in the next part is not decoded again. */
    const read_part *before;
    uint8_t *before_front;
    size_t before_capacity;
    char name[FMT_PART_NAME_SIZE];
} walk;

/* Adds the path of the part that is looked at to an error, and returns `status`. */
static shmcol_status at_part(const walk *w, shmcol_status status, shmcol_error *err)
{
    char path[512];
    const char *directory = w->chain->directory->path;
    snprintf(path, sizeof path, "%s%s%s", directory, directory[0] != 0 ? "/" : "", w->name);
    shm_error_path(err, path);
    return status;
}

static shmcol_status io_failed(const walk *w, int errnum, const char *what, shmcol_error *err)
{
    shmcol_status status = shm_fail_sys(err, errnum, NULL, "cannot %s the part", what);
    return at_part(w, status, err);
}

/* Reads the file's bytes up to `length`, of which the first w->got are there. */
static shmcol_status read_to(walk *w, int fd, size_t length, shmcol_error *err)
{
    size_t got;
    if (length > w->capacity) {
        uint8_t *larger = realloc(w->front, length);
        if (larger == NULL)
            return shm_fail_memory(err);
        w->front = larger;
        w->capacity = length;
    }
    int errnum = sys_pread(fd, w->front + w->got, length - w->got, w->got, &got);
    if (errnum != 0)
        return io_failed(w, errnum, "read", err);
    w->got += got;
    return SHMCOL_OK;
}

/* Reads the file's bytes up to `length`, or as many as it has. *size becomes less if it ends before
 * that by now. */
static shmcol_status read_up_to(walk *w, int fd, size_t length, uint64_t *size, shmcol_error *err)
{
    const size_t wanted = *size < length ? (size_t)*size : length;
    shmcol_status status = read_to(w, fd, wanted, err);
    if (status == SHMCOL_OK && w->got < wanted)
        *size = w->got;
    return status;
}

/* Reads and checks the header (F-60), then reads the directory. */
static shmcol_status read_front(walk *w, int fd, uint64_t size, fmt_header *h, shmcol_error *err)
{
    fmt_fault fault;
    w->got = 0;
    shmcol_status status = read_up_to(w, fd, w->likely, &size, err);
    if (status == SHMCOL_OK && w->got == w->likely &&
        fmt_load32(w->front + FMT_H_HEADER_SIZE) > w->got)
        status = read_up_to(w, fd, FMT_HEADER_SIZE_MAX, &size, err);
    if (status != SHMCOL_OK)
        return status;
    if (fmt_header_decode_stored(w->front, w->got, size, h, &fault) != FMT_OK)
        return at_part(w, shm_fail_fault(err, &fault, NULL, NULL), err);
    const fmt_region *last = &h->regions[FMT_REGION_METADATA];
    const size_t length = (size_t)(last->offset + last->length);
    w->likely = length > FMT_HEADER_SIZE ? length : FMT_HEADER_SIZE;
    if (length <= w->got)
        return SHMCOL_OK;
    status = read_to(w, fd, length, err);
    if (status != SHMCOL_OK || w->got == length)
        return status;
    shm_fail(err, SHMCOL_ERR_TRUNCATED, "F-5", "the part was cut short while it was opened");
    return at_part(w, SHMCOL_ERR_TRUNCATED, err);
}

static shmcol_status wrong_part(const walk *w, shmcol_error *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static shmcol_status wrong_part(const walk *w, shmcol_error *err, const char *format, ...)
{
    char text[320];
    va_list args;
    va_start(args, format);
    shm_print_line(text, sizeof text, format, args);
    va_end(args);
    shm_fail(err, SHMCOL_ERR_WRONG_PART, "F-81", "%s", text);
    return at_part(w, SHMCOL_ERR_WRONG_PART, err);
}

/* Checks the fields of the header. Sets *orphan for a part that does not follow the one before. */
static shmcol_status check_header(const walk *w, const fmt_header *h, uint64_t first_row,
                                  bool *orphan, shmcol_error *err)
{
    const read_chain *c = w->chain;
    if (!fmt_header_is_part(h))
        return wrong_part(w, err, "this is a file of its own, and no part of a table");
    if (h->part.first_row != first_row)
        return wrong_part(w, err, "the part begins at row %" PRIu64 ", not at the row of its name",
                          h->part.first_row);
    if (c->n == 0)
        return SHMCOL_OK;
    if (memcmp(fmt_table_id(h), c->table_id, sizeof c->table_id) != 0)
        return wrong_part(w, err, "the part belongs to another table");
    *orphan = memcmp(h->part.previous_id, c->parts[c->n - 1]->id, sizeof h->part.previous_id) != 0;
    return SHMCOL_OK;
}

/* Decodes a column, and finds out whether it is supported, and its dictionary ordered. Of one that
 * is not only name and type are decoded. */
static int decode_column(const walk *w, const fmt_header *h, uint32_t column, fmt_descriptor *d,
                         uint8_t *kind, fmt_fault *fault)
{
    fmt_descriptor dictionary;
    int code = fmt_directory_column(h, w->front, column, d, fault);
    *kind = code == FMT_OK ? SUPPORTED : 0;
    if (code == FMT_COLUMN_UNSUPPORTED)
        *d = (fmt_descriptor){
            .type = d->type, .name_offset = d->name_offset, .name_length = d->name_length};
    if (code != FMT_OK || d->type != FMT_DICTIONARY)
        return code;
    code = fmt_directory_dictionary(h, w->front, d->dictionary, &dictionary, fault);
    *kind =
        code != FMT_OK ? 0 : SUPPORTED | ((dictionary.flags & FMT_FLAG_ORDERED) != 0 ? ORDERED : 0);
    return code;
}

static void schema_free(schema *s)
{
    free(s->descriptors);
    free(s->kinds);
    free(s->names);
    *s = (schema){0};
}

/* Makes the schema, empty, with the names of the part that is looked at. */
static shmcol_status schema_begin(walk *w, const fmt_header *h, shmcol_error *err)
{
    const fmt_region *names = &h->regions[FMT_REGION_NAMES];
    schema *s = &w->schema;
    s->columns = h->columns;
    s->descriptors = shm_alloc_zeroed(h->columns, sizeof *s->descriptors);
    s->kinds = shm_alloc_zeroed(h->columns, sizeof *s->kinds);
    s->names = shm_alloc(names->length, 1);
    if (s->descriptors == NULL || s->kinds == NULL || s->names == NULL)
        return shm_fail_memory(err);
    memcpy(s->names, w->front + names->offset, (size_t)names->length);
    return SHMCOL_OK;
}

/* Notes the places of a column's buffers. Returns false for a place that F-79 does not allow. */
static bool find_places(const fmt_descriptor *d, read_place *place)
{
    const uint64_t values = d->width != 0 ? d->slots[FMT_SLOT_VALUES].offset : 0,
                   validity = d->slots[FMT_SLOT_VALIDITY].offset;
    if (values % FMT_PART_ALIGNMENT != 0 || validity % FMT_PART_ALIGNMENT != 0 ||
        values / FMT_PART_ALIGNMENT > UINT32_MAX || validity / FMT_PART_ALIGNMENT > UINT32_MAX)
        return false;
    *place = (read_place){(uint32_t)(values / FMT_PART_ALIGNMENT),
                          (uint32_t)(validity / FMT_PART_ALIGNMENT), d->null_count};
    return true;
}

/* Checks a column of a part against that of the first part, which it takes if this is it. Notes the
 * places of the column's buffers. */
static shmcol_status check_column(walk *w, const fmt_header *h, uint32_t i, bool first,
                                  read_place *place, shmcol_error *err)
{
    const uint8_t *names = w->front + h->regions[FMT_REGION_NAMES].offset;
    schema *s = &w->schema;
    fmt_descriptor d;
    uint8_t kind;
    fmt_fault fault;
    int code = decode_column(w, h, i, &d, &kind, &fault);
    if (code != FMT_OK && code != FMT_COLUMN_UNSUPPORTED)
        return at_part(w, shm_fail_fault(err, &fault, NULL, NULL), err);
    if (first) {
        s->descriptors[i] = d;
        s->kinds[i] = kind;
    }
    const char *name = (const char *)s->names + s->descriptors[i].name_offset;
    if ((kind & SUPPORTED) != (s->kinds[i] & SUPPORTED)) {
        shm_fail(err, SHMCOL_ERR_COLUMN_UNSUPPORTED, "F-28",
                 "column %u, \"%.200s\", is of a kind that this version does not know, in this "
                 "part or in the first one",
                 i, name);
        return at_part(w, SHMCOL_ERR_COLUMN_UNSUPPORTED, err);
    }
    const char *differs = fmt_column_differs(&d, names, &s->descriptors[i], s->names);
    differs = differs == NULL && kind != s->kinds[i] ? "order of its dictionary" : differs;
    if (differs != NULL)
        return wrong_part(w, err, "column %u, \"%.200s\", has another %s than in the first part", i,
                          name, differs);
    if ((kind & SUPPORTED) == 0 || find_places(&d, place))
        return SHMCOL_OK;
    shm_fail(err, SHMCOL_ERR_LAYOUT, "F-42",
             "a buffer of column %u, \"%.200s\", lies at the wrong place", i, name);
    return at_part(w, SHMCOL_ERR_LAYOUT, err);
}

/* Tells whether all that a column's descriptor is checked against is as in the part before. */
static bool is_like_before(const walk *w, const fmt_header *h)
{
    return w->before != NULL && fmt_same_frame(w->front, w->before_front, h);
}

static bool is_same_column(const walk *w, const fmt_header *h, uint32_t i)
{
    const uint64_t at = fmt_descriptor_offset(h, i);
    return w->schema.descriptors[i].type != FMT_DICTIONARY && /* it has a second descriptor */
           memcmp(w->front + at, w->before_front + at, h->descriptor_size) == 0;
}

/* Takes the columns of the first part. Those of the others must be the same. */
static shmcol_status check_columns(walk *w, const fmt_header *h, read_part *part, shmcol_error *err)
{
    schema *s = &w->schema;
    const bool first = s->descriptors == NULL;
    shmcol_status status = first ? schema_begin(w, h, err) : SHMCOL_OK;
    if (status == SHMCOL_OK && h->columns != s->columns)
        status =
            wrong_part(w, err, "the part has %u columns, and the table %u", h->columns, s->columns);
    const bool alike = status == SHMCOL_OK && !first && is_like_before(w, h);
    for (uint32_t i = 0; i < h->columns && status == SHMCOL_OK; i++)
        if (alike && is_same_column(w, h, i))
            part->places[i] = w->before->places[i];
        else
            status = check_column(w, h, i, first, &part->places[i], err);
    return status;
}

static shmcol_status map_part(const walk *w, int fd, read_part *part, shmcol_error *err)
{
    const bool private = (w->chain->flags & SHMCOL_OPEN_PRIVATE) != 0;
    int errnum = sys_map(fd, part->size, private, &part->map);
    if (errnum == ENOMEM) {
        shm_fail(err, SHMCOL_ERR_ADDRESS_SPACE, "",
                 "cannot map part %" PRIu64 " of the table: the process has no room for more maps",
                 w->chain->n);
        read_hint_maps(err);
        return at_part(w, SHMCOL_ERR_ADDRESS_SPACE, err);
    }
    part->private_pages = private;
    /* Runs inherit the advice. */
    if (errnum == 0 && (w->chain->flags & (SHMCOL_OPEN_SEQUENTIAL | SHMCOL_OPEN_RANDOM)) != 0)
        errnum =
            sys_advise(part->map, part->size,
                       (w->chain->flags & SHMCOL_OPEN_RANDOM) != 0 ? SYS_RANDOM : SYS_SEQUENTIAL);
    return errnum == 0 ? SHMCOL_OK : io_failed(w, errnum, "map", err);
}

/* Makes the part of an open file whose header and directory were read. */
static shmcol_status make_part(walk *w, int fd, const fmt_header *h, const sys_file_info *info,
                               read_part **out, shmcol_error *err)
{
    const uint64_t size = sizeof(read_part) + (uint64_t)h->columns * sizeof(read_place);
    read_part *part = shm_alloc_zeroed(size, 1);
    if (part == NULL)
        return shm_fail_memory(err);
    atomic_init(&part->references, 1);
    atomic_init(&part->file, NULL);
    part->fd = -1;
    part->directory = read_directory_retain(w->chain->directory);
    part->size = info->size;
    part->device = info->device;
    part->inode = info->inode;
    part->first_row = h->part.first_row;
    part->rows = h->rows;
    part->table_rows = h->part.table_rows;
    memcpy(part->id, h->file_id, sizeof part->id);
    shmcol_status status = check_columns(w, h, part, err);
    if (status == SHMCOL_OK)
        status = map_part(w, fd, part, err);
    if (status != SHMCOL_OK) {
        read_part_release(part);
        return status;
    }
    *out = part;
    return SHMCOL_OK;
}

/* Looks at an open file that has the name of the part at `first_row`. *out stays NULL for one that
 * an append left behind when it died. */
static shmcol_status take_part(walk *w, int fd, uint64_t first_row, read_part **out,
                               shmcol_error *err)
{
    sys_file_info info;
    fmt_header h;
    bool orphan = false;
    int errnum = sys_stat_fd(fd, &info);
    if (errnum != 0)
        return io_failed(w, errnum, "look at", err);
    if (!info.regular)
        return wrong_part(w, err, "this is no regular file");
    shmcol_status status = read_front(w, fd, info.size, &h, err);
    if (status == SHMCOL_OK)
        status = check_header(w, &h, first_row, &orphan, err);
    if (status != SHMCOL_OK || orphan)
        return status;
    if (w->known != NULL && memcmp(w->known->id, h.file_id, sizeof h.file_id) == 0) {
        *out = read_part_retain(w->known);
        return SHMCOL_OK;
    }
    if (w->chain->n == 0)
        memcpy(w->chain->table_id, fmt_table_id(&h), sizeof w->chain->table_id);
    return make_part(w, fd, &h, &info, out, err);
}

/* Opens the part at `first_row`. *out stays NULL where the chain ends. */
static shmcol_status open_part(walk *w, uint64_t first_row, read_part **out, shmcol_error *err)
{
    int fd;
    fmt_part_name(first_row, w->name);
    int errnum = sys_open_map_at(w->chain->directory->fd, w->name, &fd);
    if (errnum == ENOENT)
        return SHMCOL_OK;
    if (errnum != 0)
        return io_failed(w, errnum, "open", err);
    shmcol_status status = take_part(w, fd, first_row, out, err);
    if (*out == NULL) {
        sys_close(fd);
    } else {
        sys_close(w->fd);
        w->fd = fd;
    }
    return status;
}

static shmcol_status add_part(read_chain *c, read_part *part, shmcol_error *err)
{
    if (c->n == c->capacity) {
        const uint64_t capacity = c->capacity != 0 ? 2 * c->capacity : 16;
        read_part **larger = realloc(c->parts, (size_t)capacity * sizeof(*larger));
        if (larger == NULL) {
            read_part_release(part);
            return shm_fail_memory(err);
        }
        c->parts = larger;
        c->capacity = capacity;
    }
    c->parts[c->n++] = part;
    return SHMCOL_OK;
}

/* Takes the schema of the chain's first part, which is mapped: its directory was checked when it
 * was opened. */
static shmcol_status take_schema(walk *w, shmcol_error *err)
{
    shmcol_file *first;
    fmt_fault fault;
    if (w->chain->n == 0 || w->schema.descriptors != NULL)
        return SHMCOL_OK;
    shmcol_status status = read_part_file(w->chain->parts[0], -1, &first, err);
    if (status != SHMCOL_OK)
        return status;
    const fmt_region *last = &first->header.regions[FMT_REGION_METADATA];
    const size_t length = (size_t)(last->offset + last->length);
    uint8_t *front = w->capacity < length ? realloc(w->front, length) : w->front;
    if (front == NULL)
        return shm_fail_memory(err);
    w->front = front;
    w->capacity = w->capacity < length ? length : w->capacity;
    memcpy(w->front, first->front, length);
    status = schema_begin(w, &first->header, err);
    for (uint32_t i = 0; i < first->header.columns && status == SHMCOL_OK; i++) {
        int code = decode_column(w, &first->header, i, &w->schema.descriptors[i],
                                 &w->schema.kinds[i], &fault);
        if (code != FMT_OK && code != FMT_COLUMN_UNSUPPORTED)
            status = shm_fail_fault(err, &fault, NULL, first->path);
    }
    return status;
}

/* Keeps the bytes of the part that was added. */
static void keep_front(walk *w, const read_part *part)
{
    uint8_t *front = w->before_front;
    const size_t capacity = w->before_capacity;
    w->before_front = w->front;
    w->before_capacity = w->capacity;
    w->before = part;
    w->front = front;
    w->capacity = capacity;
}

/* Adds parts until the chain ends. */
static shmcol_status follow(walk *w, shmcol_error *err)
{
    read_chain *c = w->chain;
    for (;;) {
        const read_part *last = c->n != 0 ? c->parts[c->n - 1] : NULL;
        read_part *part = NULL;
        shmcol_file *file;
        if (last != NULL && !fmt_part_is_whole(last->rows))
            return SHMCOL_OK;
        shmcol_status status = take_schema(w, err);
        if (status == SHMCOL_OK)
            status = open_part(w, last != NULL ? last->first_row + last->rows : 0, &part, err);
        if (status != SHMCOL_OK || part == NULL)
            return status;
        status = add_part(c, part, err);
        if (status == SHMCOL_OK && c->n == 1)
            status = read_part_file(part, w->fd, &file, err);
        if (status != SHMCOL_OK)
            return status;
        keep_front(w, part);
    }
}

static uint64_t rows_of(const read_chain *c)
{
    return c->n != 0 ? c->parts[c->n - 1]->first_row + c->parts[c->n - 1]->rows : 0;
}

/* Returns the rows that the parts say the table has at least. */
static uint64_t rows_named(const read_chain *c)
{
    uint64_t most = 0;
    for (uint64_t i = 0; i < c->n; i++)
        most = c->parts[i]->table_rows > most ? c->parts[i]->table_rows : most;
    return most;
}

/* Checks that the chain is whole. `lost`: there is no part at row 0, but others are there. */
static shmcol_status check_end(const read_chain *c, bool lost, shmcol_error *err)
{
    shmcol_status status = SHMCOL_OK;
    if (c->n == 0 && lost) {
        char name[FMT_PART_NAME_SIZE];
        fmt_part_name(0, name);
        status = shm_fail(err, SHMCOL_ERR_PARTS_MISSING, "F-83",
                          "the part at row 0 is missing, and others of the table are there");
        shm_error_hint(err, "bring %s back; or take the others away, and append then", name);
    } else if (c->n == 0) {
        status = shm_fail(err, SHMCOL_ERR_NO_TABLE, "F-83",
                          "there is no table in this directory: it has no part at row 0");
        shm_error_hint(err,
                       "files in it are opened one by one; shmcol-pack --append begins a table");
    } else if (rows_of(c) < rows_named(c)) {
        char name[FMT_PART_NAME_SIZE];
        fmt_part_name(rows_of(c), name);
        status =
            shm_fail(err, SHMCOL_ERR_PARTS_MISSING, "F-83",
                     "the table has %" PRIu64 " rows or more, and its parts end at row %" PRIu64,
                     rows_named(c), rows_of(c));
        shm_error_hint(err,
                       "part %s is missing: it was lost, or the directory was copied while it "
                       "grew; copy it again",
                       name);
    }
    shm_error_path(status != SHMCOL_OK ? err : NULL, c->directory->path);
    return status;
}

static shmcol_status check_manifest(const read_chain *c, shmcol_error *err)
{
    bool has;
    int errnum = sys_has_name(c->directory->fd, FMT_MANIFEST, &has);
    if (errnum != 0)
        return shm_fail_sys(err, errnum, c->directory->path, "cannot look into the directory");
    if (!has)
        return SHMCOL_OK;
    shm_fail(err, SHMCOL_ERR_FEATURE, "F-80",
             "the directory has a file \"" FMT_MANIFEST "\", which a later version of shmcol made");
    shm_error_hint(err, "a newer shmcol reads this table");
    shm_error_path(err, c->directory->path);
    return SHMCOL_ERR_FEATURE;
}

/* Makes the last part a file. A private handle keeps its descriptor. */
static shmcol_status end_chain(walk *w, shmcol_error *err)
{
    shmcol_file *file;
    read_part *last = w->chain->parts[w->chain->n - 1];
    shmcol_status status = read_part_file(last, w->fd, &file, err);
    if (status != SHMCOL_OK || !last->private_pages || last->fd >= 0)
        return status;
    last->fd = w->fd;
    w->fd = -1;
    return SHMCOL_OK;
}

/* Follows the names once more, and says what is missing. */
static shmcol_status look_again(walk *w, shmcol_error *err)
{
    read_chain *c = w->chain;
    bool lost = false;
    shmcol_status status = SHMCOL_OK;
    if (c->n == 0)
        status = read_lost_first(c->directory, &lost, err);
    if (status == SHMCOL_OK && (c->n != 0 || lost))
        sys_sleep_ms(RETRY_MS);
    /* A first append that failed meanwhile has taken its parts away. */
    if (status == SHMCOL_OK && lost)
        status = read_lost_first(c->directory, &lost, err);
    if (status == SHMCOL_OK)
        status = follow(w, err);
    return status == SHMCOL_OK ? check_end(c, lost, err) : status;
}

shmcol_status read_chain_follow(read_chain *chain, read_part *known, shmcol_error *err)
{
    walk w = {.chain = chain, .known = known, .fd = -1, .likely = FIRST_READ};
    shmcol_status status = check_manifest(chain, err);
    if (status == SHMCOL_OK)
        status = follow(&w, err);
    if (status == SHMCOL_OK && (chain->n == 0 || rows_of(chain) < rows_named(chain)))
        status = look_again(&w, err);
    if (status == SHMCOL_OK)
        status = end_chain(&w, err);
    sys_close(w.fd);
    schema_free(&w.schema);
    free(w.front);
    free(w.before_front);
    return status;
}

void read_chain_free(read_chain *chain)
{
    for (uint64_t i = 0; i < chain->n; i++)
        read_part_release(chain->parts[i]);
    free(chain->parts);
    chain->parts = NULL;
    chain->n = chain->capacity = 0;
}
