/* Appending CSV files: the types of the table are asked for (C-80), and a value that does not fit
 * changes nothing. */
#include "append_support.h"
#include "csv_support.h"

/* Appends a text. */
static shmcol_status add(const char *dir, const char *text, const shmcol_csv_options *csv,
                         const shmcol_append_options *o, shmcol_error *err)
{
    const char *input = csv_write("in.csv", text, strlen(text));
    return shmcol_csv_append(&input, 1, dir, csv, o, NULL, err);
}

/* Compares the only part of the table. */
static void expect(const char *dir, const char *rows)
{
    char path[400];
    snprintf(path, sizeof path, "%s/00000000000000000000.shmcol", dir);
    char *shown = csv_show(path);
    assert_string_equal(shown, rows);
    free(shown);
    shmcol_file *table;
    shmcol_error err = SHMCOL_ERROR_INIT;
    append_good(shmcol_open(dir, NULL, &table, &err), &err);
    append_verify_parts(table);
    shmcol_close(table);
}

static void types_stay(void **state)
{
    (void)state;
    const char *dir = append_directory("types");
    shmcol_append_report report;
    const shmcol_append_options o = append_options(&report);
    shmcol_error err = SHMCOL_ERROR_INIT;
    append_good(add(dir, "a,b,c\n1,2.5,x\n2,3,y\n", NULL, &o, &err), &err);
    assert_true(report.created && report.rows == 2);
    expect(dir, "a:int64,b:float64,c:string\n1,2.5,x\n2,3,y\n");
    /* Whole numbers in b, numbers in c, another order of the columns, and a null. */
    append_good(add(dir, "c,a,b\n7,3,4\n,,\n", NULL, &o, &err), &err);
    expect(dir, "a:int64,b:float64,c:string\n1,2.5,x\n2,3,y\n3,4,7\n~,~,~\n");
    assert_int_equal(add(dir, "a,b,c\n1,2,x\n1.5,2,x\n", NULL, &o, &err), SHMCOL_ERR_CSV_VALUE);
    assert_int_equal(err.line, 3);
    assert_non_null(strstr(err.hint, "shmcol-pack DIR --types"));
    assert_non_null(strstr(err.hint, "-o NEW"));
    assert_int_equal(add(dir, "a,b\n1,2\n", NULL, &o, &err), SHMCOL_ERR_CSV_HEADERS_DIFFER);
    assert_int_equal(add(dir, "a,b,c,d\n1,2,x,y\n", NULL, &o, &err), SHMCOL_ERR_CSV_HEADERS_DIFFER);
    expect(dir, "a:int64,b:float64,c:string\n1,2.5,x\n2,3,y\n3,4,7\n~,~,~\n");
    assert_int_equal(append_names(dir), 1);
}

static void types_are_asked_for(void **state)
{
    (void)state;
    const char *dir = append_directory("asked");
    shmcol_append_report report;
    const shmcol_append_options o = append_options(&report);
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_csv_options csv = SHMCOL_CSV_OPTIONS_INIT;
    csv.types = "a=int8,d=date32[%d/%m/%Y],c=int32";
    append_good(add(dir, "a,d,c\n1,02/01/1970,5\n", &csv, &o, &err), &err);
    expect(dir, "a:int8,d:date32,c:int32\n1,1,5\n");
    append_good(add(dir, "a,d,c\n2,03/01/1970,6\n", &csv, &o, &err), &err);
    append_good(add(dir, "a,d,c\n3,1970-01-04,7\n", NULL, &o, &err), &err);
    expect(dir, "a:int8,d:date32,c:int32\n1,1,5\n2,2,6\n3,3,7\n");
    csv.types = "a=int64";
    assert_int_equal(add(dir, "a,d,c\n4,1970-01-05,8\n", &csv, &o, &err), SHMCOL_ERR_WRONG_TYPE);
    assert_int_equal(add(dir, "a,d,c\n400,1970-01-05,8\n", NULL, &o, &err), SHMCOL_ERR_CSV_VALUE);
    expect(dir, "a:int8,d:date32,c:int32\n1,1,5\n2,2,6\n3,3,7\n");
}

/* Makes a text of one column "w" with `rows` values, `distinct` different ones. */
static char *text_of(unsigned rows, unsigned distinct)
{
    char *text = malloc(rows * 16 + 10), *at = text;
    at += sprintf(at, "w\n");
    for (unsigned i = 0; i < rows; i++)
        at += sprintf(at, "word%07u\n", i * 7919 % distinct);
    return text;
}

static shmcol_type type_of(const char *dir)
{
    shmcol_column_info info = SHMCOL_COLUMN_INFO_INIT;
    shmcol_file *table;
    assert_int_equal(shmcol_open(dir, NULL, &table, NULL), SHMCOL_OK);
    assert_int_equal(shmcol_get_column(table, 0, &info, NULL), SHMCOL_OK);
    append_verify_parts(table);
    shmcol_close(table);
    return info.type;
}

/* A first append: C-60 decides, for at most 4,096 words; or a dictionary is asked for. */
static void dictionaries(void **state)
{
    (void)state;
    shmcol_append_report report;
    const shmcol_append_options o = append_options(&report);
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_csv_options csv = SHMCOL_CSV_OPTIONS_INIT;
    static const char *const always[] = {"w=always"};
    char *few = text_of(80000, 4096), *many = text_of(80000, 4097);
    const char *dir = append_directory("few");
    append_good(add(dir, few, NULL, &o, &err), &err);
    assert_int_equal(type_of(dir), SHMCOL_DICTIONARY);
    append_good(add(dir, many, NULL, &o, &err), &err);
    assert_int_equal(type_of(dir), SHMCOL_DICTIONARY);
    dir = append_directory("many");
    append_good(add(dir, many, NULL, &o, &err), &err);
    assert_int_equal(type_of(dir), SHMCOL_STRING);
    append_good(add(dir, few, NULL, &o, &err), &err);
    assert_int_equal(type_of(dir), SHMCOL_STRING);
    dir = append_directory("always");
    csv.dictionary = always;
    csv.n_dictionary = 1;
    append_good(add(dir, many, &csv, &o, &err), &err);
    assert_int_equal(type_of(dir), SHMCOL_DICTIONARY);
    /* shmcol_csv_pack has no such limit. */
    csv_packed packed = csv_pack(many, NULL);
    assert_int_equal(packed.report->columns[0].type, SHMCOL_DICTIONARY);
    csv_free(&packed);
    free(few);
    free(many);
}

/* Refused records are left out, in a second round over the descriptor. */
static void refused_records(void **state)
{
    (void)state;
    const char *dir = append_directory("refused");
    shmcol_append_report report;
    const shmcol_append_options o = append_options(&report);
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_csv_options csv = SHMCOL_CSV_OPTIONS_INIT;
    shmcol_csv_report *csv_report = NULL;
    csv.on_error = SHMCOL_ON_ERROR_SKIP;
    csv.rejects = support_path("rejects");
    csv.overwrite = 1;
    append_good(add(dir, "a,b\n1,2\n3\n4,5\n", &csv, &o, &err), &err);
    expect(dir, "a:int64,b:int64\n1,2\n4,5\n");
    csv.rejects = NULL;
    const char *input = csv_write("in.csv", "a,b\n6,7\nx,8\n9,10\n", 17);
    append_good(shmcol_csv_append(&input, 1, dir, &csv, &o, &csv_report, &err), &err);
    assert_int_equal(csv_report->rejected, 1);
    assert_int_equal(csv_report->rows, 2);
    shmcol_csv_report_free(csv_report);
    expect(dir, "a:int64,b:int64\n1,2\n4,5\n6,7\n9,10\n");
}

/* A failure leaves no directory behind, and no descriptor open. */
static void failures_leave_nothing(void **state)
{
    (void)state;
    const char *dir = append_directory("nothing"), *missing = support_path("missing.csv");
    shmcol_append_report report;
    const shmcol_append_options o = append_options(&report);
    shmcol_error err = SHMCOL_ERROR_INIT;
    const unsigned open = csv_descriptors();
    assert_int_equal(add(dir, "a,b\n1\n", NULL, &o, &err), SHMCOL_ERR_CSV_RAGGED);
    assert_int_equal(shmcol_csv_append(&missing, 1, dir, NULL, &o, NULL, &err), SHMCOL_ERR_IO);
    assert_int_equal(shmcol_csv_append(NULL, 0, dir, NULL, &o, NULL, &err),
                     SHMCOL_ERR_INVALID_ARGUMENT);
    assert_int_not_equal(access(dir, F_OK), 0);
    append_good(add(dir, "a\n1\n", NULL, &o, &err), &err);
    assert_int_equal(csv_descriptors(), open);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_stay),
        cmocka_unit_test(types_are_asked_for),
        cmocka_unit_test(dictionaries),
        cmocka_unit_test(refused_records),
        cmocka_unit_test(failures_leave_nothing),
    };
    return cmocka_run_group_tests(tests, support_begin, support_remove);
}
