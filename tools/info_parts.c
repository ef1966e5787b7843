/* Parts of tables as shmcol-info shows them. */
#include "info_parts.h"

#include <string.h>

#include "common_parts.h"
#include "common_text.h"

static bool is_zero(const uint8_t id[16])
{
    static const uint8_t zero[16];
    return memcmp(id, zero, sizeof zero) == 0;
}

void info_print_place(const shmcol_file_info *i)
{
    char first[TEXT_SMALL], rows[TEXT_SMALL], id[TEXT_SMALL];
    if (i->alignment == 0 || tool_is_table(i))
        return;
    tool_print("part        of a table: first row %s of %s\n", text_number(i->first_row, first),
               text_number(i->table_rows, rows));
    tool_print("table id    %s\n", text_id(is_zero(i->table_id) ? i->file_id : i->table_id, id));
    if (!is_zero(i->previous_id))
        tool_print("previous    %s\n", text_id(i->previous_id, id));
}

void info_json_place(json *j, const shmcol_file_info *i)
{
    char id[TEXT_SMALL];
    if (i->alignment == 0 || tool_is_table(i)) {
        json_null(j, "part");
        return;
    }
    json_object(j, "part");
    json_uint(j, "alignment", i->alignment);
    json_uint(j, "first_row", i->first_row);
    json_uint(j, "table_rows", i->table_rows);
    json_text(j, "table_id", is_zero(i->table_id) ? NULL : text_id(i->table_id, id));
    json_text(j, "previous_id", is_zero(i->previous_id) ? NULL : text_id(i->previous_id, id));
    json_close(j);
}

shmcol_status info_read_parts(const shmcol_file *file, bool memory, info_parts *out,
                              shmcol_error *err)
{
    shmcol_file_info info = SHMCOL_FILE_INFO_INIT;
    shmcol_status status = shmcol_get_info(file, &info, err);
    *out = (info_parts){tool_is_table(&info), shmcol_parts(file), NULL};
    out->all = tool_alloc(out->count, sizeof *out->all);
    for (uint64_t i = 0; i < out->count && status == SHMCOL_OK; i++) {
        info_part *p = &out->all[i];
        shmcol_file *part;
        status = shmcol_part(file, i, &part, err);
        if (status == SHMCOL_OK)
            status = shmcol_get_info(part, &info, err);
        if (status == SHMCOL_OK && memory)
            status = shmcol_resident(part, SHMCOL_TABLE, &p->resident, &p->total, err);
        p->first_row = info.first_row;
        p->rows = info.rows;
        p->size = info.file_size;
        p->map = info.map;
        memcpy(p->id, info.file_id, sizeof p->id);
    }
    return status;
}

void info_print_parts_line(const info_parts *parts)
{
    char count[TEXT_SMALL], least[TEXT_SMALL], most[TEXT_SMALL];
    uint64_t low = UINT64_MAX, high = 0;
    for (uint64_t i = 0; i < parts->count; i++) {
        low = parts->all[i].rows < low ? parts->all[i].rows : low;
        high = parts->all[i].rows > high ? parts->all[i].rows : high;
    }
    tool_print("parts       %s of %s", text_number(parts->count, count), text_number(low, least));
    if (low < high)
        tool_print(" to %s", text_number(high, most));
    tool_print(" rows\n");
}

void info_print_parts(const info_parts *parts, bool memory)
{
    text_table table = {memory ? "rlrrrlr" : "rlrrrl", NULL, 0, 0};
    const char *const head[] = {"#", "part", "first row", "rows", "size", "file id", "page cache"};
    char text[TEXT_SMALL], name[PART_NAME_SIZE];
    for (size_t i = 0; i < strlen(table.align); i++)
        table_add(&table, head[i]);
    for (uint64_t i = 0; i < parts->count; i++) {
        const info_part *p = &parts->all[i];
        table_add(&table, text_number(i, text));
        table_add(&table, tool_part_name(p->first_row, name));
        table_add(&table, text_number(p->first_row, text));
        table_add(&table, text_number(p->rows, text));
        table_add(&table, text_size(p->size, text));
        table_add(&table, text_id(p->id, text));
        if (memory)
            table_add(&table, text_size(p->resident, text));
    }
    tool_print("\nparts\n");
    table_print(&table, tool_out, 2, terminal_width());
}

void info_json_parts(json *j, const info_parts *parts, bool memory)
{
    char text[TEXT_SMALL], name[PART_NAME_SIZE];
    json_array(j, "parts");
    for (uint64_t i = 0; i < parts->count; i++) {
        const info_part *p = &parts->all[i];
        json_object(j, NULL);
        json_text(j, "name", tool_part_name(p->first_row, name));
        json_uint(j, "first_row", p->first_row);
        json_uint(j, "rows", p->rows);
        json_uint(j, "file_size", p->size);
        json_text(j, "file_id", text_id(p->id, text));
        if (memory) {
            json_uint(j, "resident", p->resident);
            json_uint(j, "resident_of", p->total);
        }
        json_close(j);
    }
    json_close(j);
}
