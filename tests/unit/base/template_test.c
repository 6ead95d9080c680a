/* Templates beside paths, and which of two is the closer one. */
#include "base/template.h"

#include "check.h"

static const struct {
	const char *template;
	bool is_valid;
} valid[] = {
	{ "/", true }, { "*", true }, { "**", true }, { "/**", true }, { "/orders", true }, { "/orders/{id}", true },
	{ "/a/{b}.json", true }, { "/a/{b}-{c}", true }, { "/a/b*", true }, { "/a/*/**", true }, { "/a/{b:[0-9]+}", true },
	{ "", false }, { "orders", false }, { "/orders/", false }, { "//", false }, { "/a//b", false }, { "/a/**/b", false },
	{ "/a/b**", false }, { "/a/{", false }, { "/a/}", false }, { "/a/{}", false }, { "/a/{b}{c}", false },
	{ "/a/{b}*", false }, { "/a/{b{c}}", false }, { "/{a/b}", false },
};

static const struct {
	const char *template, *path;
	bool matches;
} rows[] = {
	{ "**", "/", true }, { "**", "*", true }, { "**", "", false }, { "/**", "/", true }, { "/**", "/a/b", true },
	{ "/**", "*", false }, { "*", "*", true }, { "*", "/a", false },
	{ "/", "/", true }, { "/", "/a", false }, { "/a", "/a", true }, { "/a", "/ab", false }, { "/a", "/a/b", false },
	{ "/a/b", "/a", false }, { "/a/**", "/a", true }, { "/a/**", "/a/b/c", true }, { "/a/**", "/ab", false },
	{ "/orders/{id}", "/orders/7", true }, { "/orders/{id}", "/orders", false }, { "/orders/{id}", "/orders/7/x", false },
	{ "/orders/*", "/orders/7", true }, { "/orders/*", "/orders", false },
	{ "/{a}/x/{b}", "/1/x/2", true }, { "/{a}/x/{b}", "/1/y/2", false },
	{ "/f/{name}.json", "/f/a.json", true }, { "/f/{name}.json", "/f/.json", false }, { "/f/{name}.json", "/f/a.b.json", true },
	{ "/f/{name}.json", "/f/a.jsonx", false }, { "/f/{a}-{b}", "/f/1-2", true }, { "/f/{a}-{b}", "/f/1-", false },
	{ "/f/{a}-{b}", "/f/-2", false }, { "/f/{a}-{b}", "/f/--2", true }, { "/f/*x", "/f/x", true }, { "/f/x*", "/f/x", true },
	{ "/f/a*b*c", "/f/abbbc", true }, { "/f/a*b*c", "/f/abbb", false }, { "/f/ü*", "/f/über", true },
	{ "/f/{a}", "/f/{a}", true }, { "/f/*", "/f/**", true },
};

static const struct {
	const char *closer, *other;
} orders[] = {
	{ "/users/me", "/users/{id}" }, { "/users/{id}", "/users/**" }, { "/users/{id}", "/**" }, { "/a/**", "**" },
	{ "/{a}/b", "/{a}/{b}" }, { "/a/{b}", "/{a}/b" }, { "/f/{n}.json", "/f/{n}" }, { "/a/b/**", "/a/**" },
	{ "/a", "/a/**" },
};

int
main(void)
{
	char longest[TEMPLATE_LIMIT + 2];

	for (size_t i = 0; i < COUNT(valid); i++)
		CHECK_ROW(valid[i].template, template_is_valid(valid[i].template) == valid[i].is_valid);
	memset(longest, 'a', sizeof(longest));
	longest[0] = '/';
	longest[sizeof(longest) - 1] = '\0';
	CHECK(!template_is_valid(longest));
	CHECK(template_is_valid(longest + 1) == false);	/* no slash */
	longest[sizeof(longest) - 2] = '\0';
	CHECK(template_is_valid(longest));
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct span path = on_cliff(span_text(rows[i].path));

		CHECK_ROW(rows[i].template, template_match(rows[i].template, path) == rows[i].matches);
	}
	for (size_t i = 0; i < COUNT(orders); i++) {
		bool is_rest = strcmp(orders[i].closer, "/a") == 0;

		CHECK_ROW(orders[i].closer, template_compare(orders[i].closer, orders[i].other) > 0 || is_rest);
		CHECK_ROW(orders[i].closer, template_compare(orders[i].other, orders[i].closer) < 0 || is_rest);
	}
	CHECK(template_compare("/a/{b}", "/a/{c}") == 0);
	CHECK(template_compare("/a/b*", "/a/*b") == 0);
	return check_end();
}
