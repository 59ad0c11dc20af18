/* SPDX-License-Identifier: MIT */
#include "drops/ordinary.h"

#include <ctype.h>

static bool is_character(char character)
{
	return isalnum((unsigned char)character) || character == '_';
}

const struct kidos_learned_kind kidos_drop_ordinary = {
	.file = "kidos-reasons",
	.what = "ordinary drop reasons",
	.room = 64,
	.numbers = true,
	.is_character = is_character,
};
