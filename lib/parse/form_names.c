/* The names of months at the places that form_names.h computes. */
#include "parse/form_names.h"

const parse_name parse_names[16] = {
    [0] = {0x706573, 9, 6, 0x7265626d6574, 0xffffffffffff}, /* september */
    [1] = {0, 255, 0, 0, 0},
    [2] = {0x6e756a, 6, 1, 0x65, 0xff}, /* june */
    [3] = {0, 255, 0, 0, 0},
    [4] = {0, 255, 0, 0, 0},
    [5] = {0x6c756a, 7, 1, 0x79, 0xff},                  /* july */
    [6] = {0x6e616a, 1, 4, 0x79726175, 0xffffffff},      /* january */
    [7] = {0x727061, 4, 2, 0x6c69, 0xffff},              /* april */
    [8] = {0x626566, 2, 5, 0x7972617572, 0xffffffffff},  /* february */
    [9] = {0x766f6e, 11, 5, 0x7265626d65, 0xffffffffff}, /* november */
    [10] = {0, 255, 0, 0, 0},
    [11] = {0x72616d, 3, 2, 0x6863, 0xffff},              /* march */
    [12] = {0x677561, 8, 3, 0x747375, 0xffffff},          /* august */
    [13] = {0x74636f, 10, 4, 0x7265626f, 0xffffffff},     /* october */
    [14] = {0x636564, 12, 5, 0x7265626d65, 0xffffffffff}, /* december */
    [15] = {0x79616d, 5, 0, 0x0, 0x0},                    /* may */
};
