/* SPDX-License-Identifier: MIT */
/*
 * parse_check.h: what is true of every parsed packet, whatever the frame. The
 * unit tests and the fuzzer both hold the parser to it. A rule's name is
 * returned when it is broken, else NULL.
 */
#ifndef PARSE_CHECK_H
#define PARSE_CHECK_H

#include "parse.h"

struct parse_result {
	struct kidos_packet outer;
	struct kidos_packet inner; /* all 0 without a tunnel */
};

/* Parses a frame and, where there is a tunnel, the packet inside. */
void parse_both(const struct kidos_frame *frame, struct parse_result *result);

const char *parse_broken_rule(const struct kidos_frame *frame, const struct parse_result *result);

/* The same frame, and cut at some length. */
const char *parse_cut_rule(const struct parse_result *whole, const struct parse_result *cut);

/* The same frame, and with fewer bytes that can be read directly. */
const char *parse_window_rule(const struct parse_result *whole, const struct parse_result *part);

#endif
