/* SPDX-License-Identifier: MIT */
#include "state/control.h"

#include <stddef.h>
#include <string.h>

const char *const kidos_collector_state_names[] = { "absent", "on", "off", "failed" };

/* FNV-1a, against copies that were torn, not against anybody. */
static __u32 check_of(const void *data, size_t size)
{
	const unsigned char *bytes = data;
	__u32 hash = 2166136261u;

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ bytes[i]) * 16777619u;
	return hash;
}

static __u32 request_check(const struct kidos_request *request)
{
	return check_of(request, offsetof(struct kidos_request, check));
}

void kidos_request_seal(struct kidos_request *request)
{
	request->check = request_check(request);
}

bool kidos_request_whole(const struct kidos_request *request)
{
	return request->check == request_check(request) && !request->text[KIDOS_REQUEST_TEXT - 1];
}

static __u32 answer_check(const struct kidos_answer *answer)
{
	struct kidos_answer copy = *answer;

	copy.check = 0;
	return check_of(&copy, sizeof(copy));
}

void kidos_answer_seal(struct kidos_answer *answer)
{
	answer->check = answer_check(answer);
}

bool kidos_answer_whole(const struct kidos_answer *answer)
{
	return answer->check == answer_check(answer);
}
