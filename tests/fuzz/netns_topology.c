/* SPDX-License-Identifier: MIT */
/* Any text is either refused with words, or gives a topology whose plan can be built and whose
 * parts point at one another.
 */
#include "journal.h"
#include "plan.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look_at(const struct kn_topology *topo)
{
	char text[KN_STEP_TEXT];
	struct kn_plan plan;
	struct kn_err err;

	if (kn_plan_build(&plan, topo, &err))
		abort();
	for (size_t i = 0; i < plan.n; i++) {
		const struct kn_step *step = &plan.steps[i];

		step->ops->text(step, text, sizeof(text));
		if (strpbrk(text, "\t\n\033") || !step->ns || (step->link && !step->link->ns))
			abort();
	}
	kn_plan_free(&plan);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kn_topology *topo = NULL;
	struct kn_journal journal;
	struct kn_err err = {};
	char *text;

	if (kn_topology_parse(&topo, "f.json", (const char *)data, size, &err) == 0)
		look_at(topo);
	else if (strncmp(err.text, "f.json", 6) != 0 || strpbrk(err.text, "\n\033"))
		abort();
	kn_topology_free(topo);
	text = strndup((const char *)data, size);
	if (text && kn_journal_parse(text, &journal, &err) == 0)
		kn_journal_clear(&journal);
	free(text);
	return 0;
}
