/* empty OBJECT: loads and attaches all programs of OBJECT, says "attached", and holds them until stdin ends. */
#include <bpf/libbpf.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	struct bpf_object *object = argc == 2 ? bpf_object__open(argv[1]) : NULL;
	struct bpf_program *program;

	if (!object || bpf_object__load(object))
		return 1;
	bpf_object__for_each_program(program, object) if (!bpf_program__attach(program)) return 1;
	puts("attached");
	fflush(stdout);
	while (getchar() != EOF)
		;
	return 0;
}
