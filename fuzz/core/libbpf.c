// SPDX-License-Identifier: MIT OR Apache-2.0
/* Has libbpf load each program of objects, and says in the file that AYAJS_RECORD names which it
 * is about to load and how it went. Arguments: paths of objects, each followed by that of the types
 * of the kernel, or by "-" for those of the running one. */
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static FILE *record;

static int print(enum libbpf_print_level level, const char *format, va_list words)
{
	return level == LIBBPF_WARN && getenv("AYAJS_VERBOSE") ? vfprintf(stderr, format, words)
							       : 0;
}

static struct bpf_object *open_object(const char *path, const char *types)
{
	LIBBPF_OPTS(bpf_object_open_opts, options);

	if (strcmp(types, "-"))
		options.btf_custom_path = types;
	return bpf_object__open_file(path, &options);
}

/* Nothing is left in bpffs. */
static void unpin_maps(struct bpf_object *object)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, object) bpf_map__set_pin_path(map, NULL);
}

/* Loads the program of that place alone: a refused one stops no other. Says whether it is there. */
static bool load_program(const char *path, const char *types, int place)
{
	struct bpf_object *object = open_object(path, types);
	struct bpf_program *program;
	const char *name = NULL;
	int index = 0;

	if (!object)
		return false;
	bpf_object__for_each_program(program, object)
	{
		bpf_program__set_autoload(program, index == place);
		if (index++ == place)
			name = bpf_program__name(program);
	}
	if (name) {
		unpin_maps(object);
		fprintf(record, "{\"load\":\"%s\"}\n", name);
		fflush(record);
		const int error = bpf_object__load(object);
		fprintf(record, "{\"loaded\":\"%s\",\"error\":\"%s\"}\n", name,
			error ? strerror(-error) : "");
		fflush(record);
	}
	bpf_object__close(object);
	return name != NULL;
}

int main(int count, char **words)
{
	record = fopen(getenv("AYAJS_RECORD"), "ae");
	if (!record)
		return 1;
	libbpf_set_print(print);
	for (int i = 1; i + 1 < count; i += 2) {
		struct bpf_object *object = open_object(words[i], words[i + 1]);

		fprintf(record, "{\"object\":%d}\n", i / 2);
		if (!object)
			fprintf(record, "{\"unopened\":\"%s\"}\n", strerror(errno));
		fflush(record);
		bpf_object__close(object);
		for (int place = 0; object && load_program(words[i], words[i + 1], place); place++)
			;
	}
	return fclose(record);
}
