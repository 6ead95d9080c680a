/*
 * national.h: is this an identifier of that state? Each is given `n` letters (upper case)
 * and digits without separators, of the shape that the table in national.c has for it.
 */
#ifndef MASK_NATIONAL_H
#define MASK_NATIONAL_H

#include "mask/inside.h"

typedef bool national_check_fn(const uint8_t *id, size_t n);

national_check_fn national_america_health, national_argentina, national_australia,
    national_australia_health, national_austria, national_baltic, national_belgium, national_brazil,
    national_britain, national_bulgaria, national_canada, national_chile, national_china,
    national_croatia, national_czechia, national_denmark, national_finland, national_france,
    national_germany, national_germany_pension, national_health, national_india, national_india_tax,
    national_india_trade, national_ireland, national_israel, national_italy, national_japan,
    national_korea, national_korea_new, national_latvia, national_malaysia, national_mexico,
    national_netherlands, national_norway, national_poland, national_portugal, national_romania,
    national_singapore, national_south_africa, national_spain, national_spain_foreigner,
    national_sweden, national_sweden_company, national_switzerland, national_taiwan, national_thailand,
    national_turkey;

/* digits.c: arithmetic that check digits share. `n` digits of ASCII. */
bool digits_pass_luhn(const uint8_t *digits, size_t n);
/* The sum of digit times weight; weights[] are of one digit each, in ASCII. */
unsigned int digits_weigh(const uint8_t *digits, const char *weights);
/* ISO/IEC 7064 MOD 11,10, the check digit last. */
bool digits_pass_11_10(const uint8_t *digits, size_t n);
/* The number they are; up to 18 of them. */
uint64_t digits_value(const uint8_t *digits, size_t n);

#endif
