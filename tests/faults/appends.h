/* Scenarios of appending to the table out/table in the work folder. Its rows are those of rows.h,
 * each with its number. */
#ifndef SHMCOL_FAULTS_APPENDS_H
#define SHMCOL_FAULTS_APPENDS_H

#include "scenarios.h"

shmcol_status append_first(const scenario_place *place, shmcol_error *err);
shmcol_status append_first_parts(const scenario_place *place, shmcol_error *err);
shmcol_status append_tail(const scenario_place *place, shmcol_error *err);
shmcol_status append_new_tail(const scenario_place *place, shmcol_error *err);
shmcol_status append_whole(const scenario_place *place, shmcol_error *err);
shmcol_status append_whole_open(const scenario_place *place, shmcol_error *err);
shmcol_status append_parts(const scenario_place *place, shmcol_error *err);
shmcol_status append_spilled(const scenario_place *place, shmcol_error *err);
shmcol_status append_token(const scenario_place *place, shmcol_error *err);
shmcol_status append_csv(const scenario_place *place, shmcol_error *err);
shmcol_status append_nothing(const scenario_place *place, shmcol_error *err);

#endif
