// The same from C++: the header is clean C++ with all warnings on, structs and initialisers too.
#include <cstdio>
#include <memory>
#include <shmcol.h>
#include <string>

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_csv_options options = SHMCOL_CSV_OPTIONS_INIT;
    options.overwrite = 1;
    const char *inputs[] = {argv[1]};
    shmcol_file *opened = nullptr;
    if (shmcol_csv_pack(inputs, 1, argv[2], &options, nullptr, &err) != SHMCOL_OK || shmcol_open(argv[2], nullptr, &opened, &err) != SHMCOL_OK) {
        std::fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    std::unique_ptr<shmcol_file, decltype(&shmcol_close)> file(opened, shmcol_close);
    shmcol_column_info column = SHMCOL_COLUMN_INFO_INIT;
    if (shmcol_get_column(file.get(), 1, &column, &err) != SHMCOL_OK)
        return 1;
    uint64_t first = 0, length = 0;
    shmcol_list list = SHMCOL_LIST_INIT;
    if (list.strings.size != sizeof(shmcol_strings) || shmcol_list_at(&list, 0, &first, &length) != SHMCOL_ERR_OUT_OF_RANGE ||
        shmcol_list_get(file.get(), column.name, &list, &err) != SHMCOL_ERR_WRONG_TYPE)
        return 1;
    std::printf("%llu %s\n", static_cast<unsigned long long>(shmcol_rows(file.get())), std::string(column.name, column.name_length).c_str());
    return 0;
}
