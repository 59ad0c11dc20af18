/* SPDX-License-Identifier: MIT */
#include "ctl_run.h"

#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define STRANGER 54321 /* a user that owns nothing */
#define WORDS 16

int ctl_make_control(const struct kidos_state *state, int control[KIDOS_CONTROL_MAPS])
{
	int error;

	for (int i = 0; i < KIDOS_CONTROL_MAPS; i++)
		control[i] = -1;
	error = kidos_map_set_create(&kidos_control_map_set, control, 0);
	if (!error)
		error = kidos_state_pin_set(state, &kidos_control_map_set, control);
	return error ? error : kidos_state_make_lock(state, KIDOS_CONTROL_LOCK);
}

char ctl_path[64];
char ctl_output[1 << 20];

static void read_all(FILE *pipe)
{
	size_t length = fread(ctl_output, 1, sizeof(ctl_output) - 1, pipe);

	ctl_output[length] = '\0';
}

int ctl_run(const char *arguments)
{
	char command[1024];
	FILE *pipe;
	int status;

	snprintf(command, sizeof(command), "%s --state %s %s 2>&1", KIDOSCTL, ctl_path, arguments);
	pipe = popen(command, "r");
	assert_non_null(pipe);
	read_all(pipe);
	status = pclose(pipe);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* The program is opened first: its folder may be closed to a stranger. */
static void become_member(unsigned int group, char **words, int output)
{
	int program = open(KIDOSCTL, O_PATH);

	dup2(output, STDOUT_FILENO);
	dup2(output, STDERR_FILENO);
	if (program < 0 || setgroups(1, &group) || setresgid(STRANGER, STRANGER, STRANGER) ||
	    setresuid(STRANGER, STRANGER, STRANGER))
		_exit(111);
	fexecve(program, words, environ);
	_exit(112);
}

int ctl_run_as_member(unsigned int group, const char *arguments)
{
	char copy[512], *words[WORDS] = { "kidosctl", "--state", ctl_path }, *rest = copy;
	int ends[2], status;
	FILE *pipe_end;
	pid_t child;

	snprintf(copy, sizeof(copy), "%s", arguments);
	for (int i = 3; i < WORDS - 1 && rest; i++)
		words[i] = strsep(&rest, " ");
	assert_int_equal(pipe(ends), 0);
	child = fork();
	assert_true(child >= 0);
	if (!child)
		become_member(group, words, ends[1]);
	close(ends[1]);
	pipe_end = fdopen(ends[0], "r");
	assert_non_null(pipe_end);
	read_all(pipe_end);
	fclose(pipe_end);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

void ctl_assert_says(const char *words)
{
	if (!strstr(ctl_output, words))
		fail_msg("\"%s\" is not in:\n%s", words, ctl_output);
}

struct json_object *ctl_run_json(const char *arguments)
{
	struct json_object *object;
	int status = ctl_run(arguments);

	object = json_tokener_parse(ctl_output);
	if (status || !object)
		fail_msg("exit status %d, or no JSON: %s", status, ctl_output);
	return object;
}

struct json_object *ctl_line(unsigned int n)
{
	struct json_object *object = NULL;
	const char *line = ctl_output;
	char *end;

	for (; n && line; n--) {
		line = strchr(line, '\n');
		line = line ? line + 1 : NULL;
	}
	end = line ? strchr(line, '\n') : NULL;
	if (end) {
		*end = '\0';
		object = json_tokener_parse(line);
		*end = '\n';
	}
	if (!object)
		fail_msg("too few lines, or no JSON: %s", ctl_output);
	return object;
}

int ctl_run_until(const char *arguments, unsigned int lines)
{
	char command[512];

	snprintf(command, sizeof(command),
		 "%s >/tmp/kt-ctl-$$ & pid=$!; for i in $(seq 300); do "
		 "[ \"$(wc -l </tmp/kt-ctl-$$)\" -ge %u ] && break; sleep 0.1; done; "
		 "kill -INT $pid; wait $pid; status=$?; cat /tmp/kt-ctl-$$; "
		 "rm /tmp/kt-ctl-$$; exit $status",
		 arguments, lines);
	return ctl_run(command);
}

void ctl_run_watch(const char *arguments)
{
	char watched[256];

	snprintf(watched, sizeof(watched), "%s --watch 0.2 --json", arguments);
	assert_int_equal(ctl_run_until(watched, 3), 0);
}

struct json_object *ctl_at(struct json_object *object, const char *path)
{
	struct json_object *found = NULL;

	if (json_pointer_get(object, path, &found))
		fail_msg("no %s in %s", path, json_object_to_json_string(object));
	return found;
}

int64_t ctl_number(struct json_object *object, const char *path)
{
	return json_object_get_int64(ctl_at(object, path));
}

const char *ctl_text(struct json_object *object, const char *path)
{
	return json_object_get_string(ctl_at(object, path));
}
