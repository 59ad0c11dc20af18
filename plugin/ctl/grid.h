/* SPDX-License-Identifier: MIT */
/* grid.h: cells of text under titles, as wide as they need to be. */
#ifndef KIDOS_CTL_GRID_H
#define KIDOS_CTL_GRID_H

#include <stdbool.h>
#include <stddef.h>

struct ctl_grid_column {
	const char *title;
	bool right;
};

struct ctl_grid {
	const struct ctl_grid_column *columns;
	size_t width; /* columns */
	char **cells; /* row by row */
	size_t count, room;
};

/* Copies a cell, the next of its row; without memory it is left out of the print. */
void ctl_grid_add(struct ctl_grid *grid, const char *text);
void ctl_grid_print(const struct ctl_grid *grid);
void ctl_grid_free(struct ctl_grid *grid);

#endif
