/*
 * bic.c: business identifier codes of banks (ISO 9362): four letters, a country, two
 * letters or digits, and three more for a branch. Eight capitals are a word as well, so
 * one without a digit counts only after a word that says what it is.
 */
#include "mask/inside.h"

#define CONTEXT 24

/* ISO 3166-1 alpha-2, and XK. */
static const char countries[] =
	"ADAEAFAGAIALAMAOARASATAUAWAZBABBBDBEBFBGBHBIBJBMBNBOBRBSBTBWBYBZCACDCFCGCHCICKCLCMCNCOCRCUCVCWCYCZDE"
	"DJDKDMDODZECEEEGERESETFIFJ"
	"FKFMFOFRGAGBGDGEGFGGGHGIGLGMGNGPGQGRGTGUGWGYHKHNHRHTHUIDIEILIMINIQIRISITJEJMJOJPKEKGKHKIKMKNKPKRKWKY"
	"KZLALBLCLILKLRLSLTLULVLYMA"
	"MCMDMEMGMKMLMMMNMOMQMRMSMTMUMVMWMXMYMZNANCNENGNINLNONPNZOMPAPEPFPGPHPKPLPMPRPSPTPWPYQARERORSRURWSASB"
	"SCSDSESGSISKSLSMSNSOSRSTSV"
	"SYSZTCTDTGTHTJTLTMTNTOTRTTTVTWTZUAUGUSUYUZVAVCVEVGVIVNVUWFWSXKYEYTZAZMZW";

static bool
is_country(const uint8_t *p)
{
	for (size_t i = 0; countries[i]; i += 2)
		if (!memcmp(countries + i, p, 2))
			return true;
	return false;
}

static bool
bic_at(struct span text, size_t at, size_t n)
{
	static const char *const context[] = { "bic", "swift", "bank code", NULL };
	static const uint8_t head_office[] = { 'X', 'X', 'X' };
	bool has_digit = false;

	for (size_t i = 0; i < n; i++) {
		uint8_t c = text.p[at + i];

		if (!is_upper(c) && (i < 6 || !is_digit(c)))
			return false;
		has_digit |= is_digit(c);
	}
	return is_country(text.p + at + 4) && text.p[at + 7] != 'O' &&
	    (has_digit || (n == 11 && !memcmp(text.p + at + 8, head_office, 3)) || mask_follows(text, at, CONTEXT, context));
}

bool
mask_find_bic(struct span text, size_t from, struct mask_hit *hit)
{
	for (size_t at = from; at + 8 <= text.n;) {
		size_t n = 0;

		while (at + n < text.n && is_word(text.p[at + n]))
			n++;
		if ((n == 8 || n == 11) && begins_word(text, at) && bic_at(text, at, n)) {
			*hit = (struct mask_hit){ at, n };
			return true;
		}
		at += n + 1;
	}
	return false;
}
