/* show_faults.c: one line for each fault, in a form that editors can jump to. */
#include "cli/show_faults.h"

void
show_faults(const struct faults *faults, FILE *to, bool with_warnings)
{
	for (size_t i = 0; i < faults->count; i++) {
		const struct fault *fault = &faults->v[i];

		if (fault->is_warning && !with_warnings)
			continue;
		fprintf(to, "%s:%u:%u: %s%s\n", fault->file, fault->line,
		    fault->column, fault->is_warning ? "warning: " : "",
		    fault->text);
	}
	if (faults->left_out)
		fprintf(to, "… and %zu more\n", faults->left_out);
}

json_t *
show_faults_json(const struct faults *faults)
{
	json_t *list = json_array();

	for (size_t i = 0; i < faults->count; i++) {
		const struct fault *fault = &faults->v[i];

		json_array_append_new(list, json_pack("{s:s,s:i,s:i,s:b,s:s}",
		    "file", fault->file, "line", (int)fault->line,
		    "column", (int)fault->column, "warning", fault->is_warning,
		    "fault", fault->text));
	}
	return list;
}
