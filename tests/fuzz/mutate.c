/* Mutations that know where a file's fields are. More than half of them change bytes of values,
 * names and other parts and leave offsets and lengths alone: they pass the checks of the layout. */
#include <stdlib.h>

#include "format/bytes.h"
#include "format/ondisk.h"
#include "format/table.h"
#include "fuzz.h"

typedef struct field {
    uint16_t offset, size;
} field;

static const field header_fields[] = {
    {FMT_H_CONTINUATION, 4},  {FMT_H_SCHEMA_LENGTH, 4},
    {FMT_H_SCHEMA_ROOT, 4},   {FMT_H_ZERO, 4},
    {FMT_H_HEADER_SIZE, 4},   {FMT_H_DESCRIPTOR_SIZE, 4},
    {FMT_H_VERSION_MINOR, 2}, {FMT_H_ENVELOPE_VERSION, 4},
    {FMT_H_COMPAT, 8},        {FMT_H_RO_COMPAT, 8},
    {FMT_H_INCOMPAT, 8},      {FMT_H_WRITER_ID, 4},
    {FMT_H_CSV_RULES, 4},     {FMT_H_ROWS, 8},
    {FMT_H_COLUMNS, 4},       {FMT_H_DICTIONARIES, 4},
    {FMT_H_FILE_SIZE, 8},     {FMT_H_BODY_OFFSET, 8},
    {FMT_H_BODY_LENGTH, 8},   {FMT_H_META_OFFSET, 8},
    {FMT_H_META_LENGTH, 8},   {FMT_H_META_HASH, 8},
    {FMT_H_ALIGNMENT, 4},     {FMT_H_ZERO2, 4},
    {FMT_H_FIRST_ROW, 8},     {FMT_H_TABLE_ROWS, 8},
    {FMT_H_TABLE_ID, 8},      {FMT_H_PREVIOUS_ID, 8},
    {FMT_H_RESERVED, 8},
};
static const field descriptor_fields[] = {
    {FMT_D_TYPE, 2},           {FMT_D_ZERO1, 2},           {FMT_D_FLAGS, 4},
    {FMT_D_CHILD_COUNT, 4},    {FMT_D_DICTIONARY, 4},      {FMT_D_NAME_OFFSET, 8},
    {FMT_D_NAME_LENGTH, 4},    {FMT_D_ZERO2, 4},           {FMT_D_LENGTH, 8},
    {FMT_D_NULL_COUNT, 8},     {FMT_D_META_OFFSET, 8},     {FMT_D_META_LENGTH, 8},
    {FMT_D_META_HASH, 8},      {FMT_D_FIRST_ZONE, 8},      {FMT_D_ZERO3, 8},
    {FMT_D_RESERVED, 8},       {FMT_D_PARAMETERS, 1},      {FMT_D_PARAMETERS + 2, 1},
    {FMT_D_PARAMETERS + 3, 1}, {FMT_D_PARAMETERS, 8},      {FMT_D_PARAMETERS + 4, 4},
    {FMT_D_PARAMETERS + 8, 8}, {FMT_D_PARAMETERS + 16, 8}, {FMT_D_PARAMETERS + 24, 8},
    {FMT_D_PARAMETERS, 2},     {FMT_D_PARAMETERS + 1, 1},  {FMT_D_PARAMETERS + 8, 1},
    {FMT_D_PARAMETERS + 9, 1}, {FMT_D_PARAMETERS + 12, 4},
};
static const field slot_fields[] = {
    {FMT_S_OFFSET, 8},   {FMT_S_STORED, 8},   {FMT_S_LOGICAL, 8},
    {FMT_S_CHECKSUM, 8}, {FMT_S_ENCODING, 4}, {FMT_S_ZERO, 4},
};
#define COUNT(array) (sizeof(array) / sizeof *(array))

uint64_t fuzz_random(uint64_t *state)
{
    uint64_t x = *state += UINT64_C(0x9E3779B97F4A7C15);
    x = (x ^ (x >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94D049BB133111EB);
    return x ^ (x >> 31);
}

#define KEPT 64

static struct {
    uint8_t *data;
    size_t size;
} kept[KEPT];
static size_t n_kept; /* of all time */

void fuzz_keep(const uint8_t *data, size_t size)
{
    size_t i = n_kept++ % KEPT;
    free(kept[i].data);
    kept[i].data = malloc(size + 1);
    if (kept[i].data == NULL)
        abort();
    memcpy(kept[i].data, data, size);
    kept[i].size = size;
}

size_t fuzz_kept(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    uint64_t state = ~(uint64_t)seed, number = fuzz_random(&state);
    size_t i = (size_t)(number / 2 % (n_kept < KEPT ? n_kept + 1 : KEPT));
    if (number % 2 != 0 || i >= n_kept || kept[i].size > max_size)
        return size;
    memcpy(data, kept[i].data, kept[i].size);
    return kept[i].size;
}

static uint64_t below(uint64_t *state, uint64_t n)
{
    return n != 0 ? fuzz_random(state) % n : 0;
}

bool fuzz_is_file(const uint8_t *data, size_t size)
{
    return size >= FMT_HEADER_SIZE && memcmp(data, FMT_ARROW_MAGIC, FMT_ARROW_MAGIC_SIZE) == 0 &&
           memcmp(data + FMT_H_MAGIC, FMT_MAGIC, FMT_MAGIC_SIZE) == 0;
}

/* Returns an interesting number to replace `old`. */
static uint64_t other_number(uint64_t *state, uint64_t old, uint64_t size)
{
    static const uint64_t edges[] = {0,
                                     1,
                                     2,
                                     7,
                                     8,
                                     64,
                                     255,
                                     256,
                                     4096,
                                     65535,
                                     65536,
                                     UINT64_C(1) << 31,
                                     UINT64_C(1) << 32,
                                     UINT64_C(1) << 56,
                                     INT64_MAX,
                                     UINT64_MAX};
    static const uint64_t steps[] = {1, 2, 8, 16, 24, 64, 320, 4096};
    switch (below(state, 6)) {
    case 0: return edges[below(state, COUNT(edges))];
    case 1: return old + steps[below(state, COUNT(steps))];
    case 2: return old - steps[below(state, COUNT(steps))];
    case 3: return old ^ UINT64_C(1) << below(state, 64);
    case 4: return old ^ UINT64_C(1) << below(state, 8);
    default: return below(state, size + 64);
    }
}

static void change_number(uint64_t *state, uint8_t *data, size_t size, uint64_t at, uint64_t width)
{
    uint64_t number = 0;
    if (!fmt_within(at, width, size))
        return;
    memcpy(&number, data + at, (size_t)width);
    number = other_number(state, number, size);
    memcpy(data + at, &number, (size_t)width);
}

static uint64_t descriptor_at(uint64_t *state, const uint8_t *data)
{
    uint64_t n = (uint64_t)fmt_load32(data + FMT_H_COLUMNS) + fmt_load32(data + FMT_H_DICTIONARIES);
    return fmt_load64(data + FMT_H_REGIONS) +
           below(state, n) * fmt_load32(data + FMT_H_DESCRIPTOR_SIZE);
}

static void change_field(uint64_t *state, uint8_t *data, size_t size)
{
    uint64_t at = 0;
    field f;
    switch (below(state, 4)) {
    case 0:
        if (below(state, 2) != 0) {
            f = header_fields[below(state, COUNT(header_fields))];
        } else {
            f = (field){0, 8};
            at = FMT_H_REGIONS + FMT_REGION_SIZE * below(state, FMT_REGIONS) + 8 * below(state, 2);
        }
        break;
    case 1:
        f = slot_fields[below(state, COUNT(slot_fields))];
        at = descriptor_at(state, data) + FMT_D_SLOTS + FMT_SLOT_SIZE * below(state, FMT_SLOTS);
        break;
    default:
        f = descriptor_fields[below(state, COUNT(descriptor_fields))];
        at = descriptor_at(state, data);
    }
    change_number(state, data, size, at + f.offset, f.size);
}

/* Picks a region, a slot's bytes or a dictionary's message. */
static void some_part(uint64_t *state, const uint8_t *data, size_t size, uint64_t *at,
                      uint64_t *length)
{
    const uint8_t *entry =
        data + FMT_H_REGIONS + FMT_REGION_SIZE * (1 + below(state, FMT_REGIONS - 1));
    uint64_t d = descriptor_at(state, data);
    if (below(state, 4) != 0 && fmt_within(d, FMT_DESCRIPTOR_SIZE, size))
        entry = data + d + FMT_D_SLOTS + FMT_SLOT_SIZE * below(state, FMT_SLOTS);
    *at = fmt_load64(entry);
    *length = fmt_load64(entry + 8);
    if (!fmt_within(*at, *length, size))
        *length = 0;
}

/* Overwrites bytes of one part with others. */
static void change_bytes(uint64_t *state, uint8_t *data, size_t size)
{
    uint64_t at, length;
    some_part(state, data, size, &at, &length);
    if (length == 0)
        return;
    if (below(state, 3) == 0) {
        (void)LLVMFuzzerMutate(data + at, (size_t)length, (size_t)length);
        return;
    }
    for (uint64_t n = 1 + below(state, 4); n > 0; n--) {
        uint64_t width = UINT64_C(1) << below(state, 4);
        if (width <= length)
            change_number(state, data, size, at + below(state, length / width) * width, width);
    }
}

/* Copies a field of one descriptor over the same field of another. */
static void copy_field(uint64_t *state, uint8_t *data, size_t size)
{
    uint64_t from = descriptor_at(state, data), to = descriptor_at(state, data), width = 8;
    uint64_t field = 8 * (1 + below(state, FMT_DESCRIPTOR_SIZE / 8 - 1));
    if (field >= FMT_D_SLOTS && field < FMT_D_RESERVED) {
        field -= (field - FMT_D_SLOTS) % FMT_SLOT_SIZE;
        width = FMT_SLOT_SIZE;
    }
    if (fmt_within(from, FMT_DESCRIPTOR_SIZE, size) && fmt_within(to, FMT_DESCRIPTOR_SIZE, size))
        memmove(data + to + field, data + from + field, (size_t)width);
}

size_t fuzz_mutate(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    uint64_t state = seed;
    if (!fuzz_is_file(data, size) || below(&state, 24) == 0)
        return LLVMFuzzerMutate(data, size, max_size);
    for (uint64_t n = 1 + below(&state, 3); n > 0; n--) {
        switch (below(&state, 8)) {
        case 0:
        case 1: change_field(&state, data, size); break;
        case 2: copy_field(&state, data, size); break;
        default: change_bytes(&state, data, size);
        }
    }
    return size;
}
